/** Tables, their statistics and their sizes: each asked once for a whole database, however many tables it has. */
import type { MeasureOf } from '../../model/measures.ts';
import { blockSize, lockedRelations, relationTies, userRelation } from './relation-sql.ts';
import { ownMark } from './source.ts';

type Told = readonly (readonly [measure: MeasureOf<'table'>, sql: string, since?: number])[];

const at = (time: string) => `extract(epoch FROM ${time})`;
/** An xid of 0 is a table's that has none; age() would make the largest number of it. */
const oldest = (age: string, xid: string) =>
  `greatest(${['c', 't'].map((of) => `CASE WHEN ${of}.${xid} <> '0' THEN ${age}(${of}.${xid}) END`).join(', ')})`;

/**
 * Measure → how it is told of table c, its TOAST table t and x, the sums over its indexes; with the version that brought
 * it. The functions are those of pg_stat_all_tables and pg_statio_all_tables, which would sum up the indexes once each.
 */
const gauges: Told = [
  ['liveRows', 'pg_stat_get_live_tuples(c.oid)'],
  ['deadRows', 'pg_stat_get_dead_tuples(c.oid)'],
  ['modifiedSinceAnalyze', 'pg_stat_get_mod_since_analyze(c.oid)'],
  ['insertedSinceVacuum', 'pg_stat_get_ins_since_vacuum(c.oid)'],
  ['lastVacuumAt', at('pg_stat_get_last_vacuum_time(c.oid)')],
  ['lastAutovacuumAt', at('pg_stat_get_last_autovacuum_time(c.oid)')],
  ['lastAnalyzeAt', at('pg_stat_get_last_analyze_time(c.oid)')],
  ['lastAutoanalyzeAt', at('pg_stat_get_last_autoanalyze_time(c.oid)')],
  ['lastSequentialScanAt', at('pg_stat_get_lastscan(c.oid)'), 16],
  ['lastIndexScanAt', at('x.last_scan'), 16],
  ['estimatedRows', 'CASE WHEN c.reltuples > 0 OR c.reltuples = 0 AND c.relpages > 0 THEN c.reltuples END'],
  ['pages', 'c.relpages'],
  ['allVisiblePages', 'c.relallvisible'],
  ['allFrozenPages', 'c.relallfrozen', 18],
  ['xidAge', oldest('age', 'relfrozenxid')],
  ['multixactAge', oldest('mxid_age', 'relminmxid')],
  ['toastLiveRows', 'pg_stat_get_live_tuples(t.oid)'],
  ['toastDeadRows', 'pg_stat_get_dead_tuples(t.oid)'],
  ['toastLastAutovacuumAt', at('pg_stat_get_last_autovacuum_time(t.oid)')],
];

const counters: Told = [
  ['sequentialScans', 'pg_stat_get_numscans(c.oid)'],
  ['sequentialRowsRead', 'pg_stat_get_tuples_returned(c.oid)'],
  ['indexScans', 'coalesce(x.scans, 0)'],
  ['indexRowsFetched', 'coalesce(x.fetched + pg_stat_get_tuples_fetched(c.oid), 0)'],
  ['rowsInserted', 'pg_stat_get_tuples_inserted(c.oid)'],
  ['rowsUpdated', 'pg_stat_get_tuples_updated(c.oid)'],
  ['rowsHotUpdated', 'pg_stat_get_tuples_hot_updated(c.oid)'],
  ['rowsUpdatedToNewPage', 'pg_stat_get_tuples_newpage_updated(c.oid)', 16],
  ['rowsDeleted', 'pg_stat_get_tuples_deleted(c.oid)'],
  ['vacuums', 'pg_stat_get_vacuum_count(c.oid)'],
  ['autovacuums', 'pg_stat_get_autovacuum_count(c.oid)'],
  ['analyzes', 'pg_stat_get_analyze_count(c.oid)'],
  ['autoanalyzes', 'pg_stat_get_autoanalyze_count(c.oid)'],
  ['vacuumTimeMs', 'pg_stat_get_total_vacuum_time(c.oid)', 18],
  ['autovacuumTimeMs', 'pg_stat_get_total_autovacuum_time(c.oid)', 18],
  ['analyzeTimeMs', 'pg_stat_get_total_analyze_time(c.oid)', 18],
  ['autoanalyzeTimeMs', 'pg_stat_get_total_autoanalyze_time(c.oid)', 18],
  ['heapBlocksRead', 'pg_stat_get_blocks_fetched(c.oid) - pg_stat_get_blocks_hit(c.oid)'],
  ['heapBlocksHit', 'pg_stat_get_blocks_hit(c.oid)'],
  ['indexBlocksRead', 'coalesce(x.blocks - x.hit, 0)'],
  ['indexBlocksHit', 'coalesce(x.hit, 0)'],
  ['toastBlocksRead', 'pg_stat_get_blocks_fetched(t.oid) - pg_stat_get_blocks_hit(t.oid)'],
  ['toastBlocksHit', 'pg_stat_get_blocks_hit(t.oid)'],
];

