import { describe, expect } from 'vitest';
import { nestedLoopsOverTables } from '../../../lib/advise/query/nested-loops-over-tables.ts';
import { testAdvisor } from '../../support/advisor.ts';
import { aNode, aPlan } from '../../support/plans.ts';
import { aSnapshot, aStatement, aTable } from '../../support/rows.ts';

const outer = (rows: number) => aNode('Index Scan', { relationship: 'Outer', schema: 'public', table: 'orders', rows });
const scan = aNode('Seq Scan', { relationship: 'Inner', schema: 'public', table: 'rates', rows: 50_000 });
const loop = (rows: number, inner = scan) =>
  aNode('Nested Loop', { joinFilter: '(o.currency = (r.currency)::text)', children: [outer(rows), inner] });
const costly = {
  ...{ calls: 1000, totalTimeMs: 3_600_000, rows: 20_000, sharedBlocksHit: 5_000_000, sharedBlocksRead: 0 },
  text: 'SELECT o.id FROM orders o JOIN rates r ON o.currency = r.currency::text WHERE o.id > $1',
};
const seen = (plan = loop(500), over = {}, liveRows = 50_000) =>
  aSnapshot({
    tables: [aTable(), aTable({ table: 'rates', liveRows })],
    statements: [aStatement({ ...costly, plan: aPlan(plan), ...over })],
  });

describe('nested-loops-over-tables', () => {
  testAdvisor(nestedLoopsOverTables, {
    passes: [
      { name: 'few rows outside', snapshot: seen(loop(20)) },
      { name: 'a small table inside', snapshot: seen(loop(500), {}, 900) },
      {
        name: 'an index inside',
        snapshot: seen(loop(500, aNode('Index Scan', { relationship: 'Inner', schema: 'public', table: 'rates' }))),
      },
      { name: 'a hash join', snapshot: seen(aNode('Hash Join', { children: [outer(500), scan] })) },
      {
        name: 'a statement that reads little, whatever its plan',
        snapshot: seen(loop(500), { sharedBlocksHit: 9000 }),
      },
    ],
    flags: [
      {
        name: 'a large table read for each of many rows, largest product first',
        snapshot: seen(),
        expect: ([finding]) => {
          expect(finding?.title).toContain('public.rates');
          expect(finding?.approach).toContain('50,000 rows) from end to end for each of about 500 rows');
        },
      },
      {
        name: 'also where it is kept in memory between the rounds',
        snapshot: seen(loop(500, aNode('Materialize', { relationship: 'Inner', children: [scan] }))),
      },
      {
        name: 'a join without a condition is called that',
        snapshot: seen(aNode('Nested Loop', { children: [outer(500), scan] })),
        expect: ([finding]) => expect(finding?.approach).toContain('whether one was forgotten'),
      },
    ],
    blind: [{ name: 'without a plan', snapshot: aSnapshot(), why: /No plan/ }],
  });
});
