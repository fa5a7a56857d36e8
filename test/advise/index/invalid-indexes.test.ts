import { describe, expect } from 'vitest';
import { invalidIndexes } from '../../../lib/advise/index/invalid-indexes.ts';
import { testAdvisor } from '../../support/advisor.ts';
import { anIndex, aSnapshot } from '../../support/rows.ts';

const broken = anIndex({ index: 'broken', valid: false });
const sqlOf = (steps: readonly { sql?: string }[] | undefined) => steps?.flatMap(({ sql }) => sql ?? []).slice(1);

describe('invalid-indexes', () => {
  testAdvisor(invalidIndexes, {
    passes: [
      { name: 'a healthy snapshot', snapshot: aSnapshot() },
      {
        name: 'an index under construction, but names it (trap 23)',
        snapshot: aSnapshot({ indexes: [{ ...broken, ready: false }] }),
        expect: (outcome) => expect(outcome.caveats[0]).toContain('broken'),
      },
      {
        name: 'an index of which nobody saw whether it is being built (trap 23)',
        snapshot: aSnapshot({ indexes: [anIndex({ index: 'broken', valid: false, ready: undefined })] }),
      },
      {
        name: 'the parent of partitions not all attached (trap 24)',
        snapshot: aSnapshot({ indexes: [{ ...broken, partitioned: true }] }),
        expect: (outcome) =>
          expect(outcome.caveats[0]).toMatch(
            /^1 index of partitioned tables is invalid until every partition has its part attached/,
          ),
      },
      { name: 'an extension’s index (trap 21)', snapshot: aSnapshot({ indexes: [{ ...broken, extension: 'x' }] }) },
    ],
    flags: [
      {
        name: 'an invalid index: drop, then build again',
        snapshot: aSnapshot({ indexes: [broken, anIndex()] }),
        expect: ([finding]) =>
          expect(sqlOf(finding?.steps)).toEqual([
            'DROP INDEX CONCURRENTLY public.broken;',
            'CREATE INDEX CONCURRENTLY broken ON public.orders USING btree (customer_id);',
          ]),
      },
      {
        name: 'what REINDEX CONCURRENTLY left, only to drop',
        snapshot: aSnapshot({ indexes: [{ ...broken, index: 'orders_idx_ccnew1' }] }),
        expect: ([finding]) => {
          expect(sqlOf(finding?.steps)).toEqual(['DROP INDEX CONCURRENTLY public.orders_idx_ccnew1;']);
          expect(finding?.done).toMatchObject({ kind: 'index-dropped' });
        },
      },
      {
        name: 'an invalid index behind a constraint, only to rebuild (trap 1)',
        snapshot: aSnapshot({ indexes: [{ ...broken, constraint: 'k' }] }),
        expect: ([finding]) => expect(sqlOf(finding?.steps)).toEqual(['REINDEX INDEX CONCURRENTLY public.broken;']),
      },
      {
        name: 'a unique one with the warning of duplicates (trap 40)',
        snapshot: aSnapshot({ indexes: [anIndex({ index: 'broken', valid: false, unique: true })] }),
        expect: ([finding]) => {
          const twice = 'FROM public.orders WHERE customer_id IS NOT NULL GROUP BY customer_id HAVING count(*) > 1';
          expect(sqlOf(finding?.steps)).toEqual([
            `SELECT customer_id, count(*) ${twice} LIMIT 20;`,
            `SELECT 1 / CASE WHEN EXISTS (SELECT 1 ${twice}) THEN 0 ELSE 1 END AS no_duplicates;`,
            'DROP INDEX CONCURRENTLY public.broken;',
            expect.stringMatching(/^CREATE (UNIQUE )?INDEX CONCURRENTLY broken /),
          ]);
        },
      },
    ],
    blind: [
      {
        name: 'without the catalog',
        snapshot: aSnapshot({ indexes: [anIndex({ valid: undefined })] }),
        why: /catalog/,
      },
    ],
  });
});
