import { describe, expect } from 'vitest';
import { repeatedCounts } from '../../../lib/advise/query/repeated-counts.ts';
import { testAdvisor } from '../../support/advisor.ts';
import { aSnapshot, aStatement, aTable } from '../../support/rows.ts';

const costly = aStatement({
  text: 'SELECT count(*) FROM orders WHERE status = $1',
  calls: 1_000,
  totalTimeMs: 1_200_000,
  rows: 1_000,
  sharedBlocksHit: 5_000_000,
  sharedBlocksRead: 0,
});
const with_ = (changes: Parameters<typeof aStatement>[0]) =>
  aSnapshot({ statements: [aStatement({ ...costly, ...changes })] });

describe('repeated-counts', () => {
  testAdvisor(repeatedCounts, {
    passes: [
      { name: 'a healthy snapshot', snapshot: aSnapshot() },
      { name: 'few rows found by an index', snapshot: with_({ sharedBlocksHit: 300_000 }) },
      { name: 'a nightly report (trap 30)', snapshot: with_({ calls: 100, sharedBlocksHit: 500_000 }) },
      { name: 'a small table (trap 28)', snapshot: { ...with_({}), tables: [aTable({ liveRows: 99_999 })] } },
      { name: 'distinct values', snapshot: with_({ text: 'SELECT count(DISTINCT customer_id) FROM orders' }) },
      { name: 'counts per group', snapshot: with_({ text: 'SELECT count(*) FROM orders GROUP BY status' }) },
      {
        name: 'a name that two schemas have (trap 107)',
        snapshot: { ...with_({}), tables: [aTable(), aTable({ schema: 'old' })] },
      },
    ],
    flags: [
      {
        name: 'a large table counted every ten minutes',
        snapshot: with_({}),
        expect: ([finding]) =>
          expect(finding?.title).toBe('Stop counting all rows in SELECT on orders (query 1000000000000000001)'),
      },
      {
        name: 'a partitioned table, whose rows are those of its partitions',
        snapshot: {
          ...with_({}),
          tables: [
            aTable({ partitioned: true, liveRows: undefined, sequentialRowsRead: undefined }),
            ...['orders_1', 'orders_2'].map((table) =>
              aTable({ table, partitionOf: 'public.orders', liveRows: 60_000 }),
            ),
          ],
        },
        expect: ([finding]) =>
          expect(finding?.evidence).toContainEqual(
            expect.objectContaining({ label: 'Rows in the table', value: 120_000 }),
          ),
      },
    ],
    blind: [{ name: 'when no text was seen (trap 61)', snapshot: with_({ text: undefined }), why: /text/ }],
  });
});
