import { describe, expect, test } from 'vitest';
import type { Report } from '../../lib/model/report.ts';
import { renderIndex, renderTargetIndex, weekSummary } from '../../lib/report/archive-pages.ts';
import { aBusyReport } from '../support/busy-report.ts';
import { HOSTILE } from '../support/hostile.ts';
import { attributesOf, parsed } from '../support/html.ts';
import { aReport, aTargetReport, START } from '../support/report.ts';

function weekOf(report: Report) {
  const [target] = report.targets;
  if (target === undefined) throw new Error('no target');
  return weekSummary(report, target);
}

const now = weekOf(aBusyReport());
const before = weekOf(aReport({ window: { start: '2026-11-08T15:30:00Z', end: START } }));

test('a week is summed up from its report alone', () => {
  expect(now).toMatchObject({
    folder: '2026-W47',
    opportunities: 5,
    regressions: 2,
    verified: 2,
    compared: true,
    databaseTimeMsPerWeek: 30_200_000,
  });
});

describe('the list of one target', () => {
  const html = renderTargetIndex('shop', [before, now]);

  test('has the newest report first, under relative links', () => {
    const links = attributesOf(html, 'href').filter((to) => to.includes('2026'));
    expect(links).toEqual(['2026-W47/index.html', '2026-W46/index.html']);
  });

  test('says so when there is no report', () =>
    expect(parsed(renderTargetIndex('shop', [])).text).toContain('No report yet.'));
});

describe('the list of all targets', () => {
  test('has those that got worse first, and how old their data is', () => {
    const html = renderIndex([
      { target: 'billing', weeks: [before] },
      { target: 'shop', weeks: [before, now] },
    ]);
    const { text } = parsed(html);
    expect(text).toContain('1 of 2 got worse in the latest report');
    expect(text.indexOf('shop')).toBeLessThan(text.indexOf('billing'));
    expect(text).toContain('Sun 15 Nov 2026');
    expect(attributesOf(html, 'href')).toContain('reports/shop/2026-W47/index.html');
  });

  test('does not call a first hunt steady', () => {
    const first = weekOf(
      aReport({ targets: [aTargetReport({ baselines: { previousEnd: null, pinnedEnd: null, numbers: [] } })] }),
    );
    const { text } = parsed(renderIndex([{ target: 'shop', weeks: [first] }]));
    expect(text).toContain('not every target could be compared');
    expect(text).not.toContain('Nothing got worse in');
  });

  test.each([HOSTILE, '../../etc', '..', 'a b/c#d?e'])(
    'links to a target called %j inside the archive only',
    (target) => {
      const week = { ...now, headline: `${HOSTILE}${target}` };
      for (const html of [renderIndex([{ target, weeks: [week] }]), renderTargetIndex(target, [week])]) {
        expect(parsed(html).counts.img).toBeUndefined();
        expect(attributesOf(html, 'onerror')).toEqual([]);
        for (const to of attributesOf(html, 'href').filter((href) => href !== '../../index.html')) {
          expect(new URL(to, 'file:///archive/').pathname).toMatch(/^\/archive\/(reports|2026-W47)\//);
        }
      }
    },
  );
});
