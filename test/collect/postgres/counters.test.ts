import { describe, expect, it } from 'vitest';
import {
  type DatabaseState,
  databaseState,
  difference,
  increases,
  type Past,
  serverIncrease,
  statementIncrease,
  statisticsSince,
  usable,
} from '../../../lib/collect/postgres/counters.ts';
import type { Counters } from '../../../lib/collect/postgres/present.ts';
import { identitiesOf, mergeStatements } from '../../../lib/collect/postgres/statements.ts';
import type { CounterReading } from '../../../lib/model/snapshot.ts';

const seconds = (time: string) => Date.parse(time) / 1000;
const born = seconds('2026-01-01T00:00:00.000Z');
const lastWeek = '2026-11-15T00:00:00.000Z';
const now = '2026-11-22T00:00:00.000Z';

const readingOf = (parts: Partial<CounterReading> = {}): CounterReading => ({
  at: lastWeek,
  since: null,
  startedAt: born,
  server: { sharedSince: born },
  databases: {},
  tables: {},
  indexes: {},
  statements: {},
  ...parts,
});
const pastOf = (previous: CounterReading | null, more: Partial<Past> = {}): Past => ({
  previous,
  takenAt: now,
  takenAtSeconds: seconds(now),
  sharedSince: born,
  startedAt: born,
  ...more,
});
const database = (counters: Counters, statsResetAt?: number) => ({
  row: { database: 'shop', ...(statsResetAt === undefined ? {} : { statsResetAt }) },
  counters,
  mayConnect: true,
});
const entry = (queryid: string, counters: Counters, since: number | null = null, raw = 'SELECT 1') => ({
  key: JSON.stringify(['shop', 'app', queryid]),
  database: 'shop',
  user: 'app',
  queryid,
  raw,
  since,
  counters,
  gauges: {},
});
const facts = (entries: readonly ReturnType<typeof entry>[], since: number | null = born) => ({
  entries,
  own: new Set<string>(),
  hidden: 0,
  since,
  evictions: null,
  held: 1,
});

describe('the start of statistics', () => {
  it('is the reset, else the start of server-wide statistics, else that of the server; never a calendar zero', () => {
    expect(statisticsSince(born + 5, pastOf(null))).toBe(born + 5);
    expect(statisticsSince(undefined, pastOf(null))).toBe(born);
    expect(statisticsSince(undefined, pastOf(null, { sharedSince: null, startedAt: born + 9 }))).toBe(born + 9);
    expect(statisticsSince(seconds('2000-01-01T00:00:00Z'), pastOf(null))).toBe(born);
  });

  it('does not use a reading of the future', () => {
    const reading = readingOf();
    expect(usable(reading, now)).toBe(reading);
    expect(usable(reading, lastWeek)).toBeNull();
    expect(usable(null, now)).toBeNull();
  });
});

describe('the difference of two readings', () => {
  it.each<[string, Counters, Counters, Counters, boolean]>([
    ['subtracts', { a: 5, b: 2 }, { a: 3, b: 2 }, { a: 2, b: 0 }, false],
    ['leaves out what was not counted before', { a: 5, b: 2 }, { a: 3 }, { a: 2 }, false],
    ['starts again when one went down', { a: 5, b: 1 }, { a: 3, b: 2 }, { a: 5, b: 1 }, true],
  ])('%s', (_, after, before, values, reset) => {
    expect(difference(after, before)).toEqual({ values, reset });
  });
});

