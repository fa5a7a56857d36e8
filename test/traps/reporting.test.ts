/** Reporting: weeks held against weeks, what people decided, what was not seen, and a script that can be run as it is printed. */
import { beforeAll, describe, expect, it } from 'vitest';
import { advise } from '../../lib/advise/advise.ts';
import { roster } from '../../lib/advise/index.ts';
import { compare } from '../../lib/compare/compare.ts';
import { detect } from '../../lib/compare/detect/detect.ts';
import type { Decision } from '../../lib/model/decision.ts';
import type { StatementRow, TableRow } from '../../lib/model/rows.ts';
import type { Series, Tracked } from '../../lib/model/series.ts';
import type { Gap, Snapshot } from '../../lib/model/snapshot.ts';
import { plan } from '../../lib/plan/plan.ts';
import { weeksOfShop } from '../compare/detect/weeks.ts';
import {
  aFinding,
  anEarlierFinding,
  blind,
  called,
  clear,
  lastWeek,
  NEXT,
  noPast,
  remembered,
  runs,
  steady,
  now as thisWeek,
  week,
} from '../compare/weeks.ts';
import { averted, finding, found, snapshot, statement, time, unchanged } from '../plan/build.ts';
import { useEmbedded } from '../support/embedded.ts';
import { WINDOW } from '../support/rows.ts';
import { aServerOf, line, scrapedOne } from './metrics.ts';
import { aged, caveats, created, enlarged, findings, type Judged, judged, look, outcome, printed } from './scene.ts';

const server = useEmbedded({ preload: ['pg_stat_statements'], settings: { autovacuum: 'off', jit: 'off' } });
const often = (text: string, times = 20) => Array.from({ length: times }, () => text);

let url: string;
let first: Snapshot;
let seen: Snapshot;

const SCENE = [
  // Wide enough to deserve an index, and half of it deleted.
  "CREATE TABLE wide AS SELECT n AS id, n % 4000 AS ref, repeat('x', 1000) AS pad FROM generate_series(1, 24000) n",
  'DELETE FROM wide WHERE id % 2 = 0',
  'CREATE TABLE parents (id int PRIMARY KEY, a int)',
  'CREATE TABLE children (id int, parent int REFERENCES parents, a int, b int, c int)',
  'INSERT INTO parents SELECT n, n FROM generate_series(1, 1000) n',
  'INSERT INTO children SELECT n, n, n, n, n FROM generate_series(1, 1000) n',
  ...['parent', 'parent, a', 'a', 'a, b', 'a, b', 'c', 'b, c'].map(
    (columns, at) => `CREATE INDEX children_${at} ON children (${columns})`,
  ),
  'CREATE INDEX parents_a ON parents (a)',
  'CREATE TABLE doubled AS SELECT n % 900 AS a FROM generate_series(1, 1000) n',
];

beforeAll(async () => {
  url = await server.database('traps', 'CREATE EXTENSION pg_stat_statements', ...SCENE);
  // A session's counts reach the views when it ends.
  await server.run(url, 'VACUUM ANALYZE');
  await server
    .run(url, 'CREATE UNIQUE INDEX CONCURRENTLY doubled_a ON doubled (a)')
    .catch((error: { code?: string }) => error.code === '23505' || Promise.reject(error));
  first = await look(url);
  await server.run(url, ...often('SELECT pad FROM wide WHERE ref = 7'));
  seen = await look(url, first);
});

const isoOf = (seconds: number) => new Date(seconds * 1000).toISOString();
const tablesOf = (one: Judged) => one.plan.opportunities.map(({ subject }) => subject.table);

