import { describe, expect } from 'vitest';
import { transactionIdAge } from '../../../lib/advise/maintenance/transaction-id-age.ts';
import { testAdvisor } from '../../support/advisor.ts';
import { aDatabase, aServer, aSnapshot } from '../../support/rows.ts';

const aged = (xidAge: number | undefined) => aSnapshot({ databases: [aDatabase({ xidAge })] });
const late = { autovacuum_freeze_max_age: { value: 1_000_000_000, source: 'configuration file' } };

describe('transaction-id-age', () => {
  testAdvisor(transactionIdAge, {
    passes: [
      { name: 'a young database', snapshot: aSnapshot() },
      { name: 'just under 500 million', snapshot: aged(499_999_999) },
      {
        name: 'a server that freezes late by choice',
        snapshot: { ...aged(1_400_000_000), server: aServer({ settings: late }) },
      },
    ],
    flags: [
      {
        name: 'exactly 500 million, on the assumed limit',
        snapshot: aged(500_000_000),
        expect: ([finding], outcome) => {
          expect(finding?.subject).toEqual({ database: 'shop' });
          expect(outcome.state === 'found' ? outcome.caveats.join(' ') : '').toContain('assumed to be 200,000,000');
        },
      },
      {
        name: 'past one and a half times a late limit',
        snapshot: { ...aged(1_500_000_000), server: aServer({ settings: late }) },
      },
    ],
    blind: [{ name: 'an age nobody saw', snapshot: aged(undefined), why: /xidAge/ }],
  });
});
