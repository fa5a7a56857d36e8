import { expect, test } from 'vitest';
import { coverageWords, qualityLine } from '../../lib/report/quality-line.ts';
import { aTargetReport, END, START } from '../support/report.ts';

const window = { start: START, end: END };
const { quality } = aTargetReport();
const prometheus = {
  ...{ source: 'prometheus' as const, coveredShare: 0.52, intervalSeconds: 60, newestSampleAgeSeconds: 20 },
  ...{ holes: [window, window], resets: 1, restarts: 0, clockSkewSeconds: 0 },
  ...{ truncated: ['statement'], withoutRight: [] },
};
const line = (more: Partial<typeof quality>) => qualityLine({ ...quality, ...more }, window).replaceAll('\u00A0', ' ');
const week = { perSecond: 60, usualPerSecond: 100, weeks: 4, of: 'transactions' as const };

test.each([
  [
    'a poor week',
    {
      coveredShare: 0.52,
      resets: 1,
      statementCoverage: 0.4,
      bySource: [prometheus],
      traffic: { verdict: 'quieter', ...week },
    },
    'quieter than usual (60 transactions a second, median of 4 earlier weeks 100), so confidence is lower; samples cover 52 % of the window; 2 holes; 1 counter reset; the list of statements is cut off; statements seen make up 40 % of active time',
  ],
  [
    'a good week',
    {
      coveredShare: 1,
      resets: 0,
      statementCoverage: 0.92,
      traffic: { verdict: 'representative', ...week, perSecond: 98 },
    },
    'a usual week (98 transactions a second, median of 4 earlier weeks 100); samples cover 100 % of the window; 0 counter resets; statements seen make up 92 % of active time',
  ],
  [
    'a first week',
    {
      coveredShare: 1,
      resets: 0,
      statementCoverage: null,
      traffic: { ...week, verdict: 'unknown', usualPerSecond: null, weeks: 0 },
    },
    'no earlier week to hold the traffic against; samples cover 100 % of the window; 0 counter resets; share of all time not known',
  ],
] as const)('the line of %s', (_, more, expected) => {
  expect(line(more as unknown as Partial<typeof quality>)).toBe(expected);
});

test('several cut lists are named together, in words and not in names of our own', () => {
  const bySource = [prometheus, { ...prometheus, truncated: ['index', 'table'] }];
  expect(line({ bySource } as unknown as Partial<typeof quality>)).toContain(
    'the lists of statements, indexes and tables are cut off',
  );
});

test('more than all of the active time is said with its reason, never as a share', () => {
  expect(coverageWords(1.3)).toMatch(/all of active time \(they add up to 1\.30 of it: what functions/);
  expect(coverageWords(1.3)).not.toContain('130');
  expect(coverageWords(1.0004)).not.toContain('1.00 ');
});
