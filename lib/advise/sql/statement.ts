/** What advisors ask of a statement. What cannot be known from the text alone stays null, never guessed. */
import type { Node } from 'libpg-query';

export type StatementKind = 'select' | 'insert' | 'update' | 'delete' | 'merge' | 'utility';

export interface ParsedTable {
  readonly schema?: string;
  readonly name: string;
  /** The name by which the statement calls it: alias, else the table's own name. */
  readonly alias: string;
  /** The table an INSERT, UPDATE, DELETE or MERGE writes. */
  readonly isTarget: boolean;
}

export interface ColumnUse {
  readonly name: string;
  /** Position in `tables`; null when the text alone does not tell. */
  readonly table: number | null;
  /** Tables it may belong to, innermost scope first; `resolve` decides when the columns are known. */
  readonly candidates: readonly (readonly number[])[];
}

/** `function`: the column is inside an expression, so a plain index on it does not help. */
export type PredicateOp =
  | 'equality'
  | 'in'
  | 'range'
  | 'like-prefix'
  | 'like'
  | 'null'
  | 'not-null'
  | 'is-true'
  | 'is-false'
  | 'function'
  | 'other';

export interface Predicate {
  readonly column: ColumnUse;
  readonly op: PredicateOp;
  /** Compared with something known before the scan: a parameter, a constant, an uncorrelated scalar subquery. */
  readonly onParameter: boolean;
  /** Every row must satisfy it; false below OR and NOT, where one index cannot serve it. */
  readonly conjunct: boolean;
}

export interface JoinPair {
  readonly left: ColumnUse;
  readonly right: ColumnUse;
}

export interface OrderColumn {
  /** null for an expression. */
  readonly column: ColumnUse | null;
  readonly descending: boolean;
  /** As written, or by default: NULLs come first where the order descends. */
  readonly nullsFirst: boolean;
}

export interface ParsedStatement {
  readonly kind: StatementKind;
  /** Every mention of a real table, also in subqueries; not CTEs. */
  readonly tables: readonly ParsedTable[];
  readonly predicates: readonly Predicate[];
  readonly joins: readonly JoinPair[];
  /** Of the outermost SELECT. */
  readonly orderBy: readonly OrderColumn[];
  /** The outermost SELECT has LIMIT or FETCH FIRST. */
  readonly limited: boolean;
  /** The outermost SELECT has only aggregates and no GROUP BY: one row. */
  readonly aggregatesOnly: boolean;
  readonly grouped: boolean;
  /** The outermost statement has WHERE. */
  readonly filtered: boolean;
  /** Columns an UPDATE sets on its target. */
  readonly assigned: readonly string[];
  /** Inference columns of ON CONFLICT; empty without one. */
  readonly conflictColumns: readonly string[];
  /** ON CONFLICT names its constraint. */
  readonly conflictConstraint?: string;
  /** libpg-query's tree of the one statement. */
  readonly tree: Node;
}
