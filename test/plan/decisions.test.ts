/** Decisions of people about findings: what leaves the plan, what comes back, and which of them do nothing. */
import { describe, expect, it } from 'vitest';
import type { Decision } from '../../lib/model/decision.ts';
import type { Outcome } from '../../lib/model/outcome.ts';
import { decisionsFor } from '../../lib/plan/decisions.ts';
import { plan } from '../../lib/plan/plan.ts';
import { averted, finding, found, snapshot, statement, time, unchanged } from './build.ts';

const outcomes: readonly Outcome[] = [
  found(
    'missing-indexes',
    'index',
    finding({ database: 'shop', schema: 'public', table: 'orders' }, 'create-index', time(['a'], 0.5)),
    finding({ database: 'shop', schema: 'audit', table: 'log' }, 'create-index', time(['b'], 0.5)),
  ),
  found('transaction-id-age', 'maintenance', finding({ database: 'shop' }, 'vacuum', averted)),
];
const rows = snapshot({ statements: [statement('a', 3_600_000), statement('b', 3_600_000)] });
const mute: Decision = { decision: 'mute', advisor: 'missing-indexes', reason: 'Bulk loads.', until: '2026-12-31' };
const planned = (decisions: readonly Decision[], remembered: { id: string; idleSince: string | null }[] = []) =>
  plan({ outcomes, changes: unchanged, snapshot: rows, decisions, remembered });
const keys = ({ opportunities }: ReturnType<typeof planned>) => opportunities.map(({ key }) => key).sort();
const AUDIT = 'missing-indexes:shop/audit/log';
const ORDERS = 'missing-indexes:shop/public/orders';
const AGE = 'transaction-id-age:shop';

describe('what is muted', () => {
  it('leaves plan, roadmap and totals, and is told with its reason', () => {
    const result = planned([{ ...mute, subject: { schema: 'audit' } }]);
    expect(keys(result)).toEqual([ORDERS, AGE]);
    expect(result.roadmap.flatMap(({ items }) => items)).not.toContain(AUDIT);
    expect(planned([]).estimatedImprovement?.likely).toBeCloseTo(0.5);
    expect(result.estimatedImprovement?.likely).toBeCloseTo(0.25);
    expect(result.effortPersonDays).toBeLessThan(planned([]).effortPersonDays);
    expect(result.decided).toMatchObject([
      {
        state: 'in-force',
        about: 'advisor missing-indexes, schema audit',
        reason: 'Bulk loads.',
        findings: [{ key: AUDIT }],
      },
    ]);
  });

  it.each<[string, Partial<Decision>, readonly string[]]>([
    ['by its key', { advisor: undefined, key: AUDIT }, [ORDERS, AGE]],
    ['by a pattern of keys', { advisor: undefined, key: 'missing-indexes:shop/*' }, [AGE]],
    ['by its advisor', {}, [AGE]],
    ['by a pattern of its subject', { advisor: undefined, subject: { table: 'ord*' } }, [AUDIT, AGE]],
    ['on one target', { target: 'sh*' }, [AGE]],
    ['on its last day still', { until: '2026-11-22' }, [AGE]],
  ])('can be named %s', (_name, over, left) => {
    expect(keys(planned([{ ...mute, ...over }]))).toEqual(left);
  });

  it.each<[string, Partial<Decision>]>([
    ['another target', { target: 'crm' }],
    ['another schema', { subject: { schema: 'sales' } }],
    ['a part that the finding has not', { subject: { index: '*' } }],
    ['the beginning of its key alone', { advisor: undefined, key: 'missing-indexes:shop/public/ord' }],
  ])('is not what is of %s', (_name, over) => {
    expect(keys(planned([{ ...mute, ...over }]))).toEqual([AUDIT, ORDERS, AGE]);
  });
});

