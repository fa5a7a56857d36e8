import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compare } from '../../lib/compare/compare.ts';
import { regressionSchema } from '../../lib/model/regression.ts';
import type { StatementRow } from '../../lib/model/rows.ts';
import { anIndex, aSpan, aTable } from '../support/rows.ts';
import {
  anEarlierFinding,
  called,
  clear,
  EARLIER,
  lastWeek,
  NEXT,
  noPast,
  now,
  remembered,
  runs,
  steady,
  week,
} from './weeks.ts';

const judge = (before: StatementRow[], today: StatementRow[], over: Parameters<typeof now>[1] = {}) =>
  compare({ snapshot: now(today, over), outcomes: [], past: lastWeek(before) });
const six = steady(6);

describe('the rule for a statement that got slower', () => {
  it('says nothing on the first run, nor when nothing changed', () => {
    expect(compare({ snapshot: now(six), outcomes: [], past: noPast })).toMatchObject({
      firstRun: true,
      regressions: [],
    });
    expect(judge(six, six)).toMatchObject({ firstRun: false, previousEnd: EARLIER.end, regressions: [], notes: [] });
  });

  it('costs, at the calls of this week, what each takes more: never more than it takes at all', () => {
    const before = called('q', { meanMs: 1 });
    const today = called('q', { calls: 10_000, meanMs: 30 });
    const { regressions } = judge([before, ...six], [today, ...six]);
    expect(regressions.map(({ costMsPerWeek }) => costMsPerWeek)).toEqual([10_000 * 29]);
  });

  it('names the statement, the ratio, the cause and the facts', () => {
    const before = called('list', { text: 'SELECT * FROM product_listing WHERE a = $1', meanMs: 2 });
    const today = { ...before, totalTimeMs: 640_000, stddevTimeMs: 6, sharedBlocksHit: 5_600_000 };
    const tables = [aTable({ table: 'product_listing' })];
    const { regressions } = judge([before, ...six], [today, ...six], { tables });
    expect(regressions).toHaveLength(1);
    expect(regressions[0]).toMatchObject({
      key: 'mean-time:shop/list',
      title: 'SELECT on product_listing is 3.2 times slower per call',
      subject: { database: 'shop', schema: 'public', table: 'product_listing', statement: 'list', queryid: 'q-list' },
      before: 2,
      now: 6.4,
      severity: 'critical',
      status: 'new',
      since: '2026-11-22T00:00:00Z',
      facts: [
        { label: 'Mean time', before: 2, now: 6.4 },
        { label: 'Calls', before: 100_000, now: 100_000 },
        { label: 'Rows', before: 1, now: 1 },
        { label: 'Blocks', before: 4, now: 56 },
      ],
    });
    expect(regressions[0]?.change.estimate).toBeCloseTo(2.2);
    expect(regressions[0]?.change.low).toBeGreaterThan(1.5);
    expect(regressions[0]?.cause[0]).toMatchObject({ kind: 'blocks', text: 'reads 14 times more blocks per call' });
    expect(regressions[0]?.costMsPerWeek).toBeCloseTo(440_000);
    for (const one of regressions) regressionSchema.parse(one);
  });

  const noDeviation = { stddevTimeMs: undefined };
  const cases: readonly [string, Parameters<typeof called>[1], Parameters<typeof called>[1], boolean][] = [
    ['15 % is everyday', {}, { meanMs: 1.15 }, false],
    ['25 % is not', {}, { meanMs: 1.25 }, true],
    [
      '25 % that scatter hides is not told',
      { calls: 60, meanMs: 5000, stddevTimeMs: 9000 },
      { calls: 60, meanMs: 6250, stddevTimeMs: 9000 },
      false,
    ],
    ['49 calls are too few', { calls: 49, meanMs: 5000 }, { calls: 49, meanMs: 50_000 }, false],
    ['49 calls before are too few', { calls: 49, meanMs: 5000 }, { calls: 50, meanMs: 50_000 }, false],
    ['50 calls are enough', { calls: 50, meanMs: 5000 }, { calls: 50, meanMs: 50_000 }, true],
    ['a cheap statement is not worth it', { calls: 100, meanMs: 1 }, { calls: 100, meanMs: 10 }, false],
    ['without a deviation 40 % is not told', noDeviation, { meanMs: 1.4, ...noDeviation }, false],
    ['without a deviation 60 % is', noDeviation, { meanMs: 1.6, ...noDeviation }, true],
    ['1.9 times the calls is success', {}, { calls: 190_000 }, false],
    ['3 times the calls and much of the load is told', {}, { calls: 300_000 }, true],
    ['3 times the calls of a small statement is not', { calls: 3000 }, { calls: 9000 }, false],
    ['from a few calls to many is told', { calls: 5 }, { calls: 300_000 }, true],
    ['faster is no regression', {}, { meanMs: 0.3 }, false],
  ];
  for (const [name, before, today, told] of cases) {
    it(`knows that ${name}`, () => {
      const row = (over: Parameters<typeof called>[1]) => called('x', over);
      expect(judge([row(before), ...six], [row(today), ...six]).regressions.map(({ status }) => status)).toEqual(
        told ? ['new'] : [],
      );
    });
  }

  it('gives no interval and one step less severity where the source keeps no deviation', () => {
    const plain = ({ stddevTimeMs: _, ...row }: StatementRow): StatementRow => row;
    const [told] = judge([plain(called('x')), ...six], [plain(called('x', { meanMs: 1.6 })), ...six]).regressions;
    expect(told).toMatchObject({ change: { low: null, high: null }, severity: 'medium' });
  });

  it('names more calls as the cause of more load', () => {
    const [told] = judge([called('x'), ...six], [called('x', { calls: 300_000 }), ...six]).regressions;
    expect(told).toMatchObject({
      key: 'load:shop/x',
      title: 'SELECT on orders takes 3 times more time a week',
      measure: 'totalTimeMs',
      cause: [{ kind: 'calls', share: 1 }],
    });
  });

  it('scales totals of spans of different length, and does not compare them beyond twice', () => {
    const today = (seconds: number, calls: number) => {
      const start = new Date(Date.parse(NEXT.start) - seconds * 1000).toISOString();
      const rows = [called('x', { calls }), ...six];
      return judge([called('x'), ...six], rows, { spans: { statement: aSpan({ start }) } });
    };
    expect(today(84 * 3600, 40_000).regressions).toEqual([]);
    expect(today(84 * 3600, 200_000).regressions[0]?.key).toBe('load:shop/x');
    const hour = today(3600, 100_000);
    expect(hour.regressions).toEqual([]);
    expect(hour.notes[0]).toContain('totals were not');
  });

  it('finds a statement again by its queryid when only one of the runs saw its text', () => {
    const before = { ...called('x'), statement: 'id:q-x' };
    expect(judge([before, ...six], [called('x', { meanMs: 2 }), ...six]).regressions.map(({ key }) => key)).toEqual([
      'mean-time:shop/x',
    ]);
  });

  it('adds up the users of one statement', () => {
    const half = (user: string, meanMs: number) => called('x', { user, calls: 50_000, meanMs });
    const { regressions } = judge([half('a', 1), half('b', 3), ...six], [half('a', 3), half('b', 5), ...six]);
    expect(regressions).toHaveLength(1);
    expect(regressions[0]).toMatchObject({ before: 2, now: 4 });
  });
});

