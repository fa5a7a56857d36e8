/**
 * Dropping indexes: each schema t1 … t26 of a real server sets one trap beside an index `spare` that may go. Rows and
 * bytes are taken a thousand times and the statistics for 60 days old, where a test does not say otherwise.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import type { IndexRow } from '../../lib/model/rows.ts';
import type { Snapshot } from '../../lib/model/snapshot.ts';
import { useEmbedded } from '../support/embedded.ts';
import { advised, aged, caveats, dropped, enlarged, type Judged, judged, look, outcome, printed } from './scene.ts';

const server = useEmbedded({ preload: ['pg_stat_statements'], settings: { autovacuum: 'off' } });
const DAY = 24 * 3600;

const things = (schema: string) => [
  `CREATE SCHEMA ${schema}`,
  `CREATE TABLE ${schema}.things (id int, a int NOT NULL, b int NOT NULL, c int NOT NULL, t text NOT NULL)`,
  `INSERT INTO ${schema}.things SELECT n, n, n, n % 100, repeat('x', 200) || n FROM generate_series(1, 1000) n`,
  `CREATE INDEX spare ON ${schema}.things (c)`,
];
const scene = (number: number, ...statements: readonly string[]) => [
  ...things(`t${number}`),
  `SET search_path = t${number}, public`,
  ...statements,
  'RESET search_path',
];

const SCENES = [
  ...scene(
    1,
    'ALTER TABLE things ADD PRIMARY KEY (id), ADD UNIQUE (a)',
    'ALTER TABLE things ADD CONSTRAINT apart EXCLUDE (b WITH =)',
  ),
  ...scene(2, 'CREATE UNIQUE INDEX rule ON things (a)', 'CREATE INDEX rule_and_more ON things (a, b)'),
  ...scene(3, 'CREATE TABLE kinds (id int PRIMARY KEY)', 'INSERT INTO kinds SELECT generate_series(1, 1000)').concat(
    'ALTER TABLE t3.things ADD FOREIGN KEY (b) REFERENCES t3.kinds',
    'CREATE INDEX supports ON t3.things (b)',
  ),
  ...scene(4, 'CREATE UNIQUE INDEX target ON things (b)', 'CREATE INDEX target_and_more ON things (b, a)').concat(
    'CREATE TABLE t4.parts (b int REFERENCES t4.things (b))',
  ),
  ...scene(5, 'CREATE UNIQUE INDEX identity ON things (a)', 'ALTER TABLE things REPLICA IDENTITY USING INDEX identity'),
  ...scene(6, 'CREATE INDEX in_order ON things (a)', 'CLUSTER things USING in_order'),
  ...scene(7, 'CREATE INDEX read_elsewhere ON things (a)'),
  ...scene(8),
  ...scene(10),
  ...scene(11, 'CREATE INDEX monthly ON things (a)'),
  ...scene(12, 'CREATE INDEX used_today ON things (a)', 'CREATE INDEX used_last_year ON things (b)'),
  ...scene(13, 'CREATE INDEX lowered ON things (lower(t))'),
  ...scene(
    14,
    'CREATE INDEX one ON things (a, b)',
    'CREATE INDEX other ON things (a, b)',
    'CREATE INDEX short ON things (a)',
  ),
  ...scene(
    15,
    'CREATE INDEX plain ON things (t, a)',
    'CREATE INDEX again ON things (t)',
    'CREATE INDEX opclass ON things (t text_pattern_ops)',
    'CREATE INDEX collated ON things (t COLLATE "POSIX")',
    'CREATE INDEX backwards ON things (t DESC)',
    'CREATE INDEX nulls ON things (t NULLS FIRST)',
    'CREATE INDEX covering ON things (t) INCLUDE (b)',
    'CREATE INDEX partial ON things (t) WHERE b > 5',
    'CREATE UNIQUE INDEX only_once ON things (t)',
    'CREATE INDEX hashed ON things USING hash (t)',
  ),
  ...scene(16, 'CREATE INDEX hot ON things (a)', 'CREATE INDEX cold_wide ON things (b, t)'),
  ...scene(
    17,
    'CREATE UNIQUE INDEX arbiter ON things (a)',
    'CREATE UNIQUE INDEX arbiter_of_some ON things (b) WHERE c > 5',
  ),
  ...scene(
    18,
    'CREATE TABLE days (day int, a int, b int) PARTITION BY RANGE (day)',
    'CREATE TABLE days_1 PARTITION OF days FOR VALUES FROM (0) TO (500)',
    'CREATE TABLE days_2 PARTITION OF days FOR VALUES FROM (500) TO (2000)',
    'INSERT INTO days SELECT id, a, b FROM things',
    'CREATE INDEX days_a ON days (a)',
    'CREATE INDEX spare_of_part ON days_1 (b)',
  ),
  ...scene(
    19,
    'CREATE TABLE days (day int, a int, b int) PARTITION BY RANGE (day)',
    'CREATE TABLE days_1 PARTITION OF days FOR VALUES FROM (0) TO (2000)',
    'INSERT INTO days SELECT id, a, b FROM things',
    'CREATE INDEX days_a ON days (a)',
    'CREATE INDEX days_a_again ON days (a)',
  ),
  ...scene(20, 'CREATE INDEX hinted ON things (a)', 'CREATE INDEX sorted_by ON things (b)').concat(
    'CLUSTER t20.things USING sorted_by',
    'ALTER TABLE t20.things SET WITHOUT CLUSTER',
    'SELECT /*+ IndexScan(things hinted) */ count(*) FROM t20.things WHERE id = 2',
  ),
  ...scene(
    21,
    'CREATE INDEX vendors ON things (a)',
    'CREATE TABLE ours (a int)',
    'INSERT INTO ours SELECT a FROM things',
  ).concat('CREATE INDEX spare_of_ours ON t21.ours (a)', 'ALTER EXTENSION pg_stat_statements ADD TABLE t21.things'),
  ...scene(22, 'CREATE TABLE few (a int)', 'CREATE INDEX tiny ON few (a)'),
  ...scene(24, 'CREATE TABLE days (day int, a int) PARTITION BY RANGE (day)').concat(
    'CREATE TABLE t24.days_1 PARTITION OF t24.days FOR VALUES FROM (0) TO (2000)',
    'INSERT INTO t24.days SELECT id, a FROM t24.things',
    'CREATE INDEX unfinished ON ONLY t24.days (a)',
  ),
  ...scene(25, 'CREATE INDEX year_end ON things (a)'),
  ...scene(
    26,
    `CREATE TABLE wide (${Array.from({ length: 12 }, (_, at) => `c${at + 1} int`).join(', ')})`,
    `INSERT INTO wide SELECT ${Array.from({ length: 12 }, () => 'n').join(', ')} FROM generate_series(1, 1000) n`,
    'CREATE INDEX first ON wide (c1)',
    'CREATE INDEX tenth ON wide (c10, c1)',
    'CREATE INDEX second ON wide (c2)',
    'CREATE INDEX second_more ON wide (c2, c3)',
  ),
  ...scene(27, 'CREATE INDEX cut_off ON things (a)'),
];

