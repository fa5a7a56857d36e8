import { describe, expect, test } from 'vitest';
import { opportunitySchema } from '../../lib/model/opportunity.ts';
import { plan } from '../../lib/plan/plan.ts';
import { averted, finding, found, snapshot, space, statement, table, time, unchanged } from './build.ts';

const orders = { database: 'shop', schema: 'public', table: 'orders' };

describe('plan', () => {
  test('without findings it is empty and promises nothing', () => {
    const empty = plan({ outcomes: [], changes: unchanged, snapshot: snapshot() });
    expect(empty).toEqual({
      opportunities: [],
      top: [],
      estimatedImprovement: null,
      effortPersonDays: 0,
      roadmap: [],
      decided: [],
    });
  });

  test('outcomes that are clear, blind or failed put nothing into it', () => {
    const { card } = found('a', 'query');
    const made = plan({
      outcomes: [
        { card, state: 'clear', examined: 3, caveats: [] },
        { card, state: 'blind', why: 'no right' },
        { card, state: 'failed', why: 'Error: x' },
      ],
      changes: unchanged,
      snapshot: snapshot(),
    });
    expect(made.opportunities).toEqual([]);
  });

  test('time becomes milliseconds a week, a share of database time and a return on hours', () => {
    const seen = snapshot({ statements: [statement('q1', 36_000_000), statement('q2', 36_000_000)] });
    const outcomes = [found('missing-index', 'index', finding(orders, 'create-index', time(['q1'], 0.5)))];
    const { opportunities, estimatedImprovement } = plan({ outcomes, changes: unchanged, snapshot: seen });
    expect(opportunities[0]?.benefit).toMatchObject({ unit: 'ms/week', likely: 18_000_000 });
    expect(opportunities[0]?.benefit.shareOfDbTime?.likely).toBe(0.25);
    expect(estimatedImprovement?.likely).toBe(0.25);
    // 5 hours a week × 13 weeks ÷ 2 engineer-hours
    expect(opportunities[0]?.roi).toBeCloseTo(32.5);
  });

  test('ten minutes are stretched to a week, and the basis says so', () => {
    const window = { start: '2026-11-21T23:50:00Z', end: '2026-11-22T00:00:00Z' };
    const seen = snapshot({ statements: [statement('q1', 1000)] }, window);
    const outcomes = [found('missing-index', 'index', finding(orders, 'create-index', time(['q1'], 0.5)))];
    const benefit = plan({ outcomes, changes: unchanged, snapshot: seen }).opportunities[0]?.benefit;
    expect(benefit?.likely).toBeCloseTo(500 * 1008);
    expect(benefit?.basis).toContain('from 10 minutes');
  });

  test('a saving measured on less than a day is a level less sure; one of a week, and space, are not', () => {
    const hours = { start: '2026-11-21T12:00:00Z', end: '2026-11-22T00:00:00Z' };
    const outcomes = [
      found('missing-index', 'index', finding(orders, 'create-index', time(['q1'], 0.5))),
      found('unused-index', 'index', finding({ ...orders, index: 'i' }, 'drop-index', space(4096))),
    ];
    const confidences = (window?: typeof hours) =>
      plan({ outcomes, changes: unchanged, snapshot: snapshot({ statements: [statement('q1', 1000)] }, window) })
        .opportunities.map(({ benefit }) => `${benefit.kind} ${benefit.confidence}`)
        .sort();
    expect(confidences()).toEqual(['space high', 'time medium']);
    expect(confidences(hours)).toEqual(['space high', 'time low']);
  });

  test('an item that only looks says that it is not in the total', () => {
    const seen = snapshot({ statements: [statement('q1', 900), statement('q2', 100)] });
    const outcomes = [
      found('top', 'query', finding({ statement: 'q1' }, 'investigate', time(['q1'], 0.5, 'low'))),
      found('missing-index', 'index', finding(orders, 'create-index', time(['q2'], 0.5))),
    ];
    const made = plan({ outcomes, changes: unchanged, snapshot: seen });
    expect(Object.fromEntries(made.opportunities.map(({ advisor, benefit }) => [advisor, benefit.counted]))).toEqual({
      top: false,
      'missing-index': undefined,
    });
    expect(made.estimatedImprovement?.high).toBeLessThan(0.1);
  });

  test('the three for a lead: a big gain, a near outage, the leading statement; never housekeeping before them', () => {
    const seen = snapshot({
      statements: [{ ...statement('q1', 500) }, statement('q2', 300), statement('q3', 200)],
    });
    const leads = { database: 'shop', statement: 'q2' };
    const outcomes = [
      found('stale', 'maintenance', finding(orders, 'analyze', averted)),
      found(
        'dead',
        'maintenance',
        finding({ ...orders, table: 'carts' }, 'vacuum', { ...averted, confidence: 'high' }),
      ),
      found('wal', 'system', finding({ setting: 'max_wal_size' }, 'change-setting', averted)),
      found(
        'connections',
        'system',
        finding({ setting: 'c' }, 'change-infrastructure', {
          kind: 'risk',
          averts: 'outage',
          basis: 'Sessions refused.',
          confidence: 'high',
        }),
      ),
      found('leads', 'query', finding(leads, 'rewrite-query', { ...averted, confidence: 'low' })),
      found('missing-index', 'index', finding(orders, 'create-index', time(['q1'], 0.5))),
    ];
    expect(plan({ outcomes, changes: unchanged, snapshot: seen }).top.map((key) => key.split(':')[0])).toEqual([
      'missing-index',
      'connections',
      'leads',
    ]);
  });

  test('time of statements that nobody measured is not zero but unknown', () => {
    const outcomes = [found('missing-index', 'index', finding(orders, 'create-index', time(['q9'], 0.5)))];
    const seen = snapshot({ statements: [statement('q1', 1000)] });
    const { opportunities, estimatedImprovement } = plan({ outcomes, changes: unchanged, snapshot: seen });
    expect(opportunities[0]?.benefit).toMatchObject({ low: null, likely: null, high: null });
    expect(opportunities[0]?.benefit.basis).toContain('not measured');
    expect(opportunities[0]?.roi).toBeNull();
    expect(estimatedImprovement).toBeNull();
  });

  test('a finding of one database does not claim the same statement of another', () => {
    const seen = snapshot({ statements: [statement('q1', 600, 'shop'), statement('q1', 400, 'archive')] });
    const outcomes = [found('missing-index', 'index', finding(orders, 'create-index', time(['q1'], 1)))];
    const { estimatedImprovement } = plan({ outcomes, changes: unchanged, snapshot: seen });
    expect(estimatedImprovement?.likely).toBeCloseTo(0.6);
  });

  test('space and averted risk get no invented time', () => {
    const outcomes = [
      found('unused-index', 'index', finding({ ...orders, index: 'i' }, 'drop-index', space(4096))),
      found('idle-in-transaction', 'system', finding({}, 'change-setting', averted)),
    ];
    const { opportunities, estimatedImprovement } = plan({ outcomes, changes: unchanged, snapshot: snapshot() });
    const benefits = opportunities.map((one) => one.benefit).sort((a, b) => (a.kind < b.kind ? -1 : 1));
    expect(benefits[0]).toMatchObject({ kind: 'risk', likely: null, unit: 'none' });
    expect(benefits[1]).toMatchObject({ kind: 'space', likely: 4096, unit: 'bytes' });
    expect(opportunities.map((one) => one.roi)).toEqual([null, null]);
    expect(estimatedImprovement).toBeNull();
  });

  test('every opportunity is as the report document wants it', () => {
    const outcomes = [
      found('missing-index', 'index', finding(orders, 'create-index', time(['q1'], 0.5), { machineMinutes: 3 })),
      found('unused-index', 'index', finding({ ...orders, index: 'i' }, 'drop-index', space(4096))),
      found('idle-in-transaction', 'system', finding({}, 'change-setting', averted)),
    ];
    const seen = snapshot({ statements: [statement('q1', 1000)] });
    const { opportunities } = plan({ outcomes, changes: unchanged, snapshot: seen });
    expect(opportunities).toHaveLength(3);
    for (const one of opportunities) expect(() => opportunitySchema.parse(one)).not.toThrow();
  });

  test('first seen and status are those of the comparison', () => {
    const made = found('idle-in-transaction', 'system', finding({}, 'change-setting', averted));
    const status = { 'idle-in-transaction:server': { status: 'worse', firstSeen: '2026-11-01T00:00:00Z' } } as const;
    const changes = { ...unchanged, status };
    expect(plan({ outcomes: [made], changes, snapshot: snapshot() }).opportunities[0]).toMatchObject({
      status: 'worse',
      firstSeen: '2026-11-01T00:00:00Z',
    });
    expect(plan({ outcomes: [made], changes: unchanged, snapshot: snapshot() }).opportunities[0]).toMatchObject({
      status: 'new',
      firstSeen: snapshot().takenAt,
    });
  });

  test('effort adds up to person-days and grows with the table', () => {
    const big = table('orders', { heapBytes: 200 * 1024 ** 3 });
    const outcomes = [found('missing-index', 'index', finding(orders, 'create-index', averted))];
    expect(plan({ outcomes, changes: unchanged, snapshot: snapshot() }).effortPersonDays).toBe(0.3);
    expect(plan({ outcomes, changes: unchanged, snapshot: snapshot({ tables: [big] }) }).effortPersonDays).toBe(0.5);
  });
});