describe('the rest of the workload', () => {
  it('turns a slowdown of everything into one finding', () => {
    const { regressions } = judge(steady(20), steady(20, 1.5));
    expect(regressions.map(({ title }) => title)).toEqual(['The whole server is 50 % slower per call']);
    expect(regressions[0]).toMatchObject({ key: 'mean-time:server', before: expect.closeTo(1), now: 1.5, subject: {} });
  });

  it('still names the one that got slower than the rest', () => {
    const { regressions } = judge([called('x'), ...steady(20)], [called('x', { meanMs: 6 }), ...steady(20, 1.5)]);
    expect(regressions.map(({ key }) => key).sort()).toEqual(['mean-time:server', 'mean-time:shop/x']);
  });

  it('blames nobody for staying nearly as he was while the rest got faster', () => {
    for (const meanMs of [1, 1.1]) {
      expect(judge([called('x'), ...steady(20)], [called('x', { meanMs }), ...steady(20, 0.5)]).regressions).toEqual(
        [],
      );
    }
  });

  it('asks of a statement a fifth more than of the rest', () => {
    const keys = (meanMs: number) =>
      judge([called('x'), ...steady(20)], [called('x', { meanMs }), ...steady(20, 1.5)]).regressions.map(
        ({ key }) => key,
      );
    expect(keys(1.5 * 1.15)).toEqual(['mean-time:server']);
    expect(keys(1.5 * 1.25)).toContain('mean-time:shop/x');
  });

  it('never tells a statement for a uniform drift, however large', () => {
    fc.assert(
      fc.property(fc.double({ min: 0.2, max: 5, noNaN: true }), fc.integer({ min: 5, max: 30 }), (drift, count) => {
        const keys = judge(steady(count), steady(count, drift)).regressions.map(({ key }) => key);
        expect(keys.filter((key) => key !== 'mean-time:server')).toEqual([]);
      }),
      { numRuns: 40 },
    );
  });

  it('goes without it below five comparable statements', () => {
    expect(judge(steady(4), steady(4, 1.5)).regressions).toHaveLength(4);
  });
});

