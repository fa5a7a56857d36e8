/**
 * What can be known about each kind of row, as data. `counter`: the increase over the row kind's span (Snapshot.spans);
 * `gauge`: the value at the end of the window; `average` and `peak`: over the window where a source keeps history,
 * else the value at its end. Names are PostgreSQL's own notions in camel case; units are canonical (units.ts).
 */
import type { Unit } from './units.ts';

export interface Measure {
  readonly unit: Unit;
  readonly over: 'counter' | 'gauge' | 'average' | 'peak';
  readonly meaning: string;
}

type Measures = Readonly<Record<string, Measure>>;

export const serverMeasures = {
  versionNum: { unit: 'count', over: 'gauge', meaning: 'server_version_num, such as 180004' },
  startedAt: { unit: 'unix-s', over: 'gauge', meaning: 'start of the postmaster' },
  blockSizeBytes: { unit: 'bytes', over: 'gauge', meaning: 'block_size' },
  maxConnections: { unit: 'count', over: 'gauge', meaning: 'max_connections' },
  reservedConnections: {
    unit: 'count',
    over: 'gauge',
    meaning: 'superuser_reserved_connections + reserved_connections',
  },
  connectionsAverage: { unit: 'count', over: 'average', meaning: 'client backends, all databases' },
  connectionsPeak: { unit: 'count', over: 'peak', meaning: 'client backends, all databases' },
  idleSessions: { unit: 'count', over: 'average', meaning: 'sessions in state idle' },
  idleSeconds: { unit: 's', over: 'average', meaning: 'time idle sessions have been idle' },
  idleInTransactionSessions: { unit: 'count', over: 'peak', meaning: 'sessions in state idle in transaction' },
  idleInTransactionSeconds: { unit: 's', over: 'peak', meaning: 'age of the oldest idle-in-transaction transaction' },
  checkpointsTimed: { unit: 'count', over: 'counter', meaning: 'checkpoints begun by checkpoint_timeout' },
  checkpointsRequested: { unit: 'count', over: 'counter', meaning: 'checkpoints begun by WAL volume or by command' },
  checkpointWriteMs: { unit: 'ms', over: 'counter', meaning: 'time spent writing checkpoint files' },
  walBytes: { unit: 'bytes', over: 'counter', meaning: 'WAL generated' },
} as const satisfies Measures;

export const databaseMeasures = {
  sizeBytes: { unit: 'bytes', over: 'gauge', meaning: 'pg_database_size' },
  connectionsAverage: { unit: 'count', over: 'average', meaning: 'numbackends' },
  connectionsPeak: { unit: 'count', over: 'peak', meaning: 'numbackends' },
  commits: { unit: 'count', over: 'counter', meaning: 'xact_commit' },
  rollbacks: { unit: 'count', over: 'counter', meaning: 'xact_rollback' },
  blocksRead: { unit: 'blocks', over: 'counter', meaning: 'blks_read: not found in shared buffers' },
  blocksHit: { unit: 'blocks', over: 'counter', meaning: 'blks_hit' },
  tempFiles: { unit: 'count', over: 'counter', meaning: 'temp_files' },
  tempBytes: { unit: 'bytes', over: 'counter', meaning: 'temp_bytes' },
  deadlocks: { unit: 'count', over: 'counter', meaning: 'deadlocks' },
  activeTimeMs: { unit: 'ms', over: 'counter', meaning: 'active_time (14+): time spent executing statements' },
  statsResetAt: { unit: 'unix-s', over: 'gauge', meaning: 'stats_reset; absent when never reset' },
  xidAge: { unit: 'xids', over: 'gauge', meaning: 'age(datfrozenxid)' },
} as const satisfies Measures;

