import { describe, expect } from 'vitest';
import { tablesWithoutPrimaryKey } from '../../../lib/advise/index/tables-without-primary-key.ts';
import { testAdvisor } from '../../support/advisor.ts';
import { aColumn, anIndex, aSnapshot, aTable } from '../../support/rows.ts';

const other = anIndex({ table: 'customers', columns: ['id'], primary: true, unique: true });
const one = (table: Parameters<typeof aTable>[0], ...indexes: readonly ReturnType<typeof anIndex>[]) =>
  aSnapshot({ tables: [aTable(table)], indexes: [other, ...indexes] });
const unique = anIndex({ columns: ['id'], index: 'orders_id_key', unique: true });

describe('tables-without-primary-key', () => {
  testAdvisor(tablesWithoutPrimaryKey, {
    passes: [
      { name: 'a healthy snapshot', snapshot: aSnapshot() },
      { name: 'a small table', snapshot: one({ liveRows: 9_999 }) },
      { name: 'a log that only grows', snapshot: one({ rowsUpdated: 0, rowsDeleted: 0 }) },
      { name: 'trap 46: an unlogged load table', snapshot: one({ persistence: 'unlogged' }) },
      { name: 'trap 108: a partition', snapshot: one({ partitionOf: 'public.all_orders' }) },
    ],
    flags: [
      {
        name: 'no key and no unique index: words only',
        snapshot: one({}),
        expect: ([finding]) => expect(finding?.steps.every(({ sql }) => sql === undefined)).toBe(true),
      },
      {
        name: 'a unique index on NOT NULL columns can become the key',
        snapshot: one({}, unique),
        expect: ([finding]) =>
          expect(finding?.steps[0]?.sql).toBe('ALTER TABLE public.orders ADD PRIMARY KEY USING INDEX orders_id_key;'),
      },
      {
        name: 'not one on a column that may be NULL, nor a partial one',
        snapshot: one(
          { columns: [aColumn('id', { notNull: false })] },
          unique,
          anIndex({ ...unique, index: 'part', predicate: 'id > 0' }),
        ),
        expect: ([finding]) => expect(finding?.steps.every(({ sql }) => sql === undefined)).toBe(true),
      },
    ],
    blind: [
      { name: 'without the catalog', snapshot: aSnapshot({ indexes: [anIndex({ keys: undefined })] }), why: /catalog/ },
    ],
  });
});