describe('the state of a database', () => {
  const earlier = (counters: Counters, server: Counters = { sharedSince: born }) =>
    readingOf({ databases: { shop: counters }, server });
  it.each<[DatabaseState, string, Parameters<typeof databaseState>[0], CounterReading | null]>([
    ['new', 'when there was no last time', database({ commits: 5 }), null],
    ['new', 'when it was not there last time', database({ commits: 5 }), readingOf()],
    ['continued', 'when nothing interrupted it', database({ commits: 5 }), earlier({ commits: 3, visited: 1 })],
    ['unseen', 'when nobody looked inside', database({ commits: 5 }), earlier({ commits: 3, visited: 0 })],
    ['reset', 'when its reset moved', database({ commits: 5 }, born + 99), earlier({ commits: 3, visited: 1 })],
    ['reset', 'when a counter went down', database({ commits: 2 }), earlier({ commits: 3, visited: 1 })],
    [
      'reset',
      'when a crash cleared everything and it grew past the old value since',
      database({ commits: 5 }),
      earlier({ commits: 3, visited: 1 }, { sharedSince: born - 1e6 }),
    ],
  ])('is %s %s', (state, _, facts, previous) => {
    expect(databaseState(facts, pastOf(previous))).toBe(state);
  });
});

describe('increases of rows', () => {
  const rows = [
    { of: 'old', database: 'shop', key: 'old', now: { scans: 10 } },
    { of: 'fresh', database: 'shop', key: 'fresh', now: { scans: 4 } },
  ];
  const of = (state: DatabaseState, before: Record<string, Counters> | null) =>
    increases({
      rows,
      before,
      states: new Map([['shop', state]]),
      since: born,
      past: pastOf(before === null ? null : readingOf()),
    });
  const window = { start: lastWeek, end: now, source: 'postgres', basis: 'previous-run' };
  const sinceReset = { start: '2026-01-01T00:00:00.000Z', end: now, source: 'postgres', basis: 'statistics-reset' };

  it('are whole without a last time', () => {
    const { rows: increased, span, resets } = of('new', null);
    expect(increased.map(({ values }) => values)).toEqual([{ scans: 10 }, { scans: 4 }]);
    expect([span, resets]).toEqual([sinceReset, 0]);
  });

  it('are differences, and whole for what is new', () => {
    const { rows: increased, span, resets } = of('continued', { old: { scans: 7 } });
    expect(increased.map(({ values }) => values)).toEqual([{ scans: 3 }, { scans: 4 }]);
    expect([span, resets]).toEqual([window, 0]);
  });

  it('count a row that went down as a reset and keep what it has since', () => {
    const { rows: increased, resets } = of('continued', { old: { scans: 70 } });
    expect(increased[0]?.values).toEqual({ scans: 10 });
    expect(resets).toBe(1);
  });

  it('are unknown where nobody looked last time', () => {
    expect(of('unseen', {}).rows.map(({ values }) => values)).toEqual([{}, {}]);
  });

  it('cover the time since the reset when everything was reset', () => {
    expect(of('reset', { old: { scans: 7 } })).toMatchObject({
      span: sinceReset,
      rows: [{ values: { scans: 10 } }, {}],
    });
  });
});

describe('increases of the server', () => {
  const counters = { values: { checkpointsTimed: 9 }, since: born };
  it.each([
    ['subtract', { checkpointsTimed: 4, resetAt: born }, 5, 'previous-run', 0],
    ['start again after a reset', { checkpointsTimed: 4, resetAt: born - 50 }, 9, 'statistics-reset', 1],
    ['start again after going down', { checkpointsTimed: 10, resetAt: born }, 9, 'statistics-reset', 1],
    ['are whole when nothing was read last time', {}, 9, 'statistics-reset', 0],
  ] as const)('%s', (_, server, value, basis, resets) => {
    const result = serverIncrease(counters, pastOf(readingOf({ server })));
    expect(result.rows[0]?.values).toEqual({ checkpointsTimed: value });
    expect([result.span.basis, result.resets]).toEqual([basis, resets]);
  });
});

