/** Parts of the questions about tables, indexes and sequences. */

/** Relations of people: no catalogs, no TOAST, nothing temporary. */
export const userRelation = `n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
  AND n.nspname !~ '^pg_(toast_)?temp_' AND c.relpersistence <> 't'`;

/** What somebody holds or awaits exclusively: functions that open a relation would make us wait, and others behind us. */
export const lockedRelations = `locked AS MATERIALIZED (
  SELECT l.relation FROM pg_locks l JOIN pg_database d ON d.oid = l.database
  WHERE d.datname = current_database() AND l.mode = 'AccessExclusiveLock' AND l.relation IS NOT NULL
)`;

/** Looked up once for all: asked row by row, these two cost as much as the rest of the row. */
export const relationTies = `members AS MATERIALIZED (
  SELECT x.objid AS relation, min(e.extname) AS extension FROM pg_extension e JOIN pg_depend x ON x.refobjid = e.oid
  WHERE x.refclassid = 'pg_extension'::regclass AND x.classid = 'pg_class'::regclass AND x.deptype = 'e' GROUP BY x.objid
), parents AS MATERIALIZED (
  SELECT i.inhrelid AS relation, json_agg(n.nspname || '.' || p.relname ORDER BY i.inhseqno) AS names
  FROM pg_inherits i JOIN pg_class p ON p.oid = i.inhparent JOIN pg_namespace n ON n.oid = p.relnamespace GROUP BY i.inhrelid
)`;

/** Asked once: its text would be turned into a number for each row. */
export const blockSize = "(SELECT current_setting('block_size')::float8)";
