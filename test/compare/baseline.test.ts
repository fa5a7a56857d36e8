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

  it('never invent percentiles, and say how to measure them', () => {
    const numbers = numbersOf(compare({ snapshot: now([called('x')]), outcomes: [], past: noPast }));
    for (const nth of ['50th', '95th', '99th']) {
      expect(numbers[`${nth} percentile of statement time`]).toMatchObject({
        now: null,
        why: expect.stringMatching(/keeps no percentiles.*log_min_duration_sample/),
      });
    }
  });

  it('are absent with a reason, never zero, when nothing was seen', () => {
    const over = {
      databases: [],
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
