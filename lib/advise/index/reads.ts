/** Which share of the table a statement would still read with a given index; null where it would not use it. */
import type { Candidate } from './candidates.ts';
import { columnsOf, type Design, extendsDesign, holdsIn, keySql } from './design.ts';

export function readShare({ asked, design: own, selectivity }: Candidate, design: Design): number | null {
  if (extendsDesign(design, own)) return selectivity;
  if (!design.where.every((filter) => holdsIn(filter, asked.filters))) return null;
  const kept = asked.filters
    .filter((filter) => holdsIn(filter, design.where))
    .reduce((least, { share }) => Math.min(least, share ?? 1), 1);
  let share = kept;
  let used = design.where.length > 0;
  const bound: string[] = [];
  for (const column of columnsOf(design)) {
    const equality = asked.equalities.find((one) => one.column === column);
    if (equality === undefined) {
      if (asked.range?.column === column) {
        share *= asked.range.share ?? 1;
        used ||= asked.range.share !== null;
      }
      break;
    }
    share *= equality.share;
    bound.push(column);
    used = true;
  }
  const { topN } = asked;
  // Where it skips nothing but what its equalities name, it is read in order until the page is full.
  const rest = design.keys.slice(bound.length).map(keySql);
  const inOrder =
    topN !== null &&
    topN.equal.length === bound.length &&
    topN.equal.every((column) => bound.includes(column)) &&
    topN.order.every((key, at) => rest[at] === keySql(key));
  if (inOrder) return Math.min(share, topN.share);
  return used ? share : null;
}
