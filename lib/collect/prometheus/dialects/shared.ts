/** Names that every generation of postgres_exporter publishes alike (reference: metric dialects 3, columns b and d). */
import { type BindingsOf, bind, exporter, type LabelRoles, off, on } from '../dialect.ts';

export const labels: LabelRoles = {
  database: ['datname'],
  schema: ['schemaname'],
  table: ['relname'],
  index: ['indexrelname'],
  user: ['user', 'rolname', 'usename'],
  queryid: ['queryid'],
};

const settings = bind(
  'Start postgres_exporter without --disable-settings-metrics or --no-collector.settings.',
  on('--collector.settings'),
);
const activity = bind(
  'Start postgres_exporter without --disable-default-metrics or --no-collector.stat_activity.',
  on('--collector.stat_activity'),
);
const idle = bind('Start postgres_exporter with --collector.process_idle.', off('--collector.process_idle'));
const databases = bind(
  'Start postgres_exporter without --disable-default-metrics or --no-collector.stat_database.',
  on('--collector.stat_database'),
);
const tables = bind(
  'Point a postgres_exporter at each database, with --collector.stat_user_tables or its queries.yaml.',
  on('--collector.stat_user_tables'),
);
const slots = bind('Give this target a PostgreSQL connection; postgres_exporter has no pg_stat_wal.');
const archiver = bind(
  'Start postgres_exporter without --disable-default-metrics or --no-collector.stat_archiver.',
  on('--collector.stat_archiver'),
);
const replication = bind(
  'Start postgres_exporter without --no-collector.replication, or with --extend.query-path and its queries.yaml.',
  on('--collector.replication'),
);

/** Series of pg_stat_activity_count of one server; the later ones came with 0.12 and 0.17. */
const sessions = [
  'datname',
  'state',
  'usename',
  'application_name',
  'backend_type',
  'wait_event_type',
  'wait_event',
] as const;
const idleInTransaction = 'state=~"idle in transaction.*"';
/** Which backends are those of clients, it says from 0.17 on. */
const ofClients = 'backend_type=~"client backend|"';

export const server = {
  versionNum: settings('now', 'pg_settings_server_version_num'),
  blockSizeBytes: settings('now', ['pg_settings_block_size', 'pg_settings_block_size_bytes']),
  maxConnections: settings('now', 'pg_settings_max_connections'),
  startedAt: bind('Start postgres_exporter with --collector.postmaster.', off('--collector.postmaster'))(
    'now',
    'pg_postmaster_start_time_seconds',
    {
      absent: [0],
    },
  ),
  connectionsAverage: databases('averageSum', 'pg_stat_database_numbackends', { within: ['datname'] }),
  connectionsPeak: databases('peakSum', 'pg_stat_database_numbackends', { within: ['datname'] }),
  idleSessions: activity('averageSum', 'pg_stat_activity_count', { within: sessions, matching: 'state="idle"' }),
  idleInTransactionSessions: activity('peakSum', 'pg_stat_activity_count', {
    within: sessions,
    matching: idleInTransaction,
  }),
  idleInTransactionSeconds: activity('peak', 'pg_stat_activity_max_tx_duration', { matching: idleInTransaction }),
  activeSessions: activity('averageSum', 'pg_stat_activity_count', {
    within: sessions,
    matching: `state="active",${ofClients}`,
  }),
  oldestTransactionSeconds: activity('peak', [['pg_stat_activity_max_tx_duration', exporter('0.17')]], {
    matching: 'backend_type="client backend"',
  }),
  // A histogram of the sessions at each scrape, not a counter: its increase would be nothing (5.1, E13).
  idleSeconds: idle('averageRatio', ['pg_process_idle_seconds_sum', 'pg_stat_activity_process_idle_seconds_sum'], {
    ratio: ['_sum', '_count'],
    within: ['application_name', 'state'],
  }),
  walBytes: slots('increase', [
    'pg_stat_replication_pg_current_wal_lsn_bytes',
    ['pg_replication_slots_slot_current_wal_lsn', exporter('0.20')],
    ['pg_replication_slot_slot_current_wal_lsn', exporter('0.13', '0.19')],
  ]),
  walArchived: archiver('increase', 'pg_stat_archiver_archived_count'),
  walArchiveFailures: archiver('increase', 'pg_stat_archiver_failed_count'),
  // NaN where nothing was archived yet, which is an answer.
  lastArchivedAt: archiver('now', 'pg_stat_archiver_last_archive_age', { age: true, absent: [] }),
  replayLagSeconds: replication('now', [
    ['pg_replication_lag_seconds', exporter('0.13')],
    ['pg_replication_lag', exporter(null, '0.12')],
  ]),
} as const satisfies BindingsOf<'server'>;