/** Scans that really happen. */
const READS = [
  'SET enable_seqscan = off',
  'SET enable_bitmapscan = off',
  ...Array.from({ length: 5 }, (_, n) => `SELECT c FROM t16.things WHERE a = ${n}`),
  'SELECT c FROM t16.things WHERE b = 1',
  'CREATE INDEX wide ON t16.things (a, t)',
  'CREATE INDEX cold ON t16.things (b)',
  'SELECT c FROM t12.things WHERE a = 1',
  'SELECT c FROM t12.things WHERE b = 1',
  'SELECT c FROM t11.things WHERE a = 1',
  'SELECT c FROM t25.things WHERE a = 1',
  'INSERT INTO t17.things VALUES (1, 1, 1, 1, 1) ON CONFLICT (a) DO NOTHING',
  'INSERT INTO t17.things VALUES (1, 1, 1001, 9, 1) ON CONFLICT DO NOTHING',
];

let url: string;
let seen: Snapshot;
let young: Judged;
let old: Judged;

const patched = (snapshot: Snapshot, schema: string, index: string, changes: Partial<IndexRow>): Snapshot => ({
  ...snapshot,
  indexes: snapshot.indexes.map((row) =>
    row.schema === schema && row.index === index ? ({ ...row, ...changes } as IndexRow) : row,
  ),
});
const without = (snapshot: Snapshot, schema: string, index: string, names: readonly string[]): Snapshot => ({
  ...snapshot,
  indexes: snapshot.indexes.map((row) =>
    row.schema === schema && row.index === index
      ? (Object.fromEntries(Object.entries(row).filter(([name]) => !names.includes(name))) as unknown as IndexRow)
      : row,
  ),
});
const daysAgo = (snapshot: Snapshot, days: number) => Date.parse(snapshot.takenAt) / 1000 - days * DAY;

