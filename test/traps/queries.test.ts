/**
 * Queries: tables t51 … t62 of a real server and statements that really run between two looks, metrics of an hour through
 * a fake Prometheus, and weeks that differ in one number.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { baselineNumbers } from '../../lib/compare/baseline.ts';
import { compare } from '../../lib/compare/compare.ts';
import { weekOf } from '../../lib/compare/week.ts';
import { type Cluster, startCluster } from '../../lib/demo/cluster.ts';
import type { Snapshot } from '../../lib/model/snapshot.ts';
import { called, lastWeek, noPast, steady, now as thisWeek } from '../compare/weeks.ts';
import { useEmbedded } from '../support/embedded.ts';
import { aTable } from '../support/rows.ts';
import { aServerOf, drawn, line, scraped, scrapedOne, statementOf } from './metrics.ts';
import { caveats, created, findings, focused, type Judged, judged, look } from './scene.ts';

const server = useEmbedded({
  preload: ['pg_stat_statements'],
  settings: { autovacuum: 'off', jit: 'off', track_io_timing: 'off', 'pg_stat_statements.track': 'all' },
});
const often = (statement: string, times = 20) => Array.from({ length: times }, () => statement);

const SCENES = [
  'CREATE TABLE seed AS SELECT n AS id, n % 7 AS a, n AS b FROM generate_series(1, 2000) n',
  ...[49, 51, 52, 56, 58, 59, 60].map((number) => `CREATE TABLE t${number} AS TABLE seed`),
  'ALTER TABLE t56 ADD PRIMARY KEY (id)',
  'CREATE TABLE t54 AS SELECT 1 AS a FROM generate_series(1, 4)',
  `CREATE FUNCTION f59() RETURNS bigint LANGUAGE plpgsql
    AS 'DECLARE found bigint; BEGIN SELECT count(*) INTO found FROM t59 WHERE a = 3; RETURN found; END'`,
  'CREATE ROLE t52_one LOGIN SUPERUSER PASSWORD $$one$$',
  'CREATE ROLE t52_two LOGIN SUPERUSER PASSWORD $$two$$',
];
const T52 = often('SELECT count(*) FROM t52 WHERE a = 3', 10);
const WORK = [
  ...often('SELECT count(*) FROM t51 WHERE b > 3'),
  ...often('SELECT count(*) FROM t51 WHERE b > 30000000000'),
  ...T52,
  ...often('SELECT pg_sleep(0.1) FROM t54 WHERE a = 1', 3),
  ...often('SELECT pg_sleep(0.1) FROM t54 WHERE a = 2', 17),
  ...often('COPY (SELECT * FROM t58) TO $$/dev/null$$', 5),
  'VACUUM t58',
  'CREATE TABLE t58_copy AS TABLE t58',
  ...often('SELECT count(*) FROM pg_class c, pg_attribute a WHERE a.attrelid = c.oid'),
  ...often('SELECT count(*) FROM t58 WHERE a = 3'),
  ...often('SELECT f59()', 10),
  ...often('UPDATE t60 SET b = b', 3),
  'BEGIN',
  'DECLARE c CURSOR FOR SELECT * FROM t60',
  ...often('FETCH 1500 FROM c', 2),
  'COMMIT',
  ...often('SELECT id, a FROM t60', 5),
  'ALTER ROLE t52_two PASSWORD $$canary62$$',
  'SET application_name = canary62',
  'DO $do$ BEGIN PERFORM $$canary62$$; END $do$',
  'COPY (SELECT $$canary62$$) TO $$/dev/null$$',
  'SELECT /* canary62 */ count(*) FROM seed',
];

let url: string;
let seen: Snapshot;
let now: Judged;
let small: Cluster;
/** What PostgreSQL itself kept of the statements. */
let entries: readonly Record<string, unknown>[];

