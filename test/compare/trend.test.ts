import { expect, test } from 'vitest';
import { withTrends } from '../../lib/compare/trend.ts';
import { weekOf } from '../../lib/compare/week.ts';
import type { Past } from '../../lib/model/changes.ts';
import type { Regression } from '../../lib/model/regression.ts';
import type { Snapshot } from '../../lib/model/snapshot.ts';
import { aRegression, aTrend } from '../support/report.ts';
import { WINDOW } from '../support/rows.ts';
import { week as hoursAt, hoursOfShop, isoOf } from './detect/weeks.ts';
import { called, noPast, remembered, week } from './weeks.ts';

const DAY = 86_400_000;
const slow = (over: Partial<Regression> = {}): Regression =>
  aRegression({ subject: { database: 'shop', statement: 's3' }, unit: 'ms/call', ...over });
const drawn = (regression: Regression, snapshot: Snapshot, past: Past) =>
  withTrends([regression], { snapshot, week: weekOf(snapshot), past })[0]?.trend;

const hours = hoursOfShop({
  weeks: 8,
  statements: 5,
  slower: (at, hour) => (at === 3 && hour >= hoursAt(7) + 48 ? Math.log(3) : 0),
});
const weeks = hours.map((hourly) => {
  const end = new Date(Date.parse(hourly.start) + 168 * 3_600_000).toISOString();
  return week({ start: hourly.start, end }, [called('s3')], { hourly });
});

test('where hours are kept, a point is a day, of six weeks, and the step stands on its day', () => {
  const [now, ...before] = weeks.toReversed();
  if (now === undefined) throw new Error('no week');
  const series = before.toReversed().flatMap((one) => remembered(one).series ?? []);
  const onset = isoOf(hoursAt(7) + 48);
  const trend = drawn(slow({ onset, since: now.window.end }), now, { ...noPast, series });
  expect(trend).toMatchObject({ step: 'day', unit: 'ms/call', from: onset });
  expect(trend?.points).toHaveLength(42);
  const of = (fits: (at: number) => boolean) =>
    (trend?.points ?? []).flatMap(({ at, value }) => (value !== null && fits(Date.parse(at)) ? [value] : []));
  const [calm, later] = [of((at) => at < Date.parse(onset)), of((at) => at >= Date.parse(onset))];
  expect([calm.length, later.length]).toEqual([37, 5]);
  const mean = (values: number[]) => values.reduce((sum, one) => sum + one, 0) / values.length;
  expect(mean(later) / mean(calm)).toBeGreaterThan(2.5);
  expect(mean(later) / mean(calm)).toBeLessThan(3.5);
  expect(calm.filter((one) => one < (trend?.usual?.low ?? 0) || one > (trend?.usual?.high ?? 0)).length).toBe(8);
});

test('a week that nobody hunted in is a gap of seven days, not a line across', () => {
  const now = weeks[7];
  if (now === undefined) throw new Error('no week');
  const series = [5, 4].flatMap((at) => remembered(weeks[at] ?? now).series ?? []);
  const trend = drawn(slow({ onset: isoOf(hoursAt(7) + 48) }), now, { ...noPast, series });
  expect(trend?.points).toHaveLength(28);
  expect(trend?.points.map(({ value }) => value === null)).toEqual(
    Array.from({ length: 28 }, (_, at) => at >= 14 && at < 21),
  );
});

const before = (back: number, meanMs: number, calls = 100_000) => {
  const ago = (moment: string) => new Date(Date.parse(moment) - back * 7 * DAY).toISOString();
  return remembered(week({ start: ago(WINDOW.start), end: ago(WINDOW.end) }, [called('s3', { meanMs, calls })]));
};
const recent = [before(1, 1.1), before(2, 1), before(3, 1.2)];

test('without hours a point is a run, and the marker stands on the last run that was well', () => {
  const now = week(WINDOW, [called('s3', { meanMs: 4 })]);
  const trend = drawn(slow({ since: WINDOW.end }), now, { ...noPast, recent });
  expect(trend).toMatchObject({ step: 'week', from: recent[0]?.window.end, usual: { low: 1, high: 1.2 } });
  expect(trend?.points.map(({ value }) => value)).toEqual([1.2, 1, 1.1, 4]);
});

test('of a load the point is its time a week', () => {
  const now = week(WINDOW, [called('s3', { meanMs: 1, calls: 400_000 })]);
  const trend = drawn(slow({ unit: 'ms/week', since: WINDOW.end }), now, { ...noPast, recent });
  expect(trend?.points.map(({ value }) => value)).toEqual([120_000, 100_000, 110_000, 400_000]);
});

test('an older picture is not carried on where too little is known to draw it again', () => {
  const now = week(WINDOW, [called('s3', { meanMs: 4 })]);
  const old = slow({ since: WINDOW.end, trend: aTrend() });
  expect(drawn(old, now, { ...noPast, recent: recent.slice(0, 1) })).toBeUndefined();
  expect(drawn(slow({ subject: { database: 'shop' } }), now, { ...noPast, recent })).toBeUndefined();
});
