/** The names of the brief this service was written for; no release has them all, some query files do (reference: 3, column a). */
import { bind, type Dialect } from '../dialect.ts';
import * as shared from './shared.ts';

const own = bind(
  'Publish this column from the query file of postgres_exporter, or give this target a PostgreSQL connection.',
);

export const brief: Dialect = {
  id: 'brief',
  title: "postgres_exporter with the brief's names",
  exporter: 'postgres_exporter with a query file of its own',
  signs: { some: ['pg_stat_statements_total_time', 'pg_database_numbackends', 'pg_database_xact_commit'] },
  labels: shared.labels,
  bindings: {
    server: {
      maxConnections: shared.server.maxConnections,
      connectionsAverage: own('averageSum', 'pg_database_numbackends', { within: ['datname'] }),
      connectionsPeak: own('peakSum', 'pg_database_numbackends', { within: ['datname'] }),
      // A plain gauge here; of several series the longest, as the brief's own expression ranks them.
      idleSeconds: own('average', 'pg_process_idle_seconds'),
      checkpointsTimed: own('increase', 'pg_stat_bgwriter_checkpoints_timed'),
      checkpointsRequested: own('increase', 'pg_stat_bgwriter_checkpoints_req'),
      checkpointWriteMs: own('increase', 'pg_stat_bgwriter_checkpoint_write_time'),
    },
    database: {
      sizeBytes: own('now', 'pg_database_size_bytes'),
      connectionsAverage: own('average', 'pg_database_numbackends'),
      connectionsPeak: own('peak', 'pg_database_numbackends'),
      commits: own('increase', 'pg_database_xact_commit'),
      blocksRead: own('increase', 'pg_database_blks_read'),
      blocksHit: own('increase', 'pg_database_blks_hit'),
    },
    table: {
      liveRows: shared.table.liveRows,
      deadRows: shared.table.deadRows,
      sequentialScans: shared.table.sequentialScans,
      indexScans: shared.table.indexScans,
      indexRowsFetched: shared.table.indexRowsFetched,
      vacuums: shared.table.vacuums,
      autovacuums: shared.table.autovacuums,
      heapBlocksRead: own('increase', 'pg_statio_user_tables_heap_blks_read'),
      heapBlocksHit: own('increase', 'pg_statio_user_tables_heap_blks_hit'),
    },
    index: {
      scans: shared.index.scans,
      scansSinceReset: shared.index.scansSinceReset,
      rowsRead: shared.index.rowsRead,
      blocksRead: own('increase', 'pg_statio_user_indexes_idx_blks_read'),
      blocksHit: own('increase', 'pg_statio_user_indexes_idx_blks_hit'),
    },
    statement: {
      calls: own('increase', 'pg_stat_statements_calls'),
      // The column is in milliseconds, and a query file without a unit in the name publishes the column as it is.
      totalTimeMs: own('increase', 'pg_stat_statements_total_time'),
      rows: own('increase', 'pg_stat_statements_rows'),
    },
  },
};
