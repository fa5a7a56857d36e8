import { describe, expect, it } from 'vitest';
import { compare } from '../../lib/compare/compare.ts';
import { aServer, aTable } from '../support/rows.ts';
import { called, EARLIER, lastWeek, noPast, now, remembered, week } from './weeks.ts';

const numbersOf = (changes: ReturnType<typeof compare>) =>
  Object.fromEntries(changes.baseline.map((n) => [n.label, n]));

describe('baseline numbers', () => {
  it('are given now, for the run before and for the pinned week', () => {
    const past = {
      ...lastWeek([called('x', { meanMs: 2 })]),
      pinned: remembered(week(EARLIER, [called('x', { meanMs: 4 })])),
    };
    const numbers = numbersOf(compare({ snapshot: now([called('x')]), outcomes: [], past }));
    expect(numbers['Database time']).toEqual({
      label: 'Database time',
      unit: 'ms/week',
      now: 100_000,
      previous: 200_000,
      pinned: 400_000,
    });
    expect(numbers['Mean time per statement']).toMatchObject({ now: 1, previous: 2, pinned: 4 });
    expect(numbers['Statements per second']?.now).toBeCloseTo(100_000 / 604_800);
    expect(numbers['Transactions per second']?.now).toBeCloseTo(10_001_000 / 604_800);
    expect(numbers['Blocks found in shared buffers']?.now).toBeCloseTo(0.999);
    expect(numbers['Dead rows']?.now).toBe(5000);
  });

  it('estimate percentiles of all calls from each statement’s mean and deviation, with bounds that are certain', () => {
    const rows = [
      called('fast', { meanMs: 1, stddevTimeMs: 0.2, calls: 900_000 }),
      called('slow', { meanMs: 1_000, stddevTimeMs: 200, calls: 100_000 }),
    ];
    const numbers = numbersOf(compare({ snapshot: now(rows), outcomes: [], past: lastWeek([called('fast')]) }));
    const [median, p95] = ['50th', '95th'].map((nth) => numbers[`${nth} percentile of statement time`]);
    expect(median?.now).toBeCloseTo(1, 0);
    expect(median?.previous).toBeCloseTo(0.7, 1);
    expect(p95?.now).toBeGreaterThan(900);
    for (const { low = Number.NaN, now: value, high = Number.NaN } of [median, p95].flatMap((one) => one ?? [])) {
      expect(low).toBeLessThan(value ?? Number.NaN);
      expect(high).toBeGreaterThan(value ?? Number.NaN);
    }
  });

  it.each([
    ['no statement has a deviation', [called('x', { stddevTimeMs: undefined })]],
    ['too many calls are without one', [called('x'), called('y', { stddevTimeMs: undefined, calls: 6_000 })]],
  ])('never invent percentiles where %s, and say how to measure them', (_, rows) => {
    const numbers = numbersOf(compare({ snapshot: now(rows), outcomes: [], past: noPast }));
    for (const nth of ['50th', '95th', '99th']) {
      const { low, high, ...rest } = numbers[`${nth} percentile of statement time`] ?? {};
      expect([low, high]).toEqual([undefined, undefined]);
      expect(rest).toMatchObject({ now: null, why: expect.stringMatching(/No standard dev.*log_min_duration_sample/) });
    }
  });

  it('have user experience by the same expression then and now, and a reason where it gave none', () => {
    const felt = (value: number | null, promql = 'max(latency)') =>
      ({ name: 'checkout', unit: 's', promql, value, ...(value === null ? { why: 'No series.' } : {}) }) as const;
    const past = lastWeek([called('x')], { userExperience: [felt(0.4)] });
    const of = (userExperience: ReturnType<typeof felt>[]) =>
      numbersOf(compare({ snapshot: now([called('x')], { userExperience }), outcomes: [], past }));
    const label = 'User experience: checkout';
    expect(of([felt(0.5)])[label]).toEqual({ label, unit: 's', now: 0.5, previous: 0.4, pinned: null });
    expect(of([felt(0.5, 'max(other)')])[label]?.previous).toBeNull();
    expect(of([felt(null)])[label]).toMatchObject({ now: null, previous: 0.4, why: 'No series.' });
    expect(of([])).not.toHaveProperty(label);
  });

  it('are absent with a reason, never zero, when nothing was seen', () => {
    const over = {
      databases: [],
      hosts: [],
      tables: [aTable({ deadRows: undefined })],
      server: aServer({ connectionsPeak: undefined }),
      spans: {},
    };
    const { baseline } = compare({ snapshot: now([], over), outcomes: [], past: noPast });
    expect(baseline.map(({ now: value }) => value)).toEqual(baseline.map(() => null));
    expect(baseline.every(({ why }) => (why ?? '').length > 20)).toBe(true);
  });

  it('carry the mean time of last time by statement', () => {
    expect(
      compare({ snapshot: now([]), outcomes: [], past: lastWeek([called('x', { meanMs: 2 })]) }).meanMsThen,
    ).toEqual({ x: 2 });
  });
});
