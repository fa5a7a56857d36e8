/** What a catalog shows beside tables and statements, on each supported version of PostgreSQL and on a standby of it. */
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type PostgresReading, readPostgres } from '../../lib/collect/postgres/read.ts';
import { createPostgres } from '../../lib/collect/postgres/source.ts';
import { type Cluster, startCluster } from '../../lib/demo/cluster.ts';
import type { CounterReading } from '../../lib/model/snapshot.ts';
import { type Standby, startStandby } from './standby.ts';
import { postgresOf } from './tools.ts';
import { ask, writes } from './witness.ts';

const SUPPORTED = [13, 14, 15, 16, 17, 18];
const isThere = (major: number) => major === 18 || postgresOf(major) !== null;
const skip = (major: number) => !isThere(major) && process.env.CI === undefined;
const SECRET = 'canary-4711';

const schema = (major: number) => [
  'CREATE EXTENSION pg_stat_statements',
  'CREATE TABLE days (id int NOT NULL, day date NOT NULL, n int) PARTITION BY RANGE (day)',
  "CREATE TABLE days_1 PARTITION OF days FOR VALUES FROM ('2026-01-01') TO ('2026-02-01')",
  'CREATE TABLE days_rest PARTITION OF days DEFAULT',
  'CREATE TABLE hashed (id int NOT NULL) PARTITION BY HASH ((id + 1))',
  'CREATE TABLE root (id int PRIMARY KEY, kind text)',
  'CREATE TABLE child () INHERITS (root)',
  `CREATE TABLE wide (id smallint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, root int, kind text, body text,
    twice int GENERATED ALWAYS AS (root * 2) STORED) WITH (fillfactor = 70, toast.autovacuum_enabled = off)`,
  'ALTER TABLE wide ALTER kind SET STATISTICS 500, ALTER body SET STORAGE EXTERNAL',
  'CREATE SEQUENCE loose MAXVALUE 1000',
  "SELECT setval('loose', 950)",
  'INSERT INTO root SELECT n FROM generate_series(1, 100) n',
  `INSERT INTO wide (root, kind, body) SELECT 1 + n % 100, CASE WHEN n % 10 = 0 THEN '${SECRET}' ELSE 'k' || n % 3 END,
    CASE WHEN n % 100 = 0 THEN repeat('x', 20000) END FROM generate_series(1, 20000) n`,
  'ALTER TABLE wide ADD CONSTRAINT wide_root FOREIGN KEY (root) REFERENCES root ON DELETE CASCADE DEFERRABLE NOT VALID',
  'ALTER TABLE wide ADD CONSTRAINT wide_check CHECK (root > 0) NOT VALID',
  'CREATE STATISTICS wide_both (ndistinct, dependencies, mcv) ON root, kind FROM wide',
  ...(major >= 14 ? ['CREATE STATISTICS wide_lower ON lower(kind), root FROM wide'] : []),
  `CREATE INDEX wide_root_kind ON wide (root DESC, kind COLLATE "C") WITH (fillfactor = 80, deduplicate_items = off) WHERE root > 5`,
  ...(major >= 15 ? ['CREATE UNIQUE INDEX wide_nulls ON wide (id, root) NULLS NOT DISTINCT'] : []),
  'CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$',
  'CREATE TRIGGER wide_watch AFTER UPDATE ON wide FOR EACH ROW EXECUTE FUNCTION nothing()',
  'ALTER TABLE wide DISABLE TRIGGER wide_watch',
  'ALTER TABLE root ENABLE ROW LEVEL SECURITY, REPLICA IDENTITY FULL',
  'CREATE UNIQUE INDEX wide_identity ON wide (id)',
  'ALTER TABLE wide REPLICA IDENTITY USING INDEX wide_identity',
  'CREATE INDEX days_id ON days (id)',
  'CREATE INDEX days_n ON ONLY days (n)',
  'CREATE TABLE "Mixed ""Case" ("select" int, "Two Words" varchar(20) COLLATE "C", day timestamp(3), tags text[])',
  ...['"select"', '"Two Words"', 'day DESC', 'tags', 'lower("Two Words")', '"select", day'].map(
    (columns) => `CREATE INDEX ON "Mixed ""Case" (${columns})`,
  ),
  'CREATE INDEX ON "Mixed ""Case" USING gin (tags)',
  'CREATE INDEX ON "Mixed ""Case" (day) INCLUDE ("select") WHERE "select" > 3',
  ...(major >= 18 ? ['ALTER TABLE child ADD CONSTRAINT child_kind NOT NULL kind NOT VALID'] : []),
  "ALTER DATABASE shop SET work_mem = '64MB'",
  "ALTER ROLE app IN DATABASE shop SET statement_timeout = '5min'",
  "ALTER ROLE app SET search_path = 'canary-path'",
  'VACUUM ANALYZE',
];