/** One session holds the row for a second, the other waits for it. */
async function lockWait(): Promise<void> {
  const [holder, waiter] = await Promise.all([server.session(url), server.session(url)]);
  await holder.query('BEGIN');
  await holder.query('UPDATE t56 SET b = b + 1 WHERE id = 7');
  const waited = waiter.query('UPDATE t56 SET b = b + 1 WHERE id = 7');
  await new Promise((done) => setTimeout(done, 1_000));
  await holder.query('COMMIT');
  await waited;
  await Promise.all([holder.end(), waiter.end()]);
}

beforeAll(async () => {
  const [one] = await Promise.all([
    startCluster({ preload: ['pg_stat_statements'], settings: { 'pg_stat_statements.max': '100', autovacuum: 'off' } }),
  ]);
  small = one;
  url = await server.database('traps', 'CREATE EXTENSION pg_stat_statements', ...SCENES, 'ANALYZE');
  const other = await server.database(
    'other52',
    'CREATE TABLE t52 AS SELECT n AS id, n % 7 AS a FROM generate_series(1, 2000) n',
  );
  const as = (user: string, password: string) => {
    const address = new URL(url);
    Object.assign(address, { username: user, password });
    return address.href;
  };
  const before = await look(url);
  await server.run(url, ...WORK);
  await server.run(as('t52_one', 'one'), ...T52);
  await server.run(other, ...T52);
  await lockWait();
  entries = await server.run(url, 'SELECT query, calls::int, toplevel FROM pg_stat_statements');
  seen = await look(url, before);
  now = await judged(seen);
});
afterAll(() => small?.stop());

const rows = (pattern: RegExp, snapshot = seen) => snapshot.statements.filter(({ text = '' }) => pattern.test(text));
const raw = (pattern: string) => entries.filter(({ query }) => String(query).includes(pattern));
const top = 'top-time-statements';
/** Hours of an hour's worth of seconds would have to pass: counters only. */
const leading = { calls: 10_000, totalTimeMs: 3_600_000 };

