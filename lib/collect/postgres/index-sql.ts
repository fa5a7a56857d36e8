/** Indexes, each question once for a whole database, however many there are. */
import { blockSize, lockedRelations, relationTies, userRelation } from './relation-sql.ts';
import { ownMark } from './source.ts';

/**
 * A failed CREATE INDEX CONCURRENTLY may leave indisready false: only the progress view tells it from one that is being
 * built. There, NULL is somebody else's build that we may not see.
 * pg_get_indexdef opens each index for the first time in our session; the many btrees that consist of nothing but
 * columns are spelt in index-spelling.ts as it would. The functions are those of pg_stat_all_indexes and
 * pg_statio_all_indexes, which would join once more for each.
 */
export const indexesSql = (version: number) => `WITH ${lockedRelations}, ${relationTies},
owners AS MATERIALIZED (SELECT DISTINCT ON (k.conindid) k.conindid, json_build_array(k.conname, k.contype, k.condeferrable) AS owner
  FROM pg_constraint k WHERE k.contype IN ('p', 'u', 'x') ORDER BY k.conindid, k.conname),
building AS MATERIALIZED (SELECT b.relid, b.index_relid FROM pg_stat_progress_create_index b),
usual AS MATERIALIZED (SELECT array_agg(o.oid) AS classes FROM pg_opclass o JOIN pg_am m ON m.oid = o.opcmethod
  WHERE m.amname = 'btree' AND o.opcdefault AND o.opcnamespace = 'pg_catalog'::regnamespace)
SELECT ${ownMark} ic.oid::text, i.indrelid::text AS "tableOid", n.nspname AS schema, c.relname AS table, ic.relname AS index,
  am.amname AS method, f.held, i.indkey::text AS numbers, i.indclass::text AS classes, i.indcollation::text AS collations,
  i.indoption::text AS options, CASE WHEN NOT f.held AND NOT f.plain THEN pg_get_indexdef(i.indexrelid) END AS definition,
  CASE WHEN NOT f.held AND i.indexprs IS NOT NULL THEN (SELECT json_agg(pg_get_indexdef(i.indexrelid, k.n::int, true) ORDER BY k.n)
    FROM unnest(i.indkey) WITH ORDINALITY k (attnum, n) WHERE k.attnum = 0) END AS expressions,
  CASE WHEN NOT f.held THEN pg_get_expr(i.indpred, i.indrelid) END AS predicate,
  i.indisunique AS unique, i.indisprimary AS primary, i.indisvalid AS valid, NOT EXISTS (SELECT FROM building b
    WHERE b.index_relid = i.indexrelid OR b.index_relid IS NULL AND b.relid IS NULL) AS ready, own.owner AS constraint,
  ${version >= 150_000 ? 'i.indnullsnotdistinct' : 'false'} AS nulls_not_distinct, ic.reloptions AS storage, ts.spcname AS tablespace,
  i.indexrelid IN (SELECT k.conindid FROM pg_constraint k WHERE k.contype = 'f') AS referenced,
  i.indisreplident AS replica_identity, i.indisclustered AS clustered, ic.relkind = 'I' AS partitioned,
  p.names AS parents, coalesce(m.extension, mt.extension) AS extension,
  ic.relpages * b.size AS "sizeBytes", ic.relpages::float8 AS pages,
  CASE WHEN ic.reltuples > 0 OR ic.reltuples = 0 AND ic.relpages > 0 THEN ic.reltuples END::float8 AS "estimatedRows",
  ${version >= 160_000 ? 'extract(epoch FROM pg_stat_get_lastscan(ic.oid))::float8' : 'NULL::float8'} AS "lastScanAt",
  pg_stat_get_numscans(ic.oid)::float8 AS scans, pg_stat_get_tuples_returned(ic.oid)::float8 AS "rowsRead",
  pg_stat_get_tuples_fetched(ic.oid)::float8 AS "rowsFetched",
  (pg_stat_get_blocks_fetched(ic.oid) - pg_stat_get_blocks_hit(ic.oid))::float8 AS "blocksRead",
  pg_stat_get_blocks_hit(ic.oid)::float8 AS "blocksHit"
FROM pg_index i JOIN pg_class ic ON ic.oid = i.indexrelid JOIN pg_class c ON c.oid = i.indrelid
JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_am am ON am.oid = ic.relam CROSS JOIN ${blockSize} b (size) CROSS JOIN usual
CROSS JOIN LATERAL (SELECT i.indexrelid IN (SELECT relation FROM locked) OR i.indrelid IN (SELECT relation FROM locked) AS held,
  i.indexprs IS NULL AND i.indpred IS NULL AND i.indnatts = i.indnkeyatts AND am.amname = 'btree' AND ic.relkind = 'i'
    AND ic.reloptions IS NULL AND ic.reltablespace = 0 ${version >= 150_000 ? 'AND NOT i.indnullsnotdistinct' : ''}
    AND i.indoption::int2[] <@ '{0}' AND i.indcollation::oid[] <@ '{0,100}' AND i.indclass::oid[] <@ usual.classes AS plain) f
LEFT JOIN owners own ON own.conindid = i.indexrelid LEFT JOIN parents p ON p.relation = i.indexrelid
LEFT JOIN members m ON m.relation = i.indexrelid LEFT JOIN members mt ON mt.relation = i.indrelid
LEFT JOIN pg_tablespace ts ON ts.oid = ic.reltablespace
WHERE c.relkind IN ('r', 'p', 'm') AND ${userRelation}
ORDER BY n.nspname COLLATE "C", ic.relname COLLATE "C"`;

/**
 * What the numbers of operator classes and collations mean, and which words have to be quoted. An operator class is
 * qualified where it is not PostgreSQL's own. The default collation of a type is one as well.
 */
export const spellingSql = `SELECT ${ownMark}
  (SELECT json_object_agg(o.oid, json_build_array(CASE WHEN n.nspname = 'pg_catalog' THEN '' ELSE quote_ident(n.nspname) || '.' END || quote_ident(o.opcname),
    format_type(o.opcintype, NULL))) FROM pg_opclass o JOIN pg_namespace n ON n.oid = o.opcnamespace) AS classes,
  (SELECT json_object_agg(l.oid, l.collname) FROM pg_collation l) AS collations,
  (SELECT json_agg(k.word) FROM pg_get_keywords() k WHERE k.catcode <> 'U') AS keywords`;

/** As of tables: of the largest, each of which has to be opened. */
export const exactIndexes = { always: 1_500, most: 6_000, pages: 128 };

const pagesOf = 'greatest(ic.relpages, pg_stat_get_live_tuples(c.oid) / 300)';

export const indexSizesSql = `WITH ${lockedRelations}
SELECT ${ownMark} i.oid::text, pg_relation_size(i.oid)::float8 AS "sizeBytes"
FROM (SELECT ic.oid, ${pagesOf} AS pages, row_number() OVER (ORDER BY ${pagesOf} DESC, ic.oid) AS place
  FROM pg_index i JOIN pg_class ic ON ic.oid = i.indexrelid JOIN pg_class c ON c.oid = i.indrelid
  JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'm') AND ${userRelation} AND ic.oid NOT IN (SELECT relation FROM locked)) i
WHERE i.place <= ${exactIndexes.always} OR i.place <= ${exactIndexes.most} AND i.pages >= ${exactIndexes.pages}`;
