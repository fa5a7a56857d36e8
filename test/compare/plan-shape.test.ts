import { expect, test } from 'vitest';
import { loadsOf } from '../../lib/compare/loads.ts';
import { shapeOf } from '../../lib/compare/plan-shape.ts';
import { weekOf } from '../../lib/compare/week.ts';
import type { PlanNode, QueryPlan } from '../../lib/model/query-plan.ts';
import { called, now } from './weeks.ts';

const node = (over: Partial<PlanNode>): PlanNode => ({
  ...{
    type: 'Seq Scan',
    schema: 'public',
    table: 'orders',
    startupCost: 0,
    totalCost: 10,
    rows: 1,
    width: 8,
    children: [],
  },
  ...over,
});
const plan = (root: PlanNode): QueryPlan => ({
  basis: 'generic',
  of: 'statement',
  searchPath: 'public',
  settings: {},
  root,
});
const sort = (child: PlanNode) => node({ type: 'Sort', children: [child] });

test('the same plan at another cost has the same shape; another scan, index or order of nodes has not', () => {
  const shape = (root: PlanNode) => shapeOf(plan(root));
  expect(shape(node({ totalCost: 900, rows: 7, workers: 2 }))).toBe(shape(node({})));
  const all = [
    node({}),
    node({ type: 'Index Scan', index: 'a' }),
    node({ type: 'Index Scan', index: 'b' }),
    sort(node({})),
    node({ children: [node({ type: 'Sort' })] }),
  ].map(shape);
  expect(new Set(all).size).toBe(all.length);
});

test('the week keeps it with the statement, and only where it was asked for', () => {
  const [with_, without] = [{ ...called('x'), plan: plan(node({})) }, called('y')];
  const loads = loadsOf(weekOf(now([with_, without])));
  expect(loads.byKey.get('shop/x')?.planShape).toBe(shapeOf(plan(node({}))));
  expect(loads.byKey.get('shop/y')?.planShape).toBeNull();
});
