/** Whatever day of the week a statement got slower on: since when and by how much. */
import { expect, test } from 'vitest';
import { detect } from '../../../lib/compare/detect/detect.ts';
import { isoOf, week, weeksOfShop } from './weeks.ts';

const DAY_MS = 24 * 3_600_000;
/** One statement for each weekday; the others are what the database does. */
const DAYS = [0, 1, 2, 3, 4, 5, 6];
const EVERY = 6;

function toldOf({ seed, size, weeks }: { seed: number; size: number; weeks: number }) {
  const planted = (at: number): number | null =>
    at % EVERY === 0 && at < 7 * EVERY ? week(8) + (at / EVERY) * 24 : null;
  const series = weeksOfShop({
    weeks,
    statements: 7 * EVERY,
    seed,
    slower: (at, hour) => (hour >= (planted(at) ?? Number.POSITIVE_INFINITY) ? Math.log1p(size) : 0),
  });
  const { findings } = detect({ series, tracked: [] });
  return DAYS.map((day) => {
    const found = findings.find(({ statement }) => statement === `s${day * EVERY}`);
    if (found === undefined) throw new Error(`a step of ${size} on day ${day} was not found`);
    const off = (Date.parse(found.onset) - Date.parse(isoOf(week(8) + day * 24))) / DAY_MS;
    return { off, held: found.low <= size && size <= found.high, log: Math.log((1 + found.effect) / (1 + size)) };
  });
}

test.each([0.3, 0.8, 2])(
  'a step of %d is measured without bias, and its interval holds it as often as it says',
  (size) => {
    const all = [1, 2, 3, 4, 5, 6].flatMap((seed) => toldOf({ seed, size, weeks: 10 }));
    const bias = all.reduce((sum, { log }) => sum + log, 0) / all.length;
    expect(Math.abs(bias)).toBeLessThan(0.01);
    const held = all.filter((one) => one.held).length / all.length;
    expect(held).toBeGreaterThanOrEqual(0.83);
    expect(all.every(({ off }) => Math.abs(off) <= 1)).toBe(true);
  },
);

test('a step after a week that nobody saw began, as far as anybody knows, when it was first seen', () => {
  const series = weeksOfShop({
    weeks: 11,
    statements: 30,
    slower: (at, hour) => (at === 3 && hour >= week(9) + 72 ? Math.log(1.6) : 0),
  });
  const { findings } = detect({ series: series.filter((_, at) => at !== 9), tracked: [] });
  expect(findings).toMatchObject([{ statement: 's3', onset: isoOf(week(10)) }]);
});
