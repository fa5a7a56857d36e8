/** OpenTelemetry's postgresqlreceiver, names as Prometheus translates them (reference: metric dialects 2.4; 3, column i). */
import { bind, type Dialect, off } from '../dialect.ts';

const always = bind(
  'Let the pipeline turn resource attributes into labels (resource_to_telemetry_conversion, or promote_resource_attributes of Prometheus).',
);
const metric = (name: string) =>
  bind(`Set metrics: ${name}: enabled: true at the postgresqlreceiver.`, off(`the metric ${name}`));
const rows = (state: string) => ({ matching: `state="${state}"` });
const done = (operation: string) => ({ matching: `operation="${operation}"` });
const source = (name: string) => ({ matching: `source="${name}"` });

export const openTelemetry: Dialect = {
  id: 'opentelemetry',
  title: "OpenTelemetry's postgresqlreceiver",
  exporter: "OpenTelemetry's postgresqlreceiver",
  family: 'postgresql_.+',
  // The second of each is that of the semantic conventions, "database|schema" in one.
  labels: {
    database: ['postgresql_database_name', 'db_namespace'],
    schema: ['postgresql_schema_name'],
    table: ['postgresql_table_name', 'db_collection_name'],
    index: ['postgresql_index_name'],
    user: [],
    queryid: [],
  },
  splits: [
    { role: 'database', at: '|', into: ['database', 'schema'] },
    // Without the gate for a schema attribute of its own.
    { role: 'table', at: '.', into: ['schema', 'table'] },
  ],
  server: [['service_instance_id'], ['server_address', 'server_port'], ['host_name']],
  seeDatabase: 'Let the postgresqlreceiver collect from database',
  bindings: {
    server: {
      maxConnections: always('now', 'postgresql_connection_max'),
      connectionsAverage: always('averageSum', 'postgresql_backends', {
        within: ['postgresql_database_name', 'db_namespace'],
      }),
      connectionsPeak: always('peakSum', 'postgresql_backends', {
        within: ['postgresql_database_name', 'db_namespace'],
      }),
      checkpointsTimed: always('increase', 'postgresql_bgwriter_checkpoint_count_total', {
        matching: 'type="scheduled"',
      }),
      checkpointsRequested: always('increase', 'postgresql_bgwriter_checkpoint_count_total', {
        matching: 'type="requested"',
      }),
      checkpointWriteMs: always('increase', 'postgresql_bgwriter_duration_milliseconds_total', {
        matching: 'type="write"',
      }),
      checkpointSyncMs: always('increase', 'postgresql_bgwriter_duration_milliseconds_total', {
        matching: 'type="sync"',
      }),
      checkpointBuffersWritten: always('increase', 'postgresql_bgwriter_buffers_writes_total', source('checkpoints')),
      backgroundBuffersWritten: always('increase', 'postgresql_bgwriter_buffers_writes_total', source('bgwriter')),
      backendBuffersWritten: always('increase', 'postgresql_bgwriter_buffers_writes_total', source('backend')),
      backendFsyncs: always('increase', 'postgresql_bgwriter_buffers_writes_total', source('backend_fsync')),
      buffersAllocated: always('increase', 'postgresql_bgwriter_buffers_allocated_total'),
      backgroundWriteStops: always('increase', 'postgresql_bgwriter_maxwritten_total'),
    },
    database: {
      sizeBytes: always('now', 'postgresql_db_size_bytes'),
      connectionsAverage: always('average', 'postgresql_backends'),
      connectionsPeak: always('peak', 'postgresql_backends'),
      commits: always('increase', 'postgresql_commits_total'),
      rollbacks: always('increase', 'postgresql_rollbacks_total'),
      blocksRead: metric('postgresql.blks_read')('increase', 'postgresql_blks_read_total'),
      blocksHit: metric('postgresql.blks_hit')('increase', 'postgresql_blks_hit_total'),
      tempFiles: metric('postgresql.temp_files')('increase', 'postgresql_temp_files_total'),
      tempBytes: metric('postgresql.temp.io')('increase', 'postgresql_temp_io_bytes_total'),
      deadlocks: metric('postgresql.deadlocks')('increase', 'postgresql_deadlocks_total'),
    },
    table: {
      liveRows: always('average', 'postgresql_rows', rows('live')),
      deadRows: always('average', 'postgresql_rows', rows('dead')),
      sequentialScans: metric('postgresql.sequential_scans')('increase', 'postgresql_sequential_scans_total'),
      rowsInserted: always('increase', 'postgresql_operations_total', done('ins')),
      rowsUpdated: always('increase', 'postgresql_operations_total', done('upd')),
      rowsHotUpdated: always('increase', 'postgresql_operations_total', done('hot_upd')),
      rowsDeleted: always('increase', 'postgresql_operations_total', done('del')),
      vacuums: always('increase', 'postgresql_table_vacuum_count_total'),
      heapBlocksRead: always('increase', 'postgresql_blocks_read_total', source('heap_read')),
      heapBlocksHit: always('increase', 'postgresql_blocks_read_total', source('heap_hit')),
      indexBlocksRead: always('increase', 'postgresql_blocks_read_total', source('idx_read')),
      indexBlocksHit: always('increase', 'postgresql_blocks_read_total', source('idx_hit')),
      toastBlocksRead: always('increase', 'postgresql_blocks_read_total', source('toast_read')),
      toastBlocksHit: always('increase', 'postgresql_blocks_read_total', source('toast_hit')),
      // The main fork: without TOAST and maps.
      heapBytes: always('now', 'postgresql_table_size_bytes'),
    },
    index: {
      scans: always('increase', 'postgresql_index_scans_total'),
      scansSinceReset: always('now', 'postgresql_index_scans_total', { kind: 'counter' }),
      sizeBytes: always('now', 'postgresql_index_size_bytes'),
    },
    statement: {},
  },
};
