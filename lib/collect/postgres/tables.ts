import type { Column, ForeignKey, TableRow } from '../../model/rows.ts';
import { counted, present } from './present.ts';
import { ownMark, type Session } from './source.ts';

/** Relations of people: no catalogs, no TOAST, nothing temporary. */
export const userRelation = `n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
  AND n.nspname !~ '^pg_(toast_)?temp_' AND c.relpersistence <> 't'`;

/** What somebody holds or awaits exclusively: functions that open a relation would make us wait, and others behind us. */
export const lockedRelations = `locked AS MATERIALIZED (
  SELECT relation FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND relation IS NOT NULL
)`;

/**
 * Sizes come from relpages here, which needs no lock; sizesSql makes them exact where nothing is locked.
 * A partitioned table holds no rows: what is counted is counted on its partitions.
 */
export const tablesSql = `SELECT ${ownMark} c.oid::text, n.nspname AS schema, c.relname AS table,
  c.relkind = 'p' AS partitioned, c.relpersistence AS persistence,
  coalesce(c.reloptions, '{}') || coalesce((SELECT array_agg('toast.' || o) FROM unnest(t.reloptions) o), '{}') AS storage,
  (SELECT json_build_array(pn.nspname, p.relname) FROM pg_inherits i JOIN pg_class p ON p.oid = i.inhparent
    JOIN pg_namespace pn ON pn.oid = p.relnamespace WHERE i.inhrelid = c.oid AND c.relispartition) AS parent,
  (SELECT e.extname FROM pg_depend x JOIN pg_extension e ON e.oid = x.refobjid WHERE x.classid = 'pg_class'::regclass
    AND x.objid = c.oid AND x.refclassid = 'pg_extension'::regclass AND x.deptype = 'e' LIMIT 1) AS extension,
  CASE WHEN s.n_live_tup = 0 AND c.reltuples > 0
    AND coalesce(s.last_vacuum, s.last_autovacuum, s.last_analyze, s.last_autoanalyze) IS NULL
    THEN c.reltuples ELSE s.n_live_tup END::float8 AS "liveRows",
  s.n_dead_tup::float8 AS "deadRows", s.n_mod_since_analyze::float8 AS "modifiedSinceAnalyze",
  s.n_ins_since_vacuum::float8 AS "insertedSinceVacuum",
  extract(epoch FROM s.last_vacuum)::float8 AS "lastVacuumAt",
  extract(epoch FROM s.last_autovacuum)::float8 AS "lastAutovacuumAt",
  extract(epoch FROM s.last_analyze)::float8 AS "lastAnalyzeAt",
  extract(epoch FROM s.last_autoanalyze)::float8 AS "lastAutoanalyzeAt",
  (c.relpages + coalesce(t.relpages, 0)) * current_setting('block_size')::float8 AS "heapBytes",
  (SELECT coalesce(sum(ic.relpages), 0) * current_setting('block_size')::float8
    FROM pg_index i JOIN pg_class ic ON ic.oid = i.indexrelid WHERE i.indrelid = c.oid) AS "indexBytes",
  json_build_object('sequentialScans', s.seq_scan, 'sequentialRowsRead', s.seq_tup_read,
    'indexScans', coalesce(s.idx_scan, 0), 'indexRowsFetched', coalesce(s.idx_tup_fetch, 0),
    'rowsInserted', s.n_tup_ins, 'rowsUpdated', s.n_tup_upd, 'rowsHotUpdated', s.n_tup_hot_upd,
    'rowsDeleted', s.n_tup_del, 'vacuums', s.vacuum_count, 'autovacuums', s.autovacuum_count,
    'analyzes', s.analyze_count, 'autoanalyzes', s.autoanalyze_count, 'heapBlocksRead', io.heap_blks_read,
    'heapBlocksHit', io.heap_blks_hit, 'indexBlocksRead', coalesce(io.idx_blks_read, 0),
    'indexBlocksHit', coalesce(io.idx_blks_hit, 0)) AS counters
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_class t ON t.oid = c.reltoastrelid
LEFT JOIN pg_stat_all_tables s ON s.relid = c.oid AND c.relkind <> 'p'
LEFT JOIN pg_statio_all_tables io ON io.relid = c.oid AND c.relkind <> 'p'
WHERE c.relkind IN ('r', 'p', 'm') AND ${userRelation}
ORDER BY n.nspname COLLATE "C", c.relname COLLATE "C"`;

/** Exact, for what nobody holds. */
export const sizesSql = `WITH ${lockedRelations}
SELECT ${ownMark} c.oid::text, pg_table_size(c.oid)::float8 AS "heapBytes", pg_indexes_size(c.oid)::float8 AS "indexBytes"
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'm') AND ${userRelation} AND NOT EXISTS (
  SELECT FROM locked l WHERE l.relation IN (c.oid, c.reltoastrelid)
    OR l.relation IN (SELECT i.indexrelid FROM pg_index i WHERE i.indrelid IN (c.oid, c.reltoastrelid)))`;

