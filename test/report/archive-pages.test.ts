import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { describe, expect, test } from 'vitest';
import type { Report } from '../../lib/model/report.ts';
import { renderFeed } from '../../lib/report/feed.ts';
import { renderIndex } from '../../lib/report/index-page.ts';
import { renderTargetIndex } from '../../lib/report/target-index.ts';
import { weekSummary } from '../../lib/report/week-summary.ts';
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

/** Other pages that every index leads to. */
const OWN = /^(\.\.\/\.\.\/index|method|feed)\.(html|xml)$/;
const MADE = now.generatedAt;

test('a week is summed up from its report alone', () => {
  expect(now).toMatchObject({
    folder: '2026-W47',
    opportunities: 5,
    regressions: 2,
    closed: 1,
    compared: true,
    databaseTimeMsPerWeek: 30_200_000,
  });
});

describe('the list of one target', () => {
  const html = renderTargetIndex('shop', [before, now]);

  test('has the newest report first, under relative links', () => {
    const links = attributesOf(html, 'href').filter((to) => to.includes('2026'));
    expect(links.filter((to) => !to.includes('#'))).toEqual(['2026-W47/index.html', '2026-W46/index.html']);
  });

  test('draws load and opportunities, open and closed so far', () => {
    const { text, counts } = parsed(html);
    expect(counts.svg).toBe(2);
    expect(text).toContain('First 8.3 h a week, last 8.4 h a week');
    expect(text).toContain('5 opportunities open in the latest report; 1 closed since the first.');
  });

  test('adds up what is verified, and keeps what did not work', () => {
    const { text } = parsed(html);
    expect(text).toContain('2 of 3 changes verified: statements concerned take about 66 % less time, 77.2 MiB of disk');
    expect(text).toContain('No effect seen: Raise work_mem for reports.');
  });

  test('lists each regression once, under the report that told it last', () => {
    const later = { ...now, end: '2026-11-29T15:30:00Z', folder: '2026-W48', told: now.told.slice(0, 1) };
    const links = attributesOf(renderTargetIndex('shop', [before, now, later]), 'href').filter((to) =>
      to.includes('#r-'),
    );
    expect(links.map((to) => to.split('/')[0])).toEqual(['2026-W48', '2026-W47']);
  });

  test('says so when there is no report', () =>
    expect(parsed(renderTargetIndex('shop', [])).text).toContain('No report yet.'));
});

describe('the list of all targets', () => {
  test('has those that got worse first, and how old their data is', () => {
    const html = renderIndex(
      [
        { target: 'billing', weeks: [before] },
        { target: 'shop', weeks: [before, now] },
      ],
      MADE,
    );
    const { text } = parsed(html);
    expect(text).toContain('1 of 2 got worse in the latest report');
    expect(text.indexOf('shop')).toBeLessThan(text.indexOf('billing'));
    expect(text).toContain('Sun 15 Nov 2026');
    expect(attributesOf(html, 'href')).toContain('reports/shop/2026-W47/index.html');
  });

  test('shows what is stale, and from when on the page itself is', () => {
    const old = { ...before, end: '2026-11-02T15:30:00Z' };
    const { text } = parsed(
      renderIndex(
        [
          { target: 'billing', weeks: [old] },
          { target: 'shop', weeks: [now] },
        ],
        MADE,
      ),
    );
    expect(text).toContain('● Stale');
    expect(text).toContain('● 20 days old');
    expect(text).toContain('1 of 2 with old data.');
    expect(text).toContain('The next run is due Sun 29 Nov 2026: after that, this page is old.');
    expect(text).toContain('▲ 2 worse');
  });

  test('says how the load moved, and what is not measured', () => {
    const { text } = parsed(renderIndex([{ target: 'shop', weeks: [now] }], MADE));
    expect(text).toContain('8.4 h, 11 % more');
    const dark = { ...now, databaseTimeMsPerWeek: null };
    expect(parsed(renderIndex([{ target: 'shop', weeks: [dark] }], MADE)).text).toContain('not measured');
  });

  test('does not call a first hunt steady', () => {
    const first = weekOf(
      aReport({ targets: [aTargetReport({ baselines: { previousEnd: null, pinnedEnd: null, numbers: [] } })] }),
    );
    const { text } = parsed(renderIndex([{ target: 'shop', weeks: [first] }], MADE));
    expect(text).toContain('not every target could be compared');
    expect(text).not.toContain('Nothing got worse in');
  });

  test.each([HOSTILE, '../../etc', '..', 'a b/c#d?e'])(
    'links to a target called %j inside the archive only',
    (target) => {
      const week = { ...now, headline: `${HOSTILE}${target}` };
      for (const html of [renderIndex([{ target, weeks: [week] }], MADE), renderTargetIndex(target, [week])]) {
        expect(parsed(html).counts.img).toBeUndefined();
        expect(attributesOf(html, 'onerror')).toEqual([]);
        for (const to of attributesOf(html, 'href').filter((href) => !OWN.test(href))) {
          expect(new URL(to, 'file:///archive/').pathname).toMatch(/^\/archive\/(reports|2026-W47)\//);
        }
      }
    },
  );
});

describe('the feed', () => {
  const weeks = [before, now];
  const feed = renderFeed(
    [
      { target: 'shop', weeks },
      { target: HOSTILE, weeks: [{ ...before, headline: `${HOSTILE}\u0000]]>&nbsp;` }] },
    ],
    { title: 'pg-hunt', root: '' },
  );

  test('is well-formed Atom with an entry a report, newest first', () => {
    expect(XMLValidator.validate(feed)).toBe(true);
    const { feed: read } = new XMLParser({ ignoreAttributes: false }).parse(feed);
    expect(Object.keys(read)).toEqual(expect.arrayContaining(['id', 'title', 'updated', 'author', 'link', 'entry']));
    expect(read.updated).toBe(now.generatedAt);
    const entries: Record<string, string>[] = read.entry;
    expect(entries.map(({ title }) => title?.includes('2026-W47'))).toEqual([true, false, false]);
    for (const entry of entries) {
      expect(Object.keys(entry)).toEqual(expect.arrayContaining(['id', 'title', 'updated', 'summary', 'link']));
      expect(entry.id).toMatch(/^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/);
    }
    expect(new Set(entries.map(({ id }) => id)).size).toBe(3);
  });

  test('of a target links to its pages from where it stands', () => {
    const own = renderFeed([{ target: 'shop', weeks }], { title: 'shop · pg-hunt', root: '../../' });
    expect(own).toContain('href="../../reports/shop/2026-W47/index.html"');
  });
});
