import { describe, expect } from 'vitest';
import { filtersAfterIndex } from '../../../lib/advise/query/filters-after-index.ts';
import type { PlanNode } from '../../../lib/model/query-plan.ts';
import { testAdvisor } from '../../support/advisor.ts';
import { aNode, aPlan } from '../../support/plans.ts';
import { aKey, anIndex, aSnapshot, aStatement, aTable } from '../../support/rows.ts';

const byTime = anIndex({ index: 'orders_created_idx', columns: ['created_at'] });
const walk = (over: Partial<PlanNode> = {}) =>
  aNode('Index Scan', {
    ...{ schema: 'public', table: 'orders', index: 'orders_created_idx', filter: '(customer_id = $1)' },
    ...over,
  });
const limited = (node: PlanNode) => aPlan(aNode('Limit', { rows: 10, children: [node] }));
const costly = {
  ...{ calls: 1000, totalTimeMs: 3_600_000, rows: 10_000, sharedBlocksHit: 9_000_000, sharedBlocksRead: 0 },
  text: 'SELECT id FROM orders WHERE customer_id = $1 ORDER BY created_at LIMIT $2',
};
const seen = (plan = limited(walk()), over = {}, indexes = [byTime]) =>
  aSnapshot({ tables: [aTable()], indexes, statements: [aStatement({ ...costly, plan, ...over })] });
const ranged = aPlan(walk({ indexCond: '(created_at > $2)' }));

describe('filters-after-index', () => {
  testAdvisor(filtersAfterIndex, {
    passes: [
      { name: 'a walk that finds its rows at once', snapshot: seen(limited(walk()), { sharedBlocksHit: 20_000 }) },
      { name: 'rows that explain the blocks', snapshot: seen(limited(walk()), { rows: 4_000_000 }) },
      {
        name: 'an index that serves it',
        snapshot: seen(limited(walk()), {}, [byTime, anIndex({ columns: ['customer_id', 'created_at'] })]),
      },
      { name: 'no limit and no condition: all was asked for in order', snapshot: seen(aPlan(walk())) },
      { name: 'a filter with OR', snapshot: seen(limited(walk({ filter: '((customer_id = $1) OR (id = $2))' }))) },
      { name: 'a filter that is no equality', snapshot: seen(limited(walk({ filter: '(customer_id > $1)' }))) },
      {
        name: 'a descending or an expression key, whose order cannot be told from its columns',
        snapshot: seen(limited(walk()), {}, [{ ...byTime, keys: [aKey('created_at', { descending: true })] }]),
      },
      {
        name: 'a join, where the rows of one table explain nothing',
        snapshot: seen(limited(walk()), {
          text: 'SELECT o.id FROM orders o JOIN customers c ON c.id = o.customer_id WHERE o.customer_id = $1 LIMIT 1',
        }),
      },
    ],
    flags: [
      {
        name: 'ORDER BY and LIMIT by the wrong index: the filter in front, the order behind (trap 38)',
        snapshot: seen(),
        expect: ([finding]) => {
          expect(finding?.steps.map(({ sql }) => sql)).toContain(
            'CREATE INDEX CONCURRENTLY orders_customer_id_created_at_idx ON public.orders (customer_id, created_at);',
          );
          expect(finding?.risk.rollback).toEqual(['DROP INDEX CONCURRENTLY public.orders_customer_id_created_at_idx;']);
          expect(finding?.benefit).toMatchObject({ confidence: 'low', reduces: { low: 0 } });
        },
      },
      { name: 'a range that a filter empties afterwards', snapshot: seen(ranged) },
    ],
    blind: [{ name: 'without a plan', snapshot: aSnapshot(), why: /No plan/ }],
  });
});
