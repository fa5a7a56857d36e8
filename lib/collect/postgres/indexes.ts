import type { IndexKey, IndexRow } from '../../model/rows.ts';
import { codeOf } from './errors.ts';
import { counted, present } from './present.ts';
import { ownMark, type Session } from './source.ts';
import { exactTables, lockedRelations, userRelation } from './table-sql.ts';
import { optionsOf } from './tables.ts';

/**
 * A failed CREATE INDEX CONCURRENTLY may leave indisready false: only the progress view tells it from one that is being
 * built. There, NULL is somebody else's build that we may not see.
 * The functions are those of pg_stat_all_indexes and pg_statio_all_indexes; as views they would be joined once more for each.
 * An operator class is qualified where it is not PostgreSQL's own. The default collation of a type is one as well.
 */
export const indexesSql = (version: number) => `WITH ${lockedRelations},
-- Both once: neither can be looked up by index.
owners AS MATERIALIZED (SELECT DISTINCT ON (k.conindid) k.conindid, json_build_object('name', k.conname,
    'deferrable', k.condeferrable, 'type', CASE k.contype WHEN 'p' THEN 'primary key' WHEN 'u' THEN 'unique' ELSE 'exclusion' END) AS owner
  FROM pg_constraint k WHERE k.contype IN ('p', 'u', 'x') ORDER BY k.conindid, k.conname),
building AS MATERIALIZED (SELECT b.relid, b.index_relid FROM pg_stat_progress_create_index b)
SELECT ${ownMark} ic.oid::text, n.nspname AS schema, c.relname AS table,
  ic.relname AS index, am.amname AS method,
  CASE WHEN held.relation IS NULL THEN pg_get_indexdef(i.indexrelid) END AS definition,
  (SELECT json_agg(json_build_object('name', coalesce(
      (SELECT a.attname FROM pg_attribute a WHERE a.attrelid = i.indrelid AND a.attnum = k.attnum AND k.attnum <> 0),
      CASE WHEN held.relation IS NULL THEN pg_get_indexdef(i.indexrelid, k.n::int, true) END),
      'expression', k.attnum = 0,
      'opclass', (SELECT CASE WHEN o.opcnamespace = 'pg_catalog'::regnamespace THEN '' ELSE o.opcnamespace::regnamespace || '.' END
        || o.opcname FROM pg_opclass o WHERE o.oid = i.indclass[k.n - 1]),
      'collation', (SELECT l.collname FROM pg_collation l WHERE l.oid = i.indcollation[k.n - 1]),
      'descending', i.indoption[k.n - 1] & 1 = 1, 'nullsFirst', i.indoption[k.n - 1] & 2 = 2) ORDER BY k.n)
    FROM unnest(i.indkey) WITH ORDINALITY k (attnum, n) WHERE k.n <= i.indnkeyatts) AS keys,
  CASE WHEN i.indnatts > i.indnkeyatts THEN (SELECT json_agg(a.attname ORDER BY k.n) FROM unnest(i.indkey) WITH ORDINALITY k (attnum, n)
    JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum WHERE k.n > i.indnkeyatts) END AS included,
  CASE WHEN held.relation IS NULL THEN pg_get_expr(i.indpred, i.indrelid) END AS predicate, i.indisunique AS unique, i.indisprimary AS primary,
  i.indisvalid AS valid, NOT EXISTS (SELECT FROM building b
    WHERE b.index_relid = i.indexrelid OR b.index_relid IS NULL AND b.relid IS NULL) AS ready,
  own.owner AS constraint,
  ${version >= 150_000 ? 'i.indnullsnotdistinct' : 'false'} AS nulls_not_distinct, coalesce(ic.reloptions, '{}') AS storage,
  (SELECT ts.spcname FROM pg_tablespace ts WHERE ts.oid = ic.reltablespace) AS tablespace,
  i.indexrelid IN (SELECT k.conindid FROM pg_constraint k WHERE k.contype = 'f') AS referenced,
  i.indisreplident AS replica_identity, i.indisclustered AS clustered, ic.relkind = 'I' AS partitioned,
  (SELECT json_build_array(pn.nspname, p.relname) FROM pg_inherits h JOIN pg_class p ON p.oid = h.inhparent
    JOIN pg_namespace pn ON pn.oid = p.relnamespace WHERE h.inhrelid = i.indexrelid) AS parent,
  (SELECT e.extname FROM pg_depend x JOIN pg_extension e ON e.oid = x.refobjid WHERE x.classid = 'pg_class'::regclass
    AND x.objid IN (c.oid, ic.oid) AND x.refclassid = 'pg_extension'::regclass AND x.deptype = 'e' LIMIT 1) AS extension,
  pg_stat_get_numscans(i.indexrelid)::float8 AS "scansSinceReset", ic.relpages * current_setting('block_size')::float8 AS "sizeBytes",
  ic.relpages::float8 AS pages, CASE WHEN ic.reltuples > 0 OR ic.reltuples = 0 AND ic.relpages > 0 THEN ic.reltuples END::float8
    AS "estimatedRows",
  ${version >= 160_000 ? 'extract(epoch FROM pg_stat_get_lastscan(i.indexrelid))::float8' : 'NULL::float8'} AS "lastScanAt",
  json_build_object('scans', pg_stat_get_numscans(i.indexrelid), 'rowsRead', pg_stat_get_tuples_returned(i.indexrelid),
    'rowsFetched', pg_stat_get_tuples_fetched(i.indexrelid),
    'blocksRead', pg_stat_get_blocks_fetched(i.indexrelid) - pg_stat_get_blocks_hit(i.indexrelid),
    'blocksHit', pg_stat_get_blocks_hit(i.indexrelid)) AS counters
FROM pg_index i JOIN pg_class ic ON ic.oid = i.indexrelid JOIN pg_class c ON c.oid = i.indrelid
JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_am am ON am.oid = ic.relam
LEFT JOIN (SELECT DISTINCT relation FROM locked) held ON held.relation IN (i.indrelid, i.indexrelid)
LEFT JOIN owners own ON own.conindid = i.indexrelid
WHERE c.relkind IN ('r', 'p', 'm') AND ${userRelation}
ORDER BY n.nspname COLLATE "C", ic.relname COLLATE "C"`;

