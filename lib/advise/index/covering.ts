/** Columns an index may carry along, so that the table itself is not read at all. */
import type { ColumnRef } from 'libpg-query';
import { outermostSelect } from '../sql/form.ts';
import { nameOf } from '../sql/scope.ts';
import { columnsOf, type Design } from './design.ts';
import { FEW_ROWS, filtersOf, type Question } from './question.ts';
import { columnOf } from './selectivity.ts';

const MOST_COLUMNS = 3;
const MOST_BYTES = 32;
/** Pages that VACUUM has marked; of others an index-only scan reads the table all the same. */
const VISIBLE_SHARE = 0.9;

/** Empty where the statement fetches few rows, needs more than a few narrow columns, or the table changes too much. */
export function coveringColumns(question: Question, design: Design): readonly string[] {
  const { row, table, parsed, resolved, mention } = question;
  const { pages = 0, allVisiblePages } = table;
  if (allVisiblePages === undefined || pages <= 0 || allVisiblePages / pages < VISIBLE_SHARE) return [];
  if (parsed.kind !== 'select' || parsed.tables.length > 1 || (row.calls ?? 0) <= 0) return [];
  if (row.rows === undefined || row.rows / (row.calls ?? 1) < FEW_ROWS) return [];
  const selected = selectedColumns(question);
  if (selected === null) return [];
  const filtered = resolved.predicates.flatMap(({ table: of, column }) => (of === mention ? [column] : []));
  const ordered = (resolved.orderBy ?? []).map(({ column }) => column);
  // What the predicate of a partial index promises needs not be read again.
  const promised = filtersOf(question).flatMap(({ column, holds }) =>
    design.where.some((filter) => filter.column === column && filter.holds === holds) ? [column] : [],
  );
  const keys = columnsOf(design);
  const needed = [...new Set([...selected, ...filtered.filter((name) => !promised.includes(name)), ...ordered])];
  const more = needed.filter((name) => !keys.includes(name)).sort();
  const widths = more.map((name) => columnOf(table, name)?.averageBytes ?? Number.POSITIVE_INFINITY);
  const narrow = widths.reduce((total, width) => total + width, 0) <= MOST_BYTES;
  return more.length <= MOST_COLUMNS && narrow ? more : [];
}

/** null: an expression, a star, or more than one SELECT. */
function selectedColumns({ parsed }: Question): readonly string[] | null {
  const select = outermostSelect(parsed.tree);
  if (select === null || parsed.predicates.some(({ op }) => op === 'function')) return null;
  const names: string[] = [];
  for (const target of select.targetList ?? []) {
    const value = 'ResTarget' in target ? target.ResTarget.val : undefined;
    const ref: ColumnRef | null = value !== undefined && 'ColumnRef' in value ? value.ColumnRef : null;
    const name = nameOf(ref?.fields?.at(-1));
    if (name === null) return null;
    names.push(name);
  }
  return names;
}
