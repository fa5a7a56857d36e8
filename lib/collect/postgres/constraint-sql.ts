/** What hangs on tables: keys, checks, partitioning, extended statistics and triggers, each asked once for a whole database. */
import { userRelation } from './relation-sql.ts';
import { ownMark } from './source.ts';

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
