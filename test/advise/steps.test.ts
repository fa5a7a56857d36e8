/** What the maintenance and system advisors print is run on a real server, then undone with the rollback beside it. */
import { describe, expect, it } from 'vitest';
import { advise } from '../../lib/advise/advise.ts';
import { randomUuidKeys } from '../../lib/advise/index/random-uuid-keys.ts';
import { roster } from '../../lib/advise/index.ts';
import { filtersAfterIndex } from '../../lib/advise/query/filters-after-index.ts';
import { wrongRowEstimates } from '../../lib/advise/query/wrong-row-estimates.ts';
import type { KeyedFinding } from '../../lib/model/outcome.ts';
import type { Snapshot } from '../../lib/model/snapshot.ts';
import { useEmbedded } from '../support/embedded.ts';
import { aNode, aPlan } from '../support/plans.ts';
import { aColumn, aDatabase, aHost, anIndex, aServer, aSnapshot, aStatement, aTable } from '../support/rows.ts';

const GIB = 1024 ** 3;
const MIB = 1024 ** 2;
const server = useEmbedded();

/** One snapshot in which every one of these advisors finds something that it has SQL for. */
const troubled: Snapshot = aSnapshot({
  server: aServer({
    idleInTransactionSeconds: 900,
    maxConnections: 100,
    connectionsPeak: 95,
    checkpointsRequested: 3000,
    checkpointsTimed: 10,
    walBytes: 3000 * GIB,
    settings: {
      ...aServer().settings,
      idle_in_transaction_session_timeout: { value: 0, unit: 'ms', source: 'default' },
      max_wal_size: { value: GIB, unit: 'bytes', source: 'configuration file' },
      shared_buffers: { value: 128 * MIB, unit: 'bytes', source: 'configuration file', pendingRestart: true },
    },
  }),
  databases: [aDatabase({ xidAge: 600_000_000, blocksHit: 900_000, blocksRead: 100_000 })],
  tables: [
    aTable({ liveRows: 500_000, deadRows: 400_000, schema: 'Sales', table: "o'Brien" }),
    aTable({
      table: 'stale',
      modifiedSinceAnalyze: 900_000,
      lastAutoanalyzeAt: undefined,
      bloat: { source: 'pgstattuple', bytes: 3 * GIB, ofBytes: 4 * GIB, deadBytes: 0 },
    }),
    aTable({ table: 'large', liveRows: 50_000_000, rowsUpdated: 9_000_000, storage: {} }),
    aTable({
      table: 'tuned',
      liveRows: 500_000,
      deadRows: 400_000,
      storage: { autovacuum_vacuum_scale_factor: '0.3', fillfactor: '90' },
    }),
  ],
  statements: [aStatement({ totalTimeMs: 30_000, blockReadTimeMs: 10_000, sharedBlocksRead: 90_000 })],
});

/** What the others need to find something: a look at the catalog, the machine, and other settings. */
const FURTHER = [
  'held-horizon',
  'autovacuum-off',
  'partitioned-tables-never-analyzed',
  'sequences-near-their-end',
  'retained-wal',
  'archive-failures',
  'full-page-images',
  'shared-buffers-size',
  'io-timing-off',
  'statement-evictions',
  'full-disks',
  'multixact-age',
  'updates-that-leave-their-page',
  'connection-churn',
  'idle-connections',
  'lagging-standbys',
  'wal-buffers-full',
  'planner-methods-off',
  'random-page-cost-on-fast-disks',
];
/** Their cure is in the application or the machine; they print no SQL. */
const WORDS_ONLY = ['deadlocks', 'rolled-back-transactions', 'busy-processors', 'lost-sessions'];
const further: Snapshot = aSnapshot({
  server: aServer({
    walBytes: 900 * GIB,
    walFullPageImages: 1e8,
    walArchiveFailures: 9,
    lastArchiveFailureAt: 1_790_000_000,
    statementEvictions: 10_000,
    walBuffersFull: 90_000_000,
    replicas: [{ name: 's', standby: true, state: 'streaming', replayLagBytes: 9 * GIB }],
    horizon: [{ kind: 'prepared', name: 'forgotten', ageSeconds: 1e6 }],
    slots: [{ slot: 'cdc', type: 'logical', active: false, temporary: false, retainedBytes: 9 * GIB }],
    settings: {
      autovacuum: { value: false, source: 'configuration file' },
      shared_buffers: { value: 128 * MIB, unit: 'bytes', source: 'configuration file' },
      track_io_timing: { value: true, source: 'configuration file' },
      wal_buffers: { value: 4 * MIB, unit: 'bytes', source: 'default' },
      enable_nestloop: { value: false, source: 'configuration file' },
      random_page_cost: { value: 4, source: 'default' },
      wal_compression: { value: 'off', source: 'default' },
      'pg_stat_statements.max': { value: 5000, source: 'default' },
    },
  }),
  databases: [
    aDatabase({
      multixactAge: 900_000_000,
      sessions: 90_000_000,
      sessionTimeMs: 1e12,
      activeTimeMs: 1000,
      sequences: [
        {
          ...{ schema: 'public', sequence: 'tickets_id_seq', lastValue: 2e9, maxValue: 2_147_483_647, increment: 1 },
          ...{ cycle: false, usedShare: 0.93 },
          column: { schema: 'public', table: 'tickets', column: 'id', type: 'integer', maxValue: 2_147_483_647 },
        },
        {
          ...{ schema: 'public', sequence: 'loose', lastValue: 2e9, maxValue: 2_147_483_647, increment: 1 },
          ...{ cycle: false, usedShare: 0.93 },
        },
      ],
    }),
  ],
  tables: [
    aTable({ table: 'queue', storage: { autovacuum_enabled: 'false' }, rowsUpdated: 90_000 }),
    aTable({ table: 'counters', rowsUpdated: 9e7, rowsHotUpdated: 0, rowsUpdatedToNewPage: 8e7, storage: {} }),
    aTable({ table: 'events', partitioned: true, columns: [], lastAutoanalyzeAt: undefined }),
    aTable({ table: 'events_1', partitionOf: 'public.events' }),
  ],
  hosts: [aHost({ diskBytes: 100 * GIB, diskFreeBytes: GIB, readLatencyMs: 0.3, readIops: 900 })],
  statements: [aStatement({ totalTimeMs: 36_000_000, blockReadTimeMs: 9_000_000 })],
});

