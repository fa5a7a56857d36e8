/** What a statement asks of one table: equalities, a range, filters without values, and how much each keeps. */
import type { StatementRow, TableRow } from '../../model/rows.ts';
import type { ResolvedPredicate, ResolvedStatement } from '../sql/resolve.ts';
import type { ParsedStatement } from '../sql/statement.ts';
import type { Filter } from './design.ts';
import { columnOf, equalitySelectivity, filterShare, isIndexable } from './selectivity.ts';

/** An equality that leaves this few rows needs no further column. */
export const FEW_ROWS = 100;
/** IN lists are asked for with some values at a time. */
const VALUES_IN_LIST = 10;

export interface Question {
  readonly row: StatementRow;
  readonly table: TableRow & { readonly liveRows: number };
  readonly parsed: ParsedStatement;
  readonly resolved: ResolvedStatement;
  /** Which mention of a table in the statement is this one. */
  readonly mention: number;
}

export interface Equality {
  readonly column: string;
  /** Of the table's rows that it keeps. */
  readonly share: number;
  /** 1, or the values of an IN list. */
  readonly factor: number;
}

export interface KeptFilter extends Filter {
  /** null where statistics do not tell. */
  readonly share: number | null;
}

/** Most selective first. A joined column counts where the other side is narrowed down to few rows. */
export function equalitiesOf({ table, parsed, resolved, mention }: Question): readonly Equality[] {
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

/** Of two ranges an index could use one, and which is a guess. */
export function rangeOf({ table, resolved, mention }: Question): string | null {
  const ranges = resolved.predicates.filter(
    (predicate) =>
      predicate.table === mention && predicate.op === 'range' && predicate.onParameter && predicate.conjunct,
  );
  const names = [...new Set(ranges.map((predicate) => predicate.column))].filter((name) => {
    const column = columnOf(table, name);
    return column !== null && isIndexable(column);
  });
  return names.length === 1 ? (names[0] ?? null) : null;
}

/** Rows returned per call over rows in the table; meaningful only where nothing else cuts or multiplies them. */
export function measuredShare({ row, table, parsed }: Question): number | null {
  if (row.rows === undefined || row.calls === undefined || row.calls <= 0) return null;
  const plain = parsed.kind !== 'insert' && parsed.tables.length === 1 && !parsed.limited;
  if (!plain || parsed.aggregatesOnly || parsed.grouped) return null;
  return Math.min(1, row.rows / row.calls / table.liveRows);
}

/** `deleted_at IS NULL`, `active`, `NOT active`: the same for every execution, so an index may be limited to them. */
export function filtersOf({ table, resolved, mention }: Question): readonly KeptFilter[] {
  const filters = new Map<string, KeptFilter>();
  for (const predicate of resolved.predicates) {
    const holds = predicate.table === mention && predicate.conjunct ? holdsOf(predicate) : null;
    if (holds === null) continue;
    const filter = { column: predicate.column, holds };
    const column = columnOf(table, predicate.column);
    filters.set(`${holds} ${predicate.column}`, {
      ...filter,
      share: column === null ? null : filterShare(filter, column),
    });
  }
  return [...filters.values()].sort((a, b) => (a.share ?? 1) - (b.share ?? 1) || (a.column < b.column ? -1 : 1));
}

export function holdsOf({ op }: Pick<ResolvedPredicate, 'op'>): Filter['holds'] | null {
  return op === 'null' || op === 'not-null' || op === 'is-true' || op === 'is-false' ? op : null;
}
