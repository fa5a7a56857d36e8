import { describe, expect } from 'vitest';
import { foreignKeysWithoutIndex } from '../../../lib/advise/index/foreign-keys-without-index.ts';
import type { IndexRow, TableRow } from '../../../lib/model/rows.ts';
import type { Snapshot } from '../../../lib/model/snapshot.ts';
import { testAdvisor } from '../../support/advisor.ts';
import { aKey, anIndex, aServer, aSnapshot, aStatement, aTable, type Over, spansOf } from '../../support/rows.ts';

const key = {
  name: 'orders_customer_fk',
  columns: ['customer_id'],
  referencedSchema: 'public',
  referencedTable: 'customers',
  referencedColumns: ['id'],
};
const pkey = anIndex({ index: 'orders_pkey', columns: ['id'], unique: true, primary: true });
/** 0.1 deletes an hour for a week. */
const DELETES = 17;

interface Changes {
  readonly child?: Over<TableRow>;
  readonly deletes?: number | undefined;
  readonly indexes?: readonly IndexRow[];
  readonly more?: Partial<Snapshot>;
}

function shop({ child = {}, indexes = [], more = {}, ...rest }: Changes = {}): Snapshot {
  const deletes = 'deletes' in rest ? rest.deletes : DELETES;
  return aSnapshot({
    tables: [
      aTable({ foreignKeys: [key], ...child }),
      aTable({ table: 'customers', liveRows: 50_000, rowsDeleted: deletes, columns: [] }),
    ],
    indexes: [pkey, ...indexes],
    ...more,
  });
}

describe('foreign-keys-without-index', () => {
  testAdvisor(foreignKeysWithoutIndex, {
    passes: [
      { name: 'a healthy snapshot', snapshot: aSnapshot() },
      { name: 'an index on the columns', snapshot: shop({ indexes: [anIndex()] }) },
      {
        name: 'a wider index that begins with them (trap 45)',
        snapshot: shop({ indexes: [anIndex({ columns: ['customer_id', 'status'] })] }),
      },
      {
        name: 'an index on the columns in another order (trap 45)',
        snapshot: shop({
          child: { foreignKeys: [{ ...key, columns: ['customer_id', 'id'] }] },
          indexes: [anIndex({ columns: ['id', 'customer_id'] })],
        }),
      },
      {
        name: 'a partial index on IS NOT NULL (trap 45)',
        snapshot: shop({ indexes: [anIndex({ predicate: '(customer_id IS NOT NULL)' })] }),
      },
      { name: 'a hash index (trap 45)', snapshot: shop({ indexes: [anIndex({ method: 'hash' })] }) },
      { name: 'a small child (trap 44)', snapshot: shop({ child: { liveRows: 9_999 } }) },
      { name: 'a child below 10 MiB (trap 44)', snapshot: shop({ child: { heapBytes: 10 * 1024 ** 2 - 1 } }) },
      {
        name: 'a parent that hardly loses rows, but says so (trap 44)',
        snapshot: shop({ deletes: DELETES - 1 }),
        expect: (outcome) => expect(outcome.caveats[0]).toContain('hardly lose rows'),
      },
      { name: 'an unlogged load table (trap 46)', snapshot: shop({ child: { persistence: 'unlogged' } }) },
      {
        name: 'a partitioned table, but says how (trap 41)',
        snapshot: shop({ child: { partitioned: true } }),
        expect: (outcome) => expect(outcome.caveats[0]).toContain('ON ONLY'),
      },
      { name: 'an extension’s table (trap 21)', snapshot: shop({ child: { extension: 'x' } }) },
    ],
    flags: [
      {
        name: 'a foreign key without an index whose parent loses rows',
        snapshot: shop(),
        expect: ([finding]) => {
          expect(finding?.steps[1]?.sql).toBe(
            'CREATE INDEX CONCURRENTLY orders_customer_id_idx ON public.orders (customer_id);',
          );
          expect(finding?.benefit.kind).toBe('risk');
          expect(finding?.done).toMatchObject({ kind: 'index-created', columns: ['customer_id'] });
        },
      },
      {
        name: 'one delete in a window of ten minutes',
        snapshot: shop({ deletes: 1, more: { spans: spansOf(600) } }),
      },
      {
        name: 'the time of the deletes by the blocks they touched, three quarters of them the child’s',
        snapshot: shop({
          child: { heapBytes: 75_000 * 8192 },
          more: {
            statements: [
              aStatement({
                ...{ text: 'DELETE FROM customers WHERE id = $1', calls: DELETES, rows: DELETES },
                ...{
                  totalTimeMs: DELETES * 1_000,
                  sharedBlocksHit: DELETES * 90_000,
                  sharedBlocksRead: DELETES * 10_000,
                },
              }),
            ],
          },
        }),
        expect: ([finding]) => {
          if (finding?.benefit.kind !== 'time') throw new Error('a benefit in time');
          const { low, likely, high } = finding.benefit.reduces;
          expect([low, likely, high].map((share) => share.toFixed(3))).toEqual(['0.625', '0.750', '0.875']);
          expect(finding.benefit.basis).toContain('75 % of the blocks that these deletes touched');
          expect(finding.benefit.confidence).toBe('medium');
        },
      },
      {
        name: 'the time of the deletes, as an interval from reading speeds where their blocks were not seen',
        snapshot: shop({
          more: {
            statements: [
              aStatement({
                text: 'DELETE FROM customers WHERE id = $1',
                calls: DELETES,
                rows: DELETES,
                totalTimeMs: DELETES * 1_000,
                sharedBlocksHit: undefined,
              }),
            ],
          },
        }),
        expect: ([finding]) => {
          if (finding?.benefit.kind !== 'time') throw new Error('a benefit in time');
          expect(finding.benefit.reduces.high).toBe(0.99);
          expect(finding.benefit.reduces.low).toBeCloseTo(0.0244, 3);
        },
      },
      {
        name: 'a parent whose deletes nobody counted, with low confidence (trap 44)',
        snapshot: shop({ deletes: undefined }),
        expect: ([finding]) => expect(finding?.benefit.confidence).toBe('low'),
      },
      {
        name: 'a partial index with another condition as none (trap 45)',
        snapshot: shop({ indexes: [anIndex({ predicate: "(status = 'open'::text)" })] }),
      },
      { name: 'an invalid index as none', snapshot: shop({ indexes: [anIndex({ valid: false })] }) },
      {
        name: 'an index on an expression as none',
        snapshot: shop({ indexes: [anIndex({ keys: [aKey('customer_id', { expression: true })] })] }),
      },
      {
        name: 'an index with the columns behind another as none',
        snapshot: shop({ indexes: [anIndex({ columns: ['status', 'customer_id'] })] }),
      },
      {
        name: 'two constraints on the same column as one index',
        snapshot: shop({ child: { foreignKeys: [key, { ...key, name: 'other_fk' }] } }),
      },
    ],
    blind: [
      {
        name: 'on a standby, which counts no deletes (trap 83)',
        snapshot: shop({ more: { server: aServer({ role: 'standby' }) } }),
        why: /primary/,
      },
      {
        name: 'without foreign keys from the catalog',
        snapshot: aSnapshot({ tables: [aTable({ foreignKeys: undefined })] }),
        why: /catalog/,
      },
      { name: 'when the span of the counters is unknown', snapshot: shop({ more: { spans: {} } }), why: /how long/ },
    ],
  });
});
