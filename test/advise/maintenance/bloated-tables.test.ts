import { describe, expect } from 'vitest';
import { bloatedTables } from '../../../lib/advise/maintenance/bloated-tables.ts';
import type { TableRow } from '../../../lib/model/rows.ts';
import { testAdvisor } from '../../support/advisor.ts';
import { anIndex, aServer, aSnapshot, aTable, type Over, spansOf } from '../../support/rows.ts';

const MIB = 1024 ** 2;
const GIB = 1024 ** 3;
const bloat = { source: 'pgstattuple', bytes: 6 * GIB, ofBytes: 10 * GIB, deadBytes: 0 } as const;
const table = (changes: Over<TableRow> = {}) =>
  aTable({ heapBytes: 10 * GIB, mainBytes: 10 * GIB, indexBytes: GIB, liveRows: 10_000_000, bloat, ...changes });
const one = (changes: Over<TableRow> = {}) => aSnapshot({ tables: [table(changes)] });

describe('bloated-tables', () => {
  testAdvisor(bloatedTables, {
    passes: [
      { name: 'just below half', snapshot: one({ bloat: { ...bloat, bytes: 5 * GIB - MIB } }) },
      {
        name: 'just below 200 MiB',
        snapshot: one({ bloat: { ...bloat, bytes: 200 * MIB - 1, ofBytes: 210 * MIB }, mainBytes: 210 * MIB }),
      },
      {
        name: 'trap 65: dead rows, which are vacuumed and no bloat',
        snapshot: one({ bloat: { ...bloat, deadBytes: 2 * GIB } }),
      },
      {
        name: 'trap 76: a measured one that an estimate took for empty',
        snapshot: one({ bloat: { ...bloat, bytes: MIB }, estimatedBloatBytes: 9 * GIB }),
      },
      {
        name: 'trap 77: room that a week of updates fills again',
        // Ten million rows of 430 bytes: six million new versions take 2.4 GiB of the 6.
        snapshot: one({ rowsInserted: 0, rowsUpdated: 6_000_000 }),
        expect: ({ caveats }) =>
          expect(caveats.join()).toContain('public.orders: half empty, but a week’s changes fill'),
      },
      { name: 'trap 21: a table of an extension', snapshot: one({ extension: 'timescaledb' }) },
      { name: 'what has no file of its own', snapshot: one({ partitioned: true }) },
      { name: 'a materialized view, which is refreshed', snapshot: one({ materializedView: true }) },
      { name: 'another access method', snapshot: one({ method: 'columnar' }) },
    ],
    flags: [
      {
        name: 'more than half of it empty as measured: each method with its lock and disk (trap 72)',
        snapshot: one(),
        expect: ([finding]) => {
          expect(finding?.title).toBe('Give back the empty 60 % of public.orders');
          expect(finding?.benefit).toMatchObject({ kind: 'space', confidence: 'high' });
          const bytes = finding?.benefit.kind === 'space' ? finding.benefit.bytes : undefined;
          // Less what 20,000 new versions of 430 bytes take in a week.
          expect(bytes?.high).toBeGreaterThan(6 * GIB - 10 * MIB);
          expect(bytes?.high).toBeLessThan(6 * GIB);
          const by = (method: RegExp) => finding?.steps.find(({ text }) => method.test(text));
          expect(by(/pg_repack --no-order --dbname 'shop' --table 'public\.orders'/)).toMatchObject({
            lock: expect.stringContaining('for a moment at its start and end'),
            diskBytes: 22 * GIB,
            text: expect.stringContaining('by the key the table has'),
          });
          expect(by(/VACUUM \(FULL/)).toMatchObject({ lock: 'ACCESS EXCLUSIVE on public.orders', diskBytes: 5 * GIB });
          expect(by(/VACUUM \(FULL/)?.blocks).toContain('reads too');
          expect(by(/CLUSTER/)).toBeUndefined();
          const sql = finding?.steps.flatMap((step) => step.sql ?? []);
          expect(sql?.filter((text) => /FULL|CLUSTER/.test(text))).toEqual([]);
          expect(sql).toContain('VACUUM (ANALYZE) public.orders;');
          expect(finding?.approach).toContain('fills again'); // trap 77
        },
      },
      {
        name: 'one in the order of an index, which CLUSTER would put right again; and without a key for pg_repack',
        snapshot: { ...one(), indexes: [anIndex({ columns: ['created_at'], clustered: true })] },
        expect: ([finding]) => {
          const texts = finding?.steps.map(({ text }) => text).join('\n');
          expect(texts).toContain('CLUSTER public.orders USING orders_created_at_idx');
          expect(texts).toContain('It needs a primary key');
        },
      },
      {
        name: 'one whose name would be a command, quoted for the shell',
        snapshot: one({ table: "o'$(reboot)" }),
        expect: ([finding]) =>
          expect(finding?.steps.map(({ text }) => text).join()).toContain(`--table 'public."o'\\''$(reboot)"'`),
      },
      {
        name: 'one whose changes nobody counted, with less confidence',
        snapshot: one({ rowsInserted: undefined, rowsUpdated: undefined }),
        expect: ([finding]) => expect(finding?.benefit.confidence).toBe('medium'),
      },
      {
        name: 'one whose changes were counted for minutes only, which say nothing of a week',
        snapshot: { ...one({ rowsUpdated: 6_000_000 }), spans: spansOf(600) },
        expect: ([finding]) => {
          expect(finding?.benefit.confidence).toBe('medium');
          expect(finding?.evidence).toContainEqual(expect.objectContaining({ value: 'not seen' }));
        },
      },
      {
        name: 'half of it empty as estimated, to be measured first',
        snapshot: one({ bloat: undefined, estimatedBloatBytes: 6 * GIB }),
        expect: ([finding]) => {
          expect(finding?.benefit.confidence).toBe('low');
          expect(finding?.approach).toContain('measure it with pgstattuple_approx before anything is copied');
        },
      },
      {
        name: 'trap 108: partitions as the one table they are',
        snapshot: aSnapshot({
          tables: [1, 2, 3].map((n) => table({ table: `orders_${n}`, partitionOf: 'public.orders' })),
        }),
        expect: ([finding]) => expect(finding?.approach).toContain('2 more partitions of public.orders'),
      },
    ],
    blind: [
      {
        name: 'trap 75: when nobody could tell how full tables are',
        snapshot: one({ bloat: undefined }),
        why: /pgstattuple/,
      },
      { name: 'trap 83: a standby', snapshot: { ...one(), server: aServer({ role: 'standby' }) }, why: /primary/ },
    ],
  });
});
