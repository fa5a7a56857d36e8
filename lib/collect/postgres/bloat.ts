/**
 * Bloat by reading, where the extension pgstattuple is there and we may: of the largest few tables and btree indexes that
 * change enough to have some, within a limit of bytes, because reading costs the server I/O and cache.
 */
import pg from 'pg';
import type { Bloat } from '../../model/bloat.ts';
import type { IndexRow, TableRow } from '../../model/rows.ts';
import type { Gap, SourceQuery } from '../../model/snapshot.ts';
import { messageOf } from './errors.ts';
import { ownMark, type PostgresSource, type Query, type Session } from './source.ts';

const MIB = 1024 ** 2;
/** A run reads at most this much, unless the configuration says otherwise (0: nothing). */
export const defaultLimitBytes = 1024 * MIB;
/** Below these nothing is worth reclaiming. */
const smallest = { table: 64 * MIB, index: 16 * MIB };
const most = { table: 5, index: 10 };
/** Share of the rows that must have changed or be dead: without change there is no bloat. */
const changedShare = 0.05;
const limits = { statement_timeout: '20000', lock_timeout: '100' };
/** PostgreSQL's own of a btree; a table's is 100. */
const btreeFillfactor = 90;

export interface BloatInput {
  readonly source: PostgresSource;
  readonly watch: (session: Session) => Session;
  readonly role: string;
  readonly databases: ReadonlySet<string>;
  readonly tables: readonly TableRow[];
  readonly indexes: readonly IndexRow[];
  readonly limitBytes?: number;
  readonly smallest?: { readonly table: number; readonly index: number };
}

export interface Bloats {
  readonly tables: readonly TableRow[];
  readonly indexes: readonly IndexRow[];
  readonly gaps: readonly Gap[];
  readonly sources: readonly SourceQuery[];
}

type Suspect =
  | { readonly kind: 'table'; readonly row: TableRow; readonly bytes: number }
  | { readonly kind: 'index'; readonly row: IndexRow; readonly bytes: number };

export async function readBloat(input: BloatInput): Promise<Bloats> {
  const { source, role, limitBytes = defaultLimitBytes } = input;
  const suspects = limitBytes === 0 ? [] : suspectsOf(input);
  const found = new Map<object, Bloat>();
  const gaps: Gap[] = [];
  let left = limitBytes;
  for (const database of new Set(suspects.map(({ row }) => row.database))) {
    const own = suspects.filter(({ row }) => row.database === database);
    const unread: Suspect[] = [];
    try {
      await source.session(database, async (plain) => {
        const session = input.watch(plain);
        const [extension] = await session.ask<{ schema: string; allowed: boolean }>(extensionSql);
        if (extension?.allowed !== true) {
          gaps.push(extension === undefined ? absent(database, own.length) : forbidden(database, role));
          return;
        }
        for (const suspect of own) {
          if (suspect.bytes > left) {
            unread.push(suspect);
            continue;
          }
          left -= suspect.bytes;
          const bloat = await session
            .transaction(limits, (query) => measure(query, extension.schema, suspect))
            .catch(() => null);
          if (bloat === null) unread.push(suspect);
          else found.set(suspect.row, bloat);
        }
      });
      if (unread.length > 0) gaps.push(tooMuch(database, unread, limitBytes));
    } catch (error) {
      gaps.push(unreachable(database, messageOf(error)));
    }
  }
  const withBloat = <Row extends TableRow | IndexRow>(row: Row): Row => {
    const bloat = found.get(row);
    return bloat === undefined ? row : { ...row, bloat };
  };
  return {
    tables: input.tables.map(withBloat),
    indexes: input.indexes.map(withBloat),
    gaps,
    sources: (['table', 'index'] as const).flatMap((kind): readonly SourceQuery[] => {
      const rows = suspects.filter((suspect) => suspect.kind === kind && found.has(suspect.row)).length;
      const text = kind === 'table' ? heapSql('…') : indexSql('…');
      return rows === 0 ? [] : [{ source: 'postgres', language: 'sql', kind, measures: ['bloat'], text, rows }];
    }),
  };
}

/** Largest first, tables before indexes. */
function suspectsOf({ tables, indexes, databases, smallest: floor = smallest }: BloatInput): readonly Suspect[] {
  const key = ({ database, schema, table }: TableRow | IndexRow) => JSON.stringify([database, schema, table]);
  const heaps = tables.filter(
    (row) =>
      row.partitioned !== true &&
      row.extension === undefined &&
      (row.method ?? 'heap') === 'heap' &&
      databases.has(row.database),
  );
  const changing = new Set(heaps.filter(isChanging).map(key));
  const bySize = (a: Suspect, b: Suspect) => b.bytes - a.bytes || (key(a.row) < key(b.row) ? -1 : 1);
  return [
    ...heaps
      .filter((row) => changing.has(key(row)) && (row.heapBytes ?? 0) >= floor.table)
      .map((row): Suspect => ({ kind: 'table', row, bytes: row.heapBytes ?? 0 }))
      .sort(bySize)
      .slice(0, most.table),
    ...indexes
      .filter(
        (row) => row.method === 'btree' && row.valid !== false && row.partitioned !== true && changing.has(key(row)),
      )
      .filter((row) => (row.sizeBytes ?? 0) >= floor.index)
      .map((row): Suspect => ({ kind: 'index', row, bytes: row.sizeBytes ?? 0 }))
      .sort(bySize)
      .slice(0, most.index),
  ];
}

