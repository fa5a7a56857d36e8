/** What an index can serve, compared as lists of keys and never as text: `1 1` is no prefix of `1 10`. */
import type { IndexKey, IndexRow, TableRow } from '../../model/rows.ts';
import { tableAt } from '../lookup.ts';

export function sameTable(
  a: { readonly database: string; readonly schema: string; readonly table: string },
  b: { readonly database: string; readonly schema: string; readonly table: string },
): boolean {
  return a.database === b.database && a.schema === b.schema && a.table === b.table;
}

/** Usable now, and by every row: not invalid, not under construction, not partial. */
export function isWhole(index: IndexRow): boolean {
  return index.valid !== false && index.ready !== false && index.predicate === undefined;
}

/** The plain columns an ordered index begins with, up to the first expression. */
export function leadingColumns({ keys = [], method }: IndexRow): readonly string[] {
  if (method !== 'btree') return [];
  const firstExpression = keys.findIndex((key) => key.expression);
  return (firstExpression < 0 ? keys : keys.slice(0, firstExpression)).map((key) => key.name);
}

/** The first keys are exactly these columns, in any order: all an equality on each of them needs. */
export function beginsWithAll(index: IndexRow, columns: readonly string[]): boolean {
  // Most indexes of a table begin with another column, and each foreign key asks all of them.
  if (columns.length > 0 && !columns.includes(index.keys?.[0]?.name ?? '')) return false;
  const first = leadingColumns(index).slice(0, columns.length);
  return first.length === columns.length && columns.every((column) => first.includes(column));
}

/** An index that finds the rows of a foreign key; `IS NOT NULL` on its columns leaves out nothing that refers. */
export function servesForeignKey(index: IndexRow, columns: readonly string[]): boolean {
  if (index.valid === false || index.ready === false) return false;
  if (index.predicate !== undefined && !isOnlyNotNull(index.predicate, columns)) return false;
  const hash = index.method === 'hash' && columns.length === 1 && index.keys?.[0]?.name === columns[0];
  return hash || beginsWithAll(index, columns);
}

function isOnlyNotNull(predicate: string, columns: readonly string[]): boolean {
  return predicate.split(/\bAND\b/i).every((part) => {
    const match = /^\s*\(*\s*("(?:[^"]|"")+"|\w+)\s+IS\s+NOT\s+NULL\s*\)*\s*$/i.exec(part);
    const name = match?.[1]?.replace(/^"|"$/g, '').replaceAll('""', '"');
    return name !== undefined && columns.includes(name);
  });
}

export function sameKey(a: IndexKey, b: IndexKey): boolean {
  return (
    a.name === b.name &&
    a.expression === b.expression &&
    a.opclass === b.opclass &&
    a.collation === b.collation &&
    a.descending === b.descending &&
    a.nullsFirst === b.nullsFirst
  );
}

/** Every key of `short`, in order, begins `long`. */
export function isKeyPrefix(short: IndexRow, long: IndexRow): boolean {
  const [few, many] = [short.keys ?? [], long.keys ?? []];
  return (
    few.length > 0 &&
    few.length <= many.length &&
    few.every((key, at) => sameKey(key, many[at] ?? { ...key, name: '' }))
  );
}

/** Catalogs, TOAST and what an extension brought along. */
export function isForeignObject(row: { readonly schema: string; readonly extension?: string }): boolean {
  return row.extension !== undefined || row.schema === 'information_schema' || /^pg_/.test(row.schema);
}

export function tableOf(index: IndexRow, tables: readonly TableRow[]): TableRow | null {
  return tableAt(tables, index);
}