export const columnsSql = `SELECT ${ownMark} a.attrelid::text AS oid, json_agg(json_build_object(
    'name', a.attname, 'type', format_type(a.atttypid, a.atttypmod), 'notNull', a.attnotnull,
    'distinct', st.n_distinct, 'nullShare', st.null_frac, 'topShare', st.most_common_freqs[1],
    'correlation', st.correlation, 'averageBytes', st.avg_width) ORDER BY a.attnum) AS columns,
  bool_and(has_column_privilege(c.oid, a.attnum, 'SELECT')) AS readable
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_stats st ON st.schemaname = n.nspname AND st.tablename = c.relname AND st.attname = a.attname
  AND st.inherited = (c.relkind = 'p')
WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'p', 'm') AND ${userRelation}
GROUP BY a.attrelid`;

/** Only as declared: what PostgreSQL repeats on partitions has a parent constraint. */
export const foreignKeysSql = `SELECT ${ownMark} k.conrelid::text AS oid, json_agg(json_build_object('name', k.conname,
    'columns', (SELECT json_agg(a.attname ORDER BY u.n) FROM unnest(k.conkey) WITH ORDINALITY u (attnum, n)
      JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.attnum),
    'referencedSchema', fn.nspname, 'referencedTable', f.relname,
    'referencedColumns', (SELECT json_agg(a.attname ORDER BY u.n) FROM unnest(k.confkey) WITH ORDINALITY u (attnum, n)
      JOIN pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = u.attnum)) ORDER BY k.conname) AS keys
FROM pg_constraint k JOIN pg_class f ON f.oid = k.confrelid JOIN pg_namespace fn ON fn.oid = f.relnamespace
WHERE k.contype = 'f' AND k.conparentid = 0
GROUP BY k.conrelid`;

type Gauges = Partial<Record<(typeof gauges)[number], number | null>>;
const gauges = [
  'liveRows',
  'deadRows',
  'modifiedSinceAnalyze',
  'insertedSinceVacuum',
  'lastVacuumAt',
  'lastAutovacuumAt',
  'lastAnalyzeAt',
  'lastAutoanalyzeAt',
] as const;

interface TableLine extends Gauges {
  readonly oid: string;
  readonly schema: string;
  readonly table: string;
  readonly partitioned: boolean;
  readonly persistence: string;
  readonly storage: readonly string[];
  readonly parent: readonly [string, string] | null;
  readonly extension: string | null;
  readonly heapBytes: number;
  readonly indexBytes: number;
  readonly counters: Readonly<Record<string, number | null>>;
}

type NullableColumn = { readonly [Name in keyof Column]: Column[Name] | null };

export interface TableFacts {
  readonly row: TableRow;
  readonly counters: Readonly<Record<string, number>>;
  /** Every column may be read, so that absent statistics mean: never analyzed. */
  readonly readable: boolean;
}

export async function readTables(session: Session, database: string, _version: number): Promise<readonly TableFacts[]> {
  const lines = await session.ask<TableLine>(tablesSql);
  const columns = new Map(
    (await session.ask<{ oid: string; columns: NullableColumn[]; readable: boolean }>(columnsSql)).map((line) => [
      line.oid,
      line,
    ]),
  );
  const keys = new Map(
    (await session.ask<{ oid: string; keys: ForeignKey[] }>(foreignKeysSql)).map((line) => [line.oid, line.keys]),
  );
  const sizes = new Map(
    (
      await session
        .ask<{ oid: string; heapBytes: number | null; indexBytes: number | null }>(sizesSql)
        // A lock that came in between: PostgreSQL's own estimate stays.
        .catch(() => [])
    ).map(({ oid, ...size }) => [oid, size]),
  );
  return lines.map((line) => {
    const own = columns.get(line.oid);
    // JSON's nulls are left out; names and types are never null.
    const known = (own?.columns ?? []).map((column) => present(column) as Column);
    const size = { heapBytes: line.heapBytes, indexBytes: line.indexBytes, ...present(sizes.get(line.oid) ?? {}) };
    return {
      row: {
        database,
        schema: line.schema,
        table: line.table,
        columns: known,
        foreignKeys: keys.get(line.oid) ?? [],
        storage: Object.fromEntries(line.storage.map(splitOption)),
        persistence: line.persistence === 'u' ? 'unlogged' : 'permanent',
        partitioned: line.partitioned,
        ...present({ partitionOf: line.parent?.join('.'), extension: line.extension }),
        ...(line.partitioned
          ? {}
          : { ...present(Object.fromEntries(gauges.map((name) => [name, line[name]]))), ...size }),
      },
      counters: line.partitioned ? {} : counted(line.counters),
      readable: own?.readable ?? true,
    };
  });
}

function splitOption(option: string): readonly [string, string] {
  const at = option.indexOf('=');
  return at < 0 ? [option, ''] : [option.slice(0, at), option.slice(at + 1)];
}
