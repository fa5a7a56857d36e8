/** Small rows and snapshots for tests: healthy unless told otherwise, plain JSON, fixed in time. */
import type {
  Column,
  DatabaseRow,
  HostRow,
  IndexKey,
  IndexRow,
  ServerRow,
  Setting,
  StatementRow,
  TableRow,
} from '../../lib/model/rows.ts';
import type { Snapshot, Span } from '../../lib/model/snapshot.ts';

export const WINDOW = { start: '2026-11-15T00:00:00Z', end: '2026-11-22T00:00:00Z' } as const;
export const NOW_SECONDS = Date.parse(WINDOW.end) / 1000;
const DAY = 24 * 3600;
const GIB = 1024 ** 3;
const MIB = 1024 ** 2;

export const aSpan = (span: Partial<Span> = {}): Span => ({
  ...WINDOW,
  source: 'prometheus',
  basis: 'window',
  ...span,
});

/** All row kinds over the last `seconds` of the window. */
export function spansOf(seconds: number): Snapshot['spans'] {
  const start = new Date(Date.parse(WINDOW.end) - seconds * 1000).toISOString();
  const span = aSpan({ start });
  return { server: span, database: span, table: span, index: span, statement: span, host: span };
}

/** Undefined takes a default away: `aTable({ liveRows: undefined })` is a table nobody counted. */
export type Over<Row> = { readonly [Key in keyof Row]?: Row[Key] | undefined };

function over<Row extends object>(defaults: Row, changes: Over<Row>): Row {
  const all = Object.entries({ ...defaults, ...changes }).filter(([, value]) => value !== undefined);
  return Object.fromEntries(all) as Row; // a test that takes an identity away gets what it asked for
}

const settings: Readonly<Record<string, Setting>> = {
  max_connections: { value: 200, source: 'configuration file' },
  shared_buffers: { value: 4 * GIB, unit: 'bytes', source: 'configuration file' },
  work_mem: { value: 16 * MIB, unit: 'bytes', source: 'configuration file' },
  maintenance_work_mem: { value: GIB, unit: 'bytes', source: 'configuration file' },
  max_wal_size: { value: 8 * GIB, unit: 'bytes', source: 'configuration file' },
  checkpoint_timeout: { value: 900_000, unit: 'ms', source: 'configuration file' },
  autovacuum: { value: true, source: 'default' },
  autovacuum_vacuum_threshold: { value: 50, source: 'default' },
  autovacuum_vacuum_scale_factor: { value: 0.2, source: 'default' },
  autovacuum_analyze_threshold: { value: 50, source: 'default' },
  autovacuum_analyze_scale_factor: { value: 0.1, source: 'default' },
  autovacuum_vacuum_insert_threshold: { value: 1000, source: 'default' },
  autovacuum_vacuum_insert_scale_factor: { value: 0.2, source: 'default' },
  autovacuum_vacuum_max_threshold: { value: 100_000_000, source: 'default' },
  idle_in_transaction_session_timeout: { value: 60_000, unit: 'ms', source: 'configuration file' },
  track_io_timing: { value: true, source: 'configuration file' },
};

export const aServer = (changes: Over<ServerRow> = {}): ServerRow =>
  over<ServerRow>(
    {
      role: 'primary',
      platform: 'self-managed',
      versionNum: 180_004,
      versionText: 'PostgreSQL 18.4',
      settings,
      extensions: ['pg_stat_statements'],
      startedAt: NOW_SECONDS - 90 * DAY,
      blockSizeBytes: 8192,
      maxConnections: 200,
      reservedConnections: 3,
      connectionsAverage: 30,
      connectionsPeak: 60,
      idleSessions: 10,
      idleSeconds: 5,
      idleInTransactionSessions: 0,
      idleInTransactionSeconds: 0,
      checkpointsTimed: 672,
      checkpointsRequested: 4,
      checkpointWriteMs: 600_000,
      walBytes: 20 * GIB,
    },
    changes,
  );

export const aDatabase = (changes: Over<DatabaseRow> = {}): DatabaseRow =>
  over<DatabaseRow>(
    {
      database: 'shop',
      sizeBytes: 20 * GIB,
      connectionsAverage: 30,
      connectionsPeak: 60,
      commits: 10_000_000,
      rollbacks: 1_000,
      blocksRead: 1_000_000,
      blocksHit: 999_000_000,
      tempFiles: 0,
      tempBytes: 0,
      deadlocks: 0,
      activeTimeMs: 36_000_000,
      statsResetAt: NOW_SECONDS - 90 * DAY,
      xidAge: 50_000_000,
    },
    changes,
  );

export const aColumn = (name: string, changes: Over<Column> = {}): Column =>
  over<Column>({ name, type: 'bigint', notNull: true, distinct: -1, nullShare: 0, averageBytes: 8 }, changes);

