/** postgres_ai monitoring: pgwatch with metrics of its own, counters declared gauges (reference: 2.2; 3, column f). */
import { bind, type Dialect, type Limit, on } from '../dialect.ts';
import { labels, pgwatch } from './pgwatch.ts';

const metric = (name: string, limit?: Limit) =>
  bind(`Switch on the metric ${name} of postgres_ai for this target.`, on(`the metric ${name}`), limit);
const settings = metric('settings');
const sessions = metric('pg_stat_activity');
const bySize = (rows: number, name: string): Limit => ({
  ...{ rows, flag: `the limit in the SQL of its metric ${name}`, order: 'size' },
});
const tables = metric('pg_stat_all_tables', bySize(5_000, 'pg_stat_all_tables'));
const blocks = metric('pg_statio_all_tables');
const indexes = metric('pg_stat_all_indexes', bySize(10_000, 'pg_stat_all_indexes'));
const tableStats = bySize(5_000, 'table_stats');
const indexBlocks = metric('pg_statio_all_indexes');
const statements = bind(
  'Switch on the metric pg_stat_statements of postgres_ai for this target, and create that extension in its database.',
  on('the metric pg_stat_statements'),
);
const eachSession = ['datname', 'application_name', 'state'];
/** It turns blocks into bytes. */
const blocksInBytes = { factor: 1 / 8_192 };
const slow = { cadence: 7_200 };

