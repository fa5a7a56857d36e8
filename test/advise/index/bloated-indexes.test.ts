import { describe, expect } from 'vitest';
import { bloatedIndexes } from '../../../lib/advise/index/bloated-indexes.ts';
import { testAdvisor } from '../../support/advisor.ts';
import { anIndex, aSnapshot } from '../../support/rows.ts';

const MIB = 1024 ** 2;
const bloat = { source: 'pgstattuple', bytes: 100 * MIB, ofBytes: 200 * MIB } as const;
const one = (changes: Parameters<typeof anIndex>[0] = {}) =>
  aSnapshot({ indexes: [anIndex({ sizeBytes: 200 * MIB, ...changes })] });

describe('bloated-indexes', () => {
  testAdvisor(bloatedIndexes, {
    passes: [
      { name: 'trap 74: a fresh index, a tenth of it free on purpose', snapshot: one({ estimatedBloatBytes: 0 }) },
      { name: 'just below half', snapshot: one({ bloat: { ...bloat, ofBytes: 200 * MIB + 1 } }) },
      { name: 'just below 100 MiB', snapshot: one({ bloat: { ...bloat, bytes: 100 * MIB - 1, ofBytes: 110 * MIB } }) },
      {
        name: 'a measured one that an estimate took for empty (trap 76)',
        snapshot: one({ bloat: { ...bloat, bytes: MIB }, estimatedBloatBytes: 150 * MIB }),
      },
      {
        name: 'trap 73: an exclusion constraint, which cannot be rebuilt concurrently',
        snapshot: one({ bloat, constraint: 'no_overlap', constraintType: 'exclusion' }),
        expect: (outcome) => expect(outcome.caveats.join()).toContain('exclusion'),
      },
      { name: 'trap 73: a catalog', snapshot: one({ bloat, schema: 'pg_catalog' }) },
      { name: 'one that is invalid, which is rebuilt anyway', snapshot: one({ bloat, valid: false }) },
    ],
    flags: [
      {
        name: 'half of it empty as measured, with leftovers and disk named (trap 73)',
        snapshot: one({ bloat, unique: true, constraint: 'orders_key', constraintType: 'unique' }),
        expect: ([finding]) => {
          expect(finding?.steps[1]).toMatchObject({
            sql: 'REINDEX INDEX CONCURRENTLY public.orders_customer_id_idx;',
            inTransaction: false,
            diskBytes: 200 * MIB,
          });
          expect(finding?.steps[2]?.sql).toContain('_cc(new|old)');
          expect(finding?.benefit).toMatchObject({ kind: 'space', confidence: 'high', bytes: { high: 100 * MIB } });
          expect(finding?.approach).toContain('fills again'); // trap 77
        },
      },
      {
        name: 'half of it empty as estimated, with less confidence and a wider interval',
        snapshot: one({ estimatedBloatBytes: 120 * MIB }),
        expect: ([finding]) => {
          expect(finding?.benefit).toMatchObject({ confidence: 'low', bytes: { low: 48 * MIB, high: 120 * MIB } });
          expect(finding?.approach).toContain('estimate');
        },
      },
    ],
    blind: [{ name: 'trap 75: when nobody could tell how full indexes are', snapshot: one(), why: /pgstattuple/ }],
  });
});
