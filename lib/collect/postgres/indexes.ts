import type { IndexKey, IndexRow } from '../../model/rows.ts';
import { counted, present } from './present.ts';
import { ownMark, type Session } from './source.ts';
import { userRelation } from './tables.ts';

/** An operator class is qualified where it is not PostgreSQL's own. The default collation of a type is one as well. */
export const indexesSql = (version: number) => `SELECT ${ownMark} ic.oid::text, n.nspname AS schema, c.relname AS table,
  ic.relname AS index, pg_get_indexdef(i.indexrelid) AS definition, am.amname AS method,
  (SELECT json_agg(json_build_object('name', coalesce(a.attname, pg_get_indexdef(i.indexrelid, k.n::int, true)),
      'expression', k.attnum = 0,
      'opclass', CASE WHEN o.opcnamespace = 'pg_catalog'::regnamespace THEN '' ELSE o.opcnamespace::regnamespace || '.' END
        || o.opcname,
      'collation', (SELECT l.collname FROM pg_collation l WHERE l.oid = i.indcollation[k.n - 1]),
      'descending', i.indoption[k.n - 1] & 1 = 1, 'nullsFirst', i.indoption[k.n - 1] & 2 = 2) ORDER BY k.n)
    FROM unnest(i.indkey) WITH ORDINALITY k (attnum, n)
    JOIN pg_opclass o ON o.oid = i.indclass[k.n - 1]
    LEFT JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum AND k.attnum <> 0
    WHERE k.n <= i.indnkeyatts) AS keys,
  (SELECT json_agg(a.attname ORDER BY k.n) FROM unnest(i.indkey) WITH ORDINALITY k (attnum, n)
    JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum WHERE k.n > i.indnkeyatts) AS included,
  pg_get_expr(i.indpred, i.indrelid) AS predicate, i.indisunique AS unique, i.indisprimary AS primary,
  i.indisvalid AS valid, i.indisready AND i.indislive AND NOT EXISTS (
    SELECT FROM pg_stat_progress_create_index b WHERE b.index_relid = i.indexrelid) AS ready,
  (SELECT k.conname FROM pg_constraint k WHERE k.conindid = i.indexrelid AND k.contype IN ('p', 'u', 'x') LIMIT 1)
    AS constraint,
  EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.indexrelid AND k.contype = 'f') AS referenced,
  i.indisreplident AS replica_identity, i.indisclustered AS clustered, ic.relkind = 'I' AS partitioned,
  (SELECT json_build_array(pn.nspname, p.relname) FROM pg_inherits h JOIN pg_class p ON p.oid = h.inhparent
    JOIN pg_namespace pn ON pn.oid = p.relnamespace WHERE h.inhrelid = i.indexrelid) AS parent,
  (SELECT e.extname FROM pg_depend x JOIN pg_extension e ON e.oid = x.refobjid WHERE x.classid = 'pg_class'::regclass
    AND x.objid IN (c.oid, ic.oid) AND x.refclassid = 'pg_extension'::regclass AND x.deptype = 'e' LIMIT 1) AS extension,
  s.idx_scan::float8 AS "scansSinceReset", ic.relpages * current_setting('block_size')::float8 AS "sizeBytes",
  ${version >= 160_000 ? 'extract(epoch FROM s.last_idx_scan)::float8' : 'NULL::float8'} AS "lastScanAt",
  json_build_object('scans', s.idx_scan, 'rowsRead', s.idx_tup_read, 'rowsFetched', s.idx_tup_fetch,
    'blocksRead', io.idx_blks_read, 'blocksHit', io.idx_blks_hit) AS counters
FROM pg_index i JOIN pg_class ic ON ic.oid = i.indexrelid JOIN pg_class c ON c.oid = i.indrelid
JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_am am ON am.oid = ic.relam
LEFT JOIN pg_stat_all_indexes s ON s.indexrelid = i.indexrelid AND ic.relkind <> 'I'
LEFT JOIN pg_statio_all_indexes io ON io.indexrelid = i.indexrelid AND ic.relkind <> 'I'
WHERE c.relkind IN ('r', 'p', 'm') AND ${userRelation}
ORDER BY n.nspname COLLATE "C", ic.relname COLLATE "C"`;

export const indexSizesSql = `WITH locked AS MATERIALIZED (
  SELECT relation FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND relation IS NOT NULL
)
SELECT ${ownMark} i.indexrelid::text AS oid, pg_relation_size(i.indexrelid)::float8 AS "sizeBytes"
FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'm') AND ${userRelation}
  AND NOT EXISTS (SELECT FROM locked l WHERE l.relation = i.indexrelid)`;

type NullableKey = { readonly [Name in keyof IndexKey]: IndexKey[Name] | null };

interface IndexLine {
  readonly oid: string;
  readonly schema: string;
  readonly table: string;
  readonly index: string;
  readonly definition: string;
  readonly method: string;
  readonly keys: readonly NullableKey[] | null;
  readonly included: readonly string[] | null;
  readonly predicate: string | null;
  readonly unique: boolean;
  readonly primary: boolean;
  readonly valid: boolean;
  readonly ready: boolean;
  readonly constraint: string | null;
  readonly referenced: boolean;
  readonly replica_identity: boolean;
  readonly clustered: boolean;
  readonly partitioned: boolean;
  readonly parent: readonly [string, string] | null;
  readonly extension: string | null;
  readonly scansSinceReset: number | null;
  readonly sizeBytes: number;
  readonly lastScanAt: number | null;
  readonly counters: Readonly<Record<string, number | null>>;
}

export interface IndexFacts {
  readonly row: IndexRow;
  readonly counters: Readonly<Record<string, number>>;
}

export async function readIndexes(session: Session, database: string, version: number): Promise<readonly IndexFacts[]> {
  const lines = await session.ask<IndexLine>(indexesSql(version));
  const exact = await session
    .ask<{ oid: string; sizeBytes: number | null }>(indexSizesSql)
    // A lock that came in between: PostgreSQL's own estimate stays.
    .catch(() => []);
  const sizes = new Map(exact.map(({ oid, sizeBytes }) => [oid, sizeBytes]));
  return lines.map((line) => ({
    row: {
      database,
      schema: line.schema,
      table: line.table,
      index: line.index,
      definition: line.definition,
      method: line.method,
      // JSON's nulls are left out; only the collation can be one.
      keys: (line.keys ?? []).map((key) => present(key) as IndexKey),
      included: line.included ?? [],
      unique: line.unique,
      primary: line.primary,
      valid: line.valid,
      ready: line.ready,
      referencedByForeignKey: line.referenced,
      replicaIdentity: line.replica_identity,
      clustered: line.clustered,
      partitioned: line.partitioned,
      ...present({
        predicate: line.predicate,
        constraint: line.constraint,
        partitionOf: line.parent?.join('.'),
        extension: line.extension,
      }),
      ...(line.partitioned
        ? {}
        : present({
            scansSinceReset: line.scansSinceReset,
            sizeBytes: sizes.get(line.oid) ?? line.sizeBytes,
            lastScanAt: line.lastScanAt,
          })),
    },
    counters: line.partitioned ? {} : counted(line.counters),
  }));
}
