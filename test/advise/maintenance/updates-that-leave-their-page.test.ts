import { describe, expect } from 'vitest';
import { updatesThatLeaveTheirPage } from '../../../lib/advise/maintenance/updates-that-leave-their-page.ts';
import type { TableRow } from '../../../lib/model/rows.ts';
import { testAdvisor } from '../../support/advisor.ts';
import { aServer, aSnapshot, aTable, type Over } from '../../support/rows.ts';

const busy = { rowsUpdated: 10_000_000, rowsHotUpdated: 4_000_000, rowsUpdatedToNewPage: 6_000_000 };
const seen = (over: Over<TableRow> = {}, role: 'primary' | 'standby' = 'primary') =>
  aSnapshot({ server: aServer({ role }), tables: [aTable({ ...busy, ...over })] });

describe('updates-that-leave-their-page', () => {
  testAdvisor(updatesThatLeaveTheirPage, {
    passes: [
      {
        name: 'HOT lost to changed indexed columns, which room does not cure',
        snapshot: seen({ rowsUpdatedToNewPage: 900_000 }),
      },
      {
        name: 'few updates',
        snapshot: seen({ rowsUpdated: 100_000, rowsHotUpdated: 0, rowsUpdatedToNewPage: 90_000 }),
      },
      { name: 'a small table', snapshot: seen({ liveRows: 5_000 }) },
      { name: 'a fillfactor that somebody chose', snapshot: seen({ storage: { fillfactor: '95' } }) },
      { name: 'a table of an extension', snapshot: seen({ extension: 'timescaledb' }) },
    ],
    flags: [
      {
        name: 'six of ten updates find their page full, and the rollback takes the room away again',
        snapshot: seen({ storage: { autovacuum_vacuum_scale_factor: '0.02' } }),
        expect: ([finding]) => {
          expect(finding?.steps[0]?.sql).toBe('ALTER TABLE public.orders SET (fillfactor = 90);');
          expect(finding?.risk.rollback).toEqual(['ALTER TABLE public.orders RESET (fillfactor);']);
        },
      },
    ],
    blind: [
      { name: 'on a standby, which counts no updates (trap 83)', snapshot: seen({}, 'standby'), why: /standby/ },
      { name: 'before PostgreSQL 16', snapshot: seen({ rowsUpdatedToNewPage: undefined }) },
    ],
  });
});
