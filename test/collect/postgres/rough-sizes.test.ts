import { expect, it } from 'vitest';
import { roughSizeNotes } from '../../../lib/collect/postgres/rough-sizes.ts';

const rows = (count: number, database = 'shop', partitioned = false) =>
  Array.from({ length: count }, () => ({ database, partitioned }));

it('sizes that are estimates are counted, database by database', () => {
  expect(roughSizeNotes([...rows(2_005), ...rows(2_000, 'other')], rows(6_001))).toEqual([
    expect.stringMatching(
      /^The sizes of 5 tables and 1 indexes, the smallest of their databases, are those of the last /,
    ),
  ]);
});

it('nothing is said where every size was read, and partitioned tables have none', () => {
  expect(roughSizeNotes([...rows(2_000), ...rows(50, 'shop', true)], rows(6_000))).toEqual([]);
});
