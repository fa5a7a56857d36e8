/** pgwatch 3 to 5 and its Prometheus sink, types and suffixes notwithstanding (reference: metric dialects 2.2; 3, column e). */
import { bind, type Dialect, exporter, type LabelRoles, type Limit, off, postgres } from '../dialect.ts';

/** `dbname` is what pgwatch calls its source; the true name comes with --real-dbname-field. */
export const labels: LabelRoles = {
  database: ['datname', 'real_dbname', 'dbname'],
  schema: ['schemaname', 'schema'],
  table: ['relname', 'table_name'],
  index: ['indexrelname', 'index_name'],
  user: ['user'],
  queryid: ['queryid'],
};

const preset = (metric: string, limit?: Limit) =>
  bind(`Add the metric ${metric} to the preset of this source in pgwatch.`, off(`the metric ${metric}`), limit);
const settings = preset('settings');
const backends = preset('backends');
const databases = preset('db_stats');
const bgwriter = preset('bgwriter (checkpointer from PostgreSQL 17)');
const bySize = (metric: string): Limit => ({
  rows: 300,
  flag: `the limit in the SQL of its metric ${metric}`,
  order: 'size',
});
const tables = preset('table_stats', bySize('table_stats'));
const blocks = preset('table_io_stats', bySize('table_io_stats'));
// A large index that was never used is in none of the lists.
const indexes = preset('index_stats', {
  rows: 100,
  flag: 'the limits in the SQL of its metric index_stats',
  order: 'lists of the largest and most used 100',
});
const statements = bind(
  'Add the metric stat_statements to the preset of this source in pgwatch, and create the extension pg_stat_statements in its database.',
  off('the metric stat_statements'),
  {
    rows: 100,
    flag: 'the limits in the SQL of its metric stat_statements',
    order: 'six lists of the largest 100 each, with more than 5 calls and 5 ms',
  },
);
const quarterHour = { cadence: 900 };
const twoHours = { cadence: 7_200 };