export const postgresAi: Dialect = {
  id: 'postgres-ai',
  title: 'postgres_ai monitoring',
  exporter: 'postgres_ai',
  family: 'pgwatch_.+',
  signs: {
    some: [
      'pgwatch_settings_numeric_value',
      'pgwatch_pg_stat_statements_calls',
      'pgwatch_pg_stat_all_tables_seq_scan',
      'pgwatch_pg_stat_activity_count',
    ],
  },
  labels,
  server: [['dbname']],
  system: 'sys_id',
  churning: ['table_size_cardinality_mb', 'index_def_hash'],
  standby: 'pgwatch_db_stats_in_recovery_int',
  settings: [{ metric: 'pgwatch_settings_numeric_value', label: 'setting_name', units: 'native', cadence: 7_200 }],
  seeDatabase: 'Add a target to postgres_ai for database',
  partitionRoots: pgwatch.partitionRoots,
  bindings: {
    server: {
      versionNum: settings('now', 'pgwatch_settings_numeric_value', {
        ...slow,
        matching: 'setting_name="server_version_num"',
      }),
      blockSizeBytes: settings('now', 'pgwatch_settings_numeric_value', {
        ...slow,
        matching: 'setting_name="block_size"',
      }),
      maxConnections: settings('now', 'pgwatch_settings_numeric_value', {
        ...slow,
        matching: 'setting_name="max_connections"',
      }),
      startedAt: metric('db_stats')('now', 'pgwatch_db_stats_postmaster_uptime_s', { age: true }),
      // pgwatch_db_stats_numbackends knows one database.
      connectionsAverage: sessions('averageSum', 'pgwatch_pg_stat_activity_count', { within: eachSession }),
      connectionsPeak: sessions('peakSum', 'pgwatch_pg_stat_activity_count', { within: eachSession }),
      idleSessions: sessions('averageSum', 'pgwatch_pg_stat_activity_count', {
        within: eachSession,
        matching: 'state="idle"',
      }),
      idleInTransactionSessions: sessions('peakSum', 'pgwatch_pg_stat_activity_count', {
        within: eachSession,
        matching: 'state=~"idle in transaction.*"',
      }),
      checkpointsTimed: pgwatch.bindings.server.checkpointsTimed,
      checkpointsRequested: pgwatch.bindings.server.checkpointsRequested,
      checkpointWriteMs: pgwatch.bindings.server.checkpointWriteMs,
      checkpointSyncMs: pgwatch.bindings.server.checkpointSyncMs,
      checkpointBuffersWritten: pgwatch.bindings.server.checkpointBuffersWritten,
      backgroundBuffersWritten: pgwatch.bindings.server.backgroundBuffersWritten,
      backgroundWriteStops: pgwatch.bindings.server.backgroundWriteStops,
      buffersAllocated: pgwatch.bindings.server.buffersAllocated,
      backendBuffersWritten: pgwatch.bindings.server.backendBuffersWritten,
      activeSessions: sessions('averageSum', 'pgwatch_pg_stat_activity_count', {
        within: eachSession,
        matching: 'state="active"',
      }),
      walBytes: metric('wal')('increase', ['pgwatch_wal_xlog_location_b', 'pgwatch_pg_xlog_position_bytes']),
    },
    database: {
      ...pgwatch.bindings.database,
      statsResetAt: metric('stats_reset')('now', 'pgwatch_stats_reset_stats_reset_epoch', { ...slow, absent: [0] }),
      multixactAge: metric('pg_database_wraparound')('now', 'pgwatch_pg_database_wraparound_age_datminmxid', slow),
      xidAge: metric('pg_database_wraparound')('now', 'pgwatch_pg_database_wraparound_age_datfrozenxid', slow),
    },
    table: {
      liveRows: tables('average', 'pgwatch_pg_stat_all_tables_n_live_tup'),
      deadRows: tables('average', 'pgwatch_pg_stat_all_tables_n_dead_tup'),
      sequentialScans: tables('increase', 'pgwatch_pg_stat_all_tables_seq_scan'),
      sequentialRowsRead: tables('increase', 'pgwatch_pg_stat_all_tables_seq_tup_read'),
      indexScans: tables('increase', 'pgwatch_pg_stat_all_tables_idx_scan'),
      indexRowsFetched: tables('increase', 'pgwatch_pg_stat_all_tables_idx_tup_fetch'),
      rowsInserted: tables('increase', 'pgwatch_pg_stat_all_tables_n_tup_ins'),
      rowsUpdated: tables('increase', 'pgwatch_pg_stat_all_tables_n_tup_upd'),
      rowsHotUpdated: tables('increase', 'pgwatch_pg_stat_all_tables_n_tup_hot_upd'),
      rowsDeleted: tables('increase', 'pgwatch_pg_stat_all_tables_n_tup_del'),
      // pg_stat_all_tables adds up vacuums by hand and by autovacuum here; table_stats keeps them apart.
      vacuums: { ...pgwatch.bindings.table.vacuums, limit: tableStats },
      autovacuums: { ...pgwatch.bindings.table.autovacuums, limit: tableStats },
      analyzes: { ...pgwatch.bindings.table.analyzes, limit: tableStats },
      autoanalyzes: { ...pgwatch.bindings.table.autoanalyzes, limit: tableStats },
      // By hand or not, whichever was later.
      lastVacuumAt: tables('now', 'pgwatch_pg_stat_all_tables_last_vacuum', { absent: [0] }),
      lastAnalyzeAt: tables('now', 'pgwatch_pg_stat_all_tables_last_analyze', { absent: [0] }),
      heapBlocksRead: blocks('increase', 'pgwatch_pg_statio_all_tables_heap_blks_read'),
      heapBlocksHit: blocks('increase', 'pgwatch_pg_statio_all_tables_heap_blks_hit'),
      indexBlocksRead: blocks('increase', 'pgwatch_pg_statio_all_tables_idx_blks_read'),
      indexBlocksHit: blocks('increase', 'pgwatch_pg_statio_all_tables_idx_blks_hit'),
      toastBlocksRead: blocks('increase', 'pgwatch_pg_statio_all_tables_toast_blks_read'),
      totalBytes: { ...pgwatch.bindings.table.totalBytes, limit: tableStats },
      xidAge: { ...pgwatch.bindings.table.xidAge, limit: tableStats },
      heapBytes: { ...pgwatch.bindings.table.heapBytes, limit: tableStats },
    },
    index: {
      scans: indexes('increase', 'pgwatch_pg_stat_all_indexes_idx_scan'),
      scansSinceReset: indexes('now', 'pgwatch_pg_stat_all_indexes_idx_scan', { kind: 'counter', cadence: 900 }),
      rowsRead: indexes('increase', 'pgwatch_pg_stat_all_indexes_idx_tup_read'),
      rowsFetched: indexes('increase', 'pgwatch_pg_stat_all_indexes_idx_tup_fetch'),
      blocksRead: indexBlocks('increase', 'pgwatch_pg_statio_all_indexes_idx_blks_read'),
      blocksHit: indexBlocks('increase', 'pgwatch_pg_statio_all_indexes_idx_blks_hit'),
    },
    statement: {
      calls: statements('increase', 'pgwatch_pg_stat_statements_calls'),
      // Whole milliseconds, cut off.
      totalTimeMs: statements('increase', 'pgwatch_pg_stat_statements_exec_time_total'),
      planTimeMs: statements('increase', 'pgwatch_pg_stat_statements_plan_time_total'),
      rows: statements('increase', 'pgwatch_pg_stat_statements_rows'),
      sharedBlocksHit: statements('increase', 'pgwatch_pg_stat_statements_shared_bytes_hit_total', blocksInBytes),
      sharedBlocksRead: statements('increase', 'pgwatch_pg_stat_statements_shared_bytes_read_total', blocksInBytes),
      tempBlocksWritten: statements('increase', 'pgwatch_pg_stat_statements_temp_bytes_written', blocksInBytes),
      blockReadTimeMs: statements('increase', 'pgwatch_pg_stat_statements_block_read_total'),
      blockWriteTimeMs: statements('increase', 'pgwatch_pg_stat_statements_block_write_total'),
      tempBlocksRead: statements('increase', 'pgwatch_pg_stat_statements_temp_bytes_read', blocksInBytes),
      walBytes: statements('increase', 'pgwatch_pg_stat_statements_wal_bytes'),
    },
  },
};
