/** A statement that reads a whole table for a few rows → the index that would lead it there. */
import type { IndexRow, StatementRow, TableRow } from '../../model/rows.ts';
import type { Parse } from '../sql/parse.ts';
import { resolve } from '../sql/resolve.ts';
import { type Asked, type Choice, choose } from './choice.ts';
import { columnsOf, type Design, predicateHolds } from './design.ts';
import { largestPart, partitionsOf } from './partitioned.ts';
import { leadingColumns, sameTable } from './shape.ts';

/** An index scan touches fewer blocks than this part of the table. */
const SCANNED_PART = 0.1;

export interface Candidate {
  readonly row: StatementRow;
  readonly design: Design;
  /** Share of the table the index would still read. */
  readonly selectivity: number;
  readonly asked: Asked;
  /** The statement reads other tables as well, so part of its time is theirs. */
  readonly shared: boolean;
  /** Indexes that a lookup descends into: one, or one for each partition. */
  readonly lookups: number;
}

interface At {
  readonly table: TableRow & { readonly liveRows: number };
  /** Of this table. */
  readonly indexes: readonly IndexRow[];
  /** Of the same database. */
  readonly tables: readonly TableRow[];
  readonly parse: Parse;
}

export function candidateOf(row: StatementRow, { table, indexes, tables, parse }: At): Candidate | null {
  // Counters are at hand, a parse is not.
  const scans = readsWholeTable(row, largestPart(table, tables) ?? table.heapBytes);
  const parsed = row.textCut === true || !scans ? null : parse(row.text);
  if (parsed === null || parsed.kind === 'utility') return null;
  const resolved = resolve(parsed, tables);
  const mentions = resolved.tables.flatMap((seen, at) => (seen !== null && sameTable(seen, table) ? [at] : []));
  const [mention] = mentions;
  // Twice in one statement: the blocks and the conditions of the two cannot be told apart.
  if (mention === undefined || mentions.length > 1) return null;
  const choice = choose({ row, table, parsed, resolved, mention }, indexes);
  if (choice === null || indexes.some((index) => serves(index, choice))) return null;
  const { design, selectivity, asked } = choice;
  const lookups = Math.max(1, partitionsOf(table, tables).length);
  return { row, design, selectivity, asked, shared: parsed.tables.length > 1, lookups };
}

/** Blocks per call tell whether it really scans; unknown means it may. */
function readsWholeTable(
  { calls, sharedBlocksHit, sharedBlocksRead }: StatementRow,
  heapBytes: number | undefined,
): boolean {
  if (calls === undefined || calls <= 0) return false;
  if (sharedBlocksHit === undefined || sharedBlocksRead === undefined || heapBytes === undefined) return true;
  return (sharedBlocksHit + sharedBlocksRead) / calls >= (SCANNED_PART * heapBytes) / 8192;
}

/** Something valid leads there already: then this statement is not why the table is read. */
function serves(index: IndexRow, { design, usable, asked }: Choice): boolean {
  if (index.valid === false || index.ready === false) return false;
  if (index.predicate !== undefined && !predicateHolds(index.predicate, asked.filters)) return false;
  const leading = leadingColumns(index);
  const [first] = leading;
  if (first !== undefined && usable.includes(first)) return true;
  // What a partial index leaves out, a whole one with the same keys still reads.
  if (design.where.length > 0 && index.predicate === undefined) return false;
  const columns = columnsOf(design);
  return columns.every((column) => leading.slice(0, columns.length).includes(column));
}
