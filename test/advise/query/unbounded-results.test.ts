import { describe, expect } from 'vitest';
import { unboundedResults } from '../../../lib/advise/query/unbounded-results.ts';
import { testAdvisor } from '../../support/advisor.ts';
import { aSnapshot, aStatement, spansOf } from '../../support/rows.ts';

const text = 'SELECT * FROM orders WHERE status = $1 ORDER BY created_at';
const wide = aStatement({ text, calls: 168, totalTimeMs: 360_000, rows: 168_000 });

describe('unbounded-results', () => {
  testAdvisor(unboundedResults, {
    passes: [
      { name: 'a healthy snapshot', snapshot: aSnapshot() },
      {
        name: 'just below a thousand rows per call',
        snapshot: aSnapshot({ statements: [{ ...wide, rows: 167_999 }] }),
      },
      {
        name: 'less than a hundredth of the time',
        snapshot: aSnapshot({ statements: [{ ...wide, totalTimeMs: 359_000 }] }),
      },
      {
        name: 'an export that runs less than hourly (trap 30)',
        snapshot: aSnapshot({ statements: [{ ...wide, calls: 167, rows: 167_000_000 }] }),
      },
      ...[
        'SELECT * FROM orders LIMIT $1',
        'SELECT * FROM orders FETCH FIRST 5000 ROWS ONLY',
        'UPDATE orders SET status = $1',
        'DELETE FROM orders WHERE id < $1',
        'INSERT INTO archive SELECT * FROM orders',
        'FETCH 5000 FROM c',
        'COPY orders TO STDOUT',
      ].map((other) => ({
        name: `${other} (trap 60)`,
        snapshot: aSnapshot({ statements: [{ ...wide, text: other }] }),
      })),
    ],
    flags: [
      {
        name: 'a thousand rows per call without a limit',
        snapshot: aSnapshot({ statements: [wide] }),
        expect: ([finding]) => {
          if (finding?.benefit.kind !== 'time') throw new Error('a benefit in time');
          expect(finding.benefit.reduces).toEqual({ low: 0, likely: 0.45, high: 0.9 });
          expect(finding.benefit.basis).toContain('sorts');
        },
      },
      {
        name: 'the same in a window of ten minutes',
        snapshot: aSnapshot({ spans: spansOf(600), statements: [{ ...wide, calls: 2, rows: 2_000 }] }),
      },
    ],
    blind: [
      {
        name: 'when no text was seen (trap 61)',
        snapshot: aSnapshot({ statements: [aStatement({ ...wide, text: undefined })] }),
        why: /text/,
      },
    ],
  });
});
