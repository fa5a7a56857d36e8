import { describe, expect } from 'vitest';
import { alternativesAcrossColumns } from '../../../lib/advise/query/alternatives-across-columns.ts';
import { testAdvisor } from '../../support/advisor.ts';
import { anIndex, aSnapshot, aStatement } from '../../support/rows.ts';

const costly = aStatement({
  text: 'SELECT id FROM orders WHERE customer_id = $1 OR status = $2',
  calls: 1_000,
  totalTimeMs: 1_200_000,
  rows: 20_000,
  sharedBlocksHit: 5_000_000,
  sharedBlocksRead: 0,
});
const byCustomer = anIndex();
const byStatus = anIndex({ columns: ['status'] });

describe('alternatives-across-columns', () => {
  testAdvisor(alternativesAcrossColumns, {
    passes: [
      { name: 'a healthy snapshot', snapshot: aSnapshot() },
      {
        name: 'each alternative has an index, so PostgreSQL combines them',
        snapshot: aSnapshot({ statements: [costly], indexes: [byCustomer, byStatus] }),
      },
      {
        name: 'a filter that a parameter switches off',
        snapshot: aSnapshot({
          statements: [{ ...costly, text: 'SELECT id FROM orders WHERE $1::bigint IS NULL OR customer_id = $1' }],
        }),
      },
      {
        name: 'patterns, which an ordered index does not serve',
        snapshot: aSnapshot({
          statements: [{ ...costly, text: 'SELECT id FROM orders WHERE note ILIKE $1 OR status ILIKE $1' }],
        }),
      },
      {
        name: 'alternatives of one column',
        snapshot: aSnapshot({
          statements: [{ ...costly, text: 'SELECT id FROM orders WHERE status = $1 OR status = $2' }],
        }),
      },
      {
        name: 'the same form where it reads little',
        snapshot: aSnapshot({ statements: [{ ...costly, sharedBlocksHit: 24_000 }] }),
      },
    ],
    flags: [
      {
        name: 'one alternative without an index',
        snapshot: aSnapshot({ statements: [costly], indexes: [byCustomer] }),
      },
      {
        name: 'an index that is not valid serves nobody',
        snapshot: aSnapshot({ statements: [costly], indexes: [byCustomer, anIndex({ columns: ['x'] })] }),
      },
      {
        name: 'alternatives of two tables, indexed or not',
        snapshot: aSnapshot({
          indexes: [byCustomer, byStatus],
          statements: [
            {
              ...costly,
              text: 'SELECT o.id FROM orders o JOIN customers c ON c.id = o.customer_id WHERE o.customer_id = $1 OR c.status = $2',
            },
          ],
        }),
        expect: ([finding]) => expect(finding?.approach).toContain('UNION'),
      },
    ],
    blind: [
      {
        name: 'when no text was seen (trap 61)',
        snapshot: aSnapshot({ statements: [aStatement({ ...costly, text: undefined })] }),
        why: /text/,
      },
    ],
  });
});
