/** What the planner said of a proposed index → the proposal with its numbers, or why it is none. */
import type { Snapshot } from '../../model/snapshot.ts';
import type { Interval } from '../../model/units.ts';
import type { PricedStatement } from '../../model/what-if.ts';
import { definitionOf } from './design.ts';
import type { HeavyTable, Price, Proposal } from './proposals.ts';
import { sameTable } from './shape.ts';

/** Estimates of the same plan differ by this much without meaning anything. */
const HURT = 1.1;

/** null: the planner was not asked. */
export function priceOf(proposal: Proposal, table: HeavyTable, { whatIf = [] }: Snapshot): Price | null {
  const definition = definitionOf(proposal.design, table);
  const found = whatIf.find((one) => sameTable(one, table) && one.definition === definition);
  if (found === undefined) return null;
  const prices = new Map(found.statements.map((one) => [one.statement, one]));
  const asked = proposal.candidates.flatMap(({ row }) => {
    const price = prices.get(row.statement);
    return price === undefined ? [] : [{ price, timeMs: row.totalTimeMs ?? 0 }];
  });
  if (asked.length === 0) return null;
  const total = asked.reduce((sum, { timeMs }) => sum + timeMs, 0);
  const costShare = asked.reduce((sum, { price, timeMs }) => {
    const weight = total > 0 ? timeMs / total : 1 / asked.length;
    return sum + weight * shareOf(price);
  }, 0);
  return {
    sizeBytes: found.sizeBytes,
    costShare,
    asked: asked.length,
    using: asked.filter(({ price }) => price.usesIndex).length,
    hurt: found.statements.filter(({ costBefore, costAfter }) => costAfter > costBefore * HURT),
  };
}

function shareOf({ costBefore, costAfter, usesIndex }: PricedStatement): number {
  return usesIndex && costBefore > 0 ? Math.max(0, 1 - costAfter / costBefore) : 0;
}

/** Time that statements lose, as the planner sees it, against the time that others gain. */
export function doesHarm(price: Price, proposal: Proposal, { statements }: Snapshot): boolean {
  const lost = price.hurt.reduce((sum, { statement, costBefore, costAfter }) => {
    const timeMs = statements.find((row) => row.statement === statement)?.totalTimeMs ?? 0;
    return sum + timeMs * (costAfter / Math.max(costBefore, Number.MIN_VALUE) - 1);
  }, 0);
  return lost > 0 && lost >= (price.costShare * proposal.totalTimeMs) / 2;
}

/**
 * Cost is no time: what is in memory gains less than the planner thinks, and a statement that waits gains nothing. So of
 * the planner and the model of rows and time, the one that promises less is believed, and the table's own counter must
 * confirm the scans, as without prices. What is beside the table in a join the planner sees better.
 */
export function pricedShare({ costShare, asked }: Price, { candidates, confirmed, reduces }: Proposal): Interval {
  const known = candidates.length === 0 ? 0 : asked / candidates.length;
  const mixed = (priced: number, modelled: number) => priced * known + modelled * (1 - known);
  const joined = candidates.some(({ shared }) => shared);
  const likely = joined ? costShare * confirmed * 0.9 : Math.min(reduces.likely, costShare * confirmed);
  return {
    low: mixed(Math.min(reduces.low, costShare * confirmed * (joined ? 0.5 : 1)), reduces.low),
    likely: mixed(likely, reduces.likely),
    high: mixed(Math.max(costShare, reduces.high), reduces.high),
  };
}
