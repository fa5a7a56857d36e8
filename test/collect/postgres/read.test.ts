import { setTimeout } from 'node:timers/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { type PostgresReading, readPostgres } from '../../../lib/collect/postgres/read.ts';
import { createPostgres } from '../../../lib/collect/postgres/source.ts';
import type { CounterReading } from '../../../lib/model/snapshot.ts';
import { useEmbedded } from '../../support/embedded.ts';

const server = useEmbedded();

const read = (url: string, previous: CounterReading | null = null, takenAt = new Date().toISOString()) =>
  readPostgres({
    source: createPostgres({ url }),
    window: { start: '2026-11-15T00:00:00.000Z', end: takenAt },
    previous,
    takenAt,
    progress: () => {},
  });

/** Statistics of a session reach the views when it has been idle for a moment, at the latest when it ends. */
const schema = [
  'CREATE EXTENSION pg_stat_statements',
  'CREATE TABLE customer (id int PRIMARY KEY, name text UNIQUE, note text COLLATE "C") WITH (fillfactor = 70, toast.autovacuum_enabled = off)',
  `INSERT INTO customer SELECT i, 'n' || i, CASE WHEN i % 4 = 0 THEN NULL ELSE 'same' END FROM generate_series(1, 1000) i`,
  'CREATE TABLE orders (id bigint, customer_id int REFERENCES customer (id), at date NOT NULL, PRIMARY KEY (id, at)) PARTITION BY RANGE (at)',
  `CREATE TABLE orders_2026 PARTITION OF orders FOR VALUES FROM ('2026-01-01') TO ('2027-01-01')`,
  'CREATE UNLOGGED TABLE "<img src=x onerror=1>" ("a""b" int, c text)',
  `CREATE INDEX "quo""te" ON "<img src=x onerror=1>" (lower(c) COLLATE "C" text_pattern_ops DESC, "a""b" NULLS FIRST) INCLUDE (c) WHERE "a""b" > 5`,
  'CREATE SCHEMA "</mj-text>"',
  'CREATE MATERIALIZED VIEW "</mj-text>".v AS SELECT 1 AS one',
  'CREATE TABLE twice (x int)',
  'INSERT INTO twice VALUES (1), (1)',
  'ALTER TABLE twice REPLICA IDENTITY FULL',
  'CREATE TEMPORARY TABLE passing (x int)',
];

let url: string;
let reading: PostgresReading;
beforeAll(async () => {
  url = await server.database('shop', ...schema);
  await server.run(url, 'VACUUM ANALYZE customer');
  await server.run(url, 'CREATE UNIQUE INDEX CONCURRENTLY broken ON twice (x)').catch(() => {});
  await server.run(url, 'CREATE TABLE keyed (x int NOT NULL)', 'CREATE UNIQUE INDEX keyed_x ON keyed (x)');
  await server.run(url, 'ALTER TABLE keyed REPLICA IDENTITY USING INDEX keyed_x', 'CLUSTER keyed USING keyed_x');
  await server.database('other', 'CREATE TABLE elsewhere (x int)');
  await server.run(url, ...Array.from({ length: 7 }, (_, i) => `SELECT * FROM customer WHERE id = ${i + 1}`));
  await server.run(url, "SELECT /* canary-comment */ count(*) FROM customer WHERE name = 'canary-value'");
  reading = await read(url);
});

const table = (name: string) => reading.tables.find((row) => row.table === name);
const index = (name: string) => reading.indexes.find((row) => row.index === name);