beforeAll(async () => {
  url = await server.database('traps', 'CREATE EXTENSION pg_stat_statements', ...SCENES, 'ANALYZE');
  await server.run(url, ...READS);
  seen = enlarged(await look(url));
  young = await judged(seen);
  old = await judged(aged(seen, 60));
});

describe('dropping indexes', () => {
  it('trap 1: behind a primary key, a unique or an exclusion constraint', () => {
    expect(dropped(old, 't1')).toEqual(['spare']);
  });

  it('trap 2: a unique index without a constraint is a rule', () => {
    expect(dropped(old, 't2')).toEqual(['rule_and_more', 'spare']);
  });

  it('trap 3: the only index on the referencing side of a foreign key', () => {
    expect(dropped(old, 't3')).toEqual(['spare']);
  });

  it('trap 4: the unique index that a foreign key refers to', () => {
    expect(dropped(old, 't4')).toEqual(['spare', 'target_and_more']);
  });

  it('trap 5: the replica identity', () => {
    expect(dropped(old, 't5')).toEqual(['spare']);
  });

  it('trap 6: the index that the table is clustered by', () => {
    expect(dropped(old, 't6')).toEqual(['spare']);
  });

  it('trap 7: read on a standby only; with a standby unseen nothing is decided', async () => {
    expect(dropped(old, 't7')).toEqual(['read_elsewhere', 'spare']);
    // A primary with one standby, added to what was collected.
    const cluster = (scansSeen: boolean): Snapshot => ({
      ...aged(seen, 60),
      nodes: [
        { name: 'pg1', role: 'primary', main: true, scansSeen: true },
        { name: 'pg2', role: 'standby', main: false, scansSeen },
      ],
      indexes: seen.indexes.map((row) =>
        scansSeen ? { ...row, scansOnStandbys: row.index === 'read_elsewhere' ? 12 : 0 } : row,
      ),
    });
    expect(dropped(await judged(cluster(true)), 't7')).toEqual(['spare']);
    const half = await judged(cluster(false));
    expect(outcome(half, 'unused-indexes')).toMatchObject({ state: 'blind', why: expect.stringContaining('pg2') });
    expect(dropped(half, 't7')).toEqual([]);
  });

  it('trap 8: counters that began recently', async () => {
    expect(seen.quality.statisticsAgeSeconds).toBeLessThan(600);
    expect(caveats(young, 'unused-indexes')).toContain('the statistics are younger than 35 days');
    expect(dropped(young, 't8')).toEqual([]);
    expect(dropped(await judged(aged(seen, 34)), 't8')).toEqual([]);
    expect(dropped(await judged(aged(seen, 35)), 't8')).toEqual(['spare']);
  });

  it('trap 9: an index younger than the statistics', async () => {
    const before = await look(url);
    await server.run(url, ...things('t9'), 'ANALYZE t9.things');
    const after = await look(url, before);
    const later = aged(enlarged(after), 60);
    expect(dropped(await judged(later), 't8')).toEqual(['spare']);
    expect(dropped(await judged(later), 't9')).toEqual([]);
    // The first sight is remembered from run to run, and five weeks after it the index is judged.
    const third = await look(url, after);
    const spare = third.indexes.find((row) => row.schema === 't9' && row.index === 'spare');
    expect(spare?.firstSeenAt).toBeCloseTo(Date.parse(before.takenAt) / 1000, 0);
    const matured = patched(aged(enlarged(third), 60), 't9', 'spare', { firstSeenAt: daysAgo(third, 36) });
    expect(dropped(await judged(matured), 't9')).toEqual(['spare']);
  });

  it('trap 11: a job that runs once a month', async () => {
    const last = (days: number) => patched(aged(seen, 400), 't11', 'monthly', { lastScanAt: daysAgo(seen, days) });
    expect(dropped(await judged(last(31)), 't11')).toEqual(['spare']);
    const quarterly = await judged(last(40));
    expect(dropped(quarterly, 't11')).toEqual(['monthly', 'spare']);
    for (const { approach } of advised(quarterly, 't11')) expect(approach).toContain('jobs that run less than monthly');
  });

  it('trap 12: the date of the last scan goes before the count', async () => {
    const rows = seen.indexes.filter(({ schema }) => schema === 't12');
    expect(rows.find(({ index }) => index === 'used_today')?.lastScanAt).toBeGreaterThan(daysAgo(seen, 1));
    const counted = patched(aged(seen, 400), 't12', 'used_today', { scansSinceReset: 0, scans: 0 });
    const both = patched(counted, 't12', 'used_last_year', { scansSinceReset: 9_999, lastScanAt: daysAgo(seen, 300) });
    expect(dropped(await judged(both), 't12')).toEqual(['spare', 'used_last_year']);
  });

  it('trap 13: an expression index that supplies statistics', () => {
    expect(dropped(old, 't13')).toEqual(['spare']);
    expect(caveats(old, 'unused-indexes')).toContain('CREATE STATISTICS');
  });

  it('trap 14: never both halves of a redundant pair', () => {
    expect(dropped(young, 't14')).toEqual(['other', 'short']);
    expect(dropped(old, 't14')).toEqual(['other', 'short', 'spare']);
  });

  it('trap 15: a prefix that differs in what it can do', () => {
    expect(dropped(young, 't15')).toEqual(['again']);
  });

  it('trap 16: a shorter index that is much smaller and hot', () => {
    expect(dropped(young, 't16')).toEqual(['cold']);
  });

  it('trap 17: the arbiter of ON CONFLICT', async () => {
    // PostgreSQL counts its search for conflicts as a scan; here as if nobody had inserted for 60 days.
    const quiet = { scansSinceReset: 0, scans: 0 };
    const idle = without(patched(aged(seen, 60), 't17', 'arbiter', quiet), 't17', 'arbiter', ['lastScanAt']);
    expect(dropped(await judged(idle), 't17')).toEqual(['spare']);
  });

  it('trap 18: the part of a partitioned index', () => {
    expect(dropped(old, 't18')).toEqual(['spare', 'spare_of_part']);
  });

  it('trap 19: a partitioned index cannot be dropped concurrently, so none is', async () => {
    expect(dropped(old, 't19')).toEqual(['spare']);
    expect(caveats(old, 'duplicate-indexes')).toContain('only be dropped as a whole tree, with a lock');
    await expect(server.run(url, 'DROP INDEX CONCURRENTLY t19.days_a_again')).rejects.toThrow(/partitioned index/);
  });

  it('trap 20: an index that hints or commands call by its name', () => {
    expect(dropped(old, 't20')).toEqual(['spare']);
  });

  it('trap 21: what an extension owns', () => {
    expect(dropped(old, 't21')).toEqual(['spare_of_ours']);
  });

  it('trap 22: a tiny index saves nothing', () => {
    expect(dropped(old, 't22')).toEqual(['spare']);
  });

  it('trap 24: the invalid parent of parts that are not all attached', () => {
    expect(seen.indexes.find(({ index }) => index === 'unfinished')).toMatchObject({ valid: false, partitioned: true });
    expect(dropped(old, 't24')).toEqual(['spare']);
    expect(advised(old, 't24', 'invalid-indexes')).toEqual([]);
    expect(caveats(old, 'invalid-indexes')).toContain('invalid until every partition has its part attached');
  });

  it('trap 25: one scan that may have saved hours', () => {
    const once = seen.indexes.find(({ index }) => index === 'year_end');
    expect(once?.scansSinceReset).toBe(1);
    expect(dropped(old, 't25')).toEqual(['spare']);
  });

  it('trap 26: column 1 is no prefix of column 10', () => {
    expect(dropped(young, 't26')).toEqual(['second']);
  });

  it('trap 27: an index that an exporter cut off its list is not unread', async () => {
    expect(dropped(old, 't27')).toEqual(['cut_off', 'spare']);
    const cut: Snapshot = {
      ...without(aged(seen, 60), 't27', 'cut_off', ['scansSinceReset', 'scans', 'lastScanAt']),
      gaps: [
        {
          kind: 'index',
          measures: ['scans'],
          source: 'prometheus',
          absence: 'truncated',
          reason: 'The exporter shows the 512 most read indexes.',
          remedy: 'Raise its limit.',
        },
      ],
    };
    const told = await judged(cut);
    expect(dropped(told, 't27')).toEqual(['spare']);
    expect(caveats(told, 'unused-indexes')).toContain('those that are missing were not judged');
  });

  it('trap 23: an index whose build is still going on', async () => {
    await server.run(url, ...things('t23'));
    const sessions = [server.session(url), server.session(url)] as const;
    const [holder, builder] = await Promise.all(sessions);
    await holder.query('BEGIN ISOLATION LEVEL REPEATABLE READ');
    await holder.query('SELECT count(*) FROM t8.things');
    // Built, and waiting for the old snapshot: ready by the catalog, but not yet valid.
    const built = builder.query('CREATE INDEX CONCURRENTLY under_way ON t23.things (a)');
    const waiting = "SELECT 1 FROM pg_stat_progress_create_index WHERE phase = 'waiting for old snapshots'";
    while ((await server.run(url, waiting)).length === 0) await new Promise((done) => setTimeout(done, 20));
    const during = await judged(enlarged(await look(url)));
    await holder.query('COMMIT');
    await built;
    await Promise.all([holder.end(), builder.end()]);
    expect(printed(advised(during, 't23'))).toEqual([]);
    expect(caveats(during, 'invalid-indexes')).toContain('may be under construction (under_way)');
    // The control: the same state with nobody at work.
    await server.run(url, "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 't23.under_way'::regclass");
    expect(dropped(await judged(enlarged(await look(url))), 't23')).toEqual(['under_way']);
  });

  it('trap 10: a crash makes counters begin anew, though neither the server nor a reset tells', async () => {
    const before = await look(url);
    expect(before.indexes.find(({ index }) => index === 'hot')?.scansSinceReset).toBe(5);
    await new Promise((done) => setTimeout(done, 1500));
    const backend = await server.session(url);
    const [row] = (await backend.query('SELECT pg_backend_pid() AS pid')).rows as { pid: number }[];
    const ended = new Promise((done) => backend.once('end', done));
    process.kill(row?.pid ?? 0, 'SIGKILL');
    await ended;
    await server.ready(url);
    const after = await look(url, before);
    expect(after.indexes.find(({ index }) => index === 'hot')?.scansSinceReset).toBe(0);
    expect(after.server.startedAt).toBe(before.server.startedAt);
    const age = (snapshot: Snapshot) => snapshot.quality.statisticsAgeSeconds ?? Number.POSITIVE_INFINITY;
    expect(age(after)).toBeLessThan(age(before));
    expect(outcome(await judged(enlarged(after)), 'unused-indexes').state).toBe('blind');
    for (const { scans } of after.indexes) expect(scans ?? 0).toBeGreaterThanOrEqual(0);
  });
});
