import { expect, test } from 'vitest';
import { type Detection, detect, type Found } from '../../../lib/compare/detect/detect.ts';
import type { Series } from '../../../lib/model/series.ts';
import { isoOf, type Shop, week, weeksOfShop } from './weeks.ts';

const DAY_MS = 24 * 3_600_000;

/** Run after run, each with what the one before left. `null`: nobody hunted in that week. */
function runs(series: readonly (Series | null)[], from = 8): Map<number, Detection> {
  const all = new Map<number, Detection>();
  let tracked: Detection['tracked'] = [];
  for (let at = from; at < series.length; at += 1) {
    if (series[at] === null) continue;
    const detection = detect({ series: series.slice(0, at + 1).flatMap((one) => one ?? []), tracked });
    tracked = detection.tracked;
    all.set(at, detection);
  }
  return all;
}

const lines = (all: ReadonlyMap<number, Detection>): (Found & { week: number })[] =>
  [...all].flatMap(([at, { findings }]) => findings.map((one) => ({ ...one, week: at })));
const told = (all: ReadonlyMap<number, Detection>) =>
  lines(all)
    .filter(({ tier }) => tier !== 'watch')
    .map(({ week: at, statement, direction, state }) => `${at} ${statement} ${direction} ${state}`);

const shop = (over: Partial<Shop>): Series[] => weeksOfShop({ weeks: 12, statements: 30, ...over });
const step =
  (of: number, from: number, size: number, to = Number.POSITIVE_INFINITY): NonNullable<Shop['slower']> =>
  (at, hour) =>
    at === of && hour >= from && hour < to ? Math.log1p(size) : 0;

test('nothing is told of weeks like the others', () => {
  expect(told(runs(shop({})))).toEqual([]);
});

test('a statement that is slower from one day on is found once, with that day and how much', () => {
  const all = lines(runs(shop({ slower: step(3, week(9) + 48, 0.3) })));
  const [first, ...later] = all;
  expect(first).toMatchObject({ statement: 's3', direction: 'slower', state: 'new' });
  expect(first?.week).toBeLessThanOrEqual(10);
  const off = Date.parse(first?.onset ?? '') - Date.parse(isoOf(week(9) + 48));
  expect(Math.abs(off)).toBeLessThanOrEqual(2 * DAY_MS);
  expect(first?.low).toBeLessThan(0.3);
  expect(first?.high).toBeGreaterThan(0.3);
  expect(first?.effect).toBeCloseTo(0.3, 1);
  expect(later.map(({ statement, state, onset }) => [statement, state, onset])).toEqual(
    later.map(() => ['s3', 'open', first?.onset]),
  );
});

test('a statement that got faster is found the same way', () => {
  const all = told(runs(shop({ slower: step(3, week(9), -0.3) })));
  expect(all[0]).toMatch(/^(9|10) s3 faster new$/);
});

test('a bad day, a bad hour and a busy week are no regressions', () => {
  const bad: Shop['slower'] = (at, hour) =>
    (at === 1 && hour >= week(10) && hour < week(10) + 24) || (at === 2 && hour === week(10) + 30) ? Math.log(3) : 0;
  const busier: Shop['busier'] = (at, hour) => (at === 4 && hour >= week(10) ? Math.log(3) : 0);
  expect(told(runs(shop({ slower: bad, busier })))).toEqual([]);
});

test('when every statement is slower the database is told, and no statement', () => {
  const all = told(runs(shop({ slower: (_, hour) => (hour >= week(10) ? Math.log(1.2) : 0) })));
  expect(all[0]).toMatch(/^10 null slower new$/);
  expect(all.filter((line) => !line.includes('null'))).toEqual([]);
});

test('a slowdown that lasts stays open against the weeks before it, until it is the new normal', () => {
  const all = runs(shop({ weeks: 24, slower: step(3, week(9), 0.3) }));
  const mine = lines(all).filter(({ statement }) => statement === 's3');
  const states = mine.map(({ state }) => state);
  expect(states[0]).toBe('new');
  expect(states.at(-1)).toBe('accepted');
  expect(new Set(states.slice(1, -1))).toEqual(new Set(['open']));
  expect(states.length).toBeGreaterThanOrEqual(8);
  for (const { effect } of mine) expect(Math.abs(effect - 0.3)).toBeLessThan(0.08);
});

test('what recovers is told over exactly once, after two calm weeks, and then is quiet', () => {
  const all = runs(shop({ weeks: 24, slower: step(3, week(9), 0.5, week(13)) }));
  const states = lines(all)
    .filter(({ statement }) => statement === 's3')
    .map(({ state }) => state);
  expect(states).toEqual(['new', 'open', 'open', 'open', 'recovering', 'resolved']);
});

