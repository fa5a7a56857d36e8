/** CloudNativePG's own metrics: no table, index or statement among them (reference: metric dialects 2.3; 3, column h). */
import { bind, type Dialect, on, postgres } from '../dialect.ts';

const settings = bind(
  'Keep the query pg_settings of CloudNativePG (disableDefaultQueries: false).',
  on('the query pg_settings'),
);
const backends = bind(
  'Keep the query backends of CloudNativePG (disableDefaultQueries: false).',
  on('the query backends'),
);
const databases = bind(
  'Keep the query pg_stat_database of CloudNativePG (disableDefaultQueries: false).',
  on('the query pg_stat_database'),
);
const checkpoints = bind(
  'Keep the queries pg_stat_bgwriter and pg_stat_checkpointer of CloudNativePG (disableDefaultQueries: false).',
);
const since14 = bind('Needs PostgreSQL 14 or later.');
const sessions = ['datname', 'usename', 'application_name', 'state'] as const;
const inTransaction = 'state=~"idle in transaction.*"';

export const cloudNativePg: Dialect = {
  id: 'cloudnative-pg',
  title: 'CloudNativePG',
  exporter: 'CloudNativePG',
  family: 'cnpg_.+',
  labels: {
    database: ['datname'],
    schema: ['schemaname'],
    table: ['relname'],
    index: ['indexrelname'],
    user: ['usename'],
    queryid: ['queryid'],
  },
  // The address of a pod changes with every restart, its name does not.
  server: [['namespace', 'pod'], ['pod']],
  standby: 'cnpg_pg_replication_in_recovery',
  settings: [{ metric: 'cnpg_pg_settings_setting', label: 'name', units: 'native' }],
  version: { metric: 'cnpg_collector_postgres_version', label: 'full' },
  cluster: { metric: 'cnpg_collector_postgres_version', label: 'cluster' },
  seeDatabase: 'Give this target a PostgreSQL connection to see database',
  bindings: {
    server: {
      blockSizeBytes: settings('now', 'cnpg_pg_settings_setting', { matching: 'name="block_size"' }),
      maxConnections: settings('now', 'cnpg_pg_settings_setting', { matching: 'name="max_connections"' }),
      startedAt: bind('Keep the query pg_postmaster of CloudNativePG (disableDefaultQueries: false).')(
        'now',
        'cnpg_pg_postmaster_start_time',
        { absent: [0] },
      ),
      connectionsAverage: backends('averageSum', 'cnpg_backends_total', { within: sessions }),
      connectionsPeak: backends('peakSum', 'cnpg_backends_total', { within: sessions }),
      idleSessions: backends('averageSum', 'cnpg_backends_total', { within: sessions, matching: 'state="idle"' }),
      idleInTransactionSessions: backends('peakSum', 'cnpg_backends_total', {
        within: sessions,
        matching: inTransaction,
      }),
      idleInTransactionSeconds: backends('peak', 'cnpg_backends_max_tx_duration_seconds', { matching: inTransaction }),
      checkpointsTimed: checkpoints('increase', [
        ['cnpg_pg_stat_checkpointer_checkpoints_timed', postgres(17)],
        ['cnpg_pg_stat_bgwriter_checkpoints_timed', postgres(null, 16)],
      ]),
      checkpointsRequested: checkpoints('increase', [
        ['cnpg_pg_stat_checkpointer_checkpoints_req', postgres(17)],
        ['cnpg_pg_stat_bgwriter_checkpoints_req', postgres(null, 16)],
      ]),
      checkpointWriteMs: checkpoints('increase', [
        ['cnpg_pg_stat_checkpointer_write_time', postgres(17)],
        ['cnpg_pg_stat_bgwriter_checkpoint_write_time', postgres(null, 16)],
      ]),
      checkpointSyncMs: checkpoints('increase', [
        ['cnpg_pg_stat_checkpointer_sync_time', postgres(17)],
        ['cnpg_pg_stat_bgwriter_checkpoint_sync_time', postgres(null, 16)],
      ]),
      backgroundBuffersWritten: checkpoints('increase', 'cnpg_pg_stat_bgwriter_buffers_clean'),
      backgroundWriteStops: checkpoints('increase', 'cnpg_pg_stat_bgwriter_maxwritten_clean'),
      buffersAllocated: checkpoints('increase', 'cnpg_pg_stat_bgwriter_buffers_alloc'),
      backendBuffersWritten: checkpoints('increase', [['cnpg_pg_stat_bgwriter_buffers_backend', postgres(null, 16)]]),
      activeSessions: backends('averageSum', 'cnpg_backends_total', { within: sessions, matching: 'state="active"' }),
      walBytes: since14('increase', [['cnpg_collector_wal_bytes', postgres(14)]]),
      walFullPageImages: since14('increase', [['cnpg_collector_wal_fpi', postgres(14)]]),
      walBuffersFull: since14('increase', [['cnpg_collector_wal_buffers_full', postgres(14)]]),
      replayLagSeconds: bind('Keep the query pg_replication of CloudNativePG (disableDefaultQueries: false).')(
        'now',
        'cnpg_pg_replication_lag',
      ),
    },
    database: {
      sizeBytes: bind('Keep the query pg_database of CloudNativePG (disableDefaultQueries: false).')(
        'now',
        'cnpg_pg_database_size_bytes',
      ),
      commits: databases('increase', 'cnpg_pg_stat_database_xact_commit'),
      rollbacks: databases('increase', 'cnpg_pg_stat_database_xact_rollback'),
      blocksRead: databases('increase', 'cnpg_pg_stat_database_blks_read'),
      blocksHit: databases('increase', 'cnpg_pg_stat_database_blks_hit'),
      tempFiles: databases('increase', 'cnpg_pg_stat_database_temp_files'),
      tempBytes: databases('increase', 'cnpg_pg_stat_database_temp_bytes'),
      deadlocks: databases('increase', 'cnpg_pg_stat_database_deadlocks'),
      blockReadTimeMs: databases('increase', 'cnpg_pg_stat_database_blk_read_time'),
      blockWriteTimeMs: databases('increase', 'cnpg_pg_stat_database_blk_write_time'),
      multixactAge: bind('Keep the query pg_database of CloudNativePG (disableDefaultQueries: false).')(
        'now',
        'cnpg_pg_database_mxid_age',
      ),
      xidAge: bind('Keep the query pg_database of CloudNativePG (disableDefaultQueries: false).')(
        'now',
        'cnpg_pg_database_xid_age',
      ),
    },
    table: {},
    index: {},
    statement: {},
  },
};