/** Hour by hour, week after week: what the detector tells as new. */
function told(series: readonly Series[], from = 6): readonly string[] {
  let tracked: readonly Tracked[] = [];
  return series.slice(from).flatMap((_, at) => {
    const seenNow = detect({ series: series.slice(0, from + at + 1), tracked });
    tracked = seenNow.tracked;
    return seenNow.findings
      .filter(({ tier, direction, state }) => tier !== 'watch' && direction === 'slower' && state === 'new')
      .map(({ statement: id }) => `${from + at} ${id}`);
  });
}
const shop = { weeks: 12, statements: 30 };

describe('weeks against weeks', () => {
  it('trap 112: noise is not told, a change of size is told once, and once more when it is over', () => {
    const states = (means: readonly number[], row: Partial<StatementRow> = {}) => {
      const start = Date.parse(WINDOW.start) / 1000;
      const weeks = means.map((meanMs, at) =>
        week({ start: isoOf(start + at * 604_800), end: isoOf(start + (at + 1) * 604_800) }, [
          called('x', { meanMs, ...row }),
          ...steady(6),
        ]),
      );
      return runs(...weeks).map(({ changes }) => changes.regressions.map(({ status }) => status).join());
    };
    expect(states([1, 1.15, 1, 1.1, 1.18])).toEqual(['', '', '', '', '']);
    const rare = [5_000, 15_000, 15_000];
    expect(states(rare, { calls: 40 })).toEqual(['', '', '']);
    expect(states(rare, { calls: 60, stddevTimeMs: 60_000 })).toEqual(['', '', '']);
    expect(states(rare, { calls: 60, stddevTimeMs: 5_000 })).toEqual(['', 'new', 'open']);
    expect(states([1, 1.6, 1.3, 1.25, 1.6, 1, 1])).toEqual(['', 'new', 'open', 'open', 'open', 'resolved', '']);
    expect(told(weeksOfShop(shop))).toEqual([]);
  });

  it('trap 113: weekends, holidays and quiet weeks are no regressions', () => {
    const weekend = (hour: number) => hour % 168 >= 120;
    const holiday = (hour: number) => hour >= 10 * 168 && hour < 11 * 168;
    expect(told(weeksOfShop({ ...shop, slower: (_, hour) => (weekend(hour) ? 0.5 : 0) }))).toEqual([]);
    // One that alone is slow on weekends: nothing but its own weekdays explains it.
    expect(told(weeksOfShop({ ...shop, slower: (at, hour) => (at === 3 && weekend(hour) ? 0.5 : 0) }))).toEqual([]);
    expect(told(weeksOfShop({ ...shop, busier: (_, hour) => (holiday(hour) ? -1 : 0) }))).toEqual([]);
    const real = told(weeksOfShop({ ...shop, slower: (at, hour) => (at === 3 && hour >= 9 * 168 ? 0.5 : 0) }));
    expect(real.map((each) => each.split(' ')[1])).toEqual(['s3']);

    const third = (rows: readonly StatementRow[]) =>
      rows.map(({ calls = 0, totalTimeMs = 0, ...row }) => ({
        ...row,
        calls: calls / 3,
        totalTimeMs: totalTimeMs / 3,
      }));
    const database = (commits: number) => ({ databases: [{ database: 'shop', commits, rollbacks: 0 }] });
    const past = lastWeek(steady(7), database(9_000_000));
    const quiet = compare({ snapshot: thisWeek(third(steady(7)), database(3_000_000)), outcomes: [], past });
    expect(quiet.regressions).toEqual([]);
    expect(quiet.traffic?.verdict).toBe('quieter');
    expect(compare({ snapshot: thisWeek(steady(7), database(9_000_000)), outcomes: [], past }).traffic?.verdict).toBe(
      'representative',
    );
  });

  it('trap 115: where everything would be critical three things are, and what is tidy is not what is fast', async () => {
    const before = Array.from({ length: 20 }, (_, at) => called(`s${at}`));
    const after = before.map((row, at) => (at < 9 ? { ...row, totalTimeMs: 600_000 + at, stddevTimeMs: 6 } : row));
    const { regressions } = compare({ snapshot: thisWeek(after), outcomes: [], past: lastWeek(before) });
    expect(regressions).toHaveLength(9);
    expect(regressions.map(({ severity }) => severity)).toEqual([...often('critical', 3), ...often('high', 6)]);

    const tidy = Array.from({ length: 9 }, (_, at) =>
      finding({ database: 'shop', schema: 'public', table: `t${at}` }, 'change-schema', averted),
    );
    const fast = finding({ database: 'shop', schema: 'public', table: 'orders' }, 'create-index', time(['q'], 0.8));
    const made = plan({
      outcomes: [found('unvalidated-constraints', 'index', ...tidy), found('missing-indexes', 'index', fast)],
      changes: unchanged,
      snapshot: snapshot({ statements: [statement('q', 3_600_000), statement('p', 3_600_000)] }),
    });
    expect(made.top[0]).toBe('missing-indexes:shop/public/orders');
    expect(made.estimatedImprovement?.likely).toBeCloseTo(0.4);
    const shares = made.opportunities.filter(({ benefit }) => benefit.shareOfDbTime !== undefined);
    expect(shares.map(({ advisor }) => advisor)).toEqual(['missing-indexes']);
  });

  it('trap 117: what was not seen is not what was mended', () => {
    const kept = { findings: [anEarlierFinding({ done: { kind: 'measure-moved' } })] };
    const past = lastWeek([called('treated', { meanMs: 10 }), ...steady(6)], {}, kept);
    const today = (outcomes: Parameters<typeof compare>[0]['outcomes'], meanMs = 10) =>
      compare({ snapshot: thisWeek([called('treated', { meanMs }), ...steady(6)]), outcomes, past });
    expect(today([blind()]).progress.map(({ status }) => status)).toEqual(['unobserved']);
    expect(today([blind()]).gone).toEqual([]);
    expect(today([clear()], 2).progress.map(({ status }) => status)).toEqual(['verified']);
    expect(today([clear()]).gone).toEqual([aFinding().key]);

    // A regression told last week, of whose statement this week shows nothing.
    const slow = compare({
      snapshot: thisWeek([called('x', { calls: 300_000 }), ...steady(6)]),
      outcomes: [],
      past: lastWeek([called('x'), ...steady(6)]),
    });
    expect(slow.regressions.map(({ key }) => key)).toEqual(['load:shop/x']);
    const openNow = remembered(thisWeek([called('x', { calls: 300_000 }), ...steady(6)]), {
      regressions: [...slow.regressions],
    });
    const gone = (over: Partial<Snapshot>) =>
      compare({ snapshot: week(NEXT, steady(6), over), outcomes: [], past: { ...noPast, previous: openNow } });
    const cut: Gap = {
      kind: 'statement',
      measures: ['calls'],
      source: 'prometheus',
      absence: 'truncated',
      reason: 'The exporter shows 100 statements.',
      remedy: 'Raise its limit.',
    };
    expect(gone({}).regressions.map(({ status }) => status)).toEqual(['resolved']);
    expect(gone({ gaps: [cut] }).regressions).toEqual([]);
    expect(gone({ gaps: [cut] }).notes.join(' ')).toContain('No data is not recovery');
  });
});