export const tableMeasures = {
  liveRows: { unit: 'rows', over: 'average', meaning: 'n_live_tup (an estimate)' },
  deadRows: { unit: 'rows', over: 'average', meaning: 'n_dead_tup (an estimate)' },
  modifiedSinceAnalyze: { unit: 'rows', over: 'average', meaning: 'n_mod_since_analyze' },
  insertedSinceVacuum: { unit: 'rows', over: 'average', meaning: 'n_ins_since_vacuum (13+)' },
  sequentialScans: { unit: 'count', over: 'counter', meaning: 'seq_scan' },
  sequentialRowsRead: { unit: 'rows', over: 'counter', meaning: 'seq_tup_read' },
  indexScans: { unit: 'count', over: 'counter', meaning: 'idx_scan; 0 for a table without an index' },
  indexRowsFetched: { unit: 'rows', over: 'counter', meaning: 'idx_tup_fetch' },
  rowsInserted: { unit: 'rows', over: 'counter', meaning: 'n_tup_ins' },
  rowsUpdated: { unit: 'rows', over: 'counter', meaning: 'n_tup_upd' },
  rowsHotUpdated: { unit: 'rows', over: 'counter', meaning: 'n_tup_hot_upd' },
  rowsDeleted: { unit: 'rows', over: 'counter', meaning: 'n_tup_del' },
  vacuums: { unit: 'count', over: 'counter', meaning: 'vacuum_count: by hand, VACUUM FULL not counted' },
  autovacuums: { unit: 'count', over: 'counter', meaning: 'autovacuum_count' },
  analyzes: { unit: 'count', over: 'counter', meaning: 'analyze_count' },
  autoanalyzes: { unit: 'count', over: 'counter', meaning: 'autoanalyze_count' },
  lastVacuumAt: { unit: 'unix-s', over: 'gauge', meaning: 'last_vacuum; absent = never since the statistics began' },
  lastAutovacuumAt: { unit: 'unix-s', over: 'gauge', meaning: 'last_autovacuum; absent as above' },
  lastAnalyzeAt: { unit: 'unix-s', over: 'gauge', meaning: 'last_analyze; absent as above' },
  lastAutoanalyzeAt: { unit: 'unix-s', over: 'gauge', meaning: 'last_autoanalyze; absent as above' },
  heapBlocksRead: { unit: 'blocks', over: 'counter', meaning: 'heap_blks_read: not found in shared buffers' },
  heapBlocksHit: { unit: 'blocks', over: 'counter', meaning: 'heap_blks_hit' },
  indexBlocksRead: { unit: 'blocks', over: 'counter', meaning: 'idx_blks_read' },
  indexBlocksHit: { unit: 'blocks', over: 'counter', meaning: 'idx_blks_hit' },
  heapBytes: { unit: 'bytes', over: 'gauge', meaning: 'pg_table_size: heap, TOAST and maps' },
  indexBytes: { unit: 'bytes', over: 'gauge', meaning: 'pg_indexes_size' },
} as const satisfies Measures;

export const indexMeasures = {
  scans: { unit: 'count', over: 'counter', meaning: 'idx_scan' },
  rowsRead: { unit: 'rows', over: 'counter', meaning: 'idx_tup_read' },
  rowsFetched: { unit: 'rows', over: 'counter', meaning: 'idx_tup_fetch' },
  blocksRead: { unit: 'blocks', over: 'counter', meaning: 'idx_blks_read' },
  blocksHit: { unit: 'blocks', over: 'counter', meaning: 'idx_blks_hit' },
  scansSinceReset: { unit: 'count', over: 'gauge', meaning: 'idx_scan as it stands, since the statistics began' },
  sizeBytes: { unit: 'bytes', over: 'gauge', meaning: 'pg_relation_size of the index' },
  lastScanAt: { unit: 'unix-s', over: 'gauge', meaning: 'last_idx_scan (16+)' },
} as const satisfies Measures;

export const statementMeasures = {
  calls: { unit: 'count', over: 'counter', meaning: 'calls' },
  totalTimeMs: { unit: 'ms', over: 'counter', meaning: 'total_exec_time' },
  stddevTimeMs: { unit: 'ms', over: 'gauge', meaning: 'standard deviation of one execution over the span' },
  planTimeMs: { unit: 'ms', over: 'counter', meaning: 'total_plan_time; needs pg_stat_statements.track_planning' },
  rows: { unit: 'rows', over: 'counter', meaning: 'rows returned or affected' },
  sharedBlocksHit: { unit: 'blocks', over: 'counter', meaning: 'shared_blks_hit' },
  sharedBlocksRead: { unit: 'blocks', over: 'counter', meaning: 'shared_blks_read' },
  tempBlocksWritten: { unit: 'blocks', over: 'counter', meaning: 'temp_blks_written' },
  blockReadTimeMs: { unit: 'ms', over: 'counter', meaning: 'blk_read_time; needs track_io_timing' },
  walBytes: { unit: 'bytes', over: 'counter', meaning: 'wal_bytes' },
} as const satisfies Measures;

export const hostMeasures = {
  cpuCount: { unit: 'count', over: 'gauge', meaning: 'logical processors' },
  cpuBusyShare: { unit: 'share', over: 'average', meaning: 'time not idle' },
  memoryBytes: { unit: 'bytes', over: 'gauge', meaning: 'physical memory' },
  diskFreeBytes: { unit: 'bytes', over: 'gauge', meaning: 'free space of the data directory' },
} as const satisfies Measures;

export const measures = {
  server: serverMeasures,
  database: databaseMeasures,
  table: tableMeasures,
  index: indexMeasures,
  statement: statementMeasures,
  host: hostMeasures,
} as const;

export type RowKind = keyof typeof measures;
export type MeasureOf<Kind extends RowKind> = keyof (typeof measures)[Kind];
/** The numbers of one row: each present or honestly absent, never a stand-in. */
export type Measured<Kind extends RowKind> = { readonly [M in MeasureOf<Kind>]?: number };