describe('new statements', () => {
  const heavy = called('new', { calls: 1000, meanMs: 200 });

  it('are told when they take much', () => {
    const [told] = judge(six, [heavy, ...six]).regressions;
    expect(told).toMatchObject({
      key: 'new-statement:shop/new',
      before: 0,
      now: 200_000,
      cause: [{ kind: 'new-statement' }],
    });
    expect(told?.title).toBe('SELECT on orders is new and takes 25 % of database time');
  });

  it('are not told when gone ones balance them', () => {
    expect(judge([called('old', { calls: 1000, meanMs: 190 }), ...six], [heavy, ...six]).regressions).toEqual([]);
    const most = [called('new', { calls: 1000, meanMs: 2000 }), ...six];
    expect(judge([called('old', { calls: 1000, meanMs: 1700 }), ...six], most).regressions).toEqual([]);
    const [net] = judge([called('old', { calls: 1000, meanMs: 50 }), ...six], [heavy, ...six]).regressions;
    expect(net?.costMsPerWeek).toBeCloseTo(150_000);
  });

  it('are not told when small, run by hand, or work on the database itself', () => {
    const quiet = [
      called('new', { calls: 1000, meanMs: 20 }),
      called('new', { calls: 4, meanMs: 50_000 }),
      called('new', { calls: 5, meanMs: 50_000, text: 'CREATE INDEX CONCURRENTLY i ON orders (status)' }),
      called('new', { calls: 5, meanMs: 50_000, text: 'vacuum analyze orders' }),
    ];
    for (const row of quiet) expect(judge(six, [row, ...six]).regressions).toEqual([]);
  });
});

describe('what cannot be compared', () => {
  it('is said when the counters reach back into the span already judged', () => {
    const spans = { statement: aSpan({ start: EARLIER.start, basis: 'statistics-reset' }) };
    const changes = judge([called('x'), ...six], [called('x', { meanMs: 9 }), ...six], { spans });
    expect(changes.regressions).toEqual([]);
    expect(changes.notes).toEqual([
      expect.stringContaining('Statements were not compared with the run that ended 2026-11-15'),
    ]);
  });

  it('is comparable when the statistics began after the run before', () => {
    const spans = { statement: aSpan({ start: '2026-11-16T00:00:00Z', basis: 'statistics-reset' }) };
    expect(judge([called('x'), ...six], [called('x', { meanMs: 9 }), ...six], { spans }).regressions).toHaveLength(1);
  });

  it('is said when no statements were seen', () => {
    expect(judge(six, [], { spans: {} }).notes).toEqual([expect.stringContaining('none were seen this time')]);
  });
});

describe('the pinned week', () => {
  const pinned = remembered(
    week({ start: '2026-10-01T00:00:00Z', end: '2026-10-08T00:00:00Z' }, [called('x'), ...six]),
  );

  it('wins as the reference, so that a slow creep is seen', () => {
    const past = { ...lastWeek([called('x', { meanMs: 1.15 }), ...six]), pinned };
    const [told] = compare({ snapshot: now([called('x', { meanMs: 1.3 }), ...six]), outcomes: [], past }).regressions;
    expect(told).toMatchObject({ key: 'mean-time:shop/x', before: 1 });
  });

  it('leaves a statement it does not know to the run before', () => {
    const past = { ...lastWeek([called('y'), called('x'), ...six]), pinned };
    const { regressions } = compare({
      snapshot: now([called('y', { meanMs: 2 }), called('x'), ...six]),
      outcomes: [],
      past,
    });
    expect(regressions.map(({ key }) => key)).toEqual(['mean-time:shop/y']);
  });
});

