import { describe, expect } from 'vitest';
import { rolledBackTransactions } from '../../../lib/advise/system/rolled-back-transactions.ts';
import { testAdvisor } from '../../support/advisor.ts';
import { aDatabase, aSnapshot } from '../../support/rows.ts';

const one = (commits: number, rollbacks: number | undefined) =>
  aSnapshot({ databases: [aDatabase({ commits, rollbacks })] });

describe('rolled-back-transactions', () => {
  testAdvisor(rolledBackTransactions, {
    passes: [
      { name: 'a healthy snapshot', snapshot: aSnapshot() },
      { name: 'just below a tenth', snapshot: one(9_001, 1_000) },
      { name: 'few in all', snapshot: one(0, 999) },
      { name: 'no transaction at all', snapshot: one(0, 0) },
    ],
    flags: [
      {
        name: 'a tenth',
        snapshot: one(9_000, 1_000),
        expect: ([finding]) =>
          expect(finding?.title).toBe('Find out why 10 % of the transactions in shop are rolled back'),
      },
    ],
    blind: [{ name: 'when rollbacks are not exported', snapshot: one(1, undefined), why: /rollbacks/ }],
  });
});
