/** What is asked about tables: each question once for a whole database, however many tables it has. */
import { ownMark } from './source.ts';

/** Relations of people: no catalogs, no TOAST, nothing temporary. */
export const userRelation = `n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
  AND n.nspname !~ '^pg_(toast_)?temp_' AND c.relpersistence <> 't'`;

/** What somebody holds or awaits exclusively: functions that open a relation would make us wait, and others behind us. */
export const lockedRelations = `locked AS MATERIALIZED (
  SELECT relation FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND relation IS NOT NULL
)`;

const epoch = (column: string) => `extract(epoch FROM ${column})::float8`;

/**
 * Sizes come from relpages here, which needs no lock; sizesSql makes them exact where nothing is locked.
 * A partitioned table holds no rows: what is counted is counted on its partitions.
 * An xid of 0 is a table's that has none; age() would make the largest number of it.
 */
export const tablesSql = (version: number) => `WITH ${lockedRelations}
SELECT ${ownMark} c.oid::text, n.nspname AS schema, c.relname AS table,
  c.relkind = 'p' AS partitioned, c.relkind = 'm' AS materialized, c.relpersistence AS persistence,
  coalesce(c.reloptions, '{}') || coalesce((SELECT array_agg('toast.' || o) FROM unnest(t.reloptions) o), '{}') AS storage,
  (SELECT json_build_array(pn.nspname, p.relname) FROM pg_inherits i JOIN pg_class p ON p.oid = i.inhparent
    JOIN pg_namespace pn ON pn.oid = p.relnamespace WHERE i.inhrelid = c.oid AND c.relispartition) AS parent,
  CASE WHEN c.relispartition AND NOT EXISTS (SELECT FROM locked l WHERE l.relation = c.oid)
    THEN pg_get_expr(c.relpartbound, c.oid) END AS bounds,
  CASE WHEN NOT c.relispartition THEN (SELECT json_agg(pn.nspname || '.' || p.relname ORDER BY i.inhseqno) FROM pg_inherits i
    JOIN pg_class p ON p.oid = i.inhparent JOIN pg_namespace pn ON pn.oid = p.relnamespace WHERE i.inhrelid = c.oid) END AS inherits,
  (SELECT e.extname FROM pg_depend x JOIN pg_extension e ON e.oid = x.refobjid WHERE x.classid = 'pg_class'::regclass
    AND x.objid = c.oid AND x.refclassid = 'pg_extension'::regclass AND x.deptype = 'e' LIMIT 1) AS extension,
  (SELECT am.amname FROM pg_am am WHERE am.oid = c.relam) AS method,
  (SELECT ts.spcname FROM pg_tablespace ts WHERE ts.oid = c.reltablespace) AS tablespace,
  CASE c.relreplident WHEN 'd' THEN 'default' WHEN 'n' THEN 'nothing' WHEN 'f' THEN 'full' WHEN 'i' THEN 'index' END AS identity,
  c.relrowsecurity AS secured,
  CASE WHEN s.n_live_tup = 0 AND c.reltuples > 0
    AND coalesce(s.last_vacuum, s.last_autovacuum, s.last_analyze, s.last_autoanalyze) IS NULL
    THEN c.reltuples ELSE s.n_live_tup END::float8 AS "liveRows",
  s.n_dead_tup::float8 AS "deadRows", s.n_mod_since_analyze::float8 AS "modifiedSinceAnalyze",
  s.n_ins_since_vacuum::float8 AS "insertedSinceVacuum",
  ${epoch('s.last_vacuum')} AS "lastVacuumAt", ${epoch('s.last_autovacuum')} AS "lastAutovacuumAt",
  ${epoch('s.last_analyze')} AS "lastAnalyzeAt", ${epoch('s.last_autoanalyze')} AS "lastAutoanalyzeAt",
  ${version >= 160_000 ? `${epoch('s.last_seq_scan')} AS "lastSequentialScanAt", ${epoch('s.last_idx_scan')} AS "lastIndexScanAt",` : ''}
  CASE WHEN c.reltuples > 0 OR c.reltuples = 0 AND c.relpages > 0 THEN c.reltuples END::float8 AS "estimatedRows",
  c.relpages::float8 AS pages, c.relallvisible::float8 AS "allVisiblePages",
  ${version >= 180_000 ? 'c.relallfrozen::float8 AS "allFrozenPages",' : ''}
  greatest(CASE WHEN c.relfrozenxid <> '0' THEN age(c.relfrozenxid) END,
    CASE WHEN t.relfrozenxid <> '0' THEN age(t.relfrozenxid) END)::float8 AS "xidAge",
  greatest(CASE WHEN c.relminmxid <> '0' THEN mxid_age(c.relminmxid) END,
    CASE WHEN t.relminmxid <> '0' THEN mxid_age(t.relminmxid) END)::float8 AS "multixactAge",
  pg_stat_get_live_tuples(t.oid)::float8 AS "toastLiveRows", pg_stat_get_dead_tuples(t.oid)::float8 AS "toastDeadRows",
  ${epoch('pg_stat_get_last_autovacuum_time(t.oid)')} AS "toastLastAutovacuumAt",
  (c.relpages + coalesce(t.relpages, 0)) * current_setting('block_size')::float8 AS "heapBytes",
  c.relpages * current_setting('block_size')::float8 AS "mainBytes",
  t.relpages * current_setting('block_size')::float8 AS "toastBytes",
  (SELECT coalesce(sum(ic.relpages), 0) * current_setting('block_size')::float8
    FROM pg_index i JOIN pg_class ic ON ic.oid = i.indexrelid WHERE i.indrelid = c.oid) AS "indexBytes",
  json_build_object('sequentialScans', s.seq_scan, 'sequentialRowsRead', s.seq_tup_read,
    'indexScans', coalesce(s.idx_scan, 0), 'indexRowsFetched', coalesce(s.idx_tup_fetch, 0),
    'rowsInserted', s.n_tup_ins, 'rowsUpdated', s.n_tup_upd, 'rowsHotUpdated', s.n_tup_hot_upd,
    ${version >= 160_000 ? "'rowsUpdatedToNewPage', s.n_tup_newpage_upd," : ''}
    ${
      version >= 180_000
        ? `'vacuumTimeMs', s.total_vacuum_time, 'autovacuumTimeMs', s.total_autovacuum_time,
    'analyzeTimeMs', s.total_analyze_time, 'autoanalyzeTimeMs', s.total_autoanalyze_time,`
        : ''
    }
    'rowsDeleted', s.n_tup_del, 'vacuums', s.vacuum_count, 'autovacuums', s.autovacuum_count,
    'analyzes', s.analyze_count, 'autoanalyzes', s.autoanalyze_count, 'heapBlocksRead', io.heap_blks_read,
    'heapBlocksHit', io.heap_blks_hit, 'indexBlocksRead', coalesce(io.idx_blks_read, 0),
    'indexBlocksHit', coalesce(io.idx_blks_hit, 0), 'toastBlocksRead', io.toast_blks_read,
    'toastBlocksHit', io.toast_blks_hit) AS counters
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_class t ON t.oid = c.reltoastrelid
LEFT JOIN pg_stat_all_tables s ON s.relid = c.oid AND c.relkind <> 'p'
LEFT JOIN pg_statio_all_tables io ON io.relid = c.oid AND c.relkind <> 'p'
WHERE c.relkind IN ('r', 'p', 'm') AND ${userRelation}
ORDER BY n.nspname COLLATE "C", c.relname COLLATE "C"`;