describe('what the plan adds up to', () => {
  it('trap 114: three items on one statement save what is left of it, never more than all', () => {
    const on = (table: string) => ({ database: 'shop', schema: 'public', table });
    const items = ['a', 'b', 'c'].map((table) => finding(on(table), 'create-index', time(['q'], 0.6)));
    const made = (statements: readonly StatementRow[]) =>
      plan({
        outcomes: [found('missing-indexes', 'index', ...items)],
        changes: unchanged,
        snapshot: snapshot({ statements }),
      });
    const half = made([statement('q', 5_000), statement('p', 5_000)]);
    expect(half.estimatedImprovement?.likely).toBeCloseTo(0.5 * (1 - 0.4 ** 3));
    const shares = half.opportunities.map(({ benefit }) => benefit.shareOfDbTime?.likely ?? 0);
    expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(half.estimatedImprovement?.likely ?? 0);
    expect(made([statement('q', 5_000)]).estimatedImprovement?.high).toBeLessThanOrEqual(1);
  });

  it('trap 116: what was muted or accepted stays out until the day it was given', async () => {
    const big = enlarged(aged(seen, 1));
    const outcomes = await advise(big);
    const planned = (decisions: readonly Decision[]) =>
      plan({ outcomes, changes: unchanged, snapshot: big, decisions });
    const doubles = (made: ReturnType<typeof planned>) =>
      made.opportunities.filter(({ advisor }) => advisor === 'duplicate-indexes').length;
    expect(doubles(planned([]))).toBeGreaterThan(1);
    const until = (day: string): Decision => ({
      decision: 'accept',
      advisor: 'duplicate-indexes',
      reason: 'Kept for a report.',
      until: day,
    });
    const quiet = planned([until('2999-12-31')]);
    expect(doubles(quiet)).toBe(0);
    expect(quiet.decided).toMatchObject([
      { state: 'in-force', reason: 'Kept for a report.', findings: expect.any(Array) },
    ]);
    expect(quiet.decided?.[0]?.findings).toHaveLength(doubles(planned([])));
    expect(doubles(planned([until('2020-12-31')]))).toBe(doubles(planned([])));
  });

  it('trap 122: the drops it prints run as they are, one for each index, and no foreign key loses its last', async () => {
    const one = await judged(enlarged(aged(seen, 60)));
    const drops = one.plan.opportunities.filter(
      ({ subject, steps }) => subject.table === 'children' && /DROP INDEX/.test(JSON.stringify(steps)),
    );
    const names = drops.map(({ subject }) => subject.index);
    expect(names.length).toBeGreaterThanOrEqual(4);
    expect(new Set(names).size).toBe(names.length);
    const every = one.plan.opportunities.flatMap(({ subject }) => (subject.index === undefined ? [] : [subject.index]));
    expect(new Set(every).size).toBe(every.length);
    const copy = await server.database('copy', ...SCENE);
    for (const sql of printed(drops)) await server.run(copy, sql);
    const left = await server.run(
      copy,
      "SELECT indexrelid::regclass::text AS name, indkey::text AS columns FROM pg_index WHERE indrelid = 'children'::regclass ORDER BY 1",
    );
    // The foreign key is on the second column.
    expect(left.filter(({ columns }) => /^2\b/.test(String(columns)))).toHaveLength(1);
    expect(left.length).toBe(7 - names.length);
    const again = await look(copy);
    const rest = { ...again, indexes: again.indexes.filter(({ database }) => database === 'copy') };
    expect(findings(await judged(enlarged(aged(rest, 1))), 'duplicate-indexes')).toEqual([]);
    for (const { risk } of [...drops].reverse()) for (const sql of risk.rollback) await server.run(copy, sql);
    const back = await server.run(
      copy,
      "SELECT count(*)::int AS n FROM pg_index WHERE indrelid = 'children'::regclass",
    );
    expect(back).toEqual([{ n: 7 }]);
    await server.run(url, 'DROP DATABASE copy WITH (FORCE)');
  });

  it('trap 120: duplicates go before a failed unique index is built again', async () => {
    const one = await judged(seen);
    const [broken] = findings(one, 'invalid-indexes');
    expect(broken?.subject.index).toBe('doubled_a');
    const steps = broken?.steps.flatMap(({ sql }) => sql ?? []) ?? [];
    expect(steps.join()).not.toContain('REINDEX');
    const search = steps.findIndex((sql) => sql.includes('HAVING count(*) > 1'));
    const build = steps.findIndex((sql) => sql.startsWith('CREATE UNIQUE INDEX'));
    expect(search).toBeGreaterThanOrEqual(0);
    expect(search).toBeLessThan(build);
    const drop = steps.findIndex((sql) => sql.startsWith('DROP INDEX'));
    expect(search).toBeLessThan(drop);
    // Whoever runs them as a script is stopped right before the drop.
    await expect(server.run(url, ...steps)).rejects.toMatchObject({ code: '22012' });
    expect(steps[drop - 1]).toContain('HAVING count(*) > 1');
    expect(await server.run(url, "SELECT to_regclass('doubled_a') IS NOT NULL AS there")).toEqual([{ there: true }]);
    await expect(server.run(url, 'REINDEX INDEX CONCURRENTLY doubled_a')).rejects.toMatchObject({ code: '23505' });
    await server.run(url, 'DROP INDEX CONCURRENTLY doubled_a_ccnew');
    expect(await server.run(url, steps[search] ?? '')).not.toEqual([]);
    await server.run(url, 'DELETE FROM doubled d USING doubled e WHERE d.a = e.a AND d.ctid > e.ctid');
    expect(await server.run(url, steps[search] ?? '')).toEqual([]);
    for (const sql of steps) await server.run(url, sql);
    const valid = "SELECT indisvalid FROM pg_index WHERE indexrelid = 'doubled_a'::regclass";
    expect(await server.run(url, valid)).toEqual([{ indisvalid: true }]);
  });
});

