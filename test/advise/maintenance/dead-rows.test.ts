import { describe, expect } from 'vitest';
import { deadRows } from '../../../lib/advise/maintenance/dead-rows.ts';
import type { KeyedFinding } from '../../../lib/model/outcome.ts';
import { testAdvisor } from '../../support/advisor.ts';
import { aServer, aSnapshot, aTable, NOW_SECONDS, spansOf } from '../../support/rows.ts';

const HOUR = 3600;
const { settings } = aServer();
const without = (...names: readonly string[]) =>
  Object.fromEntries(Object.entries(settings).filter(([name]) => !names.includes(name)));
const one = (table: Parameters<typeof aTable>[0], server: Parameters<typeof aServer>[0] = {}) =>
  aSnapshot({ tables: [aTable(table)], server: aServer(server) });
const sql = (finding: KeyedFinding | undefined) => finding?.steps.map((step) => step.sql ?? '').join('\n');
// The demo's size: 500,000 live rows, so the trigger is 100,050.
const shop = { liveRows: 500_000, autovacuums: 0, lastAutovacuumAt: undefined };

describe('dead-rows', () => {
  testAdvisor(deadRows, {
    passes: [
      { name: 'a well-kept table', snapshot: aSnapshot() },
      { name: 'a table just under one and a half times its trigger', snapshot: one({ ...shop, deadRows: 150_074 }) },
      {
        name: 'trap 66: 15 % dead, where 20 % is the trigger',
        snapshot: one({ liveRows: 1_000_000, deadRows: 170_000 }),
      },
      { name: 'fewer than 10,000 dead rows, whatever the ratio', snapshot: one({ liveRows: 10, deadRows: 9_999 }) },
      {
        name: 'trap 67: no live rows, as after a load or lost counters',
        snapshot: one({ liveRows: 0, deadRows: 500_000 }),
        expect: ({ caveats, examined }) => {
          expect(examined).toBe(0);
          expect(caveats.join(' ')).toContain('1 table without live rows');
        },
      },
      {
        name: 'trap 66: a trigger of its own that lets more rows die',
        snapshot: one({ ...shop, deadRows: 200_000, storage: { autovacuum_vacuum_scale_factor: '0.4' } }),
      },
      {
        name: 'a partitioned parent, which holds no rows',
        snapshot: one({ ...shop, deadRows: 400_000, partitioned: true }),
      },
      {
        name: 'trap 8: autovacuum had no chance to come since the statistics began',
        snapshot: {
          ...one({ ...shop, deadRows: 400_000 }),
          quality: { ...aSnapshot().quality, statisticsAgeSeconds: 599 },
        },
        expect: ({ caveats }) =>
          expect(caveats.join()).toContain('1 table is above the trigger, but the statistics are'),
      },
      { name: 'a table of an extension', snapshot: one({ ...shop, deadRows: 400_000, extension: 'postgis' }) },
      {
        name: 'before 18 no maximum caps the trigger of a huge table',
        snapshot: one(
          { liveRows: 2_000_000_000, deadRows: 300_000_000 },
          { versionNum: 170_002, settings: without('autovacuum_vacuum_max_threshold') },
        ),
      },
    ],
    flags: [
      {
        name: 'exactly one and a half times the trigger',
        snapshot: one({ ...shop, deadRows: 150_075 }),
        expect: ([finding]) => {
          expect(finding?.evidence.find((one) => one.label === 'Autovacuum’s trigger')?.value).toBe(100_050);
          expect(finding?.work).toBe('change-storage');
          expect(sql(finding)).toContain('VACUUM (ANALYZE) public.orders;');
          // 1,000 + 0.018 × 500,000 rows is 2 % of the table.
          expect(sql(finding)).toContain(
            'ALTER TABLE public.orders SET (autovacuum_vacuum_scale_factor = 0.018, autovacuum_vacuum_threshold = 1000);',
          );
          expect(finding?.risk.rollback).toEqual([
            'ALTER TABLE public.orders RESET (autovacuum_vacuum_scale_factor, autovacuum_vacuum_threshold);',
          ]);
          expect(finding?.done).toMatchObject({ kind: 'storage-changed', from: null });
          expect(finding?.approach).toContain('did not come');
        },
      },
      {
        name: 'ten minutes of a window are judged like a week: dead rows are a level, not an increase',
        snapshot: { ...one({ ...shop, deadRows: 400_000 }), spans: spansOf(600) },
      },
      {
        name: 'autovacuum that came and was too late',
        snapshot: one({ ...shop, deadRows: 400_000, autovacuums: 3, lastAutovacuumAt: NOW_SECONDS - HOUR }),
        expect: ([finding]) => expect(finding?.approach).toContain('did run here'),
      },
      {
        name: 'a table tuned already is vacuumed and not tuned again',
        snapshot: one({ ...shop, deadRows: 400_000, storage: { autovacuum_vacuum_scale_factor: '0.01' } }),
        expect: ([finding]) => {
          expect(finding?.work).toBe('vacuum');
          expect(sql(finding)).not.toContain('ALTER TABLE');
          expect(finding?.done.kind).toBe('measure-moved');
        },
      },
      {
        name: 'a parameter of its own is put back as it was',
        snapshot: one({ ...shop, deadRows: 400_000, storage: { autovacuum_vacuum_scale_factor: '0.3' } }),
        expect: ([finding]) =>
          expect(finding?.risk.rollback).toEqual([
            'ALTER TABLE public.orders SET (autovacuum_vacuum_scale_factor = 0.3);',
            'ALTER TABLE public.orders RESET (autovacuum_vacuum_threshold);',
          ]),
      },
      {
        name: 'trap 68: with a transaction idle for an hour nothing is tuned',
        snapshot: one({ ...shop, deadRows: 400_000 }, { idleInTransactionSeconds: HOUR }),
        expect: ([finding]) => {
          expect(finding?.approach).toContain('tune nothing');
          expect(sql(finding)).toContain('pg_prepared_xacts');
          expect(sql(finding)).not.toContain('ALTER TABLE');
        },
      },
      {
        name: 'trap 68: in a window of ten minutes, ten idle minutes held everything',
        snapshot: { ...one({ ...shop, deadRows: 400_000 }, { idleInTransactionSeconds: 600 }), spans: spansOf(600) },
        expect: ([finding]) => expect(finding?.approach).toContain('tune nothing'),
      },
      {
        name: 'trap 68: in a window of seconds, a transaction idle for seconds holds nothing up',
        snapshot: { ...one({ ...shop, deadRows: 400_000 }, { idleInTransactionSeconds: 5 }), spans: spansOf(5) },
        expect: ([finding]) => {
          expect(finding?.approach).not.toContain('tune nothing');
          expect(finding?.title).toBe('Remove 400,000 dead rows from public.orders and keep them away');
        },
      },
      {
        name: 'an autovacuum that looks once an hour, however young the statistics: its naptime is the cause',
        snapshot: {
          ...one(
            { ...shop, deadRows: 400_000 },
            { settings: { ...settings, autovacuum_naptime: { value: 3_600_000, unit: 'ms' } } },
          ),
          quality: { ...aSnapshot().quality, statisticsAgeSeconds: 5 },
        },
        expect: ([finding]) => {
          expect(finding?.approach).toContain('far too rarely');
          expect(finding?.steps.at(-1)?.text).toContain('autovacuum_naptime, which is 60 minutes, back to 1min');
          expect(sql(finding)).not.toContain('ALTER TABLE');
        },
      },
      {
        name: 'trap 69: the steps look for a vacuum at work first',
        snapshot: one({ ...shop, deadRows: 400_000, schema: 'Sales', table: "o'Brien" }),
        expect: ([finding]) => {
          const [, progress, vacuum] = finding?.steps ?? [];
          expect(progress?.sql).toContain(`pg_stat_progress_vacuum WHERE relid = '"Sales"."o''Brien"'::regclass`);
          expect(vacuum?.sql).toBe(`VACUUM (ANALYZE) "Sales"."o'Brien";`);
          expect(vacuum).toMatchObject({
            inTransaction: false,
            lock: expect.stringContaining('SHARE UPDATE EXCLUSIVE'),
          });
        },
      },
      {
        name: 'trap 71: autovacuum off on purpose is asked about, never switched on',
        snapshot: one({ ...shop, deadRows: 400_000, storage: { autovacuum_enabled: 'false' } }),
        expect: ([finding]) => {
          expect(finding?.steps[0]?.text).toContain('Ask the table’s owner');
          expect(sql(finding)).not.toMatch(/autovacuum_enabled|ALTER TABLE/);
        },
      },
      {
        name: 'autovacuum off for the server: parameters of the table would not help',
        snapshot: one(
          { ...shop, deadRows: 400_000 },
          { settings: { ...settings, autovacuum: { value: false, source: 'configuration file' } } },
        ),
        expect: ([finding]) => {
          expect(finding?.approach).toContain('whole server');
          expect(sql(finding)).not.toContain('ALTER TABLE');
        },
      },
      {
        name: 'trap 72: VACUUM FULL is never printed',
        snapshot: one({ ...shop, deadRows: 4_000_000 }),
        expect: ([finding]) => expect(sql(finding)).not.toMatch(/FULL/),
      },
      {
        name: 'from 18 on the maximum caps the trigger of a huge table',
        snapshot: one({ liveRows: 2_000_000_000, deadRows: 300_000_000 }),
        expect: ([finding]) =>
          expect(finding?.evidence.find((one) => one.label === 'Autovacuum’s trigger')?.value).toBe(100_000_000),
      },
      {
        name: 'settings and parameters nobody could read are assumed, and said to be',
        snapshot: one({ ...shop, deadRows: 400_000, storage: undefined }, { settings: {}, versionNum: undefined }),
        expect: ([finding], outcome) => {
          expect(finding?.benefit.confidence).toBe('low');
          const caveats = outcome.state === 'found' ? outcome.caveats.join(' ') : '';
          expect(caveats).toContain('autovacuum_vacuum_threshold = 50, autovacuum_vacuum_scale_factor = 0.2');
          expect(caveats).toContain('Storage parameters of the tables were not seen');
        },
      },
      {
        name: 'trap 108: partitions of one table are one finding, about the worst',
        snapshot: aSnapshot({
          tables: [1, 2, 3].map((n) =>
            aTable({ ...shop, deadRows: n * 200_000, table: `orders_${n}`, partitionOf: 'public.orders' }),
          ),
        }),
        expect: ([finding]) => {
          expect(finding?.subject.table).toBe('orders_3');
          expect(finding?.approach).toContain('2 more partitions of public.orders');
        },
      },
      {
        name: 'trap 107: the same table in two databases is two findings',
        snapshot: aSnapshot({
          tables: ['shop', 'archive'].map((database) => aTable({ ...shop, deadRows: 400_000, database })),
        }),
        count: 2,
      },
    ],
    blind: [
      { name: 'trap 83: a standby', snapshot: one({ deadRows: 900_000 }, { role: 'standby' }), why: /primary/ },
      { name: 'trap 109: dead rows that nobody counted', snapshot: one({ deadRows: undefined }), why: /deadRows/ },
    ],
  });
});