/** Not known is not steady: then it is read as well. */
function isChanging({ liveRows, rowsUpdated, rowsDeleted, deadRows }: TableRow): boolean {
  if (liveRows === undefined || (rowsUpdated === undefined && deadRows === undefined)) return true;
  const changed = Math.max((rowsUpdated ?? 0) + (rowsDeleted ?? 0), deadRows ?? 0);
  return changed > changedShare * liveRows;
}

export const extensionSql = `SELECT ${ownMark} quote_ident(n.nspname) AS schema,
  has_schema_privilege(n.oid, 'USAGE') AND (SELECT bool_and(has_function_privilege(p.oid, 'EXECUTE')) FROM pg_proc p
    WHERE p.pronamespace = n.oid AND p.proname IN ('pgstattuple_approx', 'pgstatindex')) AS allowed
FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = 'pgstattuple'`;

const heapSql = (schema: string) => `SELECT ${ownMark} table_len::float8 AS bytes, approx_free_space::float8 AS free,
  dead_tuple_len::float8 AS dead FROM ${schema}.pgstattuple_approx($1::regclass)`;

const indexSql = (schema: string) => `SELECT ${ownMark} index_size::float8 AS bytes, leaf_pages::float8 AS leaves,
  (empty_pages + deleted_pages)::float8 AS unused, avg_leaf_density::float8 AS density,
  current_setting('block_size')::float8 AS block FROM ${schema}.pgstatindex($1::regclass)`;

async function measure(query: Query, schema: string, { kind, row }: Suspect): Promise<Bloat | null> {
  const name = [row.schema, kind === 'table' ? row.table : row.index]
    .map((part) => pg.escapeIdentifier(part))
    .join('.');
  const fillfactor = Number(row.storage?.fillfactor ?? (kind === 'table' ? 100 : btreeFillfactor));
  if (kind === 'table') {
    const [heap] = await query<{ bytes: number; free: number; dead: number }>(heapSql(schema), [name]);
    if (heap === undefined) return null;
    const wanted = heap.bytes * (1 - fillfactor / 100);
    const bytes = Math.round(Math.max(0, heap.free + heap.dead - wanted));
    return { source: 'pgstattuple', bytes, ofBytes: heap.bytes, deadBytes: heap.dead };
  }
  const [tree] = await query<{ bytes: number; leaves: number; unused: number; density: number; block: number }>(
    indexSql(schema),
    [name],
  );
  if (tree === undefined) return null;
  // Without leaves their density is NaN.
  const hollow = tree.leaves === 0 ? 0 : tree.leaves * Math.max(0, 1 - tree.density / fillfactor);
  return { source: 'pgstattuple', bytes: Math.round((hollow + tree.unused) * tree.block), ofBytes: tree.bytes };
}

const about = { kind: 'table', measures: ['bloat'], source: 'postgres' } as const;

const absent = (database: string, count: number): Gap => ({
  ...{ ...about, database, absence: 'not-exported' },
  reason: `The extension pgstattuple is not in ${database}, so the bloat of ${count} of its largest changing tables and indexes was not measured.`,
  remedy: `Run CREATE EXTENSION pgstattuple; in ${database}.`,
});

const forbidden = (database: string, role: string): Gap => ({
  ...{ ...about, database, absence: 'no-right' },
  reason: `Role ${role} may not run pgstattuple in ${database}, so bloat was not measured.`,
  remedy: `Run GRANT pg_stat_scan_tables TO ${pg.escapeIdentifier(role)}; (pg_monitor contains it), and USAGE on the schema of the extension.`,
});

const tooMuch = (database: string, unread: readonly Suspect[], limitBytes: number): Gap => ({
  ...{ ...about, database, absence: 'truncated' },
  reason: `Bloat of ${unread.map(({ kind, row }) => (kind === 'table' ? row.table : row.index)).join(', ')} in ${database} was not measured: reading them would exceed the ${Math.round(limitBytes / MIB)} MiB or 20 s that it may take, or somebody held them.`,
  remedy: 'Set postgres.bloatBytes in the configuration to what a run may read, at an hour when reading does no harm.',
});

const unreachable = (database: string, why: string): Gap => ({
  ...{ ...about, database, absence: 'unreachable' },
  reason: `Bloat in ${database} was not measured: ${why}.`,
  remedy: 'Run again at a quieter time.',
});
