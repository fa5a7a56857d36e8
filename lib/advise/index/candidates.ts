/** A statement that reads a whole table for a few rows → the columns that would lead it there. */
import type { IndexRow, StatementRow, TableRow } from '../../model/rows.ts';
import type { Parse } from '../sql/parse.ts';
import { type ResolvedStatement, resolve } from '../sql/resolve.ts';
import type { ParsedStatement } from '../sql/statement.ts';
import { columnOf, equalitySelectivity, isIndexable } from './selectivity.ts';
import { leadingColumns } from './shape.ts';

/** Above it a sequential scan is often the better plan. */
export const SELECTIVITY_CEILING = 0.05;
/** An equality that leaves this few rows needs no further column. */
const FEW_ROWS = 100;
const MOST_EQUALITIES = 2;
/** IN lists are asked for with some values at a time. */
const VALUES_IN_LIST = 10;
/** An index scan touches fewer blocks than this part of the table. */
const SCANNED_PART = 0.1;

export interface Candidate {
  readonly row: StatementRow;
  readonly columns: readonly string[];
  /** Share of the table the index would still read. */
  readonly selectivity: number;
  /** The statement reads other tables as well, so part of its time is theirs. */
  readonly shared: boolean;
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
  const parsed = row.textCut === true ? null : parse(row.text);
  if (parsed === null || parsed.kind === 'utility') return null;
  const resolved = resolve(parsed, tables);
  const mentions = resolved.tables.flatMap((seen, at) => (seen === table ? [at] : []));
  const [mention] = mentions;
  // Twice in one statement: the blocks and the conditions of the two cannot be told apart.
  if (mention === undefined || mentions.length > 1 || !readsWholeTable(row, table)) return null;
  const choice = chooseColumns({ row, table, parsed, resolved, mention });
  if (choice === null || isServed(choice.usable, choice.columns, indexes)) return null;
  return { row, columns: choice.columns, selectivity: choice.selectivity, shared: parsed.tables.length > 1 };
}

/** Blocks per call tell whether it really scans; unknown means it may. */
function readsWholeTable({ calls, sharedBlocksHit, sharedBlocksRead }: StatementRow, { heapBytes }: TableRow): boolean {
  if (calls === undefined || calls <= 0) return false;
  if (sharedBlocksHit === undefined || sharedBlocksRead === undefined || heapBytes === undefined) return true;
  return (sharedBlocksHit + sharedBlocksRead) / calls >= (SCANNED_PART * heapBytes) / 8192;
}

interface Choice {
  readonly columns: readonly string[];
  /** Any index that begins with one of these serves the statement already. */
  readonly usable: readonly string[];
  readonly selectivity: number;
}

interface Question {
  readonly row: StatementRow;
  readonly table: At['table'];
  readonly parsed: ParsedStatement;
  readonly resolved: ResolvedStatement;
  readonly mention: number;
}

function chooseColumns(question: Question): Choice | null {
  const { table, parsed, resolved, mention } = question;
  const equalities = equalitiesOf(question);
  const taken: { readonly column: string; readonly share: number }[] = [];
  let share = 1;
  for (const next of equalities) {
    if (taken.length === MOST_EQUALITIES || share * table.liveRows <= FEW_ROWS || next.share > 0.5) break;
    taken.push(next);
    share *= next.share;
  }
  const order = parsed.limited ? firstOrder(resolved, mention) : null;
  const range = rangeOf(question);
  const rangeShare = range === null ? null : measuredShare(question);
  if (taken.length === 0) {
    // A top-N without any condition reads only its page; with conditions nobody knows how far it must read.
    const free = !resolved.predicates.some((predicate) => predicate.table === mention) && resolved.tables.length === 1;
    if (order !== null && free) {
      return { columns: [order], usable: [order], selectivity: Math.min(1, FEW_ROWS / table.liveRows) };
    }
    if (range === null || rangeShare === null || rangeShare > SELECTIVITY_CEILING) return null;
    return { columns: [range], usable: [range], selectivity: rangeShare };
  }
  if (share > SELECTIVITY_CEILING) return null;
  const names = taken.map(({ column }) => column);
  const last = share * table.liveRows > FEW_ROWS ? (order ?? range) : null;
  const columns = last === null || names.includes(last) ? names : [...names, last];
  const usable = taken.filter((next) => next.share <= SELECTIVITY_CEILING).map(({ column }) => column);
  return { columns, usable, selectivity: Math.max(share, 1 / table.liveRows) };
}