test('a year with gaps, resets and a rerun tells each thing once', () => {
  const slower: Shop['slower'] = (at, hour) =>
    step(3, week(12), 0.4, week(20))(at, hour) +
    step(3, week(34), 0.4, week(40))(at, hour) +
    step(5, week(25), 0.3)(at, hour);
  // An exporter that was down for two days, and one reset hour that lost most of its calls.
  const missing: Shop['missing'] = (_, hour) => hour >= week(18) + 20 && hour < week(18) + 68;
  const busier: Shop['busier'] = (_, hour) => (hour === week(30) + 5 ? Math.log(0.1) : 0);
  const series = weeksOfShop({ weeks: 52, statements: 30, slower, missing, busier });
  const hunted = series.map((one, at) => ([15, 16, 27, 44].includes(at) ? null : one));
  const all = runs(hunted);
  const counts = new Map<string, number>();
  for (const { statement, direction, state, onset } of lines(all).filter(({ tier }) => tier !== 'watch')) {
    const key = `${statement} ${direction} ${state}`;
    if (state === 'open' || state === 'recovering') continue;
    expect(onset).toMatch(/^2026-/);
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  const planted = [...counts].filter(([key]) => /^s[35] /.test(key));
  expect(Object.fromEntries(planted)).toEqual({
    's3 slower new': 2,
    's3 slower resolved': 2,
    's5 slower new': 1,
    's5 slower accepted': 1,
  });
  // Of the others no more than 2 in 1,000 statement-weeks, none of them told over twice.
  const chance = [...counts].filter(([key]) => !/^s[35] /.test(key));
  expect(chance.filter(([key]) => key.endsWith(' new')).reduce((sum, [, count]) => sum + count, 0)).toBeLessThan(3);
  expect(chance.filter(([, count]) => count > 1)).toEqual([]);
  // The same week again, with what the run before it left, says the same.
  const before = all.get(33)?.tracked ?? [];
  const again = () => detect({ series: hunted.slice(0, 35).flatMap((one) => one ?? []), tracked: before });
  expect(again()).toEqual(again());
  expect(again().findings).toEqual(all.get(34)?.findings);
});

test('a statement that is not called any more is not recovered', () => {
  const missing: Shop['missing'] = (at, hour) => at === 3 && hour >= week(11);
  const all = runs(shop({ weeks: 14, slower: step(3, week(9), 0.5), missing }));
  const states = lines(all)
    .filter(({ statement }) => statement === 's3')
    .map(({ week: at, state }) => [at, state]);
  expect(states.filter(([at]) => Number(at) >= 11)).toEqual([
    [11, 'unseen'],
    [12, 'unseen'],
    [13, 'unseen'],
  ]);
  expect(all.get(13)?.tracked.map(({ statement }) => statement)).toEqual(['s3']);
});

test('with three weeks of history nothing is judged, with four only what is certain', () => {
  const series = shop({ slower: step(3, week(4), 0.5) });
  expect(detect({ series: series.slice(1, 5), tracked: [] })).toMatchObject({ findings: [], pastWeeks: 3, judged: [] });
  const four = detect({ series: series.slice(0, 5), tracked: [] });
  expect(four.pastWeeks).toBe(4);
  expect(four.findings.filter(({ tier }) => tier !== 'confirmed')).toEqual([]);
});

test('without a workload to hold it against a small shift is no more than watched', () => {
  const small = (statements: number) =>
    lines(runs(weeksOfShop({ weeks: 12, statements, slower: step(3, week(9), 0.3) }))).find(
      ({ statement }) => statement === 's3',
    );
  expect(small(8)?.tier).toBe('watch');
  expect(small(30)?.tier).not.toBe('watch');
});

test('weeks that begin at another hour are held against the same hours of the week', () => {
  const night = (hour: number): number => (hour % 24 < 6 ? Math.log(2) : 0);
  const series = shop({ weeks: 13, slower: (_, hour) => night(hour) });
  const moved = weeksOfShop({ weeks: 13, statements: 30, slower: (_, hour) => night(hour + 12) }).map((one) => ({
    ...one,
    start: new Date(Date.parse(one.start) + 12 * 3_600_000).toISOString(),
  }));
  const mixed = series.map((one, at) => (at === 12 ? (moved[12] ?? one) : one));
  expect(detect({ series: mixed, tracked: [] }).findings).toEqual([]);
});

test('the order of the series and of their statements changes nothing', () => {
  const series = shop({ slower: step(3, week(9), 0.4) });
  const turned = [...series].reverse().map((one) => ({ ...one, statements: [...one.statements].reverse() }));
  const sorted = (found: Detection) =>
    [...found.findings].sort((a, b) => ((a.statement ?? '') < (b.statement ?? '') ? -1 : 1));
  const forth = sorted(detect({ series, tracked: [] }));
  const back = sorted(detect({ series: turned, tracked: [] }));
  expect(forth.length).toBeGreaterThan(0);
  expect(back.map(({ statement, onset, tier }) => [statement, onset, tier])).toEqual(
    forth.map(({ statement, onset, tier }) => [statement, onset, tier]),
  );
});
