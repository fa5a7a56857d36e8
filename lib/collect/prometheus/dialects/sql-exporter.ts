/**
 * sql_exporter with the queries of its published examples; whatever else it is given has the names its owner chose. A
 * query is a metric, each of its columns a value of the label `col`, all gauges by type.
 */
import { bind, type Dialect } from '../dialect.ts';

const query = (name: string) =>
  bind(`Add the query ${name} of the published examples to the configuration of sql_exporter.`);
const column = (name: string, more: string = '') => ({ matching: `col="${name}"${more}` });
const settings = query('pg_settings');
const setting = (name: string) => settings('now', 'sql_pg_settings', column('setting', `,name="${name}"`));
const databases = query('pg_stat_database');
const ofDatabase = (name: string) => databases('increase', 'sql_pg_stat_database', column(name));
const backends = { ...column('numbackends'), within: ['datname'] } as const;
const connections = query('connections');
const inState = (matcher: string) => ({ ...column('count', `,${matcher}`), within: ['datname', 'usename', 'state'] });
const tables = query('pg_stat_user_tables');
const ofTable = (name: string) => tables('increase', 'sql_pg_stat_user_tables', column(name));
const blocks = query('pg_statio_user_tables');
const blocksOf = (name: string) => blocks('increase', 'sql_pg_statio_user_tables', column(name));

export const sqlExporter: Dialect = {
  id: 'sql-exporter',
  title: 'sql_exporter with its published queries',
  exporter: 'sql_exporter',
  family: 'sql_.+',
  // `database` is the one it is connected to, and all that tables have.
  labels: {
    database: ['datname', 'dbname', 'database'],
    schema: ['schemaname'],
    table: ['relname'],
    index: [],
    user: [],
    queryid: [],
  },
  server: [['host']],
  settings: [{ metric: 'sql_pg_settings', label: 'name', units: 'native' }],
  standby: 'sql_pg_is_in_recovery',
  seeDatabase: 'Add to the connections of sql_exporter database',
  bindings: {
    server: {
      versionNum: setting('server_version_num'),
      blockSizeBytes: setting('block_size'),
      maxConnections: setting('max_connections'),
      connectionsAverage: databases('averageSum', 'sql_pg_stat_database', backends),
      connectionsPeak: databases('peakSum', 'sql_pg_stat_database', backends),
      activeSessions: connections('averageSum', 'sql_connections', inState('state="active"')),
      idleSessions: connections('averageSum', 'sql_connections', inState('state="idle"')),
      idleInTransactionSessions: connections('peakSum', 'sql_connections', inState('state=~"idle in transaction.*"')),
    },
    database: {
      sizeBytes: query('db_sizes')('now', 'sql_db_sizes', column('dbsize')),
      connectionsAverage: databases('average', 'sql_pg_stat_database', column('numbackends')),
      connectionsPeak: databases('peak', 'sql_pg_stat_database', column('numbackends')),
      commits: ofDatabase('xact_commit'),
      rollbacks: ofDatabase('xact_rollback'),
      blocksRead: ofDatabase('blks_read'),
      blocksHit: ofDatabase('blks_hit'),
      rowsReturned: ofDatabase('tup_returned'),
      rowsFetched: ofDatabase('tup_fetched'),
      rowsInserted: ofDatabase('tup_inserted'),
      rowsUpdated: ofDatabase('tup_updated'),
      rowsDeleted: ofDatabase('tup_deleted'),
      conflicts: ofDatabase('conflicts'),
      tempFiles: ofDatabase('temp_files'),
      deadlocks: ofDatabase('deadlocks'),
      blockReadTimeMs: ofDatabase('blk_read_time'),
      blockWriteTimeMs: ofDatabase('blk_write_time'),
    },
    table: {
      liveRows: tables('average', 'sql_pg_stat_user_tables', column('n_live_tup')),
      deadRows: tables('average', 'sql_pg_stat_user_tables', column('n_dead_tup')),
      sequentialScans: ofTable('seq_scan'),
      sequentialRowsRead: ofTable('seq_tup_read'),
      indexScans: ofTable('idx_scan'),
      indexRowsFetched: ofTable('idx_tup_fetch'),
      rowsInserted: ofTable('n_tup_ins'),
      rowsUpdated: ofTable('n_tup_upd'),
      rowsHotUpdated: ofTable('n_tup_hot_upd'),
      rowsDeleted: ofTable('n_tup_del'),
      vacuums: ofTable('vacuum_count'),
      autovacuums: ofTable('autovacuum_count'),
      analyzes: ofTable('analyze_count'),
      autoanalyzes: ofTable('autoanalyze_count'),
      heapBlocksRead: blocksOf('heap_blks_read'),
      heapBlocksHit: blocksOf('heap_blks_hit'),
      indexBlocksRead: blocksOf('idx_blks_read'),
      indexBlocksHit: blocksOf('idx_blks_hit'),
    },
    index: {},
    statement: {},
  },
};
