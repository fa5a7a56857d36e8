import { describe, expect } from 'vitest';
import { defaultVacuumSettingsOnLargeTables } from '../../../lib/advise/maintenance/default-vacuum-settings-on-large-tables.ts';
import { testAdvisor } from '../../support/advisor.ts';
import { aServer, aSnapshot, aTable, spansOf } from '../../support/rows.ts';

const GIB = 1024 ** 3;
const one = (table: Parameters<typeof aTable>[0], server: Parameters<typeof aServer>[0] = {}) =>
  aSnapshot({ tables: [aTable(table)], server: aServer(server) });
// 50 + 0.2 × 4,999,750 rows = 1,000,000 dead rows before a vacuum; 5 % of the rows die in a week.
const large = { liveRows: 4_999_750, rowsUpdated: 200_000, rowsDeleted: 50_000, heapBytes: GIB };

describe('default-vacuum-settings-on-large-tables', () => {
  testAdvisor(defaultVacuumSettingsOnLargeTables, {
    passes: [
      { name: 'a table of a million rows', snapshot: aSnapshot() },
      { name: 'a trigger just below a million rows', snapshot: one({ ...large, liveRows: 4_999_740 }) },
      {
        name: 'a table with a trigger of its own',
        snapshot: one({ ...large, storage: { autovacuum_vacuum_scale_factor: '0.2' } }),
      },
      {
        name: 'trap 71: autovacuum off on purpose',
        snapshot: one({ ...large, storage: { autovacuum_enabled: 'false' } }),
      },
      {
        name: 'trap 70: a table that only grows',
        snapshot: one({ ...large, rowsInserted: 9e6, rowsUpdated: 0, rowsDeleted: 0 }),
      },
      { name: 'less than 5 % of the rows dying in a week', snapshot: one({ ...large, rowsUpdated: 199_000 }) },
      {
        name: 'a server tuned for its large tables',
        snapshot: one(large, {
          settings: {
            ...aServer().settings,
            autovacuum_vacuum_max_threshold: { value: 100_000, source: 'configuration file' },
          },
        }),
      },
    ],
    flags: [
      {
        name: 'exactly a million rows before a vacuum',
        snapshot: one(large),
        expect: ([finding]) => {
          expect(finding?.steps.map((step) => step.sql)).toEqual([
            'ALTER TABLE public.orders SET (autovacuum_vacuum_scale_factor = 0.0198, autovacuum_vacuum_threshold = 1000);',
          ]);
          expect(finding?.steps[0]?.lock).toContain('SHARE UPDATE EXCLUSIVE');
          expect(finding?.risk.rollback).toEqual([
            'ALTER TABLE public.orders RESET (autovacuum_vacuum_scale_factor, autovacuum_vacuum_threshold);',
          ]);
        },
      },
      { name: 'fewer rows that are a gigabyte', snapshot: one({ ...large, liveRows: 2_000_000, heapBytes: 6 * GIB }) },
      {
        name: 'the same pace in ten minutes as in a week',
        snapshot: { ...one({ ...large, rowsUpdated: 200, rowsDeleted: 50 }), spans: spansOf(600) },
      },
      {
        name: 'changes nobody counted, with low confidence',
        snapshot: one({ ...large, rowsUpdated: undefined }),
        expect: ([finding]) => expect(finding?.benefit.confidence).toBe('low'),
      },
      {
        name: 'trap 108: partitions of one table are one finding',
        snapshot: aSnapshot({
          tables: ['a', 'b'].map((table) => aTable({ ...large, table, partitionOf: 'public.orders' })),
        }),
        expect: ([finding]) => expect(finding?.approach).toContain('1 more partition of public.orders'),
      },
    ],
    blind: [
      {
        name: 'storage parameters nobody saw: tuned cannot be told from default',
        snapshot: one({ ...large, storage: undefined }),
        why: /PostgreSQL connection/,
      },
      { name: 'trap 83: a standby', snapshot: one(large, { role: 'standby' }), why: /primary/ },
    ],
  });
});
