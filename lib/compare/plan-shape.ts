/** A plan as one number, kept with the week: what it does with which table and index, not what it was thought to cost. */
import { nodesOf, type PlanNode, type QueryPlan } from '../model/query-plan.ts';

/** 32 bits; the same for the same nodes in the same places. */
export function shapeOf({ root, of }: QueryPlan): number {
  let hash = 0x811c9dc5;
  for (const letter of JSON.stringify([of, ...nodesOf(root).map(said)])) {
    hash = Math.imul(hash ^ letter.charCodeAt(0), 0x01000193) >>> 0;
  }
  return hash;
}

/** Workers come and go with the table's size, and conditions are the statement's own. */
function said({ type, relationship, schema, table, index, join, strategy, children }: PlanNode): unknown {
  return [type, relationship, schema, table, index, join, strategy, children.length];
}