/** Where reads are not timed nobody says what they cost, so only one of them speaks. */
const TIMING = 'io-timing-off';
const untimed: Snapshot = {
  ...further,
  server: {
    ...further.server,
    settings: { ...further.server.settings, track_io_timing: { value: false, source: 'default' } },
  },
};

async function findings(snapshot: Snapshot = troubled): Promise<readonly KeyedFinding[]> {
  const ours = roster.filter(
    ({ card }) =>
      (card.area === 'maintenance' || card.area === 'system') &&
      !WORDS_ONLY.includes(card.id) &&
      FURTHER.includes(card.id) === (snapshot === further),
  );
  const outcomes = [
    ...(await advise(
      snapshot,
      ours.filter(({ card }) => card.id !== TIMING),
    )),
    ...(await advise(
      untimed,
      ours.filter(({ card }) => card.id === TIMING),
    )),
  ];
  expect(outcomes.filter((one) => one.state !== 'found').map((one) => one.card.id)).toEqual([]);
  return outcomes.flatMap((one) => (one.state === 'found' ? one.findings : []));
}

describe('steps on a server', () => {
  it('run as printed, one by one, and the rollback leaves what was there before', async () => {
    const url = await server.database(
      'steps',
      'CREATE SCHEMA "Sales"',
      `CREATE TABLE "Sales"."o'Brien" (id int)`,
      'CREATE TABLE stale (id int)',
      'CREATE TABLE large (id int)',
      'CREATE TABLE tuned (id int) WITH (autovacuum_vacuum_scale_factor = 0.3, fillfactor = 90)',
      "ALTER SYSTEM SET max_wal_size = '1GB'",
      "ALTER SYSTEM SET shared_buffers = '128MB'",
    );
    const state = async () => [
      await server.run(
        url,
        `SELECT relname, (SELECT array_agg(o ORDER BY o) FROM unnest(reloptions) o) AS options
         FROM pg_class WHERE relkind = 'r' AND oid >= 16384 ORDER BY 1`,
      ),
      await server.run(
        url,
        `SELECT name, pg_size_bytes(regexp_replace(setting, 'kB$', ' kB')) AS bytes FROM pg_file_settings
         WHERE name IN ('max_wal_size', 'shared_buffers') AND sourcefile LIKE '%auto.conf' ORDER BY 1`,
      ),
      await server.run(
        url,
        "SELECT name FROM pg_file_settings WHERE sourcefile LIKE '%auto.conf' AND name LIKE 'idle%'",
      ),
    ];
    const before = await state();
    const all = await findings();
    const run = all.flatMap(({ steps }) => steps.flatMap((step) => (step.sql === undefined ? [] : [step.sql])));
    for (const sql of run) await server.run(url, sql);
    expect(await state()).not.toEqual(before);
    for (const { risk } of all) for (const sql of risk.rollback) await server.run(url, sql);
    expect(await state()).toEqual(before);
    expect(run.length).toBeGreaterThan(20);
  });

  it('run as printed where the catalog and the machine were seen', async () => {
    const url = await server.database(
      'further',
      'CREATE EXTENSION pg_stat_statements',
      'CREATE TABLE tickets (id serial)',
      'CREATE SEQUENCE loose AS integer',
      'CREATE TABLE queue (id int) WITH (autovacuum_enabled = false)',
      'CREATE TABLE counters (id int)',
      'ALTER SYSTEM SET enable_nestloop = off',
      'CREATE TABLE events (id int) PARTITION BY RANGE (id)',
      'CREATE TABLE events_1 PARTITION OF events FOR VALUES FROM (0) TO (9)',
      "ALTER SYSTEM SET shared_buffers = '128MB'",
      'ALTER SYSTEM SET autovacuum = off',
    );
    const state = async () => [
      await server.run(url, "SELECT relname, reloptions FROM pg_class WHERE relkind = 'r' AND oid >= 16384 ORDER BY 1"),
      await server.run(
        url,
        `SELECT name, CASE WHEN setting LIKE '%B' THEN pg_size_bytes(regexp_replace(setting, 'kB$', ' kB'))::text ELSE setting END
         FROM pg_file_settings WHERE sourcefile LIKE '%auto.conf' AND name ~ 'shared_buffers|autovacuum$|nestloop|page_cost|wal_buffers|io_timing|compression|pg_stat' ORDER BY 1`,
      ),
    ];
    const before = await state();
    const all = await findings(further);
    const run = all.flatMap(({ steps }) => steps.flatMap((step) => (step.sql === undefined ? [] : [step.sql])));
    for (const sql of run) await server.run(url, sql);
    for (const { measuredBy } of all) if (measuredBy?.language === 'sql') await server.run(url, measuredBy.query);
    expect(await state()).not.toEqual(before);
    const types =
      "SELECT format_type(atttypid, NULL) AS type FROM pg_attribute WHERE attrelid = 'tickets'::regclass AND attname = 'id'";
    expect(await server.run(url, types)).toEqual([{ type: 'bigint' }]);
    for (const { risk } of all) for (const sql of risk.rollback) await server.run(url, sql);
    expect(await state()).toEqual(before);
    await server.run(url, 'ALTER SYSTEM RESET autovacuum');
    await server.run(url, 'ALTER SYSTEM RESET enable_nestloop');
  });

  it('run as printed where a plan was seen: statistics, an index for the filter, a default', async () => {
    const url = await server.database(
      'planned',
      'CREATE TABLE orders (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), "Customer id" int, status text, created_at timestamptz)',
      'CREATE INDEX orders_created_idx ON orders (created_at)',
    );
    const columns = [
      aColumn('id', { type: 'uuid', defaultFunction: 'gen_random_uuid' }),
      aColumn('Customer id'),
      aColumn('status', { type: 'text' }),
      aColumn('created_at', { type: 'timestamp with time zone' }),
    ];
    const place = { schema: 'public', table: 'orders' };
    const both = '(("Customer id" = $1) AND (status = $2))';
    const costly = { calls: 1000, totalTimeMs: 3_600_000, sharedBlocksHit: 9_000_000, sharedBlocksRead: 0 };
    const text = 'SELECT id FROM orders WHERE "Customer id" = $1 AND status = $2';
    const walk = aNode('Index Scan', { ...place, index: 'orders_created_idx', filter: both });
    const seen = aSnapshot({
      tables: [aTable({ columns, rowsInserted: 90_000_000 })],
      indexes: [
        anIndex({ index: 'orders_pkey', columns: ['id'], unique: true, primary: true, sizeBytes: 9 * GIB }),
        anIndex({ index: 'orders_created_idx', columns: ['created_at'] }),
      ],
      statements: [
        aStatement({
          ...costly,
          queryid: '1',
          text,
          rows: 20_000_000,
          plan: aPlan(aNode('Seq Scan', { ...place, filter: both })),
        }),
        aStatement({
          ...{ ...costly, queryid: '2', text: `${text} ORDER BY created_at LIMIT 1`, rows: 1000 },
          plan: aPlan(aNode('Limit', { children: [walk] })),
        }),
      ],
    });
    const outcomes = await advise(seen, [wrongRowEstimates, filtersAfterIndex, randomUuidKeys]);
    const all = outcomes.flatMap((one) => (one.state === 'found' ? one.findings : []));
    expect(all).toHaveLength(3);
    const state = async () => [
      await server.run(url, 'SELECT indexdef FROM pg_indexes ORDER BY 1'),
      await server.run(url, 'SELECT stxname FROM pg_statistic_ext ORDER BY 1'),
      await server.run(
        url,
        "SELECT column_default FROM information_schema.columns WHERE table_name = 'orders' ORDER BY 1",
      ),
    ];
    const before = await state();
    for (const { steps, measuredBy } of all) {
      for (const { sql } of steps) if (sql !== undefined && !sql.startsWith('EXPLAIN')) await server.run(url, sql);
      if (measuredBy?.language === 'sql' && !/pg_stat_statements/.test(measuredBy.query))
        await server.run(url, measuredBy.query);
    }
    const after = JSON.stringify(await state());
    for (const name of ['orders_Customer id_status_created_at_idx', 'uuidv7()', 'orders_Customer id_status_stat'])
      expect(after).toContain(name);
    for (const { risk } of all) for (const sql of risk.rollback) await server.run(url, sql);
    expect(await state()).toEqual(before);
  });
});