export const database = {
  sizeBytes: bind('Start postgres_exporter without --no-collector.database.', on('--collector.database'))('now', [
    'pg_database_size_bytes',
    'pg_database_size',
  ]),
  connectionsAverage: databases('average', 'pg_stat_database_numbackends'),
  connectionsPeak: databases('peak', 'pg_stat_database_numbackends'),
  commits: databases('increase', 'pg_stat_database_xact_commit'),
  rollbacks: databases('increase', 'pg_stat_database_xact_rollback'),
  blocksRead: databases('increase', 'pg_stat_database_blks_read'),
  blocksHit: databases('increase', 'pg_stat_database_blks_hit'),
  tempFiles: databases('increase', 'pg_stat_database_temp_files'),
  tempBytes: databases('increase', 'pg_stat_database_temp_bytes'),
  deadlocks: databases('increase', 'pg_stat_database_deadlocks'),
  rowsReturned: databases('increase', 'pg_stat_database_tup_returned'),
  rowsFetched: databases('increase', 'pg_stat_database_tup_fetched'),
  rowsInserted: databases('increase', 'pg_stat_database_tup_inserted'),
  rowsUpdated: databases('increase', 'pg_stat_database_tup_updated'),
  rowsDeleted: databases('increase', 'pg_stat_database_tup_deleted'),
  conflicts: databases('increase', 'pg_stat_database_conflicts'),
  blockReadTimeMs: databases('increase', 'pg_stat_database_blk_read_time'),
  blockWriteTimeMs: databases('increase', 'pg_stat_database_blk_write_time'),
  statsResetAt: databases('now', 'pg_stat_database_stats_reset', { absent: [0] }),
} as const satisfies BindingsOf<'database'>;

export const table = {
  liveRows: tables('average', 'pg_stat_user_tables_n_live_tup'),
  deadRows: tables('average', 'pg_stat_user_tables_n_dead_tup'),
  modifiedSinceAnalyze: tables('average', 'pg_stat_user_tables_n_mod_since_analyze'),
  sequentialScans: tables('increase', 'pg_stat_user_tables_seq_scan'),
  sequentialRowsRead: tables('increase', 'pg_stat_user_tables_seq_tup_read'),
  indexScans: tables('increase', 'pg_stat_user_tables_idx_scan', { nan: 0 }),
  indexRowsFetched: tables('increase', 'pg_stat_user_tables_idx_tup_fetch', { nan: 0 }),
  rowsInserted: tables('increase', 'pg_stat_user_tables_n_tup_ins'),
  rowsUpdated: tables('increase', 'pg_stat_user_tables_n_tup_upd'),
  rowsHotUpdated: tables('increase', 'pg_stat_user_tables_n_tup_hot_upd'),
  rowsDeleted: tables('increase', 'pg_stat_user_tables_n_tup_del'),
  vacuums: tables('increase', 'pg_stat_user_tables_vacuum_count'),
  autovacuums: tables('increase', 'pg_stat_user_tables_autovacuum_count'),
  analyzes: tables('increase', 'pg_stat_user_tables_analyze_count'),
  autoanalyzes: tables('increase', 'pg_stat_user_tables_autoanalyze_count'),
  lastVacuumAt: tables('now', 'pg_stat_user_tables_last_vacuum', { absent: [0] }),
  lastAutovacuumAt: tables('now', 'pg_stat_user_tables_last_autovacuum', { absent: [0] }),
  lastAnalyzeAt: tables('now', 'pg_stat_user_tables_last_analyze', { absent: [0] }),
  lastAutoanalyzeAt: tables('now', 'pg_stat_user_tables_last_autoanalyze', { absent: [0] }),
} as const satisfies BindingsOf<'table'>;

/** No exporter has these; users' own query files do, under these names (reference: metric dialects 3 D). */
const own = bind(
  'Add pg_stat_user_indexes (datname, schemaname, relname, indexrelname, idx_scan, idx_tup_read, idx_tup_fetch) to the query file of postgres_exporter, or give this target a PostgreSQL connection.',
);
export const index = {
  scans: own('increase', ['pg_stat_user_indexes_idx_scan', 'pg_stat_user_indexes_idx_scan_total']),
  scansSinceReset: own('now', ['pg_stat_user_indexes_idx_scan', 'pg_stat_user_indexes_idx_scan_total'], {
    kind: 'counter',
  }),
  rowsRead: own('increase', ['pg_stat_user_indexes_idx_tup_read', 'pg_stat_user_indexes_idx_tup_read_total']),
  rowsFetched: own('increase', ['pg_stat_user_indexes_idx_tup_fetch', 'pg_stat_user_indexes_idx_tup_fetch_total']),
} as const satisfies BindingsOf<'index'>;
