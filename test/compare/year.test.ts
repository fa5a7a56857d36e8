/** A short version of `npm run bench:year`: few statements, the same promises. */
import { expect, test } from 'vitest';
import { countYear, emptyCount } from '../bench/year/count.ts';
import { storyOf } from '../bench/year/story.ts';

test('a year with gaps, resets and retries tells nothing twice and closes once what was repaired', () => {
  const count = emptyCount();
  countYear(storyOf(21, { weeks: 40, statements: 26 }), count, undefined, true);
  expect(count.runs).toBeGreaterThan(30);
  expect(count.duplicates).toBe(0);
  expect(count.resolvedTwice).toBe(0);
  expect(count.found).toBeGreaterThan(0);
  expect(count.resolvedOnce).toBe(count.repaired);
  expect(count.wide.told).toBeLessThanOrEqual(1);
  expect(count.wide.statements).toBeLessThanOrEqual(1);
}, 60_000);