/** To tell an exact size PostgreSQL has to open a table and all that belongs to it; of small ones its estimate will do. */
export const exactTables = 2_000;

/** Exact, for the largest of those that nobody holds. */
export const sizesSql = `WITH ${lockedRelations}
SELECT ${ownMark} c.oid::text, pg_table_size(c.oid)::float8 AS "heapBytes", pg_indexes_size(c.oid)::float8 AS "indexBytes",
  pg_relation_size(c.oid)::float8 AS "mainBytes",
  CASE WHEN c.reltoastrelid <> 0 THEN pg_total_relation_size(c.reltoastrelid) END::float8 AS "toastBytes"
FROM (SELECT c.oid, c.reltoastrelid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace LEFT JOIN pg_class t ON t.oid = c.reltoastrelid
  WHERE c.relkind IN ('r', 'm') AND ${userRelation} AND NOT EXISTS (SELECT FROM locked l WHERE l.relation IN (c.oid, c.reltoastrelid))
    AND NOT EXISTS (SELECT FROM locked l JOIN pg_index i ON i.indexrelid = l.relation WHERE i.indrelid IN (c.oid, c.reltoastrelid))
  ORDER BY greatest(c.relpages + coalesce(t.relpages, 0), pg_stat_get_live_tuples(c.oid) / 100) DESC, c.oid LIMIT ${exactTables}) c`;

