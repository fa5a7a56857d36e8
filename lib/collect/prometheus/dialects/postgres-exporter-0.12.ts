/** postgres_exporter 0.12 to 0.15: collectors, some still without what 0.16 and 0.18 brought (reference: 3, column c). */
import { bind, type Dialect, off, on, postgres } from '../dialect.ts';
import { postgresExporter } from './postgres-exporter.ts';
import * as shared from './shared.ts';

const bgwriter = bind(
  'Start postgres_exporter without --no-collector.stat_bgwriter (0.12: bgwriter); for PostgreSQL 17 upgrade it to 0.17 or later.',
  on('--collector.stat_bgwriter'),
);
const sizes = bind('Upgrade postgres_exporter to 0.18 or later, or give this target a PostgreSQL connection.');
const statements = bind(
  'Upgrade postgres_exporter to 0.17 or later and start it with --collector.stat_statements; 0.13 reads PostgreSQL 12 and before only, 0.14 and 0.15 up to 16.',
  off('--collector.stat_statements'),
  {
    rows: 100,
    flag: '--collector.stat_statements.limit after upgrading postgres_exporter to 0.19 or later',
    order: 'lifetime total time',
  },
);
const wraparound = bind('Start postgres_exporter with --collector.database_wraparound (0.14 and later).');

export const postgresExporter012: Dialect = {
  id: 'postgres-exporter-0.12',
  title: 'postgres_exporter 0.12 to 0.15',
  // The table's whole size came with 0.14 and went with 0.18; the limits of roles came with 0.16.
  signs: {
    some: ['pg_stat_user_tables_size_bytes'],
    not: ['pg_roles_connection_limit', 'pg_stat_activity_max_state_duration'],
  },
  labels: shared.labels,
  bindings: {
    server: {
      ...shared.server,
      checkpointsTimed: bgwriter('increase', [['pg_stat_bgwriter_checkpoints_timed_total', postgres(null, 16)]]),
      checkpointsRequested: bgwriter('increase', [['pg_stat_bgwriter_checkpoints_req_total', postgres(null, 16)]]),
      checkpointWriteMs: bgwriter('increase', [['pg_stat_bgwriter_checkpoint_write_time_total', postgres(null, 16)]]),
      checkpointSyncMs: bgwriter('increase', [['pg_stat_bgwriter_checkpoint_sync_time_total', postgres(null, 16)]]),
      checkpointBuffersWritten: bgwriter('increase', [
        ['pg_stat_bgwriter_buffers_checkpoint_total', postgres(null, 16)],
      ]),
      // The whole query fails on PostgreSQL 17.
      backgroundBuffersWritten: bgwriter('increase', [['pg_stat_bgwriter_buffers_clean_total', postgres(null, 16)]]),
      backgroundWriteStops: bgwriter('increase', [['pg_stat_bgwriter_maxwritten_clean_total', postgres(null, 16)]]),
      buffersAllocated: bgwriter('increase', [['pg_stat_bgwriter_buffers_alloc_total', postgres(null, 16)]]),
      backendBuffersWritten: bgwriter('increase', [['pg_stat_bgwriter_buffers_backend_total', postgres(null, 16)]]),
      backendFsyncs: bgwriter('increase', [['pg_stat_bgwriter_buffers_backend_fsync_total', postgres(null, 16)]]),
    },
    database: {
      ...shared.database,
      activeTimeMs: bind('Upgrade postgres_exporter to 0.16 or later; needs PostgreSQL 14.')('increase', []),
      xidAge: wraparound('now', 'pg_database_wraparound_age_datfrozenxid_seconds'),
      multixactAge: wraparound('now', 'pg_database_wraparound_age_datminmxid_seconds'),
    },
    table: {
      ...postgresExporter.bindings.table,
      heapBytes: sizes('now', []),
      indexBytes: sizes('now', []),
    },
    index: postgresExporter.bindings.index,
    statement: {
      calls: statements('increase', 'pg_stat_statements_calls_total'),
      totalTimeMs: statements('increase', 'pg_stat_statements_seconds_total', { factor: 1000 }),
      rows: statements('increase', 'pg_stat_statements_rows_total'),
      blockReadTimeMs: statements('increase', 'pg_stat_statements_block_read_seconds_total', { factor: 1000 }),
      blockWriteTimeMs: statements('increase', 'pg_stat_statements_block_write_seconds_total', { factor: 1000 }),
    },
  },
};