export const tableGauges = gauges.map(([measure]) => measure);
export const tableCounters = counters.map(([measure]) => measure);

const told = (all: Told, version: number) =>
  all
    .filter(([, , since = 0]) => version >= since * 10_000)
    .map(([measure, sql]) => `(${sql})::float8 AS "${measure}"`)
    .join(', ');

/**
 * Sizes come from relpages here, which needs no lock; sizesSql makes them exact where nothing is locked.
 * A partitioned table holds no rows: what is counted is counted on its partitions.
 */
export const tablesSql = (version: number) => `WITH ${lockedRelations}, ${relationTies}, x AS MATERIALIZED (
  SELECT i.indrelid, sum(ic.relpages) AS pages, sum(pg_stat_get_numscans(ic.oid)) AS scans,
    sum(pg_stat_get_tuples_fetched(ic.oid)) AS fetched, sum(pg_stat_get_blocks_fetched(ic.oid)) AS blocks,
    sum(pg_stat_get_blocks_hit(ic.oid)) AS hit${version >= 160_000 ? ', max(pg_stat_get_lastscan(ic.oid)) AS last_scan' : ''}
  FROM pg_index i JOIN pg_class ic ON ic.oid = i.indexrelid GROUP BY i.indrelid
)
SELECT ${ownMark} c.oid::text, n.nspname AS schema, c.relname AS table,
  c.relkind = 'p' AS partitioned, c.relkind = 'm' AS materialized, c.relpersistence AS persistence,
  c.reloptions AS storage, t.reloptions AS "toastStorage", c.relispartition AS "isPartition", p.names AS parents,
  CASE WHEN c.relispartition AND c.oid NOT IN (SELECT relation FROM locked) THEN pg_get_expr(c.relpartbound, c.oid) END AS bounds,
  m.extension, am.amname AS method, ts.spcname AS tablespace, c.relreplident AS identity, c.relrowsecurity AS secured,
  ${told(gauges, version)},
  ${told(counters, version)},
  (c.relpages + coalesce(t.relpages, 0)) * b.size AS "heapBytes", c.relpages * b.size AS "mainBytes",
  t.relpages * b.size AS "toastBytes", coalesce(x.pages, 0)::float8 * b.size AS "indexBytes"
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace CROSS JOIN ${blockSize} b (size)
LEFT JOIN pg_class t ON t.oid = c.reltoastrelid LEFT JOIN x ON x.indrelid = c.oid
LEFT JOIN parents p ON p.relation = c.oid LEFT JOIN members m ON m.relation = c.oid
LEFT JOIN pg_am am ON am.oid = c.relam LEFT JOIN pg_tablespace ts ON ts.oid = c.reltablespace
WHERE c.relkind IN ('r', 'p', 'm') AND ${userRelation}
ORDER BY n.nspname COLLATE "C", c.relname COLLATE "C"`;

/**
 * To tell an exact size PostgreSQL has to open a table and all that belongs to it. So it does for the largest of each
 * database: for the first in any case, for more where they have a mebibyte or more.
 */
export const exact = { always: 500, most: 2_000, pages: 128 };

/** By PostgreSQL's own count, or by the rows that came since. */
const pagesOf = 'greatest(c.relpages + coalesce(t.relpages, 0), pg_stat_get_live_tuples(c.oid) / 100)';

/** Exact, for the largest of those that nobody holds. */
export const sizesSql = `WITH ${lockedRelations}
SELECT ${ownMark} c.oid::text, pg_table_size(c.oid)::float8 AS "heapBytes", pg_indexes_size(c.oid)::float8 AS "indexBytes",
  pg_relation_size(c.oid)::float8 AS "mainBytes",
  CASE WHEN c.reltoastrelid <> 0 THEN pg_total_relation_size(c.reltoastrelid) END::float8 AS "toastBytes"
FROM (SELECT c.oid, c.reltoastrelid, ${pagesOf} AS pages, row_number() OVER (ORDER BY ${pagesOf} DESC, c.oid) AS place
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace LEFT JOIN pg_class t ON t.oid = c.reltoastrelid
  WHERE c.relkind IN ('r', 'm') AND ${userRelation} AND NOT EXISTS (SELECT FROM locked l WHERE l.relation IN (c.oid, c.reltoastrelid))
    AND NOT EXISTS (SELECT FROM locked l JOIN pg_index i ON i.indexrelid = l.relation WHERE i.indrelid IN (c.oid, c.reltoastrelid))) c
WHERE c.place <= ${exact.always} OR c.place <= ${exact.most} AND c.pages >= ${exact.pages}`;
