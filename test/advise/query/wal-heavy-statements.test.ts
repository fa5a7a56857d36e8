import { describe, expect } from 'vitest';
import { walHeavyStatements } from '../../../lib/advise/query/wal-heavy-statements.ts';
import { testAdvisor } from '../../support/advisor.ts';
import { aSnapshot, aStatement, spansOf } from '../../support/rows.ts';

const GIB = 1024 ** 3;
const costly = { text: 'UPDATE orders SET seen = $1', calls: 1_000, totalTimeMs: 3_600_000 };
/** In a day; `others`: what the rest of the server writes. */
const seen = (walBytes: number | undefined, others: number, over: Parameters<typeof aStatement>[0] = {}) =>
  aSnapshot({
    spans: spansOf(24 * 3600),
    statements: [
      aStatement({ ...costly, walBytes, walFullPageImages: 20_000, ...over }),
      aStatement({
        queryid: '2',
        statement: 'id:2',
        text: 'INSERT INTO log VALUES ($1)',
        totalTimeMs: 10,
        walBytes: others,
      }),
    ],
  });

describe('wal-heavy-statements', () => {
  testAdvisor(walHeavyStatements, {
    passes: [
      { name: 'less than ten gibibytes a day', snapshot: seen(9.9 * GIB, 0) },
      { name: 'a quarter of the WAL', snapshot: seen(12 * GIB, 36 * GIB) },
      {
        name: 'a query that prunes pages',
        snapshot: seen(30 * GIB, 0, { text: 'SELECT * FROM orders WHERE id = $1' }),
      },
      { name: 'a statement of little time', snapshot: seen(30 * GIB, 0, { totalTimeMs: 1_000 }) },
    ],
    flags: [
      {
        name: 'a third of the WAL and more, by the day',
        snapshot: seen(12 * GIB, 12 * GIB),
        expect: ([finding]) => {
          expect(finding?.approach).toMatch(/writes 12 GiB of WAL a day, 50 % .* about 20 whole pages a call/);
          expect(finding?.benefit).toMatchObject({ kind: 'risk', confidence: 'medium' });
        },
      },
      {
        name: 'without a word on whole pages where they were not counted',
        snapshot: seen(12 * GIB, 0, { walFullPageImages: undefined }),
        expect: ([finding]) => expect(finding?.approach).not.toContain('whole pages a call.'),
      },
    ],
    blind: [
      {
        name: 'where WAL is not counted',
        snapshot: aSnapshot({ statements: [aStatement({ walBytes: undefined })] }),
        why: /walBytes/,
      },
    ],
  });
});
