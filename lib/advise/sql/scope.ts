/** Which table a column belongs to, as far as the text tells. */
import type { ColumnRef, Node } from 'libpg-query';
import type { ColumnUse } from './statement.ts';

export interface Scope {
  /** Positions in the statement's tables, in order of mention. */
  readonly tables: number[];
  /** Position by alias; null for a subquery, function or CTE. */
  readonly names: Map<string, number | null>;
  readonly outer: Scope | null;
}

export function newScope(outer: Scope | null): Scope {
  return { tables: [], names: new Map(), outer };
}

export function nameOf(node: Node | undefined): string | null {
  return node !== undefined && 'String' in node ? (node.String.sval ?? '') : null;
}

/** `t.c`, `s.t.c` or `c`; null for stars and composite fields. */
export function columnUse(ref: ColumnRef, scope: Scope): ColumnUse | null {
  const names = (ref.fields ?? []).map(nameOf);
  const name = names.at(-1);
  if (name === null || name === undefined || names.includes(null)) return null;
  const qualifier = names.at(-2) ?? null;
  if (qualifier === null) return unqualified(name, scope);
  for (let level: Scope | null = scope; level !== null; level = level.outer) {
    const table = level.names.get(qualifier);
    if (table !== undefined) return { name, table, candidates: table === null ? [] : [[table]] };
  }
  return { name, table: null, candidates: [] };
}

/** Sure only where exactly one source is in sight; an inner query may also mean a column of the outer one. */
function unqualified(name: string, scope: Scope): ColumnUse {
  const candidates: (readonly number[])[] = [];
  for (let level: Scope | null = scope; level !== null; level = level.outer) candidates.push([...level.tables]);
  const [only] = scope.tables;
  const sure = scope.outer === null && scope.names.size === 1 && scope.tables.length === 1;
  return { name, table: sure && only !== undefined ? only : null, candidates };
}
