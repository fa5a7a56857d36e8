import { describe, expect } from 'vitest';
import { autovacuumOff } from '../../../lib/advise/maintenance/autovacuum-off.ts';
import { testAdvisor } from '../../support/advisor.ts';
import { aServer, aSnapshot, aTable } from '../../support/rows.ts';

const off = aTable({ storage: { autovacuum_enabled: 'false' }, rowsUpdated: 10_000, rowsDeleted: 0 });
const one = (table: Parameters<typeof aTable>[0]) => aSnapshot({ tables: [aTable({ ...off, ...table })] });

describe('autovacuum-off', () => {
  testAdvisor(autovacuumOff, {
    passes: [
      { name: 'a healthy snapshot', snapshot: aSnapshot() },
      { name: 'trap 71: a table that a job vacuums', snapshot: one({ vacuums: 7 }) },
      { name: 'trap 71: a table that hardly changes', snapshot: one({ rowsUpdated: 9_999 }) },
      { name: 'a temporary table', snapshot: one({ persistence: 'temporary' }) },
    ],
    flags: [
      {
        name: 'a table that is written to and never vacuumed: somebody is asked first',
        snapshot: one({}),
        expect: ([finding]) => {
          expect(finding?.title).toMatch(/^Ask why/);
          expect(finding?.risk.rollback).toEqual(['ALTER TABLE public.orders SET (autovacuum_enabled = false);']);
        },
      },
      {
        name: 'the whole server',
        snapshot: aSnapshot({
          server: aServer({ settings: { autovacuum: { value: false, source: 'configuration file' } } }),
        }),
        expect: ([finding]) => expect(finding?.steps[0]?.sql).toBe("ALTER SYSTEM SET autovacuum = 'on';"),
      },
    ],
    blind: [
      { name: 'when changes of rows are not exported', snapshot: one({ rowsUpdated: undefined }), why: /rowsUpdated/ },
    ],
  });
});
