/** The table a statement's column belongs to, where that is sure: the same question for all advice on single columns. */
import type { Column, TableRow } from '../../model/rows.ts';
import { tablesNamed } from '../lookup.ts';
import type { ReadLoad } from './pattern.ts';

/** Reading a smaller table is right whatever the condition. */
export const LARGE_ROWS = 10_000;
const LARGE_BYTES = 10 * 1024 ** 2;

export interface Owned {
  readonly table: TableRow & { readonly liveRows: number };
  readonly column: Column;
}

/** null unless exactly one large, permanent, unpartitioned table mentioned has the column. */
export function ownerOf(
  { parsed, database }: ReadLoad,
  { column: name, qualifier }: { readonly column: string; readonly qualifier: string | null },
  tables: readonly TableRow[],
): Owned | null {
  const mentions = parsed.tables.filter(({ alias }) => qualifier === null || alias === qualifier);
  const rows = mentions.flatMap((mention) =>
    tablesNamed(tables, database, mention.name).filter(
      (row) =>
        (mention.schema === undefined || row.schema === mention.schema) &&
        row.columns?.some((column) => column.name === name),
    ),
  );
  const [table] = rows;
  const column = table?.columns?.find((one) => one.name === name);
  if (table?.liveRows === undefined || column === undefined || new Set(rows).size > 1) return null;
  if (table.liveRows < LARGE_ROWS || (table.heapBytes ?? Infinity) < LARGE_BYTES) return null;
  const plain = table.partitioned !== true && table.partitionOf === undefined && table.extension === undefined;
  return plain && (table.persistence ?? 'permanent') === 'permanent'
    ? { table: { ...table, liveRows: table.liveRows }, column }
    : null;
}

/** A tenth of the table a call: an index did not lead there. Unknown blocks: nobody can tell, so no. */
export function readsThrough({ blocks, calls }: ReadLoad, { table }: Owned): boolean {
  return blocks !== undefined && table.heapBytes !== undefined && blocks / calls >= (0.1 * table.heapBytes) / 8192;
}

/** 1 where the size is not known: each row in a block of its own. */
export function rowsPerBlock({ liveRows, heapBytes }: Owned['table']): number {
  return heapBytes === undefined || heapBytes <= 0 ? 1 : Math.max(1, (liveRows * 8192) / heapBytes);
}
