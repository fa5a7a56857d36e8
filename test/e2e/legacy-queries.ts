/**
 * A queries file with the names that postgres_exporter's own queries.yaml had up to 0.11, with the columns of
 * PostgreSQL 13 and later behind them (the original stops working there). JSON is YAML, so no writer is needed.
 */
type Usage = 'LABEL' | 'COUNTER' | 'GAUGE';

function namespace(query: string, columns: Readonly<Record<Usage, readonly string[]>>, master = false) {
  const metrics = (Object.keys(columns) as Usage[]).flatMap((usage) =>
    columns[usage].map((name) => ({ [name]: { usage, description: name } })),
  );
  return { query, master, metrics };
}

const TABLE = ['datname', 'schemaname', 'relname'];
const select = (columns: readonly string[], view: string) =>
  `SELECT current_database() datname, ${columns.join(', ')} FROM ${view}`;

const tableCounters = [
  'seq_scan',
  'seq_tup_read',
  'idx_scan',
  'idx_tup_fetch',
  'n_tup_ins',
  'n_tup_upd',
  'n_tup_del',
  'n_tup_hot_upd',
  'vacuum_count',
  'autovacuum_count',
  'analyze_count',
  'autoanalyze_count',
];
const tableGauges = ['n_live_tup', 'n_dead_tup', 'n_mod_since_analyze'];
const tableTimes = ['last_vacuum', 'last_autovacuum', 'last_analyze', 'last_autoanalyze'];
const blocks = ['heap_blks_read', 'heap_blks_hit', 'idx_blks_read', 'idx_blks_hit'];

export const legacyQueries: string = JSON.stringify({
  pg_stat_user_tables: namespace(
    select(
      [
        'schemaname',
        'relname',
        ...tableCounters,
        ...tableGauges,
        ...tableTimes.map((name) => `COALESCE(${name}, '1970-01-01Z') AS ${name}`),
      ],
      'pg_stat_user_tables',
    ),
    { LABEL: TABLE, COUNTER: tableCounters, GAUGE: [...tableGauges, ...tableTimes] },
  ),
  pg_statio_user_tables: namespace(select(['schemaname', 'relname', ...blocks], 'pg_statio_user_tables'), {
    LABEL: TABLE,
    COUNTER: blocks,
    GAUGE: [],
  }),
  pg_stat_statements: namespace(
    `SELECT rolname, datname, queryid, calls, total_exec_time / 1000 AS total_time_seconds, mean_exec_time / 1000 AS mean_time_seconds,
       rows, shared_blks_hit, shared_blks_read, temp_blks_written, blk_read_time / 1000 AS blk_read_time_seconds
     FROM pg_stat_statements s JOIN pg_roles r ON s.userid = r.oid JOIN pg_database d ON s.dbid = d.oid`,
    {
      LABEL: ['rolname', 'datname', 'queryid'],
      COUNTER: [
        'calls',
        'total_time_seconds',
        'rows',
        'shared_blks_hit',
        'shared_blks_read',
        'temp_blks_written',
        'blk_read_time_seconds',
      ],
      GAUGE: ['mean_time_seconds'],
    },
    true,
  ),
});
