/** Plans as the catalog source keeps them, small. */
import type { PlanNode, QueryPlan } from '../../lib/model/query-plan.ts';

export const aNode = (type: string, over: Partial<PlanNode> = {}): PlanNode => ({
  type,
  startupCost: 0,
  totalCost: 1000,
  rows: 1,
  width: 50,
  children: [],
  ...over,
});

export const aPlan = (root: PlanNode, over: Partial<QueryPlan> = {}): QueryPlan => ({
  basis: 'generic',
  of: 'statement',
  searchPath: 'public',
  settings: {},
  root,
  ...over,
});
