import { describe, expect } from 'vitest';
import { partitionedTablesNeverAnalyzed } from '../../../lib/advise/maintenance/partitioned-tables-never-analyzed.ts';
import { testAdvisor } from '../../support/advisor.ts';
import { aColumn, aServer, aSnapshot, aTable } from '../../support/rows.ts';

const parent = aTable({
  table: 'events',
  partitioned: true,
  columns: [aColumn('id', { distinct: undefined })],
});
const leaf = (table: string, liveRows: number) => aTable({ table, partitionOf: 'public.events', liveRows });
const one = (changes: Parameters<typeof aTable>[0] = {}, rows = 50_000) =>
  aSnapshot({
    tables: [
      aTable({ ...parent, lastAutoanalyzeAt: undefined, ...changes }),
      leaf('events_1', rows),
      leaf('events_2', 50_000),
    ],
  });

describe('partitioned-tables-never-analyzed', () => {
  testAdvisor(partitionedTablesNeverAnalyzed, {
    passes: [
      { name: 'a healthy snapshot', snapshot: aSnapshot() },
      { name: 'small partitions', snapshot: one({}, 49_999) },
      { name: 'analyzed by hand', snapshot: one({ lastAnalyzeAt: 1 }) },
      { name: 'statistics are there, though the counters were reset', snapshot: one({ columns: [aColumn('id')] }) },
      {
        name: 'statistics that may not be seen, of a table that was analyzed',
        snapshot: one({ columnStatistics: 'no-right', lastAnalyzeAt: 1 }),
      },
      { name: 'a partition that is partitioned again', snapshot: one({ partitionOf: 'public.all_events' }) },
    ],
    flags: [
      {
        name: 'trap 78: the whole was never analyzed',
        snapshot: one(),
        expect: ([finding]) => expect(finding?.steps[0]?.sql).toBe('ANALYZE public.events;'),
      },
    ],
    blind: [
      {
        name: 'a role that may not read the table',
        snapshot: one({ columnStatistics: 'no-right' }),
        why: /may not read/,
      },
      { name: 'trap 83: on a standby', snapshot: { ...one(), server: aServer({ role: 'standby' }) }, why: /standby/ },
      {
        name: 'without the catalog',
        snapshot: aSnapshot({ tables: [aTable({ partitioned: undefined })] }),
        why: /catalog/,
      },
    ],
  });
});
