import { describe, expect } from 'vitest';
import { correlatedColumns } from '../../../lib/advise/query/correlated-columns.ts';
import { testAdvisor } from '../../support/advisor.ts';
import { aSnapshot, aStatement } from '../../support/rows.ts';

const costly = aStatement({
  text: 'SELECT o.id, (SELECT count(*) FROM items i WHERE i.order_id = o.id) FROM orders o WHERE o.status = $1',
  calls: 1_000,
  totalTimeMs: 1_200_000,
  rows: 50_000,
  sharedBlocksHit: 5_000_000,
  sharedBlocksRead: 0,
});
const with_ = (changes: Parameters<typeof aStatement>[0]) =>
  aSnapshot({ statements: [aStatement({ ...costly, ...changes })] });

describe('correlated-columns', () => {
  testAdvisor(correlatedColumns, {
    passes: [
      { name: 'a healthy snapshot', snapshot: aSnapshot() },
      { name: 'a page of few rows', snapshot: with_({ rows: 49_000 }) },
      {
        name: 'a subquery that names nothing around it, run once',
        snapshot: with_({ text: 'SELECT o.id, (SELECT max(i.id) FROM items i) FROM orders o' }),
      },
      {
        name: 'its own table under the same alias',
        snapshot: with_({ text: 'SELECT o.id, (SELECT max(o.id) FROM orders o) FROM orders o' }),
      },
      {
        name: 'a join',
        snapshot: with_({ text: 'SELECT o.id, i.sku FROM orders o JOIN items i ON i.order_id = o.id' }),
      },
      { name: 'the same form where it reads little', snapshot: with_({ sharedBlocksHit: 90_000 }) },
    ],
    flags: [
      {
        name: 'a subquery for each of fifty rows',
        snapshot: with_({}),
        expect: ([finding]) => expect(finding?.approach).toContain('1 subquery'),
      },
    ],
    blind: [{ name: 'when no text was seen (trap 61)', snapshot: with_({ text: undefined }), why: /text/ }],
  });
});
