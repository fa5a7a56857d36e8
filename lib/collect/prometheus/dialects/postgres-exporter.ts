/** postgres_exporter 0.16 to 0.20 (reference: metric dialects 3, column d). Most names also hold for 0.13 to 0.15. */
import { bind, type Dialect, exporter, off, on, postgres } from '../dialect.ts';
import * as shared from './shared.ts';

const bgwriter = bind(
  'Start postgres_exporter with --collector.stat_checkpointer (PostgreSQL 17 and later) or without --no-collector.stat_bgwriter (before).',
  off('--collector.stat_checkpointer'),
);
const sizes = bind(
  'Upgrade postgres_exporter to 0.18 or later; 0.14 to 0.17 publish only the sum of table and indexes.',
  on('--collector.stat_user_tables'),
);
const tableBlocks = bind(
  'Start postgres_exporter without --no-collector.statio_user_tables.',
  on('--collector.statio_user_tables'),
);
const indexBlocks = bind(
  'Start postgres_exporter with --collector.statio_user_indexes.',
  off('--collector.statio_user_indexes'),
);
const statements = bind(
  'Start postgres_exporter with --collector.stat_statements, and create the extension pg_stat_statements in its database.',
  off('--collector.stat_statements'),
  {
    rows: 100,
    flag: '--collector.stat_statements.limit (0.19 and later)',
    order: 'lifetime total time',
  },
);

const writer = bind('Start postgres_exporter without --no-collector.stat_bgwriter.', on('--collector.stat_bgwriter'));
const wraparound = bind(
  'Start postgres_exporter with --collector.database_wraparound.',
  off('--collector.database_wraparound'),
);

const checkpointer = { ...postgres(17), ...exporter('0.17') };
const before17 = postgres(null, 16);

export const postgresExporter: Dialect = {
  id: 'postgres-exporter',
  title: 'postgres_exporter 0.16 to 0.20',
  labels: shared.labels,
  bindings: {
    server: {
      ...shared.server,
      checkpointsTimed: bgwriter('increase', [
        ['pg_stat_checkpointer_num_timed_total', checkpointer],
        ['pg_stat_bgwriter_checkpoints_timed_total', before17],
      ]),
      checkpointsRequested: bgwriter('increase', [
        ['pg_stat_checkpointer_num_requested_total', checkpointer],
        ['pg_stat_bgwriter_checkpoints_req_total', before17],
      ]),
      // Milliseconds although the name ends in time_total (4.3).
      checkpointWriteMs: bgwriter('increase', [
        ['pg_stat_checkpointer_write_time_total', checkpointer],
        ['pg_stat_bgwriter_checkpoint_write_time_total', before17],
      ]),
      checkpointSyncMs: bgwriter('increase', [
        ['pg_stat_checkpointer_sync_time_total', checkpointer],
        ['pg_stat_bgwriter_checkpoint_sync_time_total', before17],
      ]),
      checkpointBuffersWritten: bgwriter('increase', [
        ['pg_stat_checkpointer_buffers_written_total', checkpointer],
        ['pg_stat_bgwriter_buffers_checkpoint_total', before17],
      ]),
      backgroundBuffersWritten: writer('increase', 'pg_stat_bgwriter_buffers_clean_total'),
      backgroundWriteStops: writer('increase', 'pg_stat_bgwriter_maxwritten_clean_total'),
      buffersAllocated: writer('increase', 'pg_stat_bgwriter_buffers_alloc_total'),
      backendBuffersWritten: writer('increase', [['pg_stat_bgwriter_buffers_backend_total', before17]]),
      backendFsyncs: writer('increase', [['pg_stat_bgwriter_buffers_backend_fsync_total', before17]]),
    },
    database: {
      ...shared.database,
      activeTimeMs: bind('Upgrade postgres_exporter to 0.16 or later; needs PostgreSQL 14.')(
        'increase',
        [['pg_stat_database_active_time_seconds_total', { ...postgres(14), ...exporter('0.16') }]],
        { factor: 1000 },
      ),
      // Transaction ids, whatever the name says (4.3).
      xidAge: wraparound('now', 'pg_database_wraparound_age_datfrozenxid_seconds'),
      multixactAge: wraparound('now', 'pg_database_wraparound_age_datminmxid_seconds'),
      connectionLimit: bind('Upgrade postgres_exporter to 0.16 or later.', on('--collector.database'))(
        'now',
        [['pg_database_connection_limit', exporter('0.16')]],
        { absent: [-1] },
      ),
    },
    table: {
      ...shared.table,
      heapBlocksRead: tableBlocks('increase', 'pg_statio_user_tables_heap_blocks_read'),
      heapBlocksHit: tableBlocks('increase', 'pg_statio_user_tables_heap_blocks_hit'),
      indexBlocksRead: tableBlocks('increase', 'pg_statio_user_tables_idx_blocks_read'),
      indexBlocksHit: tableBlocks('increase', 'pg_statio_user_tables_idx_blocks_hit'),
      toastBlocksRead: tableBlocks('increase', 'pg_statio_user_tables_toast_blocks_read'),
      toastBlocksHit: tableBlocks('increase', 'pg_statio_user_tables_toast_blocks_hit'),
      totalBytes: bind('Give this target a PostgreSQL connection.')('now', [
        ['pg_stat_user_tables_size_bytes', exporter('0.14', '0.17')],
      ]),
      heapBytes: sizes('now', [['pg_stat_user_tables_table_size_bytes', exporter('0.18')]]),
      indexBytes: sizes('now', [['pg_stat_user_tables_index_size_bytes', exporter('0.18')]]),
    },
    index: {
      ...shared.index,
      blocksRead: indexBlocks('increase', 'pg_statio_user_indexes_idx_blks_read_total'),
      blocksHit: indexBlocks('increase', 'pg_statio_user_indexes_idx_blks_hit_total'),
    },
    statement: {
      calls: statements('increase', 'pg_stat_statements_calls_total'),
      totalTimeMs: statements('increase', 'pg_stat_statements_seconds_total', { factor: 1000 }),
      rows: statements('increase', 'pg_stat_statements_rows_total'),
      blockReadTimeMs: statements('increase', 'pg_stat_statements_block_read_seconds_total', { factor: 1000 }),
      blockWriteTimeMs: statements('increase', 'pg_stat_statements_block_write_seconds_total', { factor: 1000 }),
    },
  },
};
