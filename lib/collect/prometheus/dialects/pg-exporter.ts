/** pg_exporter of Pigsty: all times in seconds, all databases of a server (reference: metric dialects 2.5; 3, column j). */
import { bind, type Dialect, type Limit, on, postgres } from '../dialect.ts';

const collector = (name: string, limit?: Limit) =>
  bind(`Switch on the collector ${name} in the configuration of pg_exporter.`, on(`the collector ${name}`), limit);
const settings = collector('pg_setting');
const sessions = collector('pg_activity');
const checkpoints = collector('pg_checkpointer (pg_bgwriter before PostgreSQL 17)');
const writer = collector('pg_bgwriter');
const databases = collector('pg_db');
const tables = collector('pg_table', { rows: 256, flag: 'the LIMIT of its collector pg_table', order: 'size' });
const sizes = collector('pg_table_size');
// An index that was never read is the first to be cut.
const indexes = collector('pg_index', { rows: 512, flag: 'the LIMIT of its collector pg_index', order: 'rows read' });
const statements = bind(
  'Switch on the collector pg_query in the configuration of pg_exporter, and create the extension pg_stat_statements.',
  on('the collector pg_query'),
  { rows: 128, flag: 'the LIMIT of its collector pg_query', order: 'calls, without the superuser' },
);
/** The canonical unit is the millisecond. */
const seconds = { factor: 1000 };

