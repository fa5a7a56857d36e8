/** What a weekly finding is put down to, where the two weeks were not seen for equally long. */
import { describe, expect, it } from 'vitest';
import { type Week, weekOf } from '../../../lib/compare/week.ts';
import { causeOf } from '../../../lib/compare/weekly/cause.ts';
import { METRICS } from '../../../lib/compare/weekly/metrics.ts';
import { type Row, rowName, rowsIn } from '../../../lib/compare/weekly/values.ts';
import type { Snapshot } from '../../../lib/model/snapshot.ts';
import { anIndex, aTable } from '../../support/rows.ts';
import { called, now } from '../weeks.ts';

/** Of the same week, but the counters of the first cover half of it. */
function sceneOf(then: Partial<Snapshot>, today: Partial<Snapshot>) {
  const spanned = (one: Snapshot, start: string): Week => {
    const span = { start, end: one.window.end, source: 'prometheus', basis: 'window' } as const;
    return { ...weekOf(one), spans: { server: span, database: span, table: span, index: span, statement: span } };
  };
  const [before, after] = [
    now(then.statements ? [...then.statements] : [], then),
    now(today.statements ? [...today.statements] : [], today),
  ];
  return {
    snapshot: after,
    earlier: spanned(before, '2026-11-18T12:00:00Z'),
    week: spanned(after, '2026-11-15T00:00:00Z'),
  };
}

function causes(id: string, row: Partial<Row>, scene: ReturnType<typeof sceneOf>): readonly string[] {
  const metric = METRICS.find((one) => one.id === id);
  if (metric === undefined) throw new Error(`no metric ${id}`);
  const found = rowsIn(scene.week, metric.kind).find((one) => rowName(one) === rowName(row)) ?? {
    ...row,
    measures: {},
  };
  return causeOf(metric, found, scene).map(({ text }) => text);
}

describe('of two weeks that were seen for half and for all their length', () => {
  const unexplained = ['what was measured does not explain it'];
  const shop = { database: 'shop' };
  const orders = { database: 'shop', schema: 'public', table: 'orders' };

  it('a size is a size: the same table has not grown', () => {
    const tables = [aTable({ ...orders, heapBytes: 1e9 })];
    expect(causes('table-cache-misses', orders, sceneOf({ tables }, { tables }))).toEqual(unexplained);
    // Halved, though half the time was seen.
    const smaller = [aTable({ ...orders, heapBytes: 5e8 })];
    expect(causes('table-cache-misses', orders, sceneOf({ tables: smaller }, { tables }))).toEqual([
      '2 times more bytes in the table',
    ]);
  });

  it('reads that went on at the same pace are no additional ones', () => {
    const reading = (first: number, second: number) => ({
      tables: [
        aTable({ ...orders, heapBlocksRead: first, indexBlocksRead: 0 }),
        aTable({ ...orders, table: 'items', heapBlocksRead: second, indexBlocksRead: 0 }),
      ],
    });
    expect(causes('cache-misses', shop, sceneOf(reading(1_000_000, 100), reading(2_000_000, 800)))).toEqual([
      '100 % of the additional reads are of items',
    ]);
  });

  it('so are spills and scans', () => {
    const spilling = (first: number, second: number) => ({
      statements: [
        called('report', { text: 'SELECT * FROM report', tempBlocksWritten: first }),
        called('export', { text: 'SELECT * FROM export', tempBlocksWritten: second }),
      ],
    });
    const spilt = causes('temp-spill', shop, sceneOf(spilling(1_000_000, 10), spilling(2_000_000, 500)));
    expect(spilt).toEqual(['100 % of it comes from SELECT * FROM export']);
    const scanning = (first: number, second: number) => ({
      tables: [aTable(orders)],
      indexes: [anIndex({ ...orders, index: 'a', scans: first }), anIndex({ ...orders, index: 'b', scans: second })],
    });
    const index = { ...orders, index: 'a' };
    expect(causes('index-scans', index, sceneOf(scanning(1000, 2000), scanning(2, 4000)))).toEqual(unexplained);
    expect(causes('index-scans', index, sceneOf(scanning(1000, 2000), scanning(2, 7000)))).toEqual([
      'the index b is scanned instead',
    ]);
  });
});