/** A well-kept table of a million rows, read by its index. */
export const aTable = (changes: Over<TableRow> = {}): TableRow =>
  over<TableRow>(
    {
      database: 'shop',
      schema: 'public',
      table: 'orders',
      columns: [
        aColumn('id'),
        aColumn('customer_id', { distinct: 50_000, topShare: 0.0005 }),
        aColumn('status', { type: 'text', distinct: 5, topShare: 0.6 }),
        aColumn('created_at', { type: 'timestamp with time zone', distinct: -0.9 }),
      ],
      foreignKeys: [],
      storage: {},
      persistence: 'permanent',
      partitioned: false,
      liveRows: 1_000_000,
      deadRows: 5_000,
      modifiedSinceAnalyze: 5_000,
      insertedSinceVacuum: 5_000,
      sequentialScans: 0,
      sequentialRowsRead: 0,
      indexScans: 1_000_000,
      indexRowsFetched: 1_000_000,
      rowsInserted: 10_000,
      rowsUpdated: 10_000,
      rowsHotUpdated: 9_500,
      rowsDeleted: 0,
      vacuums: 0,
      autovacuums: 7,
      analyzes: 0,
      autoanalyzes: 7,
      lastAutovacuumAt: NOW_SECONDS - DAY,
      lastAutoanalyzeAt: NOW_SECONDS - DAY,
      heapBlocksRead: 1_000,
      heapBlocksHit: 10_000_000,
      indexBlocksRead: 1_000,
      indexBlocksHit: 10_000_000,
      heapBytes: 200 * MIB,
      indexBytes: 50 * MIB,
    },
    changes,
  );

export const aKey = (name: string, changes: Over<IndexKey> = {}): IndexKey =>
  over<IndexKey>({ name, expression: false, opclass: 'int8_ops', descending: false, nullsFirst: false }, changes);

/** A used, valid, plain btree index on orders (customer_id); `columns` is short for plain keys. */
export const anIndex = (changes: Over<IndexRow> & { readonly columns?: readonly string[] } = {}): IndexRow => {
  const { columns = ['customer_id'], ...rest } = changes;
  const table = rest.table ?? 'orders';
  const schema = rest.schema ?? 'public';
  const index = rest.index ?? `${table}_${columns.join('_')}_idx`;
  const unique = rest.unique === true ? 'UNIQUE ' : '';
  return over<IndexRow>(
    {
      database: 'shop',
      schema,
      table,
      index,
      definition: `CREATE ${unique}INDEX ${index} ON ${schema}.${table} USING btree (${columns.join(', ')})`,
      method: 'btree',
      keys: columns.map((name) => aKey(name)),
      included: [],
      unique: false,
      primary: false,
      valid: true,
      ready: true,
      referencedByForeignKey: false,
      replicaIdentity: false,
      clustered: false,
      partitioned: false,
      scans: 100_000,
      rowsRead: 100_000,
      rowsFetched: 100_000,
      blocksRead: 100,
      blocksHit: 1_000_000,
      scansSinceReset: 1_200_000,
      sizeBytes: 20 * MIB,
      lastScanAt: NOW_SECONDS - 60,
    },
    rest,
  );
};

/** A fast lookup by primary key, a hundredth of the load. `text` without an identity of its own gets one. */
export const aStatement = (changes: Over<StatementRow> = {}): StatementRow =>
  over<StatementRow>(
    {
      database: 'shop',
      queryid: '1000000000000000001',
      statement: `id:${changes.queryid ?? '1000000000000000001'}`,
      user: 'app',
      text: 'SELECT * FROM orders WHERE id = $1',
      calls: 10_000,
      totalTimeMs: 10_000,
      stddevTimeMs: 0.5,
      rows: 10_000,
      sharedBlocksHit: 40_000,
      sharedBlocksRead: 100,
      tempBlocksWritten: 0,
      blockReadTimeMs: 50,
      walBytes: 0,
    },
    changes,
  );

export const aHost = (changes: Over<HostRow> = {}): HostRow =>
  over<HostRow>(
    { host: 'db1', cpuCount: 8, cpuBusyShare: 0.3, memoryBytes: 32 * GIB, diskFreeBytes: 200 * GIB },
    changes,
  );

/** One primary, one database, nothing wrong; `databaseTimeMs` is 10 hours a week through activeTimeMs. */
export const aSnapshot = (changes: Partial<Snapshot> = {}): Snapshot => ({
  version: 1,
  target: 'shop-db',
  takenAt: WINDOW.end,
  window: WINDOW,
  server: aServer(),
  databases: [aDatabase()],
  tables: [aTable()],
  indexes: [anIndex({ index: 'orders_pkey', columns: ['id'], unique: true, primary: true, constraint: 'orders_pkey' })],
  statements: [aStatement()],
  hosts: [aHost()],
  spans: spansOf(7 * DAY),
  gaps: [],
  quality: {
    sources: ['postgres', 'prometheus'],
    coveredShare: 1,
    resets: 0,
    statementCoverage: 0.95,
    statisticsAgeSeconds: 90 * DAY,
    blindDatabases: [],
    notes: [],
  },
  sources: [],
  ...changes,
});
