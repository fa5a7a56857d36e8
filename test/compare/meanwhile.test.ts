import { describe, expect, it } from 'vitest';
import { beside, lockWaits, meanwhile } from '../../lib/compare/meanwhile.ts';
import { aSnapshot } from '../support/rows.ts';

const orders = { database: 'shop', schema: 'public', table: 'orders' };
const index = (name: string) => ({ ...orders, index: name });
const then = {
  settings: { work_mem: 4_194_304, application_name: 'psql' },
  indexes: ['orders_pkey', 'orders_day_idx'].map((name) => ({ ...index(name), measures: {} })),
};
const settings = (work_mem: number) => ({
  settings: { work_mem: { value: work_mem }, application_name: { value: 'other' } },
});
const latency = { kind: 'latency', share: 1, text: 'each call takes longer' } as const;

describe('what changed meanwhile', () => {
  it('names an index of the statement’s tables that was dropped, and a setting that plans follow', () => {
    const snapshot = aSnapshot({ server: settings(65_536), indexes: [index('orders_pkey')] });
    expect(meanwhile(then, snapshot, [orders])).toBe(
      'meanwhile the index orders_day_idx was dropped and work_mem was changed from 4194304 to 65536',
    );
    // Of other tables' statements the index tells nothing.
    expect(meanwhile(then, snapshot)).toBe('meanwhile work_mem was changed from 4194304 to 65536');
  });

  it('does not take indexes that nobody looked at for dropped', () => {
    expect(meanwhile(then, aSnapshot({ server: settings(4_194_304), indexes: [] }), [orders])).toBeNull();
  });

  it('stands in the sentence of the cause, unless the cause is more calls', () => {
    expect(beside([latency], 'meanwhile it rained')).toEqual([
      { ...latency, text: 'each call takes longer; meanwhile it rained' },
    ]);
    const calls = [{ ...latency, kind: 'calls' } as const];
    expect(beside(calls, 'meanwhile it rained')).toBe(calls);
    expect(beside([latency], null)).toEqual([latency]);
  });
});

describe('waiting for locks', () => {
  it('is told where it is long and was not, and nothing where nobody looked', () => {
    const at = (longestBlockedSeconds: number) => ({ server: { longestBlockedSeconds } });
    expect(lockWaits(at(0), at(42))).toBe('sessions wait for locks, the longest 42 s when it was looked at');
    expect(lockWaits(at(40), at(42))).toBeNull();
    expect(lockWaits(at(0), at(2))).toBeNull();
    expect(lockWaits({ server: {} }, at(42))).toBeNull();
    expect(lockWaits(null, at(42))).toBeNull();
    expect(lockWaits({ server: { lockWaits: 0 } }, { server: { lockWaits: 3 } })).toBe(
      '3 sessions waited for locks when it was looked at',
    );
  });
});