describe('what could not be seen', () => {
  it('trap 118: statistics that were never reset are as old as the server, not decades', async () => {
    const [row] = await server.run(url, 'SELECT stats_reset FROM pg_stat_database WHERE datname = current_database()');
    expect(row).toEqual({ stats_reset: null });
    expect(first.databases.find(({ database }) => database === 'traps')?.statsResetAt).toBeUndefined();
    expect(first.quality.statisticsAgeSeconds).toBeGreaterThan(0);
    expect(first.quality.statisticsAgeSeconds).toBeLessThan(600);
    const span = Date.parse(first.takenAt) - Date.parse(first.spans.table?.start ?? '');
    expect(span).toBeLessThan(600_000);
    const young = await judged(enlarged(first));
    expect(findings(young, 'unused-indexes')).toEqual([]);
    expect(caveats(young, 'unused-indexes')).toContain('the statistics are younger than 35 days');
    expect(findings(await judged(enlarged(aged(first, 60))), 'unused-indexes')).not.toEqual([]);
    const index = { datname: 'shop', schemaname: 'public', relname: 'orders', indexrelname: 'idle' };
    const exported = (at: number) =>
      scrapedOne(
        ...aServerOf(),
        line('pg_stat_database_stats_reset', { datname: 'shop' }, at),
        line('pg_stat_user_indexes_idx_scan', index, 0),
      );
    // No more than what was looked at.
    expect((await exported(0)).quality.statisticsAgeSeconds).toBe(3_600);
    expect((await exported(1_799_000_000)).quality.statisticsAgeSeconds).toBe(1_000_000);
  });

  it('trap 119: a role without rights on the tables has no estimate, and draws no conclusion from that', async () => {
    await server.run(url, 'CREATE ROLE watcher LOGIN PASSWORD $$w$$ IN ROLE pg_monitor');
    const address = new URL(url);
    Object.assign(address, { username: 'watcher', password: 'w' });
    const dim = await look(address.href, first);
    const wide = (snapshot: Snapshot) => snapshot.tables.find(({ table }) => table === 'wide');
    expect(wide(seen)?.estimatedBloatBytes).toBeGreaterThan(5 * 1024 ** 2);
    expect(wide(seen)?.columns?.find(({ name }) => name === 'ref')?.distinct).toBeDefined();
    expect(wide(dim)?.liveRows).toBe(wide(seen)?.liveRows);
    expect(wide(dim)?.estimatedBloatBytes).toBeUndefined();
    for (const column of wide(dim)?.columns ?? []) expect(column.distinct).toBeUndefined();
    expect(dim.gaps.map(({ absence }) => absence)).toContain('no-right');

    const [full, half] = [await judged(seen), await judged(dim)];
    expect(created(full, 'public').filter((sql) => sql.includes('wide'))).toHaveLength(1);
    expect(created(half, 'public').filter((sql) => sql.includes('wide'))).toEqual([]);
    expect(findings(half, 'stale-statistics')).toEqual([]);
    expect(findings(half, 'partitioned-tables-never-analyzed')).toEqual([]);
    expect(
      half.plan.opportunities.filter(({ benefit }) => benefit.kind === 'space' && /bloat/.test(benefit.basis)),
    ).toEqual([]);
    const large = (snapshot: Snapshot): Snapshot => {
      const times = (row: TableRow, ...names: ('mainBytes' | 'heapBytes' | 'estimatedBloatBytes')[]) =>
        Object.fromEntries(names.flatMap((name) => (row[name] === undefined ? [] : [[name, 50 * row[name]]])));
      const tables = snapshot.tables.map((row) =>
        row.table === 'wide' ? { ...row, ...times(row, 'mainBytes', 'heapBytes', 'estimatedBloatBytes') } : row,
      );
      return { ...snapshot, tables };
    };
    const empty = findings(await judged(large(seen)), 'bloated-tables');
    expect(empty.map(({ subject }) => subject.table)).toEqual(['wide']);
    expect(findings(await judged(large(dim)), 'bloated-tables')).toEqual([]);
    const [asked] = findings(half, 'missing-indexes');
    expect(asked).toMatchObject({ work: 'investigate', benefit: { kind: 'risk' } });
    expect(asked?.approach).toContain('Give the role pg_read_all_stats and SELECT on the table');
  });

  it('trap 121: a fact that cannot be read, and a check that breaks, leave the others as they are', async () => {
    await server.run(url, 'CREATE ROLE shut LOGIN PASSWORD $$s$$ IN ROLE pg_monitor, pg_read_all_data');
    await server.run(
      url,
      'REVOKE SELECT ON pg_stat_wal FROM PUBLIC',
      'REVOKE EXECUTE ON FUNCTION pg_stat_get_wal() FROM PUBLIC',
    );
    const address = new URL(url);
    Object.assign(address, { username: 'shut', password: 's' });
    const before = await look(address.href);
    await server.run(
      url,
      'GRANT SELECT ON pg_stat_wal TO PUBLIC',
      'GRANT EXECUTE ON FUNCTION pg_stat_get_wal() TO PUBLIC',
    );
    expect(before.server.walFullPageImages).toBeUndefined();
    expect(before.gaps.filter(({ measures }) => measures.includes('walFullPageImages'))).toHaveLength(1);
    expect(before.tables.map(({ table }) => table).sort()).toEqual(seen.tables.map(({ table }) => table).sort());
    expect(outcome(await judged(before), 'full-page-images').state).toBe('blind');
    expect(seen.server.walFullPageImages).toBeDefined();

    const broken = roster.map((one) =>
      one.card.id === 'duplicate-indexes'
        ? {
            ...one,
            advise: () => {
              throw new TypeError('cannot read this');
            },
          }
        : one,
    );
    const big = enlarged(aged(seen, 1));
    const [whole, without] = [await advise(big), await advise(big, broken)];
    const others = (all: typeof whole) => all.filter(({ card }) => card.id !== 'duplicate-indexes');
    expect(others(without)).toEqual(others(whole));
    expect(without.find(({ state }) => state === 'failed')).toMatchObject({
      card: { id: 'duplicate-indexes' },
      why: expect.stringContaining('cannot read this'),
    });
    const made = plan({ outcomes: without, changes: unchanged, snapshot: big });
    expect(made.opportunities.length).toBeGreaterThan(0);
    expect(tablesOf(await judged(big))).toContain('children');
  });
});
