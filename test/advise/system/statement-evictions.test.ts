import { describe, expect } from 'vitest';
import { statementEvictions } from '../../../lib/advise/system/statement-evictions.ts';
import { testAdvisor } from '../../support/advisor.ts';
import { aServer, aSnapshot, spansOf } from '../../support/rows.ts';

const one = (server: Parameters<typeof aServer>[0]) => aSnapshot({ server: aServer(server) });
const max = (value: number) => ({ 'pg_stat_statements.max': { value, source: 'configuration file' } });

describe('statement-evictions', () => {
  testAdvisor(statementEvictions, {
    passes: [
      { name: 'a few a week', snapshot: one({ statementEvictions: 69 }) },
      { name: 'none', snapshot: one({ statementEvictions: 0 }) },
    ],
    flags: [
      {
        name: 'ten a day: twice the entries, after a restart (trap 88)',
        snapshot: one({ statementEvictions: 70, settings: max(5_000) }),
        expect: ([finding]) => {
          expect(finding?.steps.map(({ sql }) => sql)).toContain("ALTER SYSTEM SET pg_stat_statements.max = '10000';");
          expect(finding?.maintenanceWindow).toContain('restart');
          expect(finding?.risk.rollback).toEqual(["ALTER SYSTEM SET pg_stat_statements.max = '5000';"]);
        },
      },
      {
        name: 'ten a day in a window of an hour',
        snapshot: { ...one({ statementEvictions: 1, settings: max(5_000) }), spans: spansOf(3_600) },
      },
      {
        name: 'a table that is as large as it should get: fewer statements, not more room',
        snapshot: one({ statementEvictions: 700, settings: max(50_000) }),
        expect: ([finding]) => expect(finding?.steps.some(({ sql }) => /ALTER SYSTEM/.test(sql ?? ''))).toBe(false),
      },
      {
        name: 'on a managed service the parameter group is named (trap 87)',
        snapshot: one({ statementEvictions: 70, settings: max(5_000), platform: 'rds' }),
        expect: ([finding]) => expect(JSON.stringify(finding?.steps)).toContain('parameter group'),
      },
    ],
    blind: [{ name: 'when evictions are not counted', snapshot: aSnapshot(), why: /statementEvictions|evict/i }],
  });
});