describe('reading a server', () => {
  it('names it by host and port and knows what it is', () => {
    expect(reading.name).toBe(`127.0.0.1:${server.port}`);
    expect(reading.server).toMatchObject({
      versionNum: 180004,
      role: 'primary',
      platform: 'self-managed',
      blockSizeBytes: 8192,
      maxConnections: 100,
      reservedConnections: 3,
      extensions: ['pg_stat_statements', 'plpgsql'],
      connectionsPeak: 0,
      idleInTransactionSessions: 0,
    });
    expect(reading.server.versionText).toMatch(/^PostgreSQL 18/);
    expect(reading.server.settings).toMatchObject({
      shared_buffers: { value: 134_217_728, unit: 'bytes', source: 'configuration file' },
      checkpoint_timeout: { value: 300_000, unit: 'ms', source: 'default' },
      random_page_cost: { value: 4, source: 'default' },
      track_io_timing: { value: true, source: 'configuration file' },
      wal_level: { value: 'replica', source: 'default' },
      autovacuum_work_mem: { value: -1, unit: 'bytes', source: 'default' },
    });
    expect(reading.server.settings.primary_conninfo).toBeUndefined();
  });

  it('visits every database and misses none', () => {
    expect(reading.databases.map((row) => row.database)).toEqual(['other', 'postgres', 'shop']);
    expect(reading.blindDatabases).toEqual([]);
    expect(reading.tables.map((row) => `${row.database}/${row.schema}/${row.table}`)).toEqual([
      'shop/</mj-text>/v',
      'shop/public/<img src=x onerror=1>',
      'shop/public/customer',
      'shop/public/keyed',
      'shop/public/orders',
      'shop/public/orders_2026',
      'shop/public/twice',
      'other/public/elsewhere',
    ]);
    const shop = reading.databases.find((row) => row.database === 'shop');
    expect(shop?.sizeBytes).toBeGreaterThan(5_000_000);
    expect(shop?.activeTimeMs).toBeGreaterThan(0);
    expect(shop?.commits).toBeGreaterThan(10);
  });

  it('reads a table with its columns, its options and what happened to it', () => {
    const row = table('customer');
    expect(row).toMatchObject({
      database: 'shop',
      schema: 'public',
      persistence: 'permanent',
      partitioned: false,
      storage: { fillfactor: '70', 'toast.autovacuum_enabled': 'off' },
      foreignKeys: [],
      liveRows: 1000,
      deadRows: 0,
      rowsInserted: 1000,
      vacuums: 1,
      analyzes: 1,
      autovacuums: 0,
    });
    expect(row?.lastVacuumAt).toBeGreaterThan(1_700_000_000);
    expect(row?.lastAutovacuumAt).toBeUndefined();
    expect(row?.heapBytes).toBeGreaterThanOrEqual(8 * 8192);
    expect(row?.indexBytes).toBeGreaterThanOrEqual(4 * 8192);
    expect(row?.columns).toEqual([
      {
        ...{ name: 'id', type: 'integer', notNull: true, distinct: -1, nullShare: 0, correlation: 1, averageBytes: 4 },
        alignment: 4,
      },
      expect.objectContaining({ name: 'name', type: 'text', notNull: false, distinct: -1, nullShare: 0 }),
      expect.objectContaining({
        ...{ name: 'note', type: 'text', distinct: 1, nullShare: 0.25, topShare: 0.75, alignment: 4 },
        ...{ commonShares: [0.75], commonValues: 1, commonTotal: 0.75 },
      }),
    ]);
  });

  it('tells partitions from their parent, and gives the parent no counters of its own', () => {
    expect(table('orders')).toEqual({
      database: 'shop',
      schema: 'public',
      table: 'orders',
      partitioned: true,
      persistence: 'permanent',
      storage: {},
      partitioning: { strategy: 'range', key: 'at', columns: ['at'] },
      replicaIdentity: 'default',
      rowSecurity: false,
      ...{ checks: [], extendedStatistics: [], triggers: [] },
      columns: [
        { name: 'id', type: 'bigint', notNull: true, alignment: 8 },
        { name: 'customer_id', type: 'integer', notNull: false, alignment: 4 },
        { name: 'at', type: 'date', notNull: true, alignment: 4 },
      ],
      foreignKeys: [
        {
          name: 'orders_customer_id_fkey',
          columns: ['customer_id'],
          referencedSchema: 'public',
          referencedTable: 'customer',
          referencedColumns: ['id'],
          ...{ onDelete: 'no action', onUpdate: 'no action', validated: true, enforced: true, deferrable: false },
        },
      ],
    });
    expect(table('orders_2026')).toMatchObject({ partitioned: false, partitionOf: 'public.orders', foreignKeys: [] });
    expect(table('orders_2026')?.bounds).toBe("FOR VALUES FROM ('2026-01-01') TO ('2027-01-01')");
    expect(table('orders_2026')?.rowsInserted).toBe(0);
    expect(index('orders_pkey')).toMatchObject({ partitioned: true, constraint: 'orders_pkey' });
    expect(index('orders_pkey')?.scans).toBeUndefined();
    expect(index('orders_2026_pkey')).toMatchObject({ partitioned: false, partitionOf: 'public.orders_pkey' });
  });

  it('reads every trait of an index', () => {
    expect(index('quo"te')).toEqual({
      database: 'shop',
      schema: 'public',
      table: '<img src=x onerror=1>',
      index: 'quo"te',
      definition:
        'CREATE INDEX "quo""te" ON public."<img src=x onerror=1>" USING btree (lower(c) COLLATE "C" text_pattern_ops DESC, "a""b" NULLS FIRST) INCLUDE (c) WHERE ("a""b" > 5)',
      method: 'btree',
      keys: [
        {
          name: 'lower(c)',
          expression: true,
          opclass: 'text_pattern_ops',
          collation: 'C',
          descending: true,
          nullsFirst: true,
        },
        { name: 'a"b', expression: false, opclass: 'int4_ops', descending: false, nullsFirst: true },
      ],
      included: ['c'],
      predicate: '("a""b" > 5)',
      unique: false,
      primary: false,
      valid: true,
      ready: true,
      referencedByForeignKey: false,
      replicaIdentity: false,
      clustered: false,
      partitioned: false,
      storage: {},
      pages: 1,
      estimatedRows: 0,
      sizeBytes: 8192,
      scans: 0,
      scansSinceReset: 0,
      rowsRead: 0,
      rowsFetched: 0,
      blocksRead: 0,
      blocksHit: 0,
    });
    expect(table('<img src=x onerror=1>')?.persistence).toBe('unlogged');
  });

  it('knows what an index is there for', () => {
    expect(index('customer_pkey')).toMatchObject({
      primary: true,
      unique: true,
      constraint: 'customer_pkey',
      referencedByForeignKey: true,
      scans: 7,
      scansSinceReset: 7,
    });
    expect(index('customer_pkey')?.lastScanAt).toBeGreaterThan(1_700_000_000);
    expect(index('customer_name_key')).toMatchObject({
      constraint: 'customer_name_key',
      referencedByForeignKey: false,
    });
    expect(index('keyed_x')).toMatchObject({ replicaIdentity: true, clustered: true, unique: true });
    expect(index('keyed_x')?.constraint).toBeUndefined();
    expect(index('broken')).toMatchObject({ valid: false, ready: true });
  });

  it('sums up statements of one text, without a literal in them and without our own', () => {
    const byId = reading.statements.find((row) => row.text === 'SELECT * FROM customer WHERE id = $1');
    expect(byId).toMatchObject({ database: 'shop', calls: 7, rows: 7, user: 'postgres' });
    expect(byId?.statement).toMatch(/^[0-9a-f]{16}$/);
    expect(byId?.queryid).toMatch(/^-?\d+$/);
    expect(byId?.totalTimeMs).toBeGreaterThan(0);
    expect(byId?.stddevTimeMs).toBeGreaterThan(0);
    expect(byId?.blockReadTimeMs).toBeGreaterThanOrEqual(0);
    expect(byId?.planTimeMs).toBeUndefined();
    expect(JSON.stringify(reading)).not.toContain('canary');
    expect(reading.statements.filter((row) => /SELECT.*(pg_stat_|set_config|pg_class)/s.test(row.text ?? ''))).toEqual(
      [],
    );
    // Ours and the application's are one entry to the server, and neither is work.
    const control = /^\s*(begin|start|commit|end|rollback|savepoint)\b/i;
    expect(reading.statements.filter((row) => control.test(row.text ?? ''))).toEqual([]);
    expect(reading.gaps).toEqual([
      expect.objectContaining({ kind: 'statement', measures: ['planTimeMs'], absence: 'not-exported' }),
      // generate_series of two parameters whose types nobody knows.
      expect.objectContaining({ kind: 'statement', measures: ['plan'], absence: 'unsupported' }),
    ]);
  });

  it('says since when it counts, without a previous run', () => {
    for (const span of Object.values(reading.spans)) {
      expect(span).toMatchObject({ source: 'postgres', basis: 'statistics-reset', end: reading.counters.at });
      expect(Date.parse(span.end) - Date.parse(span.start)).toBeLessThan(60_000);
    }
    expect(Object.keys(reading.spans).sort()).toEqual(['database', 'index', 'server', 'statement', 'table']);
    expect(reading.statisticsAgeSeconds).toBeLessThan(60);
  });

  it('keeps the questions as they were asked', () => {
    const asked = reading.sources.find((source) => source.text.includes('pg_stat_get_live_tuples(c.oid))::float8'));
    expect(asked).toMatchObject({ source: 'postgres', language: 'sql', kind: 'table', rows: 8 });
    expect(reading.sources.length).toBeGreaterThan(10);
  });
});

