/** What a statement asks of a table → the one index that would serve it best by itself. */
import type { IndexRow } from '../../model/rows.ts';
import { coveringColumns } from './covering.ts';
import { ascending, columnsOf, type Design, type DesignKey } from './design.ts';
import { inExistingOrder } from './extension.ts';
import {
  type Equality,
  equalitiesOf,
  FEW_ROWS,
  filtersOf,
  type KeptFilter,
  measuredShare,
  type Question,
  rangeOf,
} from './question.ts';
import { orderKeys, type TopN, topNOf } from './top-n.ts';

/** Above it a sequential scan is often the better plan. */
export const SELECTIVITY_CEILING = 0.05;
/** A partial index is worth its special case where it leaves out most of the table. */
const PARTIAL_CEILING = 0.2;
const MOST_EQUALITIES = 2;

/** All that is needed to tell what any index would do for the statement. */
export interface Asked {
  readonly equalities: readonly Equality[];
  readonly filters: readonly KeptFilter[];
  readonly range: { readonly column: string; readonly share: number | null } | null;
  readonly topN: TopN | null;
}

export interface Choice {
  readonly design: Design;
  /** Any index that begins with one of these serves the statement already. */
  readonly usable: readonly string[];
  readonly selectivity: number;
  readonly asked: Asked;
}

export function choose(question: Question, indexes: readonly IndexRow[]): Choice | null {
  const { table } = question;
  const equalities = equalitiesOf(question);
  const filters = filtersOf(question);
  const range = rangeOf(question);
  const rangeShare = range === null ? null : measuredShare(question);
  const found = (keys: readonly DesignKey[], where: readonly KeptFilter[], selectivity: number): Choice => {
    const asked: Asked = {
      ...{ equalities, filters, range: range === null ? null : { column: range, share: rangeShare } },
      topN: topNOf(
        question,
        equalities,
        filters.filter((filter) => !where.includes(filter)),
      ),
    };
    const design = { keys, where: where.map(({ column, holds }) => ({ column, holds })), include: [] };
    const include = coveringColumns(question, design);
    const usable = equalities.filter(({ share }) => share <= SELECTIVITY_CEILING).map(({ column }) => column);
    return { design: { ...design, include }, usable, selectivity: Math.max(selectivity, 1 / table.liveRows), asked };
  };

  const taken: Equality[] = [];
  let share = 1;
  for (const next of equalities) {
    if (taken.length === MOST_EQUALITIES || share * table.liveRows <= FEW_ROWS || next.share > 0.5) break;
    taken.push(next);
    share *= next.share;
  }
  const names = inExistingOrder(
    taken.map(({ column }) => column),
    indexes,
  );
  const keys = names.map(ascending);
  if (share * table.liveRows <= FEW_ROWS) return found(keys, [], share);

  const where = filters.filter((filter) => filter.share !== null && filter.share <= PARTIAL_CEILING);
  const kept = where.reduce((least, filter) => Math.min(least, filter.share ?? 1), 1);
  const topN = topNOf(
    question,
    equalities,
    filters.filter((filter) => !where.includes(filter)),
  );
  if (topN !== null && topN.share <= SELECTIVITY_CEILING) {
    const choice = found([...inExistingOrder(topN.equal, indexes).map(ascending), ...topN.order], where, topN.share);
    return topN.equal.length > 0 || where.length > 0
      ? choice
      : { ...choice, usable: columnsOf(choice.design).slice(0, 1) };
  }
  if (taken.length === 0 && where.length === 0) {
    if (range === null || rangeShare === null || rangeShare > SELECTIVITY_CEILING) return null;
    return { ...found([ascending(range)], [], rangeShare), usable: [range] };
  }
  if (share * kept > SELECTIVITY_CEILING) return null;
  const order = question.parsed.limited ? orderKeys(question, names) : null;
  const last = order ?? (range === null || names.includes(range) ? [] : [ascending(range)]);
  const complete = [...keys, ...last];
  return found(complete.length > 0 ? complete : keysOfFilters(where, indexes), where, share * kept);
}

/** A partial index that only has to list its rows: by their key, so that it stays narrow and unique values stay apart. */
function keysOfFilters(where: readonly KeptFilter[], indexes: readonly IndexRow[]): readonly DesignKey[] {
  const primary = indexes.find((index) => index.primary === true)?.keys?.map(({ name }) => name);
  const [first] = where;
  return (primary ?? (first === undefined ? [] : [first.column])).map(ascending);
}