/** Most selective first. A joined column counts where the other side is narrowed down to few rows. */
function equalitiesOf({ table, parsed, resolved, mention }: Question): readonly { column: string; share: number }[] {
  const values = new Map<string, number>();
  for (const { table: of, column, op, onParameter, conjunct } of resolved.predicates) {
    if (of !== mention || !onParameter || !conjunct) continue;
    if (op === 'equality') values.set(column, 1);
    else if (op === 'in' && !values.has(column)) values.set(column, VALUES_IN_LIST);
  }
  for (const { left, right } of resolved.joins) {
    const [here, there] = left.table === mention ? [left, right] : [right, left];
    if (here.table !== mention || parsed.tables[there.table] === undefined || values.has(here.column)) continue;
    if (isNarrowed(there.table, resolved)) values.set(here.column, 1);
  }
  return [...values]
    .flatMap(([name, factor]) => {
      const column = columnOf(table, name);
      const share = column === null || !isIndexable(column) ? null : equalitySelectivity(column, table.liveRows);
      return share === null ? [] : [{ column: name, share: Math.min(1, share * factor), factor }];
    })
    .sort((a, b) => a.factor - b.factor || a.share - b.share || (a.column < b.column ? -1 : 1));
}

function isNarrowed(mention: number, { predicates, tables }: ResolvedStatement): boolean {
  const row = tables[mention] ?? null;
  return predicates.some(({ table, column, op, onParameter, conjunct }) => {
    if (table !== mention || op !== 'equality' || !onParameter || !conjunct || row?.liveRows === undefined)
      return false;
    const known = columnOf(row, column);
    const share = known === null ? null : equalitySelectivity(known, row.liveRows);
    return share !== null && share * row.liveRows <= FEW_ROWS;
  });
}

function rangeOf({ table, resolved, mention }: Question): string | null {
  const ranges = resolved.predicates.filter(
    (predicate) =>
      predicate.table === mention && predicate.op === 'range' && predicate.onParameter && predicate.conjunct,
  );
  const names = [...new Set(ranges.map((predicate) => predicate.column))].filter((name) => {
    const column = columnOf(table, name);
    return column !== null && isIndexable(column);
  });
  return names.length === 1 ? (names[0] ?? null) : null; // of two ranges the index could use one, and which is a guess
}

function firstOrder({ orderBy }: ResolvedStatement, mention: number): string | null {
  const [first] = orderBy ?? [];
  return orderBy?.length === 1 && first?.table === mention ? first.column : null;
}

/** Rows returned per call over rows in the table; meaningful only where nothing else cuts or multiplies them. */
function measuredShare({ row, table, parsed }: Question): number | null {
  if (row.rows === undefined || row.calls === undefined || row.calls <= 0) return null;
  const plain = parsed.kind !== 'insert' && parsed.tables.length === 1 && !parsed.limited;
  if (!plain || parsed.aggregatesOnly || parsed.grouped) return null;
  return Math.min(1, row.rows / row.calls / table.liveRows);
}

/** Something valid leads there already: then this statement is not why the table is read. */
function isServed(usable: readonly string[], columns: readonly string[], indexes: readonly IndexRow[]): boolean {
  return indexes.some((index) => {
    if (index.valid === false || index.ready === false || index.predicate !== undefined) return false;
    const leading = leadingColumns(index);
    const [first] = leading;
    if (first !== undefined && usable.includes(first)) return true;
    return columns.every((column) => leading.slice(0, columns.length).includes(column));
  });
}
