import { expect, test } from 'vitest';
import { withPercentiles } from '../../lib/collect/percentiles.ts';
import { aSnapshot, aStatement } from '../support/rows.ts';

const rowOf = (row: Parameters<typeof aStatement>[0]) =>
  withPercentiles(aSnapshot({ statements: [aStatement(row)] })).statements[0];

test('a statement with a standard deviation has a median and a 95th percentile with bounds', () => {
  const row = rowOf({ calls: 100, totalTimeMs: 1_000, stddevTimeMs: 5 });
  // Cantelli: the median lies within one deviation of the mean, the 95th within 4.36 above it.
  expect(row?.medianMs).toMatchObject({ basis: 'mixture', low: expect.closeTo(5, 5), high: expect.closeTo(15, 5) });
  expect(row?.p95Ms?.high).toBeCloseTo(10 + 5 * Math.sqrt(19), 4);
  expect(row?.p95Ms?.ms).toBeCloseTo(19.4, 0);
});

test.each([{ stddevTimeMs: undefined }, { calls: undefined }, { calls: 0 }])('without %j there is none', (missing) => {
  const row = rowOf({ calls: 100, totalTimeMs: 1_000, stddevTimeMs: 5, ...missing });
  expect(row).not.toHaveProperty('medianMs');
  expect(row).not.toHaveProperty('p95Ms');
});

test('its longest call since before the span is a bound as well', () => {
  const spans = { statement: { start: '2026-11-09T00:00:00.000Z', end: '2026-11-16T00:00:00.000Z' } };
  const row = { calls: 100, totalTimeMs: 1_000, stddevTimeMs: 5, minTimeMs: 1, maxTimeMs: 20 };
  const since = Date.parse(spans.statement.start) / 1000;
  const p95 = (minMaxSinceAt: number) =>
    withPercentiles(
      aSnapshot({
        statements: [aStatement({ ...row, minMaxSinceAt })],
        spans: { statement: { ...spans.statement, source: 'postgres', basis: 'previous-run' } },
      }),
    ).statements[0]?.p95Ms;
  expect(p95(since - 86_400)?.high).toBeCloseTo(20, 6);
  expect(p95(since + 1)?.high).toBeCloseTo(10 + 5 * Math.sqrt(19), 4);
});