/** Exact for the largest by PostgreSQL's own count: each has to be opened. */
export const indexSizesSql = `WITH ${lockedRelations}
SELECT ${ownMark} i.indexrelid::text AS oid, pg_relation_size(i.indexrelid)::float8 AS "sizeBytes"
FROM (SELECT i.indexrelid FROM pg_index i JOIN pg_class ic ON ic.oid = i.indexrelid JOIN pg_class c ON c.oid = i.indrelid
  JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'm') AND ${userRelation} AND NOT EXISTS (SELECT FROM locked l WHERE l.relation = i.indexrelid)
  ORDER BY greatest(ic.relpages, pg_stat_get_live_tuples(c.oid) / 300) DESC, ic.oid LIMIT ${3 * exactTables}) i`;

type NullableKey = { readonly [Name in keyof IndexKey]: IndexKey[Name] | null };

interface IndexLine {
  readonly oid: string;
  readonly schema: string;
  readonly table: string;
  readonly index: string;
  /** NULL for a table that somebody holds exclusively: reading it would wait. */
  readonly definition: string | null;
  readonly method: string;
  readonly keys: readonly NullableKey[] | null;
  readonly included: readonly string[] | null;
  readonly predicate: string | null;
  readonly unique: boolean;
  readonly primary: boolean;
  readonly valid: boolean;
  readonly ready: boolean;
  readonly constraint: {
    readonly name: string;
    readonly type: NonNullable<IndexRow['constraintType']>;
    readonly deferrable: boolean;
  } | null;
  readonly nulls_not_distinct: boolean;
  readonly storage: readonly string[];
  readonly tablespace: string | null;
  readonly referenced: boolean;
  readonly replica_identity: boolean;
  readonly clustered: boolean;
  readonly partitioned: boolean;
  readonly parent: readonly [string, string] | null;
  readonly extension: string | null;
  readonly scansSinceReset: number | null;
  readonly sizeBytes: number;
  readonly lastScanAt: number | null;
  readonly pages: number;
  readonly estimatedRows: number | null;
  readonly counters: Readonly<Record<string, number | null>>;
}

export interface IndexFacts {
  readonly row: IndexRow;
  readonly counters: Readonly<Record<string, number>>;
}

export async function readIndexes(session: Session, database: string, version: number): Promise<readonly IndexFacts[]> {
  const ask = () => session.ask<IndexLine>(indexesSql(version));
  // A lock that came between our look at the locks and the deparsing: once more, knowing of it.
  const lines = await ask().catch((error: unknown) => (codeOf(error) === '55P03' ? ask() : Promise.reject(error)));
  const exact = await session
    .ask<{ oid: string; sizeBytes: number | null }>(indexSizesSql)
    // A lock that came in between: PostgreSQL's own estimate stays.
    .catch(() => []);
  const sizes = new Map(exact.map(({ oid, sizeBytes }) => [oid, sizeBytes]));
  return lines.map((line) => {
    const { schema, table, index } = line;
    const measured = {
      scansSinceReset: line.scansSinceReset,
      sizeBytes: sizes.get(line.oid) ?? line.sizeBytes,
      lastScanAt: line.lastScanAt,
      pages: line.pages,
      estimatedRows: line.estimatedRows,
    };
    return {
      row: { database, schema, table, index, ...factsOf(line), ...(line.partitioned ? {} : present(measured)) },
      counters: line.partitioned ? {} : counted(line.counters),
    };
  });
}

/** All or nothing: half of an index's facts would make it look like another index. */
function factsOf(line: IndexLine): Partial<IndexRow> {
  if (line.definition === null) return {};
  const { definition, method, unique, primary, valid, ready, clustered, partitioned, predicate, constraint } = line;
  return {
    definition,
    method,
    // JSON's nulls are left out; only the collation can be one.
    keys: (line.keys ?? []).map((key) => present(key) as IndexKey),
    included: line.included ?? [],
    unique,
    primary,
    valid,
    ready,
    referencedByForeignKey: line.referenced,
    replicaIdentity: line.replica_identity,
    clustered,
    partitioned,
    storage: optionsOf(line.storage),
    ...(line.nulls_not_distinct ? { nullsNotDistinct: true } : {}),
    ...(constraint === null
      ? {}
      : { constraint: constraint.name, constraintType: constraint.type, deferrable: constraint.deferrable }),
    ...present({
      predicate,
      partitionOf: line.parent?.join('.'),
      tablespace: line.tablespace,
      extension: line.extension,
    }),
  };
}