/** Of a boolean: which of its two values is the common one. Other types that look alike answer nothing. */
const trueShare = `CASE st.most_common_vals::text WHEN '{t,f}' THEN st.most_common_freqs[1] WHEN '{f,t}' THEN st.most_common_freqs[2]
      WHEN '{t}' THEN st.most_common_freqs[1] WHEN '{f}' THEN 0 END`;

/**
 * By itself and not joined: of names in a view PostgreSQL expects so few that it compares each with each.
 * A partitioned table's statistics are those of its whole tree. Values never leave the server, only how common they are.
 */
export const columnStatisticsSql = `SELECT ${ownMark} st.schemaname AS schema, st.tablename AS table, st.inherited,
  json_object_agg(st.attname, json_strip_nulls(json_build_object(
    'distinct', st.n_distinct, 'nullShare', st.null_frac, 'topShare', st.most_common_freqs[1],
    'commonShares', st.most_common_freqs[1:10], 'commonValues', cardinality(st.most_common_freqs),
    'commonTotal', (SELECT sum(f) FROM unnest(st.most_common_freqs) f),
    'trueShare', CASE WHEN st.avg_width = 1 AND cardinality(st.most_common_freqs) <= 2 THEN ${trueShare} END,
    'correlation', st.correlation, 'averageBytes', st.avg_width))) AS columns
FROM pg_stats st WHERE st.schemaname NOT IN ('pg_catalog', 'information_schema') GROUP BY 1, 2, 3`;

/** Since 18 attnotnull is also true while nobody has checked. */
export const columnsSql = (
  version: number,
) => `SELECT ${ownMark} a.attrelid::text AS oid, json_agg(json_strip_nulls(json_build_object(
    'name', a.attname, 'type', format_type(a.atttypid, a.atttypmod), 'notNull', a.attnotnull${
      version >= 180_000
        ? ` AND NOT EXISTS (SELECT FROM pg_constraint k
      WHERE k.conrelid = a.attrelid AND k.contype = 'n' AND NOT k.convalidated AND k.conkey[1] = a.attnum)`
        : ''
    },
    'statisticsTarget', CASE WHEN a.attstattarget >= 0 THEN a.attstattarget END,
    'generated', CASE a.attgenerated WHEN 's' THEN 'stored' WHEN 'v' THEN 'virtual' END,
    'identity', CASE a.attidentity WHEN 'a' THEN 'always' WHEN 'd' THEN 'by default' END,
    'defaultFunction', (SELECT substring(pg_get_expr(d.adbin, 0) FROM '^([a-z_][a-z0-9_.]*)\\(') FROM pg_attrdef d
      WHERE d.adrelid = a.attrelid AND d.adnum = a.attnum AND a.attgenerated = '' AND a.atthasdef),
    'storage', CASE WHEN a.attstorage <> y.typstorage THEN CASE a.attstorage WHEN 'p' THEN 'plain' WHEN 'e' THEN 'external'
      WHEN 'x' THEN 'extended' WHEN 'm' THEN 'main' END END,
    ${version >= 140_000 ? "'compression', CASE a.attcompression WHEN 'p' THEN 'pglz' WHEN 'l' THEN 'lz4' END," : ''}
    'alignment', CASE a.attalign WHEN 'c' THEN 1 WHEN 's' THEN 2 WHEN 'i' THEN 4 ELSE 8 END)) ORDER BY a.attnum) AS columns,
  bool_and(has_column_privilege(c.oid, a.attnum, 'SELECT')) AS readable
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_type y ON y.oid = a.atttypid
WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'p', 'm') AND ${userRelation}
GROUP BY a.attrelid`;

const action = (
  column: string,
) => `CASE ${column} WHEN 'a' THEN 'no action' WHEN 'r' THEN 'restrict' WHEN 'c' THEN 'cascade'
    WHEN 'n' THEN 'set null' WHEN 'd' THEN 'set default' END`;

