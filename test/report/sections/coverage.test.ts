import { expect, test } from 'vitest';
import { renderPage } from '../../../lib/report/page.ts';
import { fewNames } from '../../../lib/report/sections/coverage.ts';
import { parsed } from '../../support/html.ts';
import { aReport, aTargetReport, noNav } from '../../support/report.ts';

const long = 'The window holds no series named a_total, b_total, c, d:e, f or g_seconds.';

test('a check names three of the metrics that it missed, and how many more', () => {
  expect(fewNames(long)).toBe('The window holds no series named a_total, b_total, c or 3 more, listed under the gaps.');
  const short = 'The window holds no series named a_total, b_total or c. Run it, or not, or later, as you like.';
  expect(fewNames(short)).toBe(short);
});

test('the gap below has all of them', () => {
  const { quality } = aTargetReport();
  const gap = { kind: 'table', measures: ['liveRows'], source: 'prometheus', absence: 'not-exported' } as const;
  const target = aTargetReport({
    quality: { ...quality, gaps: [{ ...gap, measures: [...gap.measures], reason: long, remedy: 'Switch it on.' }] },
    coverage: [{ advisor: 'dead-rows', area: 'maintenance', state: 'blind', why: `${long} Switch it on.` }],
  });
  const { text } = parsed(renderPage(aReport({ targets: [target] }), target, noNav));
  expect(text).toContain('c or 3 more, listed under the gaps. Switch it on.');
  expect(text).toContain(long);
});
