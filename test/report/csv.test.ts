import { expect, test } from 'vitest';
import { csvFiles } from '../../lib/report/csv.ts';
import { aBusyReport } from '../support/busy-report.ts';
import { anOpportunity, aTargetReport } from '../support/report.ts';

/** RFC 4180, as a spreadsheet reads it. */
function read(text: string): string[][] {
  const rows: string[][] = [];
  for (const [, quoted, bare, end] of text
    .replace(/^\uFEFF/, '')
    .matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n|$)/g)) {
    const row = rows.at(-1);
    const cell = quoted?.replaceAll('""', '"') ?? bare ?? '';
    if (row === undefined) rows.push([cell]);
    else row.push(cell);
    if (end === '\r\n') rows.push([]);
  }
  return rows.filter((row) => row.length > 1);
}

const files = (over = {}) => new Map(csvFiles(aTargetReport(over)));

test('each list that has something is a file with a row an item under its names', () => {
  const [target] = aBusyReport().targets;
  if (target === undefined) throw new Error('no target');
  const all = new Map(csvFiles(target));
  expect([...all.keys()]).toEqual(
    ['opportunities', 'regressions', 'statements', 'progress', 'baselines', 'coverage'].map((name) => `${name}.csv`),
  );
  const rows = read(all.get('opportunities.csv') ?? '');
  expect(rows).toHaveLength(1 + target.opportunities.length);
  expect(new Set(rows.map((row) => row.length)).size).toBe(1);
  const [names = [], first = []] = rows;
  const of = (name: string) => first[names.indexOf(name)];
  const [item] = target.opportunities;
  expect(of('title')).toBe(item?.title);
  expect(Number(of('benefitLikely'))).toBe(item?.benefit.likely);
  expect(of('steps')).toContain('CREATE INDEX CONCURRENTLY');
});

test('a list without items has no file', () => {
  expect([...files({ regressions: [] }).keys()]).not.toContain('regressions.csv');
});

test.each(['=HYPERLINK("https://x.example")', '+1+cmd|x', '-1+cmd|x', '@SUM(1)', '\t=1', '\r=1', '＝1'])(
  'a name that a spreadsheet would run is shown: %j',
  (title) => {
    const rows = read(files({ opportunities: [anOpportunity({ title })] }).get('opportunities.csv') ?? '');
    const cell = rows[1]?.[rows[0]?.indexOf('title') ?? -1] ?? '';
    expect(cell).not.toMatch(/^[=+\-@\t\r＝]/);
    expect(cell.replace(/^'/, '')).toContain(title.trim().slice(1));
  },
);

test('numbers stay numbers, below zero too, and unknown stays empty', () => {
  const progress = [{ low: -0.2, likely: -0.1, high: 0.1 }, null].map((realised, at) => ({
    key: `k${at}`,
    title: 't',
    status: 'no-effect' as const,
    unit: 'share' as const,
    predicted: null,
    realised,
    sentence: 's',
    since: '2026-11-15T00:00:00Z',
  }));
  const rows = read(files({ progress }).get('progress.csv') ?? '');
  const at = rows[0]?.indexOf('realisedLow') ?? -1;
  expect(rows.slice(1).map((row) => row[at])).toEqual(['-0.2', '']);
  const statements = read(files().get('statements.csv') ?? '');
  expect(statements[1]?.[statements[0]?.indexOf('queryid') ?? -1]).toBe('-8123456789012345678');
});
