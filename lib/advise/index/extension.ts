/** A new index that begins with an existing one's columns takes its place: one longer index, not two similar ones. */
import type { IndexRow } from '../../model/rows.ts';
import { ascending, type Design, keySql } from './design.ts';
import { isComparable, isDispensable } from './redundant.ts';
import { isWhole } from './shape.ts';

/** Existing indexes that the new one does not need beside it. `indexes`: those of its table. */
export function takenOver(design: Design, indexes: readonly IndexRow[]): readonly IndexRow[] {
  return indexes
    .filter(
      (index) => isComparable(index) && isDispensable(index) && design.where.length === 0 && begins(index, design),
    )
    .sort((a, b) => (a.index < b.index ? -1 : 1));
}

function begins(index: IndexRow, { keys, include }: Design): boolean {
  const own = index.keys ?? [];
  const carried = (index.included ?? []).every((column) => include.includes(column));
  if (index.method !== 'btree' || !isWhole(index) || index.unique !== false || !carried) return false;
  if (own.length === 0 || own.length >= keys.length) return false;
  return own.every((key, at) => {
    const other = keys[at];
    // The new one has the default operator class and collation of its column.
    const usual = !key.expression && key.collation === undefined && !key.opclass.includes('pattern');
    return usual && other !== undefined && keySql({ ...key, column: key.name }) === keySql(other);
  });
}

/** Which column of an equality comes first is free: so the order of an existing index is kept, and the new one extends it. */
export function inExistingOrder(columns: readonly string[], indexes: readonly IndexRow[]): readonly string[] {
  const orders = indexes
    .filter((index) => isComparable(index) && isDispensable(index) && index.unique === false)
    .flatMap((index) => {
      const first = (index.keys ?? []).map(({ name }) => name);
      if (first.length === 0 || !first.every((name) => columns.includes(name))) return [];
      const order = [...first, ...columns.filter((name) => !first.includes(name))];
      const design: Design = { keys: [...order, ''].map(ascending), where: [], include: index.included ?? [] };
      return begins(index, design) ? [{ order, length: first.length, name: index.index }] : [];
    });
  const [longest] = orders.sort((a, b) => b.length - a.length || (a.name < b.name ? -1 : 1));
  return longest?.order ?? columns;
}
