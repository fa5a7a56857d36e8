import { describe, expect } from 'vitest';
import { staleStatistics } from '../../../lib/advise/maintenance/stale-statistics.ts';
import { testAdvisor } from '../../support/advisor.ts';
import { aColumn, aServer, aSnapshot, aTable, NOW_SECONDS } from '../../support/rows.ts';

const DAY = 24 * 3600;
const one = (table: Parameters<typeof aTable>[0], server: Parameters<typeof aServer>[0] = {}) =>
  aSnapshot({ tables: [aTable(table)], server: aServer(server) });
// A million rows: the trigger is 100,050.
const old = { modifiedSinceAnalyze: 150_075, lastAutoanalyzeAt: NOW_SECONDS - DAY };
const partitions = (changed: number) =>
  [1, 2].map((n) =>
    aTable({
      table: `orders_${n}`,
      partitionOf: 'public.orders',
      rowsInserted: changed,
      rowsUpdated: 0,
      rowsDeleted: 0,
    }),
  );
const bare = [aColumn('id', { distinct: undefined })];
const parent = (lastAnalyzeAt?: number) =>
  aTable({
    partitioned: true,
    liveRows: 0,
    modifiedSinceAnalyze: 0,
    lastAutoanalyzeAt: undefined,
    lastAnalyzeAt,
    columns: bare,
  });

describe('stale-statistics', () => {
  testAdvisor(staleStatistics, {
    passes: [
      { name: 'a table analysed yesterday with few changes since', snapshot: aSnapshot() },
      { name: 'just under one and a half times the trigger', snapshot: one({ ...old, modifiedSinceAnalyze: 150_074 }) },
      {
        name: 'trap 79: analysed a year ago and not changed since',
        snapshot: one({ modifiedSinceAnalyze: 0, lastAutoanalyzeAt: NOW_SECONDS - 365 * DAY }),
      },
      {
        name: 'analysed within the hour: a load that just ended',
        snapshot: one({ ...old, lastAutoanalyzeAt: NOW_SECONDS - 3600 }),
      },
      {
        name: 'trap 8: never analysed, but the statistics began a minute ago',
        snapshot: {
          ...one({ ...old, lastAutoanalyzeAt: undefined }),
          quality: { ...aSnapshot().quality, statisticsAgeSeconds: 60 },
        },
        expect: ({ caveats }) => expect(caveats.join()).toContain('no chance to come yet'),
      },
      { name: 'fewer than 1,000 modified rows', snapshot: one({ ...old, liveRows: 100, modifiedSinceAnalyze: 999 }) },
      {
        name: 'trap 78: a partitioned table whose parent was analysed in the window',
        snapshot: aSnapshot({ tables: [parent(NOW_SECONDS - DAY), ...partitions(500_000)] }),
      },
      {
        name: 'trap 78: an old ANALYZE of the parent with hardly a change since',
        snapshot: aSnapshot({ tables: [parent(NOW_SECONDS - 30 * DAY), ...partitions(99_000)] }),
      },
      {
        name: 'a parent whose statistics may not be seen, unlike those of its partitions',
        snapshot: aSnapshot({ tables: [{ ...parent(), columnStatistics: 'no-right' }, ...partitions(500_000)] }),
      },
      {
        name: 'trap 78: a parent that has statistics, though nobody tells from when',
        snapshot: aSnapshot({ tables: [{ ...parent(), columns: [aColumn('id')] }, ...partitions(500_000)] }),
      },
      {
        name: 'trap 119: a role that sees no column statistics cannot say that there are none',
        snapshot: aSnapshot({
          tables: [parent(), ...partitions(500_000).map((row) => ({ ...row, columns: bare }))],
        }),
      },
    ],
    flags: [
      {
        name: 'exactly one and a half times the trigger',
        snapshot: one(old),
        expect: ([finding]) => {
          expect(finding?.steps[0]).toMatchObject({
            sql: 'ANALYZE public.orders;',
            inTransaction: true,
            // trap 81
            lock: 'SHARE UPDATE EXCLUSIVE on public.orders',
            blocks: expect.stringContaining('VACUUM'),
          });
          expect(finding?.work).toBe('analyze');
          expect(finding?.gain).toMatchObject({ kind: 'table-measure', measure: 'modifiedSinceAnalyze' });
        },
      },
      {
        name: 'never analysed',
        snapshot: one({ ...old, lastAutoanalyzeAt: undefined }),
        expect: ([finding]) => expect(finding?.evidence.at(-1)?.value).toBe('never since the statistics began'),
      },
      {
        name: 'trap 109: a last ANALYZE that nobody exported is not said to be never',
        snapshot: {
          ...one({ ...old, lastAutoanalyzeAt: undefined }),
          gaps: [
            {
              kind: 'table',
              measures: ['lastAnalyzeAt', 'lastAutoanalyzeAt'],
              source: 'prometheus',
              absence: 'not-exported',
              reason: 'Not exported.',
              remedy: 'Export it.',
            },
          ],
        },
        expect: ([finding]) => expect(finding?.evidence.at(-1)?.value).toBe('not seen'),
      },
      {
        name: 'trap 71: autovacuum off on purpose sends to the owner',
        snapshot: one({ ...old, storage: { autovacuum_enabled: 'off' } }),
        expect: ([finding]) => expect(finding?.approach).toContain('on purpose'),
      },
      {
        name: 'the table’s own scale factor',
        snapshot: one({ modifiedSinceAnalyze: 20_000, storage: { autovacuum_analyze_scale_factor: '0.01' } }),
      },
      {
        name: 'trap 78: a partitioned parent that was never analysed',
        snapshot: aSnapshot({ tables: [parent(), ...partitions(0)] }),
        expect: ([finding]) => {
          expect(finding?.subject.table).toBe('orders');
          expect(finding?.approach).toContain('never the parent');
        },
      },
      {
        name: 'trap 78: a tenth of the rows changed since the parent was analysed',
        snapshot: aSnapshot({ tables: [parent(NOW_SECONDS - 30 * DAY), ...partitions(100_000)] }),
      },
    ],
    blind: [
      { name: 'trap 83: a standby', snapshot: one(old, { role: 'standby' }), why: /primary/ },
      { name: 'nobody counted modified rows', snapshot: one({ modifiedSinceAnalyze: undefined }) },
    ],
  });
});
