/** ORDER BY … LIMIT: with equality first and the order after it, an index is read until the page is full and no further. */
import { conjunctsOf, isDistinct, outermostSelect } from '../sql/form.ts';
import type { DesignKey } from './design.ts';
import { type Equality, holdsOf, type KeptFilter, type Question } from './question.ts';
import { columnOf, isIndexable } from './selectivity.ts';

const MOST_EQUALITIES = 3;
const MOST_ORDER_COLUMNS = 3;
/** A page where the rows per call were not counted. */
const PAGE_ROWS = 100;

export interface TopN {
  readonly equal: readonly string[];
  readonly order: readonly DesignKey[];
  /** Of the table's rows, what is read for one page. */
  readonly share: number;
}

/**
 * The order as index keys, without columns that an equality makes constant. An order that descends as a whole is an
 * ascending index read backwards, which serves more. null: not of this table alone, or not by columns.
 */
export function orderKeys(
  { table, resolved, mention }: Question,
  equal: readonly string[],
): readonly DesignKey[] | null {
  const { orderBy } = resolved;
  if (orderBy === null || orderBy.some((by) => by.table !== mention)) return null;
  const keys: DesignKey[] = [];
  for (const { column, descending, nullsFirst } of orderBy) {
    if (equal.includes(column) || keys.some((key) => key.column === column)) continue;
    const known = columnOf(table, column);
    if (known === null || !isIndexable(known)) return null;
    keys.push({ column, descending, nullsFirst });
  }
  if (keys.length === 0 || keys.length > MOST_ORDER_COLUMNS) return null;
  const turned = keys.map((key) => ({ ...key, descending: !key.descending, nullsFirst: !key.nullsFirst }));
  const marked = (list: readonly DesignKey[]): number =>
    list.filter(({ descending, nullsFirst }) => descending || nullsFirst).length;
  return marked(turned) < marked(keys) ? turned : keys;
}

/** `filters`: those that the index would not leave out already. null: not limited, or with a condition of which nobody knows how many rows it skips before the page is full. */
export function topNOf(
  question: Question,
  equalities: readonly Equality[],
  filters: readonly KeptFilter[],
): TopN | null {
  const { row, table, parsed, resolved, mention } = question;
  const select = outermostSelect(parsed.tree);
  if (!parsed.limited || select === null || parsed.grouped || parsed.tables.length > 1 || isDistinct(select))
    return null;
  const own = resolved.predicates.filter((predicate) => predicate.table === mention);
  const equal = [...new Set(own.filter(({ op }) => op === 'equality').map(({ column }) => column))];
  const known = equal.every((column) => equalities.some((one) => one.column === column && one.factor === 1));
  const order = orderKeys(question, equal);
  if (order === null || !known || equal.length > MOST_EQUALITIES) return null;
  // A condition that was not understood filters as well.
  if (parsed.predicates.length > own.length || conjunctsOf(select.whereClause).length > own.length) return null;
  const [first] = order;
  const bounds = own.every((predicate) => {
    if (!predicate.conjunct || !predicate.onParameter) return false;
    if (predicate.op === 'equality' || holdsOf(predicate) !== null) return true;
    return predicate.op === 'range' && predicate.column === first?.column; // where the page begins
  });
  const kept = filters.map(({ share }) => share);
  if (!bounds || kept.some((share) => share === null || share <= 0)) return null;
  const calls = row.calls ?? 0;
  const page = row.rows === undefined || calls <= 0 ? PAGE_ROWS : Math.max(1, row.rows / calls);
  // What a filter throws away must be read as well.
  const skipped = kept.reduce<number>((product, share) => product * (share ?? 1), 1);
  const most = equal.reduce(
    (product, column) => product * (equalities.find((one) => one.column === column)?.share ?? 1),
    1,
  );
  const share = Math.min(most, page / skipped / table.liveRows);
  return { equal: equalities.filter(({ column }) => equal.includes(column)).map(({ column }) => column), order, share };
}
