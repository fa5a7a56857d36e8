import fc from 'fast-check';
import { expect, test } from 'vitest';
import { falseDiscovery } from '../../../lib/compare/detect/fdr.ts';
import { known, median, middleWithout, sortFirst, trimmedMean } from '../../../lib/compare/detect/median.ts';
import { CALLS, LATENCY, pack, unpackInto } from '../../../lib/compare/detect/pack.ts';
import { stepAt } from '../../../lib/compare/detect/scan.ts';
import { digamma, trigamma, trigammaInverse } from '../../../lib/compare/detect/trigamma.ts';

const numbers = fc.array(fc.double({ min: -50, max: 50, noNaN: true }), { minLength: 1, maxLength: 40 });

test('the median of the others is the median with one value taken out', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -9, max: 9 }), { minLength: 2, maxLength: 20 }), (values) => {
      const sorted = sortFirst(Float64Array.from(values), values.length);
      for (const value of values) {
        const others = [...values];
        others.splice(others.indexOf(value), 1);
        expect(middleWithout(sorted, values.length, value)).toBe(median(others));
      }
    }),
  );
});

test('what is not a number is in no median, and a trimmed mean of six leaves two out', () => {
  expect(median([Number.NaN, 3, 1, Number.NaN])).toBe(2);
  expect(median([Number.NaN])).toBeNaN();
  expect(trimmedMean(known([100, 1, 2, 3, 4, -100]))).toBe(2.5);
});

test('a packed value comes back within a step near zero and within a tenth far out', () => {
  for (const scale of [LATENCY, CALLS]) {
    fc.assert(
      fc.property(numbers, (values) => {
        const near = values.map((value) => value / 6);
        const out = new Float64Array(near.length);
        unpackInto(out, pack(near, scale), { scale, level: 0, shift: 0 });
        for (const [at, value] of near.entries()) {
          const width = scale.step + scale.bend * Math.abs(value);
          expect(Math.abs((out[at] ?? Number.NaN) - value)).toBeLessThanOrEqual(width * 0.6);
        }
      }),
    );
  }
});

test('missing stays missing, no calls stay none, and letters are taken round from the shift on', () => {
  const out = new Float64Array(3);
  unpackInto(out, pack([Number.NaN, Number.NEGATIVE_INFINITY, 0], CALLS), { scale: CALLS, level: 2, shift: 1 });
  expect([...out]).toEqual([Number.NEGATIVE_INFINITY, 2, Number.NaN]);
});

test('a packed week is plain letters that JSON does not escape', () => {
  fc.assert(
    fc.property(numbers, (values) => {
      const text = pack(values, LATENCY);
      expect(JSON.stringify(text)).toBe(`"${text}"`);
      expect(text).toMatch(/^[ -~]*$/);
    }),
  );
});

test('digamma and trigamma have their known values, and the inverse undoes trigamma', () => {
  expect(digamma(1)).toBeCloseTo(-0.5772156649015329, 11);
  expect(trigamma(1)).toBeCloseTo(Math.PI ** 2 / 6, 11);
  expect(trigamma(0.5)).toBeCloseTo(Math.PI ** 2 / 2, 11);
  for (const x of [0.3, 1, 2.5, 7, 30]) expect(trigammaInverse(trigamma(x)) / x).toBeCloseTo(1, 6);
});

test('q values are those of the step-up procedure, whatever the order of the p values', () => {
  const p = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 30 });
  fc.assert(
    fc.property(p, fc.double({ min: 0.01, max: 0.5, noNaN: true }), (ps, level) => {
      const sorted = [...ps].sort((a, b) => a - b);
      const last = sorted.findLastIndex((value, rank) => (value * ps.length) / (rank + 1) <= level);
      const told = falseDiscovery(ps).filter((q) => q <= level).length;
      expect(told).toBe(
        last +
          1 +
          ps.filter((value) => last >= 0 && value === sorted[last]).length -
          sorted.slice(0, last + 1).filter((value) => value === sorted[last]).length,
      );
    }),
  );
});

test('what is outside the family has no q and makes nobody else less certain', () => {
  expect(falseDiscovery([0.01, Number.NaN, 0.04])).toEqual([0.02, Number.NaN, 0.04]);
});

test('the step is that of generalised least squares written out with its whole covariance', () => {
  const day = fc.oneof({ weight: 6, arbitrary: fc.double({ min: -1, max: 1, noNaN: true }) }, fc.constant(Number.NaN));
  const series = fc.array(day, { minLength: 28, maxLength: 28 });
  fc.assert(
    fc.property(series, fc.integer({ min: 8, max: 26 }), (days, onset) => {
      const noise = { day: 0.01, week: 0.004, df: 9 };
      const mine = stepAt(Float64Array.from(days), onset, noise);
      const known = [...days.keys()].filter((at) => !Number.isNaN(days[at]));
      const both = known.some((at) => at < onset) && known.some((at) => at >= onset);
      if (!both) return expect(mine).toBeNull();
      const covariance = known.map((a) =>
        known.map((b) => (a === b ? noise.day : 0) + (Math.floor(a / 7) === Math.floor(b / 7) ? noise.week : 0)),
      );
      const one = solve(
        covariance,
        known.map(() => 1),
      );
      const step = solve(
        covariance,
        known.map((at) => (at >= onset ? 1 : 0)),
      );
      const sum = (weights: number[], values: number[]) => weights.reduce((s, w, at) => s + w * (values[at] ?? 0), 0);
      const y = known.map((at) => days[at] ?? 0);
      const s = known.map((at) => (at >= onset ? 1 : 0));
      const c = known.map(() => 1);
      const det = sum(one, c) * sum(step, s) - sum(one, s) ** 2;
      expect(mine?.effect).toBeCloseTo((sum(one, c) * sum(step, y) - sum(one, s) * sum(one, y)) / det, 8);
      expect(mine?.error).toBeCloseTo(Math.sqrt(sum(one, c) / det), 8);
    }),
    { numRuns: 40 },
  );
});

/** Gauss with pivots. */
function solve(matrix: readonly (readonly number[])[], right: readonly number[]): number[] {
  const rows = matrix.map((row, at) => [...row, right[at] ?? 0]);
  const size = rows.length;
  for (let col = 0; col < size; col += 1) {
    const pivot = rows[col] ?? [];
    for (let row = 0; row < size; row += 1) {
      const other = rows[row] ?? [];
      if (row === col) continue;
      const factor = (other[col] ?? 0) / (pivot[col] ?? 1);
      for (let at = col; at <= size; at += 1) other[at] = (other[at] ?? 0) - factor * (pivot[at] ?? 0);
    }
  }
  return rows.map((row, at) => (row[size] ?? 0) / (row[at] ?? 1));
}
