import { describe, expect } from 'vitest';
import { manyIndexes } from '../../../lib/advise/index/many-indexes.ts';
import { testAdvisor } from '../../support/advisor.ts';
import { anIndex, aSnapshot, aTable } from '../../support/rows.ts';

const WEEK = 7 * 24 * 3600;
const indexes = (count: number, changes: Parameters<typeof anIndex>[0] = {}) =>
  Array.from({ length: count }, (_, at) => anIndex({ index: `i${at}`, columns: [`c${at}`], ...changes }));
/** Ten rows in each second that no HOT update spares. */
const busy = aTable({ rowsInserted: 15 * WEEK, rowsUpdated: 10 * WEEK, rowsHotUpdated: 5 * WEEK });
const one = (count: number, table = busy) => aSnapshot({ tables: [table], indexes: indexes(count) });

describe('many-indexes', () => {
  testAdvisor(manyIndexes, {
    passes: [
      { name: 'a healthy snapshot', snapshot: aSnapshot() },
      { name: 'ten indexes on a busy table', snapshot: one(10) },
      { name: 'eleven on a table that is read', snapshot: one(11, aTable()) },
      {
        name: 'eleven on a table whose updates are HOT',
        snapshot: one(11, { ...busy, rowsInserted: 0, rowsHotUpdated: 10 * WEEK }),
      },
      { name: 'just below 200 entries a second', snapshot: one(11, { ...busy, rowsInserted: 13 * WEEK }) },
    ],
    flags: [
      {
        name: 'eleven indexes on a table written twenty times a second',
        snapshot: one(11),
        expect: ([finding]) => {
          expect(finding?.approach).toContain('about 220 entries a second');
          expect(finding?.work).toBe('investigate');
        },
      },
      {
        name: 'partitions as the one table they are (trap 108)',
        snapshot: aSnapshot({
          tables: [
            { ...busy, table: 'all_orders', partitioned: true },
            { ...busy, table: 'p1', partitionOf: 'public.all_orders' },
            { ...busy, table: 'p2', partitionOf: 'public.all_orders' },
          ],
          indexes: [
            ...indexes(11, { table: 'all_orders', partitioned: true }),
            ...indexes(11, { table: 'p1', partitionOf: 'public.i' }),
            ...indexes(11, { table: 'p2', partitionOf: 'public.i' }),
          ],
        }),
        expect: ([finding]) => {
          expect(finding?.subject.table).toBe('all_orders');
          expect(finding?.approach).toContain('about 440 entries a second');
        },
      },
    ],
    blind: [{ name: 'when the span is unknown', snapshot: { ...one(11), spans: {} }, why: /how long/ }],
  });
});