export const pgExporter: Dialect = {
  id: 'pg-exporter',
  title: 'pg_exporter (Pigsty)',
  exporter: 'pg_exporter',
  labels: {
    database: ['datname'],
    schema: [],
    table: ['relname'],
    index: ['idxname'],
    user: [],
    // The id, whatever the label is called; there is no text.
    queryid: ['query'],
  },
  splits: [
    { role: 'table', at: '.', into: ['schema', 'table'] },
    { role: 'index', at: '.', into: ['schema', 'index'] },
  ],
  server: [['ins']],
  standby: 'pg_is_in_recovery',
  settings: [{ pattern: 'pg_setting_(.+)', units: 'base' }],
  version: { metric: 'pg_meta_info', label: 'ver_num' },
  seeDatabase: 'Let pg_exporter discover (--auto-discovery)',
  bindings: {
    server: {
      blockSizeBytes: settings('now', 'pg_setting_block_size'),
      maxConnections: settings('now', 'pg_setting_max_connections'),
      startedAt: collector('pg')('now', 'pg_boot_time', { absent: [0] }),
      connectionsAverage: databases('averageSum', 'pg_db_numbackends', { within: ['datname'] }),
      connectionsPeak: databases('peakSum', 'pg_db_numbackends', { within: ['datname'] }),
      idleSessions: sessions('averageSum', 'pg_activity_count', {
        within: ['datname', 'state'],
        matching: 'state="idle"',
      }),
      idleInTransactionSessions: sessions('peakSum', 'pg_activity_count', {
        within: ['datname', 'state'],
        matching: 'state=~"idle in transaction.*"',
      }),
      idleInTransactionSeconds: sessions('peak', 'pg_activity_max_tx_duration', {
        matching: 'state=~"idle in transaction.*"',
      }),
      checkpointsTimed: checkpoints('increase', [
        'pg_checkpointer_timed',
        ['pg_bgwriter_checkpoints_timed', postgres(null, 16)],
      ]),
      checkpointsRequested: checkpoints('increase', 'pg_checkpointer_req'),
      checkpointWriteMs: checkpoints('increase', 'pg_checkpointer_write_time', seconds),
      checkpointSyncMs: checkpoints('increase', 'pg_checkpointer_sync_time', seconds),
      checkpointBuffersWritten: checkpoints('increase', 'pg_checkpointer_buffers_written'),
      backgroundBuffersWritten: writer('increase', 'pg_bgwriter_buffers_clean'),
      buffersAllocated: writer('increase', 'pg_bgwriter_buffers_alloc'),
      backendBuffersWritten: writer('increase', [['pg_bgwriter_buffers_backend', postgres(null, 16)]]),
      activeSessions: sessions('averageSum', 'pg_activity_count', {
        within: ['datname', 'state'],
        matching: 'state="active"',
      }),
      walFullPageImages: collector('pg_wal')('increase', [['pg_wal_fpi', postgres(14)]]),
      walBuffersFull: collector('pg_wal')('increase', [['pg_wal_buffers_full', postgres(14)]]),
      replayLagSeconds: collector('pg')('now', 'pg_lag'),
      walBytes: collector('pg_wal')('increase', [['pg_wal_bytes', postgres(14)], 'pg_lsn']),
    },
    database: {
      // Among the names are those of directories, such as wal and log.
      sizeBytes: collector('pg_size')('now', 'pg_size_bytes', { matching: 'datname!~"wal|log|data|tblspc.*"' }),
      connectionsAverage: databases('average', 'pg_db_numbackends'),
      connectionsPeak: databases('peak', 'pg_db_numbackends'),
      commits: databases('increase', 'pg_db_xact_commit'),
      rollbacks: databases('increase', 'pg_db_xact_rollback'),
      blocksRead: databases('increase', 'pg_db_blks_read'),
      blocksHit: databases('increase', 'pg_db_blks_hit'),
      tempFiles: databases('increase', 'pg_db_temp_files'),
      tempBytes: databases('increase', 'pg_db_temp_bytes'),
      deadlocks: databases('increase', 'pg_db_deadlocks'),
      activeTimeMs: databases('increase', [['pg_db_active_time', postgres(14)]], seconds),
      sessionTimeMs: databases('increase', [['pg_db_session_time', postgres(14)]], seconds),
      idleInTransactionTimeMs: databases('increase', [['pg_db_ixact_time', postgres(14)]], seconds),
      blockReadTimeMs: databases('increase', 'pg_db_blk_read_time', seconds),
      blockWriteTimeMs: databases('increase', 'pg_db_blk_write_time', seconds),
      statsResetAt: databases('now', 'pg_db_reset_time', { absent: [0] }),
      xidAge: databases('now', 'pg_db_age'),
    },
    table: {
      liveRows: tables('average', 'pg_table_n_live_tup'),
      deadRows: tables('average', 'pg_table_n_dead_tup'),
      modifiedSinceAnalyze: tables('average', 'pg_table_n_mod_since_analyze'),
      sequentialScans: tables('increase', 'pg_table_seq_scan'),
      sequentialRowsRead: tables('increase', 'pg_table_seq_tup_read'),
      indexScans: tables('increase', 'pg_table_idx_scan'),
      indexRowsFetched: tables('increase', 'pg_table_idx_tup_fetch'),
      rowsInserted: tables('increase', 'pg_table_n_tup_ins'),
      rowsUpdated: tables('increase', 'pg_table_n_tup_upd'),
      rowsHotUpdated: tables('increase', 'pg_table_n_tup_hot_upd'),
      rowsDeleted: tables('increase', 'pg_table_n_tup_del'),
      rowsUpdatedToNewPage: tables('increase', [['pg_table_n_tup_newpage_upd', postgres(16)]]),
      vacuumTimeMs: tables('increase', [['pg_table_vacuum_time', postgres(18)]], seconds),
      autovacuumTimeMs: tables('increase', [['pg_table_autovacuum_time', postgres(18)]], seconds),
      xidAge: tables('now', 'pg_table_age'),
      totalBytes: sizes('now', 'pg_table_size_bytes'),
      mainBytes: sizes('now', 'pg_table_size_relsize'),
      toastBytes: sizes('now', 'pg_table_size_toastsize'),
      vacuums: tables('increase', 'pg_table_vacuum_count'),
      autovacuums: tables('increase', 'pg_table_autovacuum_count'),
      analyzes: tables('increase', 'pg_table_analyze_count'),
      autoanalyzes: tables('increase', 'pg_table_autoanalyze_count'),
      heapBlocksRead: tables('increase', 'pg_table_heap_blks_read'),
      heapBlocksHit: tables('increase', 'pg_table_heap_blks_hit'),
      indexBlocksRead: tables('increase', 'pg_table_idx_blks_read'),
      indexBlocksHit: tables('increase', 'pg_table_idx_blks_hit'),
    },
    index: {
      scans: indexes('increase', 'pg_index_idx_scan'),
      scansSinceReset: indexes('now', 'pg_index_idx_scan', { kind: 'counter' }),
      rowsRead: indexes('increase', 'pg_index_idx_tup_read'),
      rowsFetched: indexes('increase', 'pg_index_idx_tup_fetch'),
      blocksRead: indexes('increase', 'pg_index_idx_blks_read'),
      blocksHit: indexes('increase', 'pg_index_idx_blks_hit'),
      // Pages of 8 kB as of the last vacuum.
      sizeBytes: indexes('now', 'pg_index_relpages', { factor: 8_192 }),
    },
    statement: {
      calls: statements('increase', 'pg_query_calls'),
      totalTimeMs: statements('increase', 'pg_query_exec_time', seconds),
      rows: statements('increase', 'pg_query_rows'),
      sharedBlocksHit: statements('increase', 'pg_query_sblk_hit'),
      sharedBlocksRead: statements('increase', 'pg_query_sblk_read'),
      walBytes: statements('increase', 'pg_query_wal_bytes'),
    },
  },
};
