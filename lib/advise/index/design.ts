/** What an index would be: keys in order, and what makes it partial or covering. */
import { quoteName, quoteQualified } from '../sql/quote.ts';

export interface DesignKey {
  readonly column: string;
  readonly descending: boolean;
  readonly nullsFirst: boolean;
}

/** A condition without a value: only such are visible in a normalised text, and fixed for all its executions. */
export interface Filter {
  readonly column: string;
  readonly holds: 'null' | 'not-null' | 'is-true' | 'is-false';
}

export interface Design {
  readonly keys: readonly DesignKey[];
  /** All of them hold for each row of a partial index. */
  readonly where: readonly Filter[];
  readonly include: readonly string[];
}

export const ascending = (column: string): DesignKey => ({ column, descending: false, nullsFirst: false });

export function plainDesign(columns: readonly string[]): Design {
  return { keys: columns.map(ascending), where: [], include: [] };
}

export function columnsOf({ keys }: Design): readonly string[] {
  return keys.map(({ column }) => column);
}

/** As pg_get_indexdef prints it, so that texts can be compared. */
export function keySql({ column, descending, nullsFirst }: DesignKey): string {
  const nulls = nullsFirst === descending ? '' : nullsFirst ? ' NULLS FIRST' : ' NULLS LAST';
  return `${quoteName(column)}${descending ? ' DESC' : ''}${nulls}`;
}

function filterSql({ column, holds }: Filter): string {
  const name = quoteName(column);
  if (holds === 'is-true') return name;
  if (holds === 'is-false') return `(NOT ${name})`;
  return `(${name} IS ${holds === 'null' ? 'NULL' : 'NOT NULL'})`;
}

/** As pg_get_expr prints a predicate; null for a whole index. */
export function whereSql({ where }: Design): string | null {
  const parts = where.map(filterSql);
  return parts.length === 0 ? null : parts.length === 1 ? (parts[0] ?? null) : `(${parts.join(' AND ')})`;
}

/** For titles and sentences: `customer_id, created_at DESC`, with what makes it special after it. */
export function described(design: Design): string {
  const keys = design.keys.map((key) => `${key.column}${keySql(key).slice(quoteName(key.column).length)}`).join(', ');
  const include = design.include.length === 0 ? '' : ` including ${design.include.join(', ')}`;
  const words = { null: ' IS NULL', 'not-null': ' IS NOT NULL', 'is-true': '', 'is-false': '' } as const;
  const where = design.where.map(
    ({ column, holds }) => `${holds === 'is-false' ? 'NOT ' : ''}${column}${words[holds]}`,
  );
  return `(${keys})${include}${where.length === 0 ? '' : ` WHERE ${where.join(' AND ')}`}`;
}

/** Identity, and the statement that HypoPG is shown: CREATE INDEX without a name. */
export function definitionOf(design: Design, table: { readonly schema: string; readonly table: string }): string {
  const where = whereSql(design);
  const include = design.include.length === 0 ? '' : ` INCLUDE (${design.include.map(quoteName).join(', ')})`;
  return `CREATE INDEX ON ${quoteQualified(table.schema, table.table)} USING btree (${design.keys.map(keySql).join(', ')})${include}${where === null ? '' : ` WHERE ${where}`}`;
}

export function sameFilters(a: readonly Filter[], b: readonly Filter[]): boolean {
  const implied = (few: readonly Filter[], many: readonly Filter[]) => few.every((one) => holdsIn(one, many));
  return implied(a, b) && implied(b, a);
}

export function holdsIn({ column, holds }: Filter, filters: readonly Filter[]): boolean {
  return filters.some((other) => other.column === column && other.holds === holds);
}

/** Whatever `short` finds, `long` finds as well: its keys begin with the same, over the same rows. */
export function extendsDesign(long: Design, short: Design): boolean {
  const begins = short.keys.every((key, at) => {
    const other = long.keys[at];
    return other !== undefined && keySql(other) === keySql(key);
  });
  const carries = short.include.every((column) => long.include.includes(column) || columnsOf(long).includes(column));
  return begins && carries && sameFilters(long.where, short.where);
}

/** An index with this predicate has every row that fulfils the filters; of predicates of other forms nobody here can say. */
export function predicateHolds(predicate: string, filters: readonly Filter[]): boolean {
  const bare = (sql: string): string => sql.replaceAll(/[()]/g, '').trim();
  const known = filters.map((filter) => bare(filterSql(filter)));
  return predicate.split(/\bAND\b/).every((part) => known.includes(bare(part)));
}
