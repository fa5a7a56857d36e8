/** Columns of all tables, and what ANALYZE found in those of the tables that matter. */
import { userRelation } from './relation-sql.ts';
import { ownMark } from './source.ts';

/** As arrays, in the order that columns.ts reads; what few columns have stands apart. Names of values would be half of the answer. */
export const columnsSql = (version: number) => `${version >= 180_000 ? unchecked : ''}
SELECT ${ownMark} a.attrelid::text AS oid, json_agg(json_build_array(a.attnum, a.attname, format_type(a.atttypid, a.atttypmod),
    a.attnotnull${version >= 180_000 ? ' AND k.attnum IS NULL' : ''}, a.attalign, a.attcollation = y.typcollation,
    CASE WHEN a.attstattarget >= 0 OR a.attgenerated <> '' OR a.attidentity <> '' OR a.attstorage <> y.typstorage
      ${version >= 140_000 ? "OR a.attcompression <> ''" : ''} THEN json_build_array(CASE WHEN a.attstattarget >= 0 THEN a.attstattarget END,
      a.attgenerated, a.attidentity, CASE WHEN a.attstorage <> y.typstorage THEN a.attstorage END,
      ${version >= 140_000 ? 'a.attcompression' : 'NULL'}) END) ORDER BY a.attnum) AS columns
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_type y ON y.oid = a.atttypid
${version >= 180_000 ? 'LEFT JOIN unchecked k ON k.attrelid = a.attrelid AND k.attnum = a.attnum' : ''}
WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'p', 'm') AND ${userRelation}
GROUP BY a.attrelid`;

/** Since 18 attnotnull is also true while nobody has checked. */
const unchecked = `WITH unchecked AS MATERIALIZED (
  SELECT k.conrelid AS attrelid, k.conkey[1] AS attnum FROM pg_constraint k WHERE k.contype = 'n' AND NOT k.convalidated
)`;

/**
 * Tables of a database whose columns are looked at closely: pg_stats asks for the right to each column. Partitioned ones
 * are few, and nothing else says whether they were ever analyzed.
 */
export const closest = { largest: 2_000, mostRead: 1_000, partitioned: 1_000 };

const choice = (kinds: string, order: string, limit: number) => `(
  SELECT c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN (${kinds}) AND ${userRelation} ORDER BY ${order}, c.oid LIMIT ${limit})`;

/** Of a boolean: which of its two values is the common one. Other types that look alike answer nothing. */
const trueShare = `CASE st.most_common_vals::text WHEN '{t,f}' THEN st.most_common_freqs[1] WHEN '{f,t}' THEN st.most_common_freqs[2]
      WHEN '{t}' THEN st.most_common_freqs[1] WHEN '{f}' THEN 0 END`;

/**
 * Table by table: of names in a view PostgreSQL expects so few that it would compare each with each.
 * A partitioned table's statistics are those of its whole tree. Values never leave the server, only how common they are;
 * of defaults, only the function that they call.
 */
export const columnStatisticsSql = `WITH close AS MATERIALIZED (
${choice("'r', 'm'", 'greatest(c.relpages, pg_stat_get_live_tuples(c.oid) / 100) DESC', closest.largest)} UNION
${choice("'r', 'm'", 'pg_stat_get_tuples_returned(c.oid) DESC', closest.mostRead)} UNION
${choice("'p'", 'c.relname', closest.partitioned)}
)
SELECT ${ownMark} c.oid::text, s.columns, d.defaults, NOT (c.relrowsecurity AND row_security_active(c.oid))
  AND (has_table_privilege(c.oid, 'SELECT') OR NOT EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0
    AND NOT a.attisdropped AND NOT has_column_privilege(c.oid, a.attnum, 'SELECT'))) AS readable
FROM close JOIN pg_class c ON c.oid = close.oid JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN LATERAL (SELECT json_object_agg(st.attname, json_strip_nulls(json_build_object(
    'distinct', st.n_distinct, 'nullShare', st.null_frac, 'topShare', st.most_common_freqs[1],
    'commonShares', st.most_common_freqs[1:10], 'commonValues', cardinality(st.most_common_freqs),
    'commonTotal', (SELECT sum(f) FROM unnest(st.most_common_freqs) f),
    'trueShare', CASE WHEN st.avg_width = 1 AND cardinality(st.most_common_freqs) <= 2 THEN ${trueShare} END,
    'correlation', st.correlation, 'averageBytes', st.avg_width))) AS columns
  FROM pg_stats st WHERE st.schemaname = n.nspname AND st.tablename = c.relname AND st.inherited = (c.relkind = 'p')) s ON true
LEFT JOIN LATERAL (SELECT json_object_agg(d.adnum, substring(pg_get_expr(d.adbin, 0) FROM '^([a-z_][a-z0-9_.]*)\\(')) AS defaults
  FROM pg_attrdef d JOIN pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum
  WHERE d.adrelid = c.oid AND a.attgenerated = '') d ON true`;