describe('queries', () => {
  it('trap 48: what grew in the window leads, not what has grown since the server started', async () => {
    const calls = (queryid: string) =>
      line('pg_stat_statements_calls_total', { queryid, user: 'app', datname: 'shop' }, 0, 600);
    const seconds = (queryid: string, from: number, grown: number) =>
      line('pg_stat_statements_seconds_total', { queryid, user: 'app', datname: 'shop' }, from, from + grown);
    const leads = async (old: number, young: number) => {
      const { snapshots, asked } = await scraped(
        ...aServerOf(),
        ...[calls('1'), calls('2'), seconds('1', 9_000_000, old), seconds('2', 0, young)],
      );
      expect(asked.filter((promql) => promql.includes('topk'))).toEqual([]);
      const [snapshot] = snapshots;
      return snapshot === undefined ? [] : findings(await judged(snapshot), top).map(({ subject }) => subject.queryid);
    };
    expect(await leads(1, 600)).toEqual(['2']);
    expect(await leads(600, 1)).toEqual(['1']);
  });

  it('trap 49: counters that began anew, also where they are larger than before by now', async () => {
    const statement = 'SELECT count(*) FROM t49 WHERE a = 3';
    const calls = (snapshot: Snapshot) => rows(/FROM t49\b/, snapshot).map((row) => row.calls);
    await server.run(url, ...often(statement, 3));
    const first = await look(url);
    await server.run(url, ...often(statement, 4));
    const second = await look(url, first);
    expect(calls(second)).toEqual([4]);
    expect(second.spans.statement?.basis).toBe('previous-run');
    await server.run(url, 'SELECT pg_stat_statements_reset()', ...often(statement, 12));
    const third = await look(url, second);
    expect(calls(third)).toEqual([12]);
    expect(third.spans.statement?.basis).toBe('statistics-reset');
    expect(third.quality.resets).toBeGreaterThan(second.quality.resets);

    const labels = { queryid: '1', user: 'app', datname: 'shop' };
    const falling = await scrapedOne(
      ...aServerOf(),
      drawn('pg_stat_statements_calls_total', labels, (share) =>
        share < 0.5 ? 1000 + share * 600 : (share - 0.5) * 600,
      ),
      drawn('pg_stat_statements_seconds_total', labels, (share) =>
        share < 0.5 ? 900 + share * 60 : (share - 0.5) * 60,
      ),
    );
    expect(falling.statements[0]?.calls).toBeCloseTo(590, -2);
    expect(falling.statements[0]?.totalTimeMs).toBeGreaterThan(0);
    expect(falling.quality.notes.join(' ')).toContain('Counters of 1 statements began again');
  });

  it('trap 50: a statement that was evicted is not one that stopped', async () => {
    const address = small.url('postgres');
    const numbers = (from: number) => Array.from({ length: 120 }, (_, n) => `SELECT 1${', 1'.repeat(from + n)}`);
    const [statement, kept] = ['SELECT count(*) FROM t50', 'SELECT sum(n) FROM t50'];
    const calls = (snapshot: Snapshot, text: RegExp) => rows(text, snapshot).map((row) => row.calls);
    await server.run(address, 'CREATE EXTENSION pg_stat_statements', 'CREATE TABLE t50 AS SELECT 1 AS n');
    await server.run(address, ...often(statement, 5), ...often(kept, 500));
    const first = await look(address);
    expect(calls(first, /count\(\*\) FROM t50/)).toEqual([5]);
    await server.run(address, ...numbers(0).map((each) => often(each, 8).join('; ')));
    const second = await look(address, first);
    expect(second.server.statementEvictions).toBeGreaterThan(0);
    expect(calls(second, /count\(\*\) FROM t50/)).toEqual([]);
    await server.run(address, ...often(statement, 12));
    const third = await look(address, second);
    // All twelve since it came back, whether the run before had it or the one before that.
    expect(calls(third, /count\(\*\) FROM t50/)).toEqual([12]);
    expect(calls(await look(address, first), /count\(\*\) FROM t50/)).toEqual([12]);

    const unseen = { ...third, quality: { ...third.quality, statementCoverage: 0.2 } };
    expect(caveats(await judged(unseen), top)).toContain('explain only 20 % of the databases');
    expect(
      caveats(await judged({ ...unseen, quality: { ...third.quality, statementCoverage: 0.9 } }), top),
    ).not.toContain('explain only');
  });

  it('trap 51: another queryid of the same text is the same statement, and a table with another number is not', async () => {
    // A larger number is of another type, to the server another statement.
    expect(raw('FROM t51 WHERE b >')).toHaveLength(2);
    expect(rows(/FROM t51\b/).map(({ calls }) => calls)).toEqual([40]);
    const alike = rows(/^SELECT count\(\*\) FROM t5[28] WHERE a = \$1$/).filter(({ database }) => database === 'traps');
    expect(alike.map(({ label, calls }) => [label, calls]).sort()).toEqual([
      ['SELECT on t52', 20],
      ['SELECT on t58', 20],
    ]);
    const mine = (queryid: string, statement = 'x') => called(statement, { queryid, calls: 300_000 });
    const told = (before: ReturnType<typeof called>, after: ReturnType<typeof called>) =>
      compare({ snapshot: thisWeek([after, ...steady(6)]), outcomes: [], past: lastWeek([before, ...steady(6)]) })
        .regressions;
    expect(told(mine('1'), mine('2'))).toEqual([]);
    expect(told(mine('1', 'y'), { ...mine('2'), database: 'elsewhere' }).map(({ cause }) => cause[0]?.kind)).toEqual([
      'new-statement',
    ]);
  });

  it('trap 52: of several users it is one statement, of several databases one in each', async () => {
    expect(raw('FROM t52')).toHaveLength(3);
    const mine = rows(/FROM t52\b/);
    expect(mine.map(({ database, calls }) => [database, calls]).sort()).toEqual([
      ['other52', 10],
      ['traps', 20],
    ]);
    const metrics = await scrapedOne(
      ...aServerOf(),
      ...statementOf('1', { user: 'one' }),
      ...statementOf('1', { user: 'two' }),
      ...statementOf('1', { datname: 'other' }),
    );
    const found = findings(await judged(metrics), top);
    expect(found.map(({ subject }) => subject.database).sort()).toEqual(['other', 'shop']);
    const calls = found.map(({ evidence }) => evidence.find(({ label }) => label === 'Calls')?.value);
    expect(calls.map(Number).sort((a, b) => a - b)).toEqual([expect.closeTo(590, -2), expect.closeTo(1180, -2)]);
  });

  it('trap 53: much time from many quick calls, or from one long one, is no slow statement', async () => {
    const slow = async (calls: number, meanMs: number) =>
      findings(
        await judged(focused(seen, /FROM t51\b/, { calls, totalTimeMs: calls * meanMs })),
        'slow-and-frequent-statements',
      );
    expect(await slow(3_600_000, 1)).toEqual([]);
    expect(await slow(3_600_000, 49)).toEqual([]);
    expect(await slow(1, 3_600_000)).toEqual([]);
    expect(await slow(60_000, 60)).toHaveLength(1);
  });

  it('trap 54: a mean of quick and slow calls is told as such', async () => {
    const [row] = rows(/FROM t54\b/);
    expect(row?.calls).toBe(20);
    const mean = (row?.totalTimeMs ?? 0) / 20;
    expect(mean).toBeGreaterThan(50);
    expect(row?.stddevTimeMs).toBeGreaterThan(2 * mean);
    const [finding] = findings(await judged(focused(seen, /FROM t54\b/)), 'slow-and-frequent-statements');
    expect(finding?.approach).toContain('Its times spread widely');
    expect(finding?.evidence.map(({ label }) => label)).toContain('Standard deviation');
    // Three calls in twenty took 400 ms, the others nothing: the truth is within the bounds.
    expect(row?.p95Ms?.low).toBeLessThan(400);
    expect(row?.p95Ms?.high).toBeGreaterThan(400);
    const [even] = findings(
      await judged(focused(seen, /FROM t54\b/, { stddevTimeMs: 1 })),
      'slow-and-frequent-statements',
    );
    expect(even?.approach).not.toContain('spread widely');
  });

  it('trap 55: no percentile comes from a mean alone', async () => {
    const metrics = await scrapedOne(...aServerOf(), ...statementOf('1'));
    expect(metrics.statements[0]).toMatchObject({ queryid: '1', calls: expect.closeTo(590, -2) });
    expect(metrics.statements[0]).not.toHaveProperty('p95Ms');
    const percentiles = (snapshot: Snapshot) =>
      baselineNumbers(weekOf(snapshot), null, null).filter(({ label }) => label.includes('percentile'));
    expect(percentiles(metrics).map((one) => [one.now, one.why])).toEqual(
      Array.from({ length: 3 }, () => [null, expect.stringContaining('a mean alone says nothing of percentiles')]),
    );
    for (const one of percentiles(seen))
      expect(one).toMatchObject({ low: expect.any(Number), high: expect.any(Number) });
  });

  it('trap 56: a statement that waits for a lock gets no index', async () => {
    const [row] = rows(/UPDATE t56\b/);
    expect(row?.totalTimeMs).toBeGreaterThan(800);
    const waiting = await judged(focused(seen, /UPDATE t56\b/));
    const [finding] = findings(waiting, top);
    expect(finding?.title).toMatch(/^Find out what UPDATE on t56 .* waits for$/);
    expect(finding?.approach).toContain('no index does');
    expect(created(waiting, 'public')).toEqual([]);
    const [working] = findings(await judged(focused(seen, /FROM t58 WHERE/, leading)), top);
    expect(working?.title).toMatch(/^Examine the plan of/);
  });

  it('trap 57: with track_io_timing off a read time of zero means that nobody measured', async () => {
    expect(seen.server.settings.track_io_timing?.value).toBe(false);
    for (const row of seen.statements) expect(row.blockReadTimeMs).toBeUndefined();
    const GIB = 1024 ** 3;
    const reading = (timing: boolean, blockReadTimeMs: number): Snapshot => {
      const settings = { ...seen.server.settings, track_io_timing: { value: timing } };
      const snapshot = focused(seen, /FROM t58 WHERE/, { ...leading, blockReadTimeMs });
      return {
        ...snapshot,
        server: { ...snapshot.server, settings },
        databases: snapshot.databases.map((row) => ({
          ...row,
          blocksRead: 9_000_000,
          blocksHit: 1_000_000,
          sizeBytes: 90 * GIB,
        })),
        hosts: [{ host: 'db1', memoryBytes: 64 * GIB }],
      };
    };
    // An exporter shows the zero that PostgreSQL writes.
    const off = await judged(reading(false, 0));
    expect(findings(off, 'cache-misses')).toHaveLength(1);
    expect(JSON.stringify(findings(off, 'cache-misses'))).toContain('not measured here');
    expect(caveats(off, 'shared-buffers-size')).toContain('is not measured (track_io_timing)');
    const quick = await judged(reading(true, 10));
    expect(findings(quick, 'cache-misses')).toEqual([]);
    expect(caveats(quick, 'cache-misses')).toContain('the operating system');
    expect(caveats(quick, 'shared-buffers-size')).toBe('');
    expect(findings(await judged(reading(true, 3_000_000)), 'shared-buffers-size')).toHaveLength(1);
  });

  it('trap 58: commands, copies, catalogs and monitors are not the application’s statements', async () => {
    const others = [/^COPY/, /^VACUUM t58/, /^CREATE TABLE t58_copy/, /FROM pg_class/];
    for (const pattern of others) {
      const one = await judged(focused(seen, pattern, leading));
      expect(findings(one, top), String(pattern)).toEqual([]);
      expect(
        one.plan.opportunities.filter(({ area }) => area === 'query'),
        String(pattern),
      ).toEqual([]);
    }
    expect(findings(await judged(focused(seen, /FROM t58 WHERE/, leading)), top)).toHaveLength(1);
    const agents = focused(seen, /FROM t58 WHERE/, { ...leading, user: 'datadog' });
    expect(findings(await judged(agents), top)).toEqual([]);
  });

  it('trap 59: what a function runs is counted once', async () => {
    expect(raw('FROM t59 WHERE').filter(({ toplevel }) => !toplevel)).toMatchObject([{ calls: 10 }]);
    expect(rows(/FROM t59\b/)).toEqual([]);
    expect(rows(/f59\(\)/).map(({ calls }) => calls)).toEqual([10]);
    await server.run(url, ...often('SELECT count(*) FROM t59 WHERE a = 3', 4));
    expect(rows(/FROM t59\b/, await look(url)).map(({ calls }) => calls)).toEqual([4]);
  });

  it('trap 60: rows of writes and cursors are no result to bound', async () => {
    const bounded = async (pattern: RegExp) => findings(await judged(focused(seen, pattern)), 'unbounded-results');
    const [update] = rows(/^UPDATE t60/);
    expect(update).toMatchObject({ calls: 3, rows: 6_000 });
    expect(await bounded(/^UPDATE t60/)).toEqual([]);
    const [fetch] = rows(/^FETCH/);
    expect(fetch).toMatchObject({ calls: 2, rows: 2_000 });
    expect(await bounded(/^FETCH/)).toEqual([]);
    expect(await bounded(/^SELECT id, a FROM t60/)).toHaveLength(1);
  });

  it('trap 61: of a text that was cut nothing is read', async () => {
    const whole = `SELECT id, customer_id, created_at, status FROM orders WHERE note LIKE '%x%' AND status IN ('a', 'b') ORDER BY random() LIMIT 10`;
    const scrape = (query: string, other = 'SELECT count(*) FROM orders WHERE status = $1') =>
      scrapedOne(
        ...aServerOf(),
        ...statementOf('1', { query, seconds: 600 }),
        ...statementOf('2', { query: other, seconds: 1 }),
      );
    const random = (one: Judged) => findings(one, 'random-order').map(({ subject }) => subject.queryid);
    expect(whole.length).toBeGreaterThan(120);
    expect(random(await judged(await scrape(whole, `SELECT ${'count(*), '.repeat(20)} 1 FROM orders`)))).toEqual(['1']);
    // Cut where what is left still parses, without what would have made it cheap.
    const cut = `${'SELECT id, customer_id, created_at, status, note, amount, currency FROM orders o WHERE o.status = 1 AND o.customer_id'.padEnd(117)}= 7`;
    expect(cut).toHaveLength(120);
    for (const text of [cut, whole.slice(0, 120)]) {
      const one = await judged(await scrape(text));
      const about = one.plan.opportunities.filter(({ subject }) => subject.queryid === '1');
      expect(about.map(({ advisor }) => advisor)).toEqual(['slow-and-frequent-statements']);
      expect(about[0]?.steps.map(({ sql }) => sql)).toContain(
        'SELECT query FROM pg_stat_statements WHERE queryid = 1;',
      );
      expect(random(one)).toEqual([]);
      expect(JSON.stringify(one.plan)).not.toContain('customer_id');
    }
  });

  it('trap 62: no literal of any statement leaves the collection', async () => {
    expect(raw('canary62').length).toBeGreaterThanOrEqual(4);
    // What may hold a password is not kept at all.
    expect(rows(/ROLE/)).toEqual([]);
    for (const verb of [/^SET/, /^DO/, /FROM seed/]) expect(rows(verb).length, String(verb)).toBe(1);
    expect(JSON.stringify(seen)).not.toContain('canary62');
    expect(JSON.stringify(now)).not.toContain('canary62');
  });

  it('trap 63: more calls, more rows and grown tables are named as what they are', () => {
    const told = (before: ReturnType<typeof called>, after: ReturnType<typeof called>, grown = 1) => {
      const past = lastWeek([before, ...steady(6)], { tables: [aTable()] });
      const tables = [aTable({ liveRows: 1_000_000 * grown })];
      const { regressions } = compare({ snapshot: thisWeek([after, ...steady(6)], { tables }), outcomes: [], past });
      return regressions.map(
        ({ key, cause }) => `${key.split(':')[0]} ${cause[0]?.kind} ${cause[0]?.share.toFixed(1)}`,
      );
    };
    expect(told(called('x'), called('x', { calls: 300_000 }))).toEqual(['load calls 1.0']);
    expect(told(called('x'), called('x', { meanMs: 3, rows: 300_000, sharedBlocksHit: 1_200_000 }))).toEqual([
      'mean-time rows 1.0',
    ]);
    expect(told(called('x'), called('x', { meanMs: 3, sharedBlocksHit: 1_200_000 }), 3)).toEqual([
      'mean-time data-growth 1.0',
    ]);
    expect(told(called('x'), called('x', { meanMs: 3, sharedBlocksHit: 1_200_000 }))).toEqual(['mean-time blocks 1.0']);
    expect(told(called('x'), called('x', { meanMs: 3 }))).toEqual(['mean-time latency 1.0']);
  });

  it('trap 64: the first week is compared with nothing, and a cold cache is called one', async () => {
    const slow = called('x', { meanMs: 50 });
    const first = compare({ snapshot: thisWeek([slow, ...steady(6)]), outcomes: [], past: noPast });
    expect(first).toMatchObject({ firstRun: true, regressions: [] });
    // An hour since a restart is not held against a week.
    const start = '2026-11-21T23:00:00Z';
    const past = lastWeek([called('x'), ...steady(6)]);
    const young = thisWeek([called('new', { calls: 500 }), ...steady(6)], {
      spans: { statement: { start, end: '2026-11-22T00:00:00Z', source: 'postgres', basis: 'statistics-reset' } },
    });
    const warming = compare({ snapshot: young, outcomes: [], past });
    expect(warming.regressions).toEqual([]);
    expect(warming.notes.join(' ')).toContain('totals were not');
    const cold = called('x', { meanMs: 3, sharedBlocksHit: 200_000, sharedBlocksRead: 200_000 });
    const [told] = compare({ snapshot: thisWeek([cold, ...steady(6)]), outcomes: [], past }).regressions;
    expect(told?.cause[0]).toMatchObject({ kind: 'cache', text: expect.stringContaining('misses the cache') });
  });
});
