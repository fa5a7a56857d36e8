/** postgres_exporter up to 0.11 with its queries.yaml, or a later one that still mounts it (reference: 3, column b). */
import { bind, type Dialect, off, on, postgres } from '../dialect.ts';
import * as shared from './shared.ts';

const bgwriter = bind(
  'Start postgres_exporter without --disable-default-metrics or --no-collector.bgwriter.',
  on('the collector bgwriter'),
);
const queries = bind(
  'Start postgres_exporter with --extend.query-path and its queries.yaml.',
  off('--extend.query-path'),
);
const ownIndexes = bind(
  'Add pg_statio_user_indexes (schemaname, relname, indexrelname, idx_blks_read, idx_blks_hit) to the query file of postgres_exporter, or give this target a PostgreSQL connection.',
);
// The file's SQL still reads total_time, which PostgreSQL 13 renamed; the whole query then fails.
const statements = bind(
  'Start postgres_exporter with --extend.query-path and its queries.yaml, reading total_exec_time AS total_time and likewise on PostgreSQL 13 and later.',
  off('--extend.query-path'),
);
const since14 = bind('Needs PostgreSQL 14 or later.');

export const queriesYaml: Dialect = {
  id: 'queries-yaml',
  title: 'postgres_exporter up to 0.11 with queries.yaml',
  labels: shared.labels,
  bindings: {
    server: {
      ...shared.server,
      // `_total` came with 0.11.
      checkpointsTimed: bgwriter('increase', [
        'pg_stat_bgwriter_checkpoints_timed_total',
        'pg_stat_bgwriter_checkpoints_timed',
      ]),
      checkpointsRequested: bgwriter('increase', [
        'pg_stat_bgwriter_checkpoints_req_total',
        'pg_stat_bgwriter_checkpoints_req',
      ]),
      checkpointWriteMs: bgwriter('increase', [
        'pg_stat_bgwriter_checkpoint_write_time_total',
        'pg_stat_bgwriter_checkpoint_write_time',
      ]),
      checkpointSyncMs: bgwriter('increase', [
        'pg_stat_bgwriter_checkpoint_sync_time_total',
        'pg_stat_bgwriter_checkpoint_sync_time',
      ]),
      checkpointBuffersWritten: bgwriter('increase', [
        'pg_stat_bgwriter_buffers_checkpoint_total',
        'pg_stat_bgwriter_buffers_checkpoint',
      ]),
      backgroundBuffersWritten: bgwriter('increase', [
        'pg_stat_bgwriter_buffers_clean_total',
        'pg_stat_bgwriter_buffers_clean',
      ]),
      backgroundWriteStops: bgwriter('increase', [
        'pg_stat_bgwriter_maxwritten_clean_total',
        'pg_stat_bgwriter_maxwritten_clean',
      ]),
      buffersAllocated: bgwriter('increase', [
        'pg_stat_bgwriter_buffers_alloc_total',
        'pg_stat_bgwriter_buffers_alloc',
      ]),
      backendBuffersWritten: bgwriter('increase', [
        'pg_stat_bgwriter_buffers_backend_total',
        'pg_stat_bgwriter_buffers_backend',
      ]),
      backendFsyncs: bgwriter('increase', [
        'pg_stat_bgwriter_buffers_backend_fsync_total',
        'pg_stat_bgwriter_buffers_backend_fsync',
      ]),
    },
    database: {
      ...shared.database,
      // The default queries publish every column of the view as it is: milliseconds here (seen with 0.11.1).
      activeTimeMs: since14('increase', [['pg_stat_database_active_time', postgres(14)]]),
      sessions: since14('increase', [['pg_stat_database_sessions', postgres(14)]]),
      sessionTimeMs: since14('increase', [['pg_stat_database_session_time', postgres(14)]]),
      idleInTransactionTimeMs: since14('increase', [['pg_stat_database_idle_in_transaction_time', postgres(14)]]),
      sessionsAbandoned: since14('increase', [['pg_stat_database_sessions_abandoned', postgres(14)]]),
      sessionsFatal: since14('increase', [['pg_stat_database_sessions_fatal', postgres(14)]]),
      sessionsKilled: since14('increase', [['pg_stat_database_sessions_killed', postgres(14)]]),
      checksumFailures: bind('Needs PostgreSQL 12 or later, and data checksums.')(
        'increase',
        'pg_stat_database_checksum_failures',
      ),
    },
    table: {
      ...shared.table,
      heapBlocksRead: queries('increase', 'pg_statio_user_tables_heap_blks_read'),
      heapBlocksHit: queries('increase', 'pg_statio_user_tables_heap_blks_hit'),
      // NULL, hence NaN, for a table that has no index.
      indexBlocksRead: queries('increase', 'pg_statio_user_tables_idx_blks_read', { nan: 0 }),
      indexBlocksHit: queries('increase', 'pg_statio_user_tables_idx_blks_hit', { nan: 0 }),
      // NaN without a TOAST table.
      toastBlocksRead: queries('increase', 'pg_statio_user_tables_toast_blks_read'),
      toastBlocksHit: queries('increase', 'pg_statio_user_tables_toast_blks_hit'),
    },
    index: {
      ...shared.index,
      blocksRead: ownIndexes('increase', 'pg_statio_user_indexes_idx_blks_read'),
      blocksHit: ownIndexes('increase', 'pg_statio_user_indexes_idx_blks_hit'),
    },
    statement: {
      calls: statements('increase', 'pg_stat_statements_calls'),
      totalTimeMs: statements('increase', 'pg_stat_statements_total_time_seconds', { factor: 1000 }),
      rows: statements('increase', 'pg_stat_statements_rows'),
      sharedBlocksHit: statements('increase', 'pg_stat_statements_shared_blks_hit'),
      sharedBlocksRead: statements('increase', 'pg_stat_statements_shared_blks_read'),
      tempBlocksWritten: statements('increase', 'pg_stat_statements_temp_blks_written'),
      blockReadTimeMs: statements('increase', 'pg_stat_statements_blk_read_time_seconds', { factor: 1000 }),
      blockWriteTimeMs: statements('increase', 'pg_stat_statements_blk_write_time_seconds', { factor: 1000 }),
      tempBlocksRead: statements('increase', 'pg_stat_statements_temp_blks_read'),
      sharedBlocksDirtied: statements('increase', 'pg_stat_statements_shared_blks_dirtied'),
      sharedBlocksWritten: statements('increase', 'pg_stat_statements_shared_blks_written'),
      // Of its whole life; so is its deviation, which says nothing of a window.
      minTimeMs: statements('now', 'pg_stat_statements_min_time_seconds', { factor: 1000 }),
      maxTimeMs: statements('now', 'pg_stat_statements_max_time_seconds', { factor: 1000 }),
    },
  },
};