describe('a regression already told', () => {
  const at = (window: { start: string; end: string }, meanMs: number, calls = 100_000) =>
    week(window, [called('x', { meanMs, calls }), ...six]);
  const later = { start: NEXT.end, end: '2026-12-06T00:00:00Z' };
  const WINDOW2 = { start: EARLIER.end, end: NEXT.start };

  it('stays open against the value from before it, though last week was as bad', () => {
    const [, second, third] = runs(at(EARLIER, 1), at(WINDOW2, 2), at(NEXT, 1.9));
    expect(second?.changes.regressions[0]).toMatchObject({ status: 'new', before: 1, now: 2 });
    expect(third?.changes.regressions).toHaveLength(1);
    expect(third?.changes.regressions[0]).toMatchObject({
      status: 'open',
      before: 1,
      now: 1.9,
      since: WINDOW2.end,
      title: 'SELECT on orders is 90 % slower per call',
    });
  });

  it('is resolved once when it is back within a third of the effect, then forgotten', () => {
    const [, , third, fourth] = runs(at(EARLIER, 1), at(WINDOW2, 2), at(NEXT, 1.3), at(later, 1.3));
    expect(third?.changes.regressions.map(({ status }) => status)).toEqual(['resolved']);
    expect(fourth?.changes.regressions).toEqual([]);
  });

  it('is measured by how bad it was when it opened, not by its worst week', () => {
    const [, , , fourth] = runs(at(EARLIER, 1), at(WINDOW2, 1.5), at(NEXT, 4), at(later, 1.6));
    expect(fourth?.changes.regressions.map(({ status }) => status)).toEqual(['open']);
  });

  it('stays open unseen, and the reader is told that nobody could look', () => {
    const [, , third, fourth] = runs(at(EARLIER, 1), at(WINDOW2, 2), at(NEXT, 2, 10), at(later, 2));
    expect(third?.changes.regressions).toEqual([]);
    expect(third?.changes.notes[0]).toContain('1 open regression could not be looked at again');
    expect(fourth?.changes.regressions.find(({ key }) => key === 'mean-time:shop/x')?.status).toBe('open');
  });

  it('is over for a new statement when that is gone again', () => {
    const heavy = called('new', { calls: 1000, meanMs: 200 });
    const [, second, third] = runs(week(EARLIER, six), week(WINDOW2, [heavy, ...six]), week(NEXT, six));
    expect(second?.changes.regressions.map(({ status }) => status)).toEqual(['new']);
    expect(third?.changes.regressions.map(({ key, status }) => [key, status])).toEqual([
      ['new-statement:shop/new', 'resolved'],
    ]);
  });

  it('follows the drift of the whole server', () => {
    const [, second, third, fourth] = runs(
      week(EARLIER, steady(8)),
      week(WINDOW2, steady(8, 1.5)),
      week(NEXT, steady(8, 1.5)),
      week(later, steady(8)),
    );
    expect([second, third, fourth].map((run) => run?.changes.regressions.map(({ status }) => status))).toEqual([
      ['new'],
      ['open'],
      ['resolved'],
    ]);
  });
});

describe('our own advice', () => {
  it('is the suspect when it was carried out in this window on the same table', () => {
    const past = lastWeek([called('x'), ...six], {}, { findings: [anEarlierFinding()] });
    const indexes = [anIndex({ columns: ['status'] })];
    const snapshot = now([called('x', { meanMs: 2 }), ...six], { indexes });
    const [told] = compare({ snapshot, outcomes: [clear()], past }).regressions;
    expect(told?.suspect).toMatchObject({ rollback: ['DROP INDEX CONCURRENTLY public.orders_status_idx;'] });
    const innocent = compare({ snapshot: { ...snapshot, indexes: [anIndex()] }, outcomes: [clear()], past });
    expect(innocent.regressions[0]).not.toHaveProperty('suspect');
  });
});
