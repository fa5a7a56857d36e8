import { describe, expect } from 'vitest';
import { wrongRowEstimates } from '../../../lib/advise/query/wrong-row-estimates.ts';
import type { TableRow } from '../../../lib/model/rows.ts';
import { testAdvisor } from '../../support/advisor.ts';
import { aNode, aPlan } from '../../support/plans.ts';
import { aSnapshot, aStatement, aTable, type Over } from '../../support/rows.ts';

const text = 'SELECT id FROM orders WHERE customer_id = $1 AND status = $2';
const scan = (over = {}) =>
  aNode('Seq Scan', {
    ...{ schema: 'public', table: 'orders', rows: 12 },
    filter: '((customer_id = $1) AND ((status)::text = $2))',
    ...over,
  });
const costly = { calls: 1000, totalTimeMs: 3_600_000, rows: 20_000_000, text };
const seen = (over: Parameters<typeof aStatement>[0] = {}, table: Over<TableRow> = {}) =>
  aSnapshot({ tables: [aTable(table)], statements: [aStatement({ ...costly, plan: aPlan(scan()), ...over })] });

describe('wrong-row-estimates', () => {
  testAdvisor(wrongRowEstimates, {
    passes: [
      { name: 'a right estimate', snapshot: seen({ plan: aPlan(scan({ rows: 21_000 })) }) },
      { name: 'tenfold off, which the values alone may explain', snapshot: seen({ rows: 1_200_000 }) },
      { name: 'few rows on both sides', snapshot: seen({ rows: 2_000_000 }) },
      {
        name: 'a limit, which ends the plan early',
        snapshot: seen({ plan: aPlan(aNode('Limit', { rows: 10, children: [scan()] })) }),
      },
      { name: 'a summary', snapshot: seen({ text: 'SELECT count(*) FROM orders WHERE customer_id = $1' }) },
      { name: 'a cheap statement', snapshot: seen({ totalTimeMs: 1000 }) },
    ],
    flags: [
      {
        name: 'two columns that depend on each other: statistics on both, filled and undone',
        snapshot: seen(),
        expect: ([finding]) => {
          expect(finding?.steps.map(({ sql }) => sql)).toEqual([
            'CREATE STATISTICS public.orders_customer_id_status_stat (dependencies, mcv) ON customer_id, status FROM public.orders;',
            'ANALYZE public.orders;',
            undefined,
          ]);
          expect(finding?.risk.rollback).toEqual(['DROP STATISTICS public.orders_customer_id_status_stat;']);
          expect(finding?.approach).toContain('expects 12 rows, and a call returns 20,000');
        },
      },
      {
        name: 'statistics that are there already: a look, no DDL',
        snapshot: seen(
          {},
          {
            extendedStatistics: [
              { schema: 'public', name: 's', kinds: ['dependencies'], columns: ['customer_id', 'status', 'id'] },
            ],
          },
        ),
        expect: ([finding]) => expect(finding?.steps.every(({ sql }) => sql === undefined)).toBe(true),
      },
      {
        name: 'OR between the columns: no statistics that would not help',
        snapshot: seen({ plan: aPlan(scan({ filter: '((customer_id = $1) OR ((status)::text = $2))' })) }),
        expect: ([finding]) => expect(finding?.work).toBe('investigate'),
      },
      { name: 'far too many rows expected', snapshot: seen({ rows: 2000, plan: aPlan(scan({ rows: 500_000 })) }) },
    ],
    blind: [{ name: 'without a plan', snapshot: aSnapshot(), why: /No plan/ }],
  });
});
