import { describe, expect } from 'vitest';
import { connectionChurn } from '../../../lib/advise/system/connection-churn.ts';
import { testAdvisor } from '../../support/advisor.ts';
import { aDatabase, aSnapshot, spansOf } from '../../support/rows.ts';

const seen = (sessions: number | undefined) => aSnapshot({ databases: [aDatabase({ sessions })] });

describe('connection-churn', () => {
  testAdvisor(connectionChurn, {
    passes: [
      { name: 'monitoring and a pool: one session a second', snapshot: seen(600_000) },
      { name: 'none', snapshot: seen(0) },
      { name: 'ten a second for ten minutes, which is a test', snapshot: { ...seen(6_000), spans: spansOf(600) } },
    ],
    flags: [
      {
        name: 'ten sessions a second for a transaction or two each',
        snapshot: seen(6_048_000),
        expect: ([finding]) => {
          expect(finding?.title).toBe('Keep connections to shop: 10 are opened a second');
          expect(finding?.approach).toContain('each for 1.7 transactions');
        },
      },
      { name: 'in a window of ten minutes', snapshot: { ...seen(12_000), spans: spansOf(600) } },
    ],
    blind: [
      { name: 'before PostgreSQL 14', snapshot: seen(undefined) },
      { name: 'when the time counted is not known', snapshot: { ...seen(9e9), spans: {} }, why: /Run again/ },
    ],
  });
});
