/** Ties a statement's mentions to the tables of the snapshot, now that their columns are known. */
import type { TableRow } from '../../model/rows.ts';
import { tablesNamed } from '../lookup.ts';
import type { ColumnUse, ParsedStatement, PredicateOp } from './statement.ts';

export interface ResolvedPredicate {
  /** Position in `tables`. */
  readonly table: number;
  readonly column: string;
  readonly op: PredicateOp;
  readonly onParameter: boolean;
  readonly conjunct: boolean;
}

export interface ResolvedSide {
  readonly table: number;
  readonly column: string;
}

export interface ResolvedStatement {
  /** The table row of each mention; null when it is not in the snapshot, or in more than one schema. */
  readonly tables: readonly (TableRow | null)[];
  readonly predicates: readonly ResolvedPredicate[];
  readonly joins: readonly { readonly left: ResolvedSide; readonly right: ResolvedSide }[];
  /** null as soon as one order column is an expression or unknown. */
  readonly orderBy: readonly (ResolvedSide & { readonly descending: boolean; readonly nullsFirst: boolean })[] | null;
}

/** `tables`: those of the statement's database. */
export function resolve(parsed: ParsedStatement, tables: readonly TableRow[]): ResolvedStatement {
  const database = tables[0]?.database ?? '';
  const rows = parsed.tables.map((mention) => {
    const named = tablesNamed(tables, database, mention.name).filter(
      (row) => mention.schema === undefined || row.schema === mention.schema,
    );
    // Without search_path an unqualified name in two schemas is not known.
    return named.length === 1 ? (named[0] ?? null) : null;
  });
  const side = (use: ColumnUse): ResolvedSide | null => {
    const table = ownerOf(use, rows);
    return table === null ? null : { table, column: use.name };
  };
  const predicates = parsed.predicates.flatMap(({ column, ...rest }) => {
    const known = side(column);
    return known === null ? [] : [{ ...known, ...rest }];
  });
  const joins = parsed.joins.flatMap((pair) => {
    const [left, right] = [side(pair.left), side(pair.right)];
    return left === null || right === null || left.table === right.table ? [] : [{ left, right }];
  });
  const order = parsed.orderBy.map(({ column, ...direction }) => {
    const known = column === null ? null : side(column);
    return known === null ? null : { ...known, ...direction };
  });
  const orderBy = order.filter((column) => column !== null);
  return { tables: rows, predicates, joins, orderBy: orderBy.length === order.length ? orderBy : null };
}

/**
 * The innermost scope in which exactly one table has the column: two would not have run. A scope with a table whose
 * columns nobody saw cannot rule itself out, so the search ends there.
 */
function ownerOf(use: ColumnUse, rows: readonly (TableRow | null)[]): number | null {
  if (use.table !== null && rows[use.table]?.columns === undefined) return use.table;
  for (const level of use.candidates) {
    const owners = level.filter((table) => rows[table]?.columns?.some((column) => column.name === use.name));
    if (owners.length > 1) return null;
    if (owners[0] !== undefined) return owners[0];
    if (level.some((table) => rows[table]?.columns === undefined)) return null;
  }
  return null;
}