async function client(url: string, name: string): Promise<pg.Client> {
  const one = new pg.Client({ connectionString: url, application_name: name });
  one.on('error', () => {});
  await one.connect();
  return one;
}

const read = (url: string, previous: CounterReading | null = null, at = Date.now()) => {
  const takenAt = new Date(at).toISOString();
  const window = { start: takenAt, end: takenAt };
  return readPostgres({ source: createPostgres({ url }), window, previous, takenAt, progress: () => {} });
};

describe.each(SUPPORTED.map((major) => [major] as const))('PostgreSQL %d', (major) => {
  describe.skipIf(skip(major))('shows', () => {
    let cluster: Cluster;
    let standby: Standby;
    let url = '';
    let first: PostgresReading;
    let second: PostgresReading;
    let follower: PostgresReading;
    let watcher: PostgresReading;
    let before: unknown;
    const sessions: pg.Client[] = [];
    const table = (name: string) => second.tables.find((row) => row.table === name);
    const index = (name: string) => second.indexes.find((row) => row.index === name);

    beforeAll(async () => {
      const programs = postgresOf(major);
      expect(isThere(major), `PostgreSQL ${major} is there`).toBe(true);
      cluster = await startCluster({
        settings: { autovacuum: 'off', max_prepared_transactions: '5', 'pg_stat_statements.track_planning': 'on' },
        ...(programs === null ? {} : { programs }),
      });
      await ask(cluster.url(), 'CREATE ROLE app', 'CREATE DATABASE shop');
      await ask(cluster.url(), "CREATE ROLE watcher LOGIN PASSWORD 'secret'", 'GRANT pg_monitor TO watcher');
      await ask(cluster.url(), "SELECT pg_create_physical_replication_slot('follower', true)");
      await ask(cluster.url(), "SELECT pg_create_physical_replication_slot('forgotten', true)");
      url = cluster.url('shop');
      await ask(url, ...schema(major));
      standby = await startStandby(cluster, programs);
      first = await read(url);
      await ask(url, ...Array.from({ length: 5 }, (_, n) => `SELECT count(*) FROM wide WHERE kind = '${SECRET}${n}'`));
      await ask(url, 'UPDATE wide SET root = root WHERE id <= 200', 'CHECKPOINT');
      await ask(url, 'BEGIN', `INSERT INTO root VALUES (1000, '${SECRET}')`, "PREPARE TRANSACTION 'batch-7'");
      const holder = await client(url, 'psql');
      await holder.query('BEGIN ISOLATION LEVEL REPEATABLE READ');
      await holder.query(`UPDATE root SET kind = '${SECRET}' WHERE id = 1`);
      const waiting = await client(url, 'shop-web alice@example.com');
      const building = await client(url, 'psql');
      sessions.push(holder, waiting, building);
      waiting.query('UPDATE root SET kind = NULL WHERE id = 1').catch(() => {});
      building.query('CREATE INDEX CONCURRENTLY root_kind ON root (kind)').catch(() => {});
      await sleep(1_500); // statistics of other sessions arrive, the standby reports
      before = await writes(url);
      second = await read(url, first.counters, Date.now() + 3_600_000);
      follower = await read(standby.url('shop'));
      watcher = await read(url.replace(/\/\/[^@]*@/, '//watcher:secret@'));
    });
    afterAll(async () => {
      await Promise.all(sessions.map((each) => each.end().catch(() => {})));
      await standby?.stop();
      await cluster?.stop();
    });

    it('all it is asked about, and takes no transaction id for it', async () => {
      for (const reading of [first, second, follower, watcher]) {
        expect(reading.gaps.filter(({ reason }) => reason.includes('did not answer'))).toEqual([]);
        expect(reading.gaps.filter(({ absence }) => absence === 'unreachable' || absence === 'no-history')).toEqual([]);
      }
      expect(await writes(url)).toBe(before);
      expect(second.load.postgres.queries).toBeGreaterThan(40);
      // Of a fixed number of questions all is bounded by what each may take, and together by the budget.
      expect(second.load.postgres.queries).toBeLessThan(100);
      expect(second.load.postgres.budgetMs).toBe(120_000);
    });

    it('no value that is data', () => {
      const all = [first, second, follower, watcher].map((reading) =>
        JSON.stringify({ ...reading, identities: [...reading.identities] }),
      );
      for (const text of all) {
        expect(text).not.toContain(SECRET);
        expect(text).not.toContain('canary');
        expect(text).not.toContain('alice');
      }
    });

    it('tables with partitions, TOAST, freezing and constraints', () => {
      expect(table('days')).toMatchObject({ partitioning: { strategy: 'range', key: 'day', columns: ['day'] } });
      expect(table('hashed')?.partitioning).toEqual({ strategy: 'hash', key: '((id + 1))' });
      expect(table('days_1')?.bounds).toBe("FOR VALUES FROM ('2026-01-01') TO ('2026-02-01')");
      expect(table('days_rest')).toMatchObject({ bounds: 'DEFAULT', partitionOf: 'public.days' });
      expect(table('child')).toMatchObject({ inherits: ['public.root'] });
      expect(table('root')).toMatchObject({ rowSecurity: true, replicaIdentity: 'full', method: 'heap' });
      const wide = table('wide');
      expect(wide).toMatchObject({
        ...{ estimatedRows: 20_000, rowsUpdated: 200, sequentialScans: 5 },
        ...{
          storage: { fillfactor: '70', 'toast.autovacuum_enabled': 'off' },
          triggers: [{ name: 'wide_watch', enabled: false }],
        },
        checks: [{ name: 'wide_check', kind: 'check', columns: ['root'], validated: false }],
      });
      expect(wide?.rowsHotUpdated).toBeGreaterThan(0);
      expect(wide?.toastBytes).toBeGreaterThan(3_000_000);
      expect(wide?.totalBytes).toBe((wide?.heapBytes ?? 0) + (wide?.indexBytes ?? 0));
      expect((wide?.mainBytes ?? 0) + (wide?.toastBytes ?? 0)).toBeLessThanOrEqual(wide?.heapBytes ?? 0);
      expect([wide?.pages, wide?.allVisiblePages]).toEqual([expect.any(Number), expect.any(Number)]);
      expect(wide?.toastLiveRows).toBeGreaterThanOrEqual(200);
      expect(wide?.xidAge).toBeGreaterThan(0);
      expect(wide?.multixactAge).toBeGreaterThanOrEqual(0);
      expect(wide?.foreignKeys).toEqual([
        {
          ...{ name: 'wide_root', columns: ['root'], referencedSchema: 'public', referencedTable: 'root' },
          ...{ referencedColumns: ['id'], onDelete: 'cascade', onUpdate: 'no action' },
          ...{ validated: false, enforced: true, deferrable: true },
        },
      ]);
      const since16 = [wide?.rowsUpdatedToNewPage, wide?.lastSequentialScanAt];
      expect(since16.every((value) => (value !== undefined) === major >= 16)).toBe(true);
      const since18 = [wide?.allFrozenPages, wide?.vacuumTimeMs, wide?.analyzeTimeMs];
      expect(since18.every((value) => (value !== undefined) === major >= 18)).toBe(true);
      if (major >= 18) {
        expect(table('child')?.checks).toEqual([
          { name: 'child_kind', kind: 'not null', columns: ['kind'], validated: false },
        ]);
        expect(table('child')?.columns?.find(({ name }) => name === 'kind')?.notNull).toBe(false);
      }
    });

    it('column statistics without a value, and extended statistics', () => {
      const kind = table('wide')?.columns?.find(({ name }) => name === 'kind');
      expect(kind).toMatchObject({
        statisticsTarget: 500,
        distinct: 4,
        commonValues: 4,
        averageBytes: expect.any(Number),
      });
      expect(kind?.commonShares?.at(-1)).toBeCloseTo(0.1, 1);
      expect(kind?.commonTotal).toBeCloseTo(1, 2);
      const columns = Object.fromEntries((table('wide')?.columns ?? []).map((column) => [column.name, column]));
      expect(columns.id).toMatchObject({ identity: 'always', alignment: 2 });
      expect(columns.body).toMatchObject({ storage: 'external', nullShare: expect.closeTo(0.99, 2) });
      expect(columns.twice).toMatchObject({ generated: 'stored' });
      expect(table('wide')?.extendedStatistics).toEqual([
        {
          ...{ schema: 'public', name: 'wide_both', kinds: ['ndistinct', 'dependencies', 'mcv'] },
          ...{ columns: ['root', 'kind'], built: true },
        },
        ...(major >= 14
          ? [expect.objectContaining({ name: 'wide_lower', columns: ['root'], expressions: ['lower(kind)'] })]
          : []),
      ]);
    });

    it('indexes with what makes them different from others', () => {
      expect(index('wide_root_kind')).toMatchObject({
        storage: { fillfactor: '80', deduplicate_items: 'off' },
        predicate: '(root > 5)',
        keys: [
          { name: 'root', descending: true },
          { name: 'kind', collation: 'C' },
        ],
      });
      expect(index('wide_pkey')).toMatchObject({
        constraintType: 'primary key',
        deferrable: false,
        estimatedRows: 20_000,
      });
      expect(index('wide_nulls')?.nullsNotDistinct).toBe(major >= 15 ? true : undefined);
      expect(index('root_pkey')).toMatchObject({ referencedByForeignKey: true });
      expect(index('root_kind')).toMatchObject({ valid: false, ready: false });
    });

    it('the definition of every index as PostgreSQL prints it', async () => {
      const told = await ask(
        url,
        `SELECT n.nspname || '.' || c.relname AS name, pg_get_indexdef(c.oid) AS definition FROM pg_index i
         JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'public'`,
      );
      expect(told.length).toBe(major >= 15 ? 18 : 17);
      const ours = new Map(second.indexes.map((row) => [`${row.schema}.${row.index}`, row]));
      // Of an array's class, which is named though it is the default: that says the same.
      const shown = (definition: unknown) => String(definition).replace('(tags array_ops)', '(tags)');
      for (const { name, definition } of told) {
        expect([name, shown(ours.get(String(name))?.definition)]).toEqual([name, definition]);
      }
    });

    it('replica identities, and which index hangs on which', () => {
      expect(table('wide')).toMatchObject({ replicaIdentity: 'index' });
      expect(table('days')).toMatchObject({ replicaIdentity: 'default' });
      expect(index('wide_identity')).toMatchObject({ replicaIdentity: true });
      expect(index('wide_pkey')).toMatchObject({ replicaIdentity: false });
      expect(index('days_id')).toMatchObject({ partitioned: true, valid: true });
      expect(index('days_1_id_idx')).toMatchObject({ partitioned: false, partitionOf: 'public.days_id' });
      expect(index('days_n')).toMatchObject({ partitioned: true, valid: false });
      expect(second.indexes.filter(({ partitionOf }) => partitionOf === 'public.days_n')).toEqual([]);
    });

    it('which tables it may not read, so that no statistics are not taken for never analyzed', () => {
      const mark = (reading: PostgresReading) => reading.tables.find((row) => row.table === 'wide')?.columnStatistics;
      expect([mark(second), mark(watcher)]).toEqual([undefined, 'no-right']);
    });

    it('everything that pg_stat_statements counts', () => {
      const row = second.statements.find(({ text }) => text === 'SELECT count(*) FROM wide WHERE kind = $1');
      expect(row).toMatchObject({ calls: 5, plans: 5, rows: 5, label: 'SELECT on wide' });
      const { minTimeMs = 0, maxTimeMs = 0, totalTimeMs = 0, stddevTimeMs = 0 } = row ?? {};
      expect(minTimeMs).toBeGreaterThan(0);
      expect(maxTimeMs).toBeGreaterThan(minTimeMs);
      expect(totalTimeMs).toBeLessThanOrEqual(5 * maxTimeMs);
      expect(stddevTimeMs).toBeLessThan(maxTimeMs);
      expect(row?.planTimeMs).toBeGreaterThan(0);
      expect(row?.maxPlanTimeMs).toBeGreaterThan(0);
      expect(row?.sharedBlocksHit).toBeGreaterThan(0);
      const from: Readonly<Record<string, number>> = {
        ...{ walRecords: 13, localBlocksHit: 13, tempBlocksRead: 13, blockWriteTimeMs: 13 },
        ...{ minMaxSinceAt: 14, jitTimeMs: 15, tempBlockReadTimeMs: 15, firstSeenAt: 17, localBlockReadTimeMs: 17 },
        ...{ jitDeforms: 17, walBuffersFull: 18, parallelWorkersLaunched: 18 },
      };
      const there = Object.keys(from).filter((name) => row !== undefined && name in row);
      expect(there).toEqual(Object.keys(from).filter((name) => (from[name] ?? 0) <= major));
      expect(second.server.statementEvictions).toBe(major >= 14 ? 0 : undefined);
      expect(second.server.statementEntries).toBeGreaterThan(10);
    });

    it('settings of roles and databases, in units, and no free text', () => {
      expect(second.server.overrides).toEqual([
        { setting: 'statement_timeout', value: 300_000, unit: 'ms', database: 'shop', role: 'app' },
        { setting: 'work_mem', value: 67_108_864, unit: 'bytes', database: 'shop' },
      ]);
      expect(second.server.settings.shared_buffers).toMatchObject({
        context: 'postmaster',
        bootValue: expect.any(Number),
      });
    });

    it('who holds rows back, who waits, and what is being built', () => {
      const holders = second.server.horizon?.map(({ kind, name, statement, state }) => ({
        kind,
        name,
        statement,
        state,
      }));
      expect(holders).toContainEqual({
        kind: 'transaction',
        name: 'psql',
        statement: 'UPDATE on root',
        state: 'idle in transaction',
      });
      expect(holders).toContainEqual(expect.objectContaining({ kind: 'prepared', name: 'batch-7' }));
      const ages = second.server.horizon?.map(({ ageXids }) => ageXids ?? 0) ?? [];
      expect(ages).toEqual([...ages].sort((a, b) => b - a));
      expect(second.server.slots?.map(({ slot, active }) => [slot, active])).toEqual([
        ['follower', true],
        ['forgotten', false],
      ]);
      expect(second.server.slots?.[1]).toMatchObject({ type: 'physical', walStatus: 'reserved' });
      expect(second.server.slots?.[1]?.retainedBytes).toBeGreaterThan(100_000);
      expect(second.server.blockedSessions).toBeGreaterThanOrEqual(1);
      expect(second.server.longestBlockedSeconds).toBeGreaterThan(1);
      expect(second.server.oldestTransactionSeconds).toBeGreaterThan(1);
      expect(second.server.progress).toEqual([
        expect.objectContaining({
          command: 'create-index',
          database: 'shop',
          schema: 'public',
          table: 'root',
          index: 'root_kind',
        }),
      ]);
      const { waits } = second.server;
      expect(waits?.samples).toBeGreaterThanOrEqual(3);
      expect(waits?.events.map(({ type }) => type)).toContain('Lock');
    });

    it('counters of the server since the last look, wherever this version keeps them', () => {
      expect(second.spans.server).toMatchObject({ basis: 'previous-run', start: first.counters.at });
      expect(second.server.checkpointsRequested).toBe(1);
      expect(second.server.backendBuffersWritten).toBeGreaterThanOrEqual(0);
      expect(second.server.walArchiveFailures).toBe(0);
      expect(second.server.walBytes === undefined).toBe(major < 14);
      expect(second.server.walWrites === undefined).toBe(major < 14);
      if (major >= 14) expect(second.server.walBytes).toBeLessThan(first.server.walBytes ?? 0);
      expect(second.server.io === undefined).toBe(major < 16);
      if (major >= 16) {
        expect(second.server.io).toMatchObject({ start: first.counters.at, end: second.counters.at });
        const backends = second.server.io?.rows.filter(({ backendType }) => backendType === 'client backend');
        expect(backends?.some(({ object, hits = 0 }) => object === 'relation' && hits > 0)).toBe(true);
      }
      expect(second.server.slru?.start).toBe(first.counters.at);
      const shop = second.databases.find(({ database }) => database === 'shop');
      expect(shop?.rowsUpdated).toBeGreaterThanOrEqual(200);
      expect(shop?.multixactAge).toBeGreaterThanOrEqual(0);
      expect(shop?.sessions === undefined).toBe(major < 14);
      expect(shop?.parallelWorkersLaunched === undefined).toBe(major < 18);
    });

    it('sequences that come to their end, by the column they feed', () => {
      expect(second.databases.find(({ database }) => database === 'shop')?.sequences).toEqual([
        expect.objectContaining({ sequence: 'loose', lastValue: 950, usedShare: 0.95 }),
        expect.objectContaining({
          ...{ sequence: 'wide_id_seq', lastValue: 20_000, usedShare: expect.closeTo(20_000 / 32_767, 6) },
          column: { schema: 'public', table: 'wide', column: 'id', type: 'smallint', maxValue: 32_767 },
        }),
      ]);
      const hidden = watcher.gaps.find(({ reason }) => reason.includes('sequence'));
      expect(hidden).toMatchObject({ kind: 'database', database: 'shop', absence: 'no-right' });
    });

    it('its standby: from the primary and from itself', () => {
      expect(second.server.replicas).toEqual([
        expect.objectContaining({
          name: 'follower',
          state: 'streaming',
          syncState: 'async',
          replayLagBytes: expect.any(Number),
        }),
      ]);
      expect(follower.server).toMatchObject({ role: 'standby', replayLagBytes: 0, replicas: [] });
      expect(follower.server.replayLagSeconds).toBeGreaterThan(0);
      expect(follower.databases.find(({ database }) => database === 'shop')).toMatchObject({
        conflicts: 0,
        conflictsSnapshot: 0,
      });
      expect(second.databases.find(({ database }) => database === 'shop')).not.toHaveProperty('conflicts');
      const names = (reading: PostgresReading) => reading.tables.map((row) => row.table);
      expect(names(follower)).toEqual(names(second));
      expect(follower.tables.find((row) => row.table === 'wide')?.columns).toEqual(table('wide')?.columns);
    });
  });
});