describe('increases of statements', () => {
  const earlier = (statements: Record<string, Counters>, since = born) =>
    pastOf(readingOf({ server: { statementsSeen: 1, statementsSince: since }, statements }));
  const key = entry('1', {}).key;

  it('subtract', () => {
    const { rows, span } = statementIncrease(facts([entry('1', { calls: 9 })]), earlier({ [key]: { calls: 4 } }));
    expect(rows[0]?.values).toEqual({ calls: 5 });
    expect(span).toEqual({ start: lastWeek, end: now, source: 'postgres', basis: 'previous-run' });
  });

  it('are whole for an entry that was thrown out and came back', () => {
    const back = entry('1', { calls: 9 }, seconds(now) - 60);
    expect(statementIncrease(facts([back]), earlier({ [key]: { calls: 4 } })).rows[0]?.values).toEqual({ calls: 9 });
  });

  it('start again after a reset, also where only the counters tell', () => {
    const reset = statementIncrease(facts([entry('1', { calls: 9 })], born + 60), earlier({ [key]: { calls: 4 } }));
    expect([reset.rows[0]?.values, reset.span.basis, reset.resets]).toEqual([{ calls: 9 }, 'statistics-reset', 1]);
    const old = statementIncrease(facts([entry('1', { calls: 3 })], null), {
      ...earlier({ [key]: { calls: 4 } }),
      previous: readingOf({ server: { statementsSeen: 1 }, statements: { [key]: { calls: 4 } } }),
    });
    expect([old.rows[0]?.values, old.span.basis, old.resets]).toEqual([{ calls: 3 }, 'statistics-reset', 1]);
  });

  it('are whole when there was no pg_stat_statements last time', () => {
    const { span, rows } = statementIncrease(facts([entry('1', { calls: 9 })]), pastOf(readingOf()));
    expect([rows[0]?.values, span.basis]).toEqual([{ calls: 9 }, 'statistics-reset']);
  });
});

describe('merging statements', () => {
  // Times 1, 3 and then 5: calls 3, mean 3, squares 1 + 9 + 25.
  const one = { calls: 2, totalTimeMs: 4, squaresMs2: 10, rows: 2 };
  const two = { calls: 1, totalTimeMs: 5, squaresMs2: 25, rows: 0 };
  const normalise = (raw: string) => ({
    text: raw,
    fingerprint: raw === 'none' ? null : `f-${raw}`,
    label: null,
    cut: false,
  });
  const merged = (entries: readonly ReturnType<typeof entry>[]) =>
    mergeStatements(
      entries.map((each) => ({ of: each, values: each.counters })),
      identitiesOf(facts(entries), normalise),
    );

  it('adds entries of one text, keeps the id of the heavier and finds the deviation of all calls', () => {
    const rows = merged([entry('1', one, null, 'same'), { ...entry('2', two, null, 'same'), user: 'batch' }]);
    expect(rows).toEqual([
      {
        database: 'shop',
        statement: 'f-same',
        queryid: '2',
        text: 'same',
        calls: 3,
        totalTimeMs: 9,
        rows: 2,
        stddevTimeMs: expect.closeTo(Math.sqrt(8 / 3), 9),
      },
    ]);
  });

  it('keeps statements apart that have no fingerprint, and leaves out those that did not run', () => {
    const rows = merged([
      entry('1', one, null, 'none'),
      entry('2', two, null, 'none'),
      entry('3', { calls: 0, totalTimeMs: 0 }),
    ]);
    expect(rows.map((row) => [row.statement, row.user])).toEqual([
      ['id:1', 'app'],
      ['id:2', 'app'],
    ]);
  });

  it('leaves a deviation out when nothing says how the times were spread', () => {
    expect(merged([entry('1', { calls: 2, totalTimeMs: 4 })])[0]).not.toHaveProperty('stddevTimeMs');
  });
});

it.each(['constructor', '__proto__', 'toString'])(
  'takes a database called %s for new when it was not there before',
  (name) => {
    const facts = { ...database({ commits: 5 }), row: { database: name } };
    expect(databaseState(facts, pastOf(readingOf()))).toBe('new');
  },
);