describe('what is accepted', () => {
  it('leaves the plan and keeps why it was found, for the risks', () => {
    const accept: Decision = { decision: 'accept', key: AGE, reason: 'Frozen in May.', until: '2027-05-01' };
    const result = planned([accept]);
    expect(keys(result)).toEqual([AUDIT, ORDERS]);
    expect(result.decided[0]).toMatchObject({ decision: 'accept', findings: [{ why: 'Less likely to stop.' }] });
  });
});

describe('a decision that has run out', () => {
  it('brings its findings back with a word', () => {
    const result = planned([{ ...mute, until: '2026-11-20' }]);
    expect(keys(result)).toEqual([AUDIT, ORDERS, AGE]);
    const back = result.opportunities.find(({ key }) => key === AUDIT);
    expect(back?.ranOut).toEqual({ decision: 'mute', reason: 'Bulk loads.', until: '2026-11-20' });
    expect(result.opportunities.find(({ key }) => key === AGE)?.ranOut).toBeUndefined();
    expect(result.decided).toMatchObject([{ state: 'expired', justExpired: true }]);
  });

  it('is told as earlier news when it ran out before the window', () => {
    expect(planned([{ ...mute, until: '2026-11-14' }]).decided).toMatchObject([{ justExpired: false }]);
  });

  it('gives way to one about the same that holds', () => {
    const result = planned([{ ...mute, until: '2026-11-20' }, mute]);
    expect(keys(result)).toEqual([AGE]);
    expect(result.decided.map(({ state, findings }) => [state, findings.length])).toEqual([
      ['expired', 0],
      ['in-force', 2],
    ]);
  });
});

describe('a decision about nothing', () => {
  const idle: Decision = { ...mute, subject: { table: 'gone' } };
  const id = 'mute advisor missing-indexes, table gone';

  it('is let be at first, and its week is remembered', () => {
    expect(planned([idle]).decided).toMatchObject([{ state: 'in-force', idleSince: '2026-11-22T00:00:00Z' }]);
  });

  it('is named after four weeks of it', () => {
    const since = (idleSince: string | null) => planned([idle], [{ id, idleSince }]).decided[0]?.state;
    expect(since('2026-10-25T00:00:00Z')).toBe('idle');
    expect(since('2026-10-26T00:00:00Z')).toBe('in-force');
    expect(since(null)).toBe('in-force');
  });

  it('is named at once where no check or target has its name', () => {
    expect(planned([{ ...mute, advisor: 'mising-indexes' }]).decided).toMatchObject([
      { state: 'idle', note: expect.stringMatching(/no check of that name/) },
    ]);
    expect(planned([{ ...mute, advisor: undefined, key: 'mising-indexes:shop/*' }]).decided[0]?.state).toBe('idle');
    expect(planned([{ ...mute, target: 'crm' }]).decided).toMatchObject([
      { state: 'idle', note: expect.stringMatching(/No target/) },
    ]);
  });

  it('is not blamed for weeks in which its check could not look', () => {
    const blind: readonly Outcome[] = outcomes.map(({ card }) => ({ card, state: 'blind', why: 'No texts.' }));
    const remembered = [{ id, idleSince: '2026-01-01T00:00:00Z' }];
    const result = plan({ outcomes: blind, changes: unchanged, snapshot: rows, decisions: [idle], remembered });
    expect(result.decided).toMatchObject([{ state: 'in-force', idleSince: null }]);
  });
});

describe('several targets', () => {
  const all = ['shop', 'crm'];
  it('have each its own decisions, and those that name none of them', () => {
    const decisions = ['shop', 'crm', 'c*', 'hr'].map((target): Decision => ({ ...mute, target }));
    const names = (target: string, known: readonly string[] | null) =>
      decisionsFor(target, known, decisions).map((one) => one.target);
    expect(names('shop', all)).toEqual(['shop', 'hr']);
    expect(names('crm', all)).toEqual(['crm', 'c*', 'hr']);
    expect(names('crm', null)).toEqual(['crm', 'c*']);
  });
});