/** Only as declared: what PostgreSQL repeats on partitions has a parent constraint. */
export const foreignKeysSql = (
  version: number,
) => `SELECT ${ownMark} k.conrelid::text AS oid, json_agg(json_build_object('name', k.conname,
    'columns', (SELECT json_agg(a.attname ORDER BY u.n) FROM unnest(k.conkey) WITH ORDINALITY u (attnum, n)
      JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.attnum),
    'referencedSchema', fn.nspname, 'referencedTable', f.relname,
    'referencedColumns', (SELECT json_agg(a.attname ORDER BY u.n) FROM unnest(k.confkey) WITH ORDINALITY u (attnum, n)
      JOIN pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = u.attnum),
    'onDelete', ${action('k.confdeltype')}, 'onUpdate', ${action('k.confupdtype')}, 'validated', k.convalidated,
    'enforced', ${version >= 180_000 ? 'k.conenforced' : 'true'}, 'deferrable', k.condeferrable) ORDER BY k.conname) AS items
FROM pg_constraint k JOIN pg_class f ON f.oid = k.confrelid JOIN pg_namespace fn ON fn.oid = f.relnamespace
WHERE k.contype = 'f' AND k.conparentid = 0
GROUP BY k.conrelid`;

/** A NOT NULL constraint that is valid is a column's own trait; only 18 keeps others. */
export const checksSql = `SELECT ${ownMark} k.conrelid::text AS oid, json_agg(json_build_object('name', k.conname,
    'kind', CASE k.contype WHEN 'c' THEN 'check' ELSE 'not null' END,
    'columns', coalesce((SELECT json_agg(a.attname ORDER BY u.n) FROM unnest(k.conkey) WITH ORDINALITY u (attnum, n)
      JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.attnum), '[]'),
    'validated', k.convalidated) ORDER BY k.conname) AS items
FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE (k.contype = 'c' OR k.contype = 'n' AND NOT k.convalidated) AND k.coninhcount = 0 AND ${userRelation}
GROUP BY k.conrelid`;

export const partitioningSql = `SELECT ${ownMark} p.partrelid::text AS oid, p.partstrat AS strategy,
  substring(pg_get_partkeydef(p.partrelid) FROM '\\((.*)\\)$') AS key,
  CASE WHEN 0 <> ALL (p.partattrs::int2[]) THEN (SELECT json_agg(a.attname ORDER BY u.n) FROM unnest(p.partattrs::int2[]) WITH ORDINALITY u (attnum, n)
    JOIN pg_attribute a ON a.attrelid = p.partrelid AND a.attnum = u.attnum) END AS columns
FROM pg_partitioned_table p`;

/** Which statistics have been built is told by a view that hides what the role may not read. */
export const extendedStatisticsSql = (
  version: number,
) => `SELECT ${ownMark} e.stxrelid::text AS oid, json_agg(json_strip_nulls(json_build_object(
    'schema', n.nspname, 'name', e.stxname,
    'kinds', (SELECT json_agg(CASE k WHEN 'd' THEN 'ndistinct' WHEN 'f' THEN 'dependencies' WHEN 'm' THEN 'mcv' ELSE 'expressions' END)
      FROM unnest(e.stxkind) k),
    'columns', coalesce((SELECT json_agg(a.attname ORDER BY u.n) FROM unnest(e.stxkeys::int2[]) WITH ORDINALITY u (attnum, n)
      JOIN pg_attribute a ON a.attrelid = e.stxrelid AND a.attnum = u.attnum), '[]'),
    ${version >= 140_000 ? `'expressions', (SELECT json_agg(x) FROM unnest(pg_get_statisticsobjdef_expressions(e.oid)) x),` : ''}
    'target', CASE WHEN e.stxstattarget >= 0 THEN e.stxstattarget END,
    'built', CASE WHEN EXISTS (SELECT FROM pg_stats_ext v WHERE v.statistics_schemaname = n.nspname AND v.statistics_name = e.stxname)
      THEN true END)) ORDER BY n.nspname, e.stxname) AS items
FROM pg_statistic_ext e JOIN pg_namespace n ON n.oid = e.stxnamespace
GROUP BY e.stxrelid`;

export const triggersSql = `SELECT ${ownMark} g.tgrelid::text AS oid,
  json_agg(json_build_object('name', g.tgname, 'enabled', g.tgenabled <> 'D') ORDER BY g.tgname) AS items
FROM pg_trigger g WHERE NOT g.tgisinternal GROUP BY g.tgrelid`;