export const pgwatch = {
  id: 'pgwatch',
  title: 'pgwatch 3 to 5',
  exporter: 'pgwatch',
  family: 'pgwatch_.+',
  labels,
  server: [['dbname']],
  system: 'sys_id',
  churning: ['table_size_cardinality_mb', 'index_def_hash'],
  standby: 'pgwatch_db_stats_in_recovery_int',
  // Texts are dropped on the way, and with them all sizes and times before 6.0.
  settings: [
    { metric: 'pgwatch_settings_num_value', label: 'name', units: 'native', cadence: 7_200 },
    { pattern: 'pgwatch_settings_(autovacuum_.+)', units: 'native', cadence: 7_200 },
  ],
  texts: { metric: 'pgwatch_stat_statements_calls', label: 'query' },
  seeDatabase: 'Add a source to pgwatch for database',
  partitionRoots: ['pgwatch_table_stats_is_part_root', 'pgwatch_table_io_stats_is_part_root'],
  bindings: {
    server: {
      versionNum: settings('now', 'pgwatch_settings_server_version_num', twoHours),
      blockSizeBytes: settings('now', 'pgwatch_settings_block_size', twoHours),
      maxConnections: backends('now', 'pgwatch_backends_max_connections'),
      startedAt: databases('now', 'pgwatch_db_stats_postmaster_uptime_s', { age: true }),
      // Of the whole server; pgwatch_db_stats_numbackends knows one database.
      connectionsAverage: backends('average', 'pgwatch_backends_instance_total'),
      connectionsPeak: backends('peak', 'pgwatch_backends_instance_total'),
      checkpointsTimed: bgwriter('increase', [
        ['pgwatch_checkpointer_num_timed', postgres(17)],
        ['pgwatch_bgwriter_checkpoints_timed', postgres(null, 16)],
      ]),
      checkpointsRequested: bgwriter('increase', [
        ['pgwatch_checkpointer_num_requested', postgres(17)],
        ['pgwatch_bgwriter_checkpoints_req', postgres(null, 16)],
      ]),
      checkpointWriteMs: bgwriter('increase', [
        ['pgwatch_checkpointer_write_time', postgres(17)],
        ['pgwatch_bgwriter_checkpoint_write_time', postgres(null, 16)],
      ]),
      checkpointSyncMs: bgwriter('increase', [
        ['pgwatch_checkpointer_sync_time', postgres(17)],
        ['pgwatch_bgwriter_checkpoint_sync_time', postgres(null, 16)],
      ]),
      checkpointBuffersWritten: bgwriter('increase', [
        ['pgwatch_checkpointer_buffers_written', postgres(17)],
        ['pgwatch_bgwriter_buffers_checkpoint', postgres(null, 16)],
      ]),
      backgroundBuffersWritten: bgwriter('increase', 'pgwatch_bgwriter_buffers_clean'),
      backgroundWriteStops: bgwriter('increase', 'pgwatch_bgwriter_maxwritten_clean'),
      buffersAllocated: bgwriter('increase', 'pgwatch_bgwriter_buffers_alloc'),
      backendBuffersWritten: bgwriter('increase', [['pgwatch_bgwriter_buffers_backend', postgres(null, 16)]]),
      oldestTransactionSeconds: backends('peak', 'pgwatch_backends_longest_tx_seconds'),
      walBuffersFull: preset('wal_stats')('increase', [['pgwatch_wal_stats_wal_buffers_full', postgres(14)]]),
      walBytes: preset('wal')('increase', 'pgwatch_wal_xlog_location_b'),
    },
    database: {
      sizeBytes: preset('db_size')('now', 'pgwatch_db_size_size_b', quarterHour),
      connectionsAverage: databases('average', 'pgwatch_db_stats_numbackends'),
      connectionsPeak: databases('peak', 'pgwatch_db_stats_numbackends'),
      commits: databases('increase', 'pgwatch_db_stats_xact_commit'),
      rollbacks: databases('increase', 'pgwatch_db_stats_xact_rollback'),
      blocksRead: databases('increase', 'pgwatch_db_stats_blks_read'),
      blocksHit: databases('increase', 'pgwatch_db_stats_blks_hit'),
      tempFiles: databases('increase', 'pgwatch_db_stats_temp_files'),
      tempBytes: databases('increase', 'pgwatch_db_stats_temp_bytes'),
      deadlocks: databases('increase', 'pgwatch_db_stats_deadlocks'),
      activeTimeMs: databases('increase', [['pgwatch_db_stats_active_time', postgres(14)]]),
      sessionTimeMs: databases('increase', [['pgwatch_db_stats_session_time', postgres(14)]]),
      idleInTransactionTimeMs: databases('increase', [['pgwatch_db_stats_idle_in_transaction_time', postgres(14)]]),
      sessions: databases('increase', [['pgwatch_db_stats_sessions', postgres(14)]]),
      sessionsAbandoned: databases('increase', [['pgwatch_db_stats_sessions_abandoned', postgres(14)]]),
      sessionsFatal: databases('increase', [['pgwatch_db_stats_sessions_fatal', postgres(14)]]),
      sessionsKilled: databases('increase', [['pgwatch_db_stats_sessions_killed', postgres(14)]]),
      rowsReturned: databases('increase', 'pgwatch_db_stats_tup_returned'),
      rowsFetched: databases('increase', 'pgwatch_db_stats_tup_fetched'),
      rowsInserted: databases('increase', 'pgwatch_db_stats_tup_inserted'),
      rowsUpdated: databases('increase', 'pgwatch_db_stats_tup_updated'),
      rowsDeleted: databases('increase', 'pgwatch_db_stats_tup_deleted'),
      conflicts: databases('increase', 'pgwatch_db_stats_conflicts'),
      blockReadTimeMs: databases('increase', 'pgwatch_db_stats_blk_read_time'),
      blockWriteTimeMs: databases('increase', 'pgwatch_db_stats_blk_write_time'),
      multixactAge: preset('datfrozenxid')('now', [['pgwatch_datfrozenxid_datminmxid_age', exporter('4')]], twoHours),
      xidAge: preset('datfrozenxid')('now', [['pgwatch_datfrozenxid_datfrozenxid_age', exporter('4')]], twoHours),
    },
    table: {
      liveRows: tables('average', 'pgwatch_table_stats_n_live_tup'),
      deadRows: tables('average', 'pgwatch_table_stats_n_dead_tup'),
      sequentialScans: tables('increase', 'pgwatch_table_stats_seq_scan'),
      sequentialRowsRead: tables('increase', 'pgwatch_table_stats_seq_tup_read'),
      indexScans: tables('increase', 'pgwatch_table_stats_idx_scan'),
      indexRowsFetched: tables('increase', 'pgwatch_table_stats_idx_tup_fetch'),
      rowsInserted: tables('increase', 'pgwatch_table_stats_n_tup_ins'),
      rowsUpdated: tables('increase', 'pgwatch_table_stats_n_tup_upd'),
      rowsHotUpdated: tables('increase', 'pgwatch_table_stats_n_tup_hot_upd'),
      rowsDeleted: tables('increase', 'pgwatch_table_stats_n_tup_del'),
      vacuums: tables('increase', 'pgwatch_table_stats_vacuum_count'),
      autovacuums: tables('increase', 'pgwatch_table_stats_autovacuum_count'),
      analyzes: tables('increase', 'pgwatch_table_stats_analyze_count'),
      autoanalyzes: tables('increase', 'pgwatch_table_stats_autoanalyze_count'),
      // By hand or not, whichever was later.
      lastVacuumAt: tables('now', 'pgwatch_table_stats_seconds_since_last_vacuum', { age: true }),
      lastAnalyzeAt: tables('now', 'pgwatch_table_stats_seconds_since_last_analyze', { age: true }),
      heapBlocksRead: blocks('increase', 'pgwatch_table_io_stats_heap_blks_read'),
      heapBlocksHit: blocks('increase', 'pgwatch_table_io_stats_heap_blks_hit'),
      indexBlocksRead: blocks('increase', 'pgwatch_table_io_stats_idx_blks_read'),
      indexBlocksHit: blocks('increase', 'pgwatch_table_io_stats_idx_blks_hit'),
      toastBlocksRead: blocks('increase', 'pgwatch_table_io_stats_toast_blks_read'),
      toastBlocksHit: blocks('increase', 'pgwatch_table_io_stats_toast_blks_hit'),
      heapBytes: tables('now', 'pgwatch_table_stats_table_size_b'),
      toastBytes: tables('now', 'pgwatch_table_stats_toast_size_b'),
      totalBytes: tables('now', 'pgwatch_table_stats_total_relation_size_b'),
      xidAge: tables('now', 'pgwatch_table_stats_tx_freeze_age'),
      vacuumTimeMs: tables('increase', [['pgwatch_table_stats_total_vacuum_time', postgres(18)]]),
      autovacuumTimeMs: tables('increase', [['pgwatch_table_stats_total_autovacuum_time', postgres(18)]]),
      analyzeTimeMs: tables('increase', [['pgwatch_table_stats_total_analyze_time', postgres(18)]]),
      autoanalyzeTimeMs: tables('increase', [['pgwatch_table_stats_total_autoanalyze_time', postgres(18)]]),
    },
    index: {
      scans: indexes('increase', 'pgwatch_index_stats_idx_scan'),
      scansSinceReset: indexes('now', 'pgwatch_index_stats_idx_scan', { ...quarterHour, kind: 'counter' }),
      rowsRead: indexes('increase', 'pgwatch_index_stats_idx_tup_read'),
      rowsFetched: indexes('increase', 'pgwatch_index_stats_idx_tup_fetch'),
      blocksRead: indexes('increase', 'pgwatch_index_stats_idx_blks_read'),
      blocksHit: indexes('increase', 'pgwatch_index_stats_idx_blks_hit'),
      sizeBytes: indexes('now', 'pgwatch_index_stats_index_size_b', quarterHour),
      lastScanAt: indexes('now', [['pgwatch_index_stats_last_idx_scan_s', postgres(16)]], {
        ...quarterHour,
        age: true,
      }),
    },
    statement: {
      calls: statements('increase', 'pgwatch_stat_statements_calls'),
      totalTimeMs: statements('increase', 'pgwatch_stat_statements_total_time'),
      planTimeMs: statements('increase', 'pgwatch_stat_statements_total_plan_time'),
      rows: statements('increase', 'pgwatch_stat_statements_rows'),
      sharedBlocksHit: statements('increase', 'pgwatch_stat_statements_shared_blks_hit'),
      sharedBlocksRead: statements('increase', 'pgwatch_stat_statements_shared_blks_read'),
      tempBlocksWritten: statements('increase', 'pgwatch_stat_statements_temp_blks_written'),
      blockReadTimeMs: statements('increase', 'pgwatch_stat_statements_blk_read_time'),
      blockWriteTimeMs: statements('increase', 'pgwatch_stat_statements_blk_write_time'),
      tempBlocksRead: statements('increase', 'pgwatch_stat_statements_temp_blks_read'),
      walBytes: statements('increase', 'pgwatch_stat_statements_wal_bytes'),
    },
  },
} satisfies Dialect;
