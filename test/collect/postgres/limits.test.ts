import { expect, it } from 'vitest';
import { roughSizeNotes, unreadSequencesNotes, unreadStatisticsNotes } from '../../../lib/collect/postgres/limits.ts';

const rows = (rough: number, exact: number) => [
  ...Array.from({ length: rough }, () => ({ roughSize: true })),
  ...Array.from({ length: exact }, () => ({ roughSize: false })),
];

it('sizes that are estimates are counted', () => {
  expect(roughSizeNotes(rows(5, 2_000), rows(1, 6_000))).toEqual([
    expect.stringMatching(
      /^The sizes of 5 tables and 1 indexes, the smallest of their databases, are those of the last /,
    ),
  ]);
});

it('tables whose statistics were not asked for are counted, those of the missing right are not', () => {
  const tables = [{ columnStatistics: 'not-read' } as const, { columnStatistics: 'no-right' } as const, {}];
  expect(unreadStatisticsNotes(tables.map((row) => ({ row })))).toEqual([
    expect.stringMatching(/^Column statistics of 1 tables were not read/),
  ]);
});

it('nothing is said where all was read', () => {
  expect([...roughSizeNotes(rows(0, 3), rows(0, 6)), ...unreadStatisticsNotes([{ row: {} }])]).toEqual([]);
  expect(unreadSequencesNotes('shop', 0)).toEqual([]);
});
