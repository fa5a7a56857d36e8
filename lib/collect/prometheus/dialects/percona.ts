/** Percona's fork as PMM runs it: three scrape jobs, statements elsewhere (reference: metric dialects 3, column k). */
import { bind, type Dialect, off, on, postgres } from '../dialect.ts';
import { postgresExporter } from './postgres-exporter.ts';
import * as shared from './shared.ts';

const bgwriter = bind('Start the exporter without --no-collector.stat_bgwriter.', on('--collector.stat_bgwriter'));
const statements = bind(
  'Give this target a PostgreSQL connection, since PMM keeps statements in its Query Analytics, or start the exporter with --collector.stat_statements.',
  off('--collector.stat_statements'),
  { rows: 100, flag: 'the limit of its collector stat_statements', order: 'lifetime total time' },
);
const queries = bind(
  'Switch on the low-resolution custom queries of PMM, or give this target a PostgreSQL connection.',
);
const sizes = bind(
  'Give this target a PostgreSQL connection; the exporter has only the sum of a table and its indexes.',
);

export const percona: Dialect = {
  id: 'percona',
  title: "Percona's postgres_exporter (PMM)",
  exporter: "Percona's postgres_exporter",
  signs: { some: ['pg_stat_activity_max_state_duration'] },
  labels: shared.labels,
  bindings: {
    server: {
      ...shared.server,
      startedAt: queries('now', 'pg_postmaster_start_time_seconds', { absent: [0] }),
      checkpointsTimed: bgwriter('increase', 'pg_stat_bgwriter_checkpoints_timed_total'),
      checkpointsRequested: bgwriter('increase', 'pg_stat_bgwriter_checkpoints_req_total'),
      checkpointWriteMs: bgwriter('increase', 'pg_stat_bgwriter_checkpoint_write_time_total'),
      checkpointSyncMs: bgwriter('increase', 'pg_stat_bgwriter_checkpoint_sync_time_total'),
      checkpointBuffersWritten: bgwriter('increase', 'pg_stat_bgwriter_buffers_checkpoint_total'),
      backgroundBuffersWritten: bgwriter('increase', 'pg_stat_bgwriter_buffers_clean_total'),
      backgroundWriteStops: bgwriter('increase', 'pg_stat_bgwriter_maxwritten_clean_total'),
      buffersAllocated: bgwriter('increase', 'pg_stat_bgwriter_buffers_alloc_total'),
      backendBuffersWritten: bgwriter('increase', [['pg_stat_bgwriter_buffers_backend_total', postgres(null, 16)]]),
    },
    database: {
      ...shared.database,
      xidAge: bind('Start the exporter without --no-collector.database_wraparound.')(
        'now',
        'pg_database_wraparound_age_datfrozenxid_seconds',
      ),
    },
    table: {
      ...shared.table,
      // The collector's name, and that of PMM's own query file.
      heapBlocksRead: queries('increase', [
        'pg_statio_user_tables_heap_blocks_read',
        'pg_statio_user_tables_heap_blks_read',
      ]),
      heapBlocksHit: queries('increase', [
        'pg_statio_user_tables_heap_blocks_hit',
        'pg_statio_user_tables_heap_blks_hit',
      ]),
      indexBlocksRead: queries('increase', [
        'pg_statio_user_tables_idx_blocks_read',
        'pg_statio_user_tables_idx_blks_read',
      ]),
      indexBlocksHit: queries('increase', [
        'pg_statio_user_tables_idx_blocks_hit',
        'pg_statio_user_tables_idx_blks_hit',
      ]),
      toastBlocksRead: queries('increase', [
        'pg_statio_user_tables_toast_blocks_read',
        'pg_statio_user_tables_toast_blks_read',
      ]),
      totalBytes: bind('Start the exporter without --no-collector.stat_user_tables.')(
        'now',
        'pg_stat_user_tables_size_bytes',
      ),
      autovacuumTimeMs: bind('Start the exporter without --no-collector.stat_user_tables.')('increase', [
        ['pg_stat_user_tables_total_autovacuum_time', postgres(18)],
      ]),
      heapBytes: sizes('now', []),
      indexBytes: sizes('now', []),
    },
    index: postgresExporter.bindings.index,
    statement: {
      calls: statements('increase', 'pg_stat_statements_calls_total'),
      totalTimeMs: statements('increase', 'pg_stat_statements_seconds_total', { factor: 1000 }),
      rows: statements('increase', 'pg_stat_statements_rows_total'),
      blockWriteTimeMs: statements('increase', 'pg_stat_statements_block_write_seconds_total', { factor: 1000 }),
      blockReadTimeMs: statements('increase', 'pg_stat_statements_block_read_seconds_total', { factor: 1000 }),
    },
  },
};
