import { describe, expect } from 'vitest';
import { sequencesNearTheirEnd } from '../../../lib/advise/maintenance/sequences-near-their-end.ts';
import { testAdvisor } from '../../support/advisor.ts';
import { aDatabase, aSnapshot } from '../../support/rows.ts';

const INT = 2_147_483_647;
const sequence = {
  schema: 'public',
  sequence: 'orders_id_seq',
  lastValue: INT * 0.75,
  maxValue: INT,
  increment: 1,
  cycle: false,
  column: { schema: 'public', table: 'orders', column: 'id', type: 'integer', maxValue: INT },
  usedShare: 0.75,
};
const one = (changes: Partial<typeof sequence>) =>
  aSnapshot({ databases: [aDatabase({ sequences: [{ ...sequence, ...changes }] })] });

describe('sequences-near-their-end', () => {
  testAdvisor(sequencesNearTheirEnd, {
    passes: [
      { name: 'none near its end', snapshot: aSnapshot({ databases: [aDatabase({ sequences: [] })] }) },
      { name: 'just below three quarters', snapshot: one({ usedShare: 0.749 }) },
      { name: 'one that begins anew', snapshot: one({ cycle: true }) },
    ],
    flags: [
      {
        name: 'an integer key: the column is the limit',
        snapshot: one({}),
        expect: ([finding]) =>
          expect(
            finding?.steps.some(({ sql }) => sql === 'ALTER TABLE public.orders ALTER COLUMN id TYPE bigint;'),
          ).toBe(true),
      },
      {
        name: 'a bigint key behind an integer sequence: the sequence is the limit',
        snapshot: one({ column: { ...sequence.column, type: 'bigint', maxValue: 9e18 } }),
        expect: ([finding]) =>
          expect(finding?.steps[0]?.sql).toBe('ALTER SEQUENCE public.orders_id_seq AS bigint NO MAXVALUE;'),
      },
    ],
    blind: [{ name: 'when sequences were not seen', snapshot: aSnapshot(), why: /Sequences/ }],
  });
});