describe('reading it again', () => {
  it('gives what happened in between, and starts again where statistics were reset', async () => {
    const lookup = 'SELECT * FROM customer WHERE id = $1';
    const later = (seconds: number) => new Date(Date.parse(reading.counters.at) + seconds * 1000).toISOString();
    await server.run(url, ...Array.from({ length: 3 }, (_, i) => `SELECT * FROM customer WHERE id = ${i + 1}`));
    await server.run(url, 'UPDATE customer SET note = $$x$$ WHERE id = 1');
    const second = await read(url, reading.counters, later(3600));
    const span = { start: reading.counters.at, end: later(3600), source: 'postgres', basis: 'previous-run' };
    expect(second.spans).toEqual({ server: span, database: span, table: span, index: span, statement: span });
    expect(second.resets).toBe(0);
    expect(second.statements.find((row) => row.text === lookup)).toMatchObject({ calls: 3, rows: 3 });
    expect(second.statements.find((row) => row.text?.startsWith('CREATE'))).toBeUndefined();
    expect(second.tables.find((row) => row.table === 'customer')).toMatchObject({ rowsInserted: 0, rowsUpdated: 1 });
    const key = second.indexes.find((row) => row.index === 'customer_pkey');
    expect(key).toMatchObject({ scans: 4, scansSinceReset: 11 });

    await server.run(url, 'SELECT pg_stat_reset()', 'SELECT pg_stat_statements_reset()');
    await server.run(url, 'SELECT * FROM customer WHERE id = 1');
    const third = await read(url, second.counters, later(7200));
    expect(third.spans.statement).toMatchObject({ basis: 'statistics-reset' });
    expect(third.spans.table).toMatchObject({ basis: 'previous-run' });
    expect(third.resets).toBe(2);
    expect(third.notes).toEqual(['Statistics were reset since the last run in shop; the numbers there began anew.']);
    expect(third.statements.find((row) => row.text === lookup)).toMatchObject({ calls: 1 });
    expect(third.indexes.find((row) => row.index === 'customer_pkey')).toMatchObject({ scans: 1 });
  });

  it('does not wait for a table that somebody holds', async () => {
    const [row] = await server.run(url, 'SELECT pg_relation_filepath($$customer$$)');
    expect(row).toBeDefined();
    const pg = await import('pg');
    const holder = new pg.default.Client({ connectionString: url });
    const witness = new pg.default.Client({ connectionString: url });
    await holder.connect();
    await witness.connect();
    try {
      await holder.query('BEGIN');
      await holder.query('LOCK TABLE customer IN ACCESS EXCLUSIVE MODE');
      // A wait would last lock_timeout, which is long beside the pause between two looks.
      const waited = `SELECT query FROM pg_stat_activity WHERE application_name = 'pg-hunt' AND wait_event_type = 'Lock'`;
      let reading = true;
      const waits: string[] = [];
      const watching = (async () => {
        for (; reading; await setTimeout(20))
          waits.push(...(await witness.query<{ query: string }>(waited)).rows.map(({ query }) => query));
      })();
      const locked = await read(url).finally(() => {
        reading = false;
      });
      await watching;
      // The planner has to open its tables; all else goes around the lock.
      expect(waits.filter((query) => !query.includes('EXPLAIN'))).toEqual([]);
      expect(locked.tables.find((each) => each.table === 'customer')?.heapBytes).toBeGreaterThan(8192);
      expect(locked.tables.find((each) => each.table === 'twice')?.heapBytes).toBe(8192);
      expect(locked.gaps.map((gap) => gap.reason)).toEqual([
        expect.stringContaining('2 of its indexes could not be read'),
        expect.stringContaining('track_planning'),
        expect.stringContaining('somebody held one of its tables exclusively'),
      ]);
      const held = locked.indexes.find((each) => each.index === 'customer_pkey');
      expect(held).toMatchObject({ table: 'customer', sizeBytes: expect.any(Number) });
      expect(held).not.toHaveProperty('keys');
      // The holder and the witness.
      expect(locked.server).toMatchObject({ connectionsPeak: 2, idleInTransactionSessions: 1 });
    } finally {
      await holder.end();
      await witness.end();
    }
  });

  it('asks in read-only transactions', async () => {
    const source = createPostgres({ url });
    await expect(source.session(null, (session) => session.ask('CREATE TABLE no (x int)'))).rejects.toMatchObject({
      code: '25006',
    });
  });
});
