/** pgMonitor 4 and 5: all gauges by type, statements only the top 20 (reference: metric dialects 2.3; 3, column g). */
import { bind, type Dialect, on, postgres } from '../dialect.ts';

const query = (name: string) => bind(`Add ${name} to the queries of pgMonitor.`, on(`the query ${name}`));
const connections = query('ccp_connection_stats');
const checkpoints = query('ccp_stat_checkpointer (ccp_stat_bgwriter before PostgreSQL 17)');
const writer = query('ccp_stat_bgwriter');
const databases = query('ccp_stat_database');
const tables = query('ccp_stat_user_tables');
const statements = bind(
  'Add ccp_pg_stat_statements_top to the queries of pgMonitor.',
  on('the query ccp_pg_stat_statements_top'),
  {
    rows: 20,
    flag: 'the limit of the query ccp_pg_stat_statements_top of pgMonitor',
    order: 'mean, total and largest time',
  },
);

export const pgMonitor: Dialect = {
  id: 'pgmonitor',
  title: 'pgMonitor (ccp_*)',
  exporter: 'pgMonitor',
  family: 'ccp_.+',
  labels: {
    database: ['dbname'],
    schema: ['schemaname'],
    table: ['relname'],
    index: ['objectname'],
    user: ['role'],
    queryid: ['queryid'],
  },
  // 1 in recovery, 2 on a primary.
  standby: 'ccp_is_in_recovery_status',
  seeDatabase: 'Let pgMonitor collect from database',
  bindings: {
    server: {
      versionNum: query('ccp_postgresql_version')('now', 'ccp_postgresql_version_current'),
      maxConnections: connections('now', 'ccp_connection_stats_max_connections'),
      startedAt: query('ccp_postmaster_runtime')('now', 'ccp_postmaster_runtime_start_time_seconds', { absent: [0] }),
      connectionsAverage: connections('average', 'ccp_connection_stats_total'),
      connectionsPeak: connections('peak', 'ccp_connection_stats_total'),
      idleSessions: connections('average', 'ccp_connection_stats_idle'),
      idleInTransactionSessions: connections('peak', 'ccp_connection_stats_idle_in_txn'),
      idleInTransactionSeconds: connections('peak', 'ccp_connection_stats_max_idle_in_txn_time'),
      checkpointsTimed: checkpoints('increase', [
        ['ccp_stat_checkpointer_num_timed', postgres(17)],
        ['ccp_stat_bgwriter_checkpoints_timed', postgres(null, 16)],
      ]),
      checkpointsRequested: checkpoints('increase', [
        ['ccp_stat_checkpointer_num_requested', postgres(17)],
        ['ccp_stat_bgwriter_checkpoints_req', postgres(null, 16)],
      ]),
      checkpointWriteMs: checkpoints('increase', 'ccp_stat_checkpointer_write_time'),
      checkpointSyncMs: checkpoints('increase', 'ccp_stat_checkpointer_sync_time'),
      checkpointBuffersWritten: checkpoints('increase', 'ccp_stat_checkpointer_buffers_written'),
      backgroundBuffersWritten: writer('increase', 'ccp_stat_bgwriter_buffers_clean'),
      backgroundWriteStops: writer('increase', 'ccp_stat_bgwriter_maxwritten_clean'),
      buffersAllocated: writer('increase', 'ccp_stat_bgwriter_buffers_alloc'),
      backendBuffersWritten: writer('increase', [['ccp_stat_bgwriter_buffers_backend', postgres(null, 16)]]),
      activeSessions: connections('average', 'ccp_connection_stats_active'),
      replayLagSeconds: query('ccp_replication_lag')('now', 'ccp_replication_lag_replay_time'),
    },
    database: {
      sizeBytes: query('ccp_database_size')('now', 'ccp_database_size_bytes'),
      commits: databases('increase', 'ccp_stat_database_xact_commit'),
      rollbacks: databases('increase', 'ccp_stat_database_xact_rollback'),
      blocksRead: databases('increase', 'ccp_stat_database_blks_read'),
      blocksHit: databases('increase', 'ccp_stat_database_blks_hit'),
      tempFiles: databases('increase', 'ccp_stat_database_temp_files'),
      tempBytes: databases('increase', 'ccp_stat_database_temp_bytes'),
      deadlocks: databases('increase', 'ccp_stat_database_deadlocks'),
    },
    table: {
      liveRows: tables('average', 'ccp_stat_user_tables_n_live_tup'),
      deadRows: tables('average', 'ccp_stat_user_tables_n_dead_tup'),
      sequentialScans: tables('increase', 'ccp_stat_user_tables_seq_scan'),
      sequentialRowsRead: tables('increase', 'ccp_stat_user_tables_seq_tup_read'),
      indexScans: tables('increase', 'ccp_stat_user_tables_idx_scan'),
      indexRowsFetched: tables('increase', 'ccp_stat_user_tables_idx_tup_fetch'),
      rowsInserted: tables('increase', 'ccp_stat_user_tables_n_tup_ins'),
      rowsUpdated: tables('increase', 'ccp_stat_user_tables_n_tup_upd'),
      rowsHotUpdated: tables('increase', 'ccp_stat_user_tables_n_tup_hot_upd'),
      rowsDeleted: tables('increase', 'ccp_stat_user_tables_n_tup_del'),
      rowsUpdatedToNewPage: tables('increase', [['ccp_stat_user_tables_n_tup_newpage_upd', postgres(16)]]),
      totalBytes: query('ccp_table_size')('now', 'ccp_table_size_bytes'),
      vacuums: tables('increase', 'ccp_stat_user_tables_vacuum_count'),
      autovacuums: tables('increase', 'ccp_stat_user_tables_autovacuum_count'),
      analyzes: tables('increase', 'ccp_stat_user_tables_analyze_count'),
      autoanalyzes: tables('increase', 'ccp_stat_user_tables_autoanalyze_count'),
    },
    index: {},
    statement: {
      totalTimeMs: statements('increase', 'ccp_pg_stat_statements_top_total_exec_time_ms'),
      walBytes: statements('increase', 'ccp_pg_stat_statements_top_wal_bytes'),
      // Of its whole life.
      maxTimeMs: statements('now', 'ccp_pg_stat_statements_top_max_exec_time_ms'),
    },
  },
};
