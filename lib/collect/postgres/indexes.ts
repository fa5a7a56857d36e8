import type { IndexRow } from '../../model/rows.ts';
import type { Columns } from './columns.ts';
import { codeOf } from './errors.ts';
import { type Indexed, type Spelling, type SpellingLine, spelledBy } from './index-spelling.ts';
import { indexesSql, indexSizesSql, spellingSql } from './index-sql.ts';
import { counted, present } from './present.ts';
import type { Session } from './source.ts';
import { optionsOf } from './tables.ts';

const counters = ['scans', 'rowsRead', 'rowsFetched', 'blocksRead', 'blocksHit'] as const;
const constraintTypes = { p: 'primary key', u: 'unique', x: 'exclusion' } as const;

interface IndexLine extends Indexed, Readonly<Record<(typeof counters)[number], number | null>> {
  readonly oid: string;
  readonly tableOid: string;
  /** Somebody holds the index or its table exclusively: reading more of it would wait. */
  readonly held: boolean;
  readonly predicate: string | null;
  readonly primary: boolean;
  readonly valid: boolean;
  readonly ready: boolean;
  readonly constraint: readonly [name: string, type: keyof typeof constraintTypes, deferrable: boolean] | null;
  readonly nulls_not_distinct: boolean;
  readonly storage: readonly string[] | null;
  readonly tablespace: string | null;
  readonly referenced: boolean;
  readonly replica_identity: boolean;
  readonly clustered: boolean;
  readonly partitioned: boolean;
  /** `schema.index` each. */
  readonly parents: readonly string[] | null;
  readonly extension: string | null;
  readonly sizeBytes: number;
  readonly lastScanAt: number | null;
  readonly pages: number;
  readonly estimatedRows: number | null;
}

export interface IndexFacts {
  readonly row: IndexRow;
  readonly counters: Readonly<Record<string, number>>;
  /** See the line's. */
  readonly held: boolean;
  /** Its size is that of the last VACUUM or ANALYZE. */
  readonly roughSize: boolean;
}

/** `columns`: null where tables could not be read, and nobody can say what indexes are made of. */
export async function readIndexes(
  session: Session,
  database: string,
  version: number,
  columns: Columns | null,
): Promise<readonly IndexFacts[]> {
  const [spelling] = await session.ask<SpellingLine>(spellingSql);
  const spelled = spelling === undefined ? null : spelledBy(spelling);
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
      scansSinceReset: line.scans,
      sizeBytes: sizes.get(line.oid) ?? line.sizeBytes,
      lastScanAt: line.lastScanAt,
      pages: line.pages,
      estimatedRows: line.estimatedRows,
    };
    return {
      row: {
        ...{ database, schema, table, index },
        ...factsOf(line, line.held ? null : (spelled?.(line, columns?.numbered(line.tableOid) ?? null) ?? null)),
        ...(line.partitioned ? {} : present(measured)),
      },
      counters: line.partitioned ? {} : counted(Object.fromEntries(counters.map((name) => [name, line[name]]))),
      held: line.held,
      roughSize: !line.partitioned && !sizes.has(line.oid),
    };
  });
}

/** All or nothing: half of an index's facts would make it look like another index. */
function factsOf(line: IndexLine, spelling: Spelling | null): Partial<IndexRow> {
  if (spelling === null) return {};
  const { method, unique, primary, valid, ready, clustered, partitioned, predicate, constraint } = line;
  return {
    ...spelling,
    method,
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
      : { constraint: constraint[0], constraintType: constraintTypes[constraint[1]], deferrable: constraint[2] }),
    ...present({
      predicate,
      partitionOf: line.parents?.[0],
      tablespace: line.tablespace,
      extension: line.extension,
    }),
  };
}
