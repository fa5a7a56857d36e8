import { describe, expect } from 'vitest';
import { missingIndexes } from '../../../lib/advise/index/missing-indexes.ts';
import type { TableRow } from '../../../lib/model/rows.ts';
import type { Snapshot } from '../../../lib/model/snapshot.ts';
import { testAdvisor } from '../../support/advisor.ts';
import { aColumn, aKey, anIndex, aServer, aSnapshot, aStatement, aTable, spansOf } from '../../support/rows.ts';

const WEEK = 7 * 24 * 3600;
const pkey = anIndex({ index: 'orders_pkey', columns: ['id'], unique: true, primary: true, constraint: 'orders_pkey' });
/** Read from end to end a thousand times in the week: 1,653 rows a second. */
const heavy = aTable({ sequentialScans: 1_000, sequentialRowsRead: 1_000_000_000 });
const byCustomer = aStatement({
  text: 'SELECT * FROM orders WHERE customer_id = $1',
  calls: 1_000,
  totalTimeMs: 100_000,
  rows: 20_000,
  sharedBlocksHit: 25_600_000,
  sharedBlocksRead: 0,
});

function reading(texts: string | readonly string[], changes: Partial<Snapshot> = {}, over: object = {}): Snapshot {
  const statements = [texts].flat().map((text, at) => ({
    ...byCustomer,
    queryid: `${at + 1}`,
    statement: `id:${at + 1}`,
    text,
    ...over,
  }));
  return aSnapshot({ tables: [heavy], indexes: [pkey], statements, ...changes });
}

function withColumn(name: string, stats: Parameters<typeof aColumn>[1]): TableRow {
  return {
    ...heavy,
    columns: [...(heavy.columns ?? []).filter((column) => column.name !== name), aColumn(name, stats)],
  };
}

const columnsOf = (done: unknown): unknown => (done as { columns?: unknown }).columns;

describe('missing-indexes', () => {
  testAdvisor(missingIndexes, {
    passes: [
      { name: 'a healthy snapshot', snapshot: aSnapshot() },
      {
        name: 'a tiny table (trap 28)',
        snapshot: reading(byCustomer.text ?? '', { tables: [{ ...heavy, liveRows: 9_999 }] }),
      },
      {
        name: 'a table of less than 10 MiB (trap 28)',
        snapshot: reading(byCustomer.text ?? '', { tables: [{ ...heavy, heapBytes: 10 * 1024 ** 2 - 1 }] }),
      },
      {
        name: 'many scans that read little (trap 29)',
        snapshot: reading(byCustomer.text ?? '', {
          tables: [{ ...heavy, sequentialScans: 1_000_000, sequentialRowsRead: WEEK * 1_000 - 1 }],
        }),
      },
      {
        name: 'reads just below five times the table, however quick (trap 29)',
        snapshot: reading(byCustomer.text ?? '', {
          spans: spansOf(600),
          tables: [{ ...heavy, sequentialScans: 5, sequentialRowsRead: 4_999_999 }],
        }),
      },
      {
        name: 'few full reads by exports and dumps (trap 30)',
        snapshot: reading(byCustomer.text ?? '', { tables: [{ ...heavy, sequentialScans: 167 }] }),
      },
      {
        name: 'statements that need the whole table (trap 30)',
        snapshot: reading([
          'SELECT count(*) FROM orders',
          'SELECT * FROM orders',
          'SELECT status, sum(id) FROM orders GROUP BY status',
        ]),
        expect: (outcome) => expect(outcome.caveats[0]).toContain('need most of it'),
      },
      { name: 'a table nobody used (trap 32)', snapshot: reading('', { tables: [aTable({ indexScans: 0 })] }) },
      {
        name: 'a condition that keeps much: five values (trap 33)',
        snapshot: reading('SELECT * FROM orders WHERE status = $1'),
      },
      {
        name: 'a condition that keeps a sixteenth (trap 33)',
        snapshot: reading(byCustomer.text ?? '', { tables: [withColumn('customer_id', { distinct: 16 })] }),
      },
      {
        name: 'a column that is nearly always one value, for all its values (trap 33, 37)',
        snapshot: reading(byCustomer.text ?? '', {
          tables: [withColumn('customer_id', { distinct: 50_000, topShare: 0.9 })],
        }),
      },
      {
        name: 'a table written far more than it is read (trap 34)',
        snapshot: reading(byCustomer.text ?? '', { tables: [{ ...heavy, rowsInserted: 100_000_000 }] }),
        expect: (outcome) => expect(outcome.caveats.join()).toContain('cost more at writes'),
      },
      {
        name: 'HOT updates that the index would end (trap 34)',
        snapshot: reading([byCustomer.text ?? '', 'UPDATE orders SET customer_id = $1 WHERE id = $2'], {
          tables: [{ ...heavy, rowsUpdated: 2_000_000, rowsHotUpdated: 2_000_000 }],
        }),
      },
      {
        name: 'an index that leads there already (trap 35)',
        snapshot: reading(byCustomer.text ?? '', { indexes: [pkey, anIndex({ columns: ['customer_id', 'status'] })] }),
      },
      {
        name: 'an index with the same columns in another order (trap 35)',
        snapshot: reading('SELECT * FROM orders WHERE customer_id = $1 AND created_at = $2', {
          indexes: [pkey, anIndex({ columns: ['created_at', 'customer_id'] })],
        }),
      },
      {
        name: 'two columns that only together are selective, in another order (trap 35)',
        snapshot: reading('SELECT * FROM orders WHERE region = $1 AND kind = $2', {
          tables: [{ ...heavy, columns: [aColumn('region', { distinct: 10 }), aColumn('kind', { distinct: 12 })] }],
          indexes: [pkey, anIndex({ columns: ['region', 'kind'] })],
        }),
      },
      {
        name: 'a statement whose blocks show that it does not scan',
        snapshot: reading(byCustomer.text ?? '', {}, { sharedBlocksHit: 2_559_000 }),
      },
      {
        name: 'temporary and unlogged tables (trap 46)',
        snapshot: reading(byCustomer.text ?? '', { tables: [{ ...heavy, persistence: 'unlogged' }] }),
      },
      {
        name: 'a partition, whose parent is the one to index (trap 41)',
        snapshot: reading(byCustomer.text ?? '', { tables: [{ ...heavy, partitionOf: 'public.all_orders' }] }),
        expect: (outcome) => expect(outcome.caveats.join()).toContain('each partition first'),
      },
      {
        name: 'a column inside an expression, which a plain index does not help',
        snapshot: reading('SELECT * FROM orders WHERE abs(customer_id) = $1'),
      },
      {
        name: 'a filter that keeps most rows, which a partial index would not leave out (trap 33)',
        snapshot: reading('SELECT * FROM orders WHERE deleted_at IS NULL', {
          tables: [withColumn('deleted_at', { type: 'date', notNull: false, nullShare: 0.95 })],
        }),
      },
      {
        name: 'a flag of which nobody knows whether true is the common value (trap 33)',
        snapshot: reading('SELECT * FROM orders WHERE flagged', {
          tables: [withColumn('flagged', { type: 'boolean', distinct: 2, topShare: 0.99 })],
        }),
      },
      {
        name: 'a partial index that has these rows already (trap 35)',
        snapshot: reading('SELECT * FROM orders WHERE done_at IS NULL ORDER BY created_at LIMIT $1', {
          tables: [withColumn('done_at', { type: 'date', notNull: false, nullShare: 0.02 })],
          indexes: [pkey, anIndex({ columns: ['created_at'], predicate: '(done_at IS NULL)' })],
        }),
      },
      {
        name: 'a page whose filter nobody can price: it may read far before it is full (trap 38)',
        snapshot: reading('SELECT * FROM orders WHERE status = $1 AND abs(id) > $2 ORDER BY created_at LIMIT $3'),
      },
      { name: 'a condition below OR', snapshot: reading('SELECT * FROM orders WHERE customer_id = $1 OR status = $2') },
      {
        name: 'an unqualified table that exists in two schemas',
        snapshot: reading(byCustomer.text ?? '', {
          tables: [heavy, { ...heavy, schema: 'old', sequentialRowsRead: 0 }],
        }),
      },
    ],
    flags: [
      {
        name: 'on a standby, with the word that the primary takes the change (trap 83)',
        snapshot: reading(byCustomer.text ?? '', { server: aServer({ role: 'standby' }) }),
        expect: ([finding]) => expect(finding?.steps[0]?.text).toContain('Run the following on the primary'),
      },
      {
        name: 'a lookup without an index, with an interval and the model behind it',
        snapshot: reading(byCustomer.text ?? ''),
        expect: ([finding]) => {
          expect(finding?.title).toBe('Create an index on public.orders (customer_id)');
          expect(finding?.steps[1]).toMatchObject({
            sql: 'CREATE INDEX CONCURRENTLY orders_customer_id_idx ON public.orders (customer_id);',
            lock: 'SHARE UPDATE EXCLUSIVE on public.orders',
            inTransaction: false,
          });
          expect(finding?.risk.rollback).toEqual(['DROP INDEX CONCURRENTLY public.orders_customer_id_idx;']);
          expect(finding?.benefit).toMatchObject({ kind: 'time', statements: ['id:1'], confidence: 'medium' });
          if (finding?.benefit.kind !== 'time') return;
          const { low, likely, high } = finding.benefit.reduces;
          expect([low, likely, high].map((share) => share.toFixed(4))).toEqual(['0.9990', '0.9997', '0.9999']);
          expect(finding.benefit.basis).toMatch(/Model.*100 %/);
        },
      },
      {
        name: 'the same in a window of ten minutes',
        snapshot: reading(
          byCustomer.text ?? '',
          { spans: spansOf(600), tables: [{ ...heavy, sequentialScans: 5, sequentialRowsRead: 5_000_000 }] },
          { calls: 5, totalTimeMs: 500, rows: 100, sharedBlocksHit: 128_000 },
        ),
        expect: ([finding]) => expect(finding?.work).toBe('create-index'),
      },
      {
        name: 'a condition on the most selective column first, then no more than it needs',
        snapshot: reading('SELECT * FROM orders WHERE status = $1 AND customer_id = $2'),
        expect: ([finding]) => expect(columnsOf(finding?.done)).toEqual(['customer_id']),
      },
      {
        name: 'a condition that keeps a twentieth (trap 33)',
        snapshot: reading(byCustomer.text ?? '', { tables: [withColumn('customer_id', { distinct: 20 })] }),
      },
      {
        name: 'two equalities where one leaves too many rows',
        snapshot: reading('SELECT * FROM orders WHERE status = $1 AND customer_id = $2', {
          tables: [withColumn('customer_id', { distinct: 200 })],
        }),
        expect: ([finding]) => expect(columnsOf(finding?.done)).toEqual(['customer_id', 'status']),
      },
      {
        name: 'equality, then the order of a limited result (trap 38)',
        snapshot: reading('SELECT * FROM orders WHERE customer_id = $1 AND id > $2 ORDER BY created_at DESC LIMIT $3', {
          tables: [withColumn('customer_id', { distinct: 200 })],
        }),
        expect: ([finding]) => expect(columnsOf(finding?.done)).toEqual(['customer_id', 'created_at']),
      },
      {
        name: 'equality, then one range',
        snapshot: reading('SELECT * FROM orders WHERE created_at > now() - interval $1 AND customer_id = $2', {
          tables: [withColumn('customer_id', { distinct: 200 })],
        }),
        expect: ([finding]) => expect(columnsOf(finding?.done)).toEqual(['customer_id', 'created_at']),
      },
      {
        name: 'a range alone where the rows returned show that it is narrow',
        snapshot: reading('SELECT * FROM orders WHERE created_at > $1'),
        expect: ([finding]) => expect(columnsOf(finding?.done)).toEqual(['created_at']),
      },
      {
        name: 'a top-N without conditions by its order (trap 38)',
        snapshot: reading('SELECT * FROM orders ORDER BY created_at DESC LIMIT $1'),
        expect: ([finding]) => expect(columnsOf(finding?.done)).toEqual(['created_at']),
      },
      {
        name: 'equality that keeps much, then the order of a page: nothing else is filtered (trap 38)',
        snapshot: reading('SELECT * FROM orders WHERE status = $1 ORDER BY created_at DESC, id DESC LIMIT $2'),
        expect: ([finding]) => {
          expect(finding?.steps[1]?.sql).toContain('(status, created_at, id);'); // read backwards
          expect(finding?.benefit.basis).toContain('keeps about 20 of');
        },
      },
      {
        name: 'an order in two directions as it is written (trap 38)',
        snapshot: reading('SELECT * FROM orders WHERE status = $1 ORDER BY created_at DESC NULLS LAST, id LIMIT $2'),
        expect: ([finding]) => expect(finding?.steps[1]?.sql).toContain('(status, created_at DESC NULLS LAST, id);'),
      },
      {
        name: 'few rows without a value as a partial index, by the order that is asked for',
        snapshot: reading('SELECT * FROM orders WHERE done_at IS NULL ORDER BY created_at LIMIT $1', {
          tables: [withColumn('done_at', { type: 'date', notNull: false, nullShare: 0.02 })],
        }),
        expect: ([finding]) => {
          expect(finding?.title).toBe('Create an index on public.orders (created_at) WHERE done_at IS NULL');
          expect(finding?.steps[1]?.sql).toBe(
            'CREATE INDEX CONCURRENTLY orders_created_at_idx ON public.orders (created_at) WHERE (done_at IS NULL);',
          );
          expect(finding?.done).toMatchObject({ kind: 'index-created', columns: ['created_at'], partial: true });
        },
      },
      {
        name: 'few true rows as a partial index that lists them',
        snapshot: reading('SELECT * FROM orders WHERE flagged', {
          tables: [withColumn('flagged', { type: 'boolean', distinct: 2, trueShare: 0.01, averageBytes: 1 })],
        }),
        expect: ([finding]) => expect(finding?.steps[1]?.sql).toContain('(id) WHERE flagged;'),
      },
      {
        name: 'a range of many rows with the narrow columns it reads, where nearly all pages are all-visible',
        snapshot: reading('SELECT id, customer_id FROM orders WHERE created_at > $1', {
          tables: [{ ...heavy, pages: 25_600, allVisiblePages: 25_000 }],
        }),
        count: 1,
        expect: ([finding]) => expect(finding?.steps[1]?.sql).toContain('(created_at);'), // twenty rows a call
      },
      {
        name: 'the same with two thousand rows a call as a covering index',
        snapshot: reading(
          'SELECT id, customer_id FROM orders WHERE created_at > $1',
          { tables: [{ ...heavy, pages: 25_600, allVisiblePages: 25_000 }] },
          { rows: 2_000_000 },
        ),
        expect: ([finding]) => expect(finding?.steps[1]?.sql).toContain('(created_at) INCLUDE (customer_id, id);'),
      },
      {
        name: 'the same without them where the table changes too much to be all-visible',
        snapshot: reading(
          'SELECT id, customer_id FROM orders WHERE created_at > $1',
          { tables: [{ ...heavy, pages: 25_600, allVisiblePages: 20_000 }] },
          { rows: 2_000_000 },
        ),
        expect: ([finding]) => expect(finding?.steps[1]?.sql).toContain('(created_at);'),
      },
      {
        name: 'two statements that one of two possible indexes serves well enough, once (traps 36, 47)',
        snapshot: reading(
          [
            'SELECT * FROM orders WHERE customer_id = $1 AND created_at > $2',
            'SELECT * FROM orders WHERE customer_id = $1 AND id > $2',
          ],
          { tables: [{ ...withColumn('customer_id', { distinct: 200 }), sequentialRowsRead: 2_000_000_000 }] },
        ),
        expect: ([finding]) => {
          if (finding?.benefit.kind !== 'time') throw new Error('a benefit in time');
          expect(finding.benefit.statements).toEqual(['id:1', 'id:2']);
        },
      },
      {
        name: 'overlapping statements as one index, without adding their gains (trap 47)',
        snapshot: reading(
          [
            'SELECT * FROM orders WHERE customer_id = $1',
            'SELECT id FROM orders WHERE customer_id = $1',
            'SELECT * FROM orders WHERE customer_id = $1 AND created_at > $2',
          ],
          { tables: [withColumn('customer_id', { distinct: 200 })] },
        ),
        expect: ([finding]) => {
          expect(columnsOf(finding?.done)).toEqual(['customer_id', 'created_at']);
          if (finding?.benefit.kind !== 'time') throw new Error('a benefit in time');
          expect(finding.benefit.statements).toEqual(['id:1', 'id:2', 'id:3']);
          // Three thousand calls, a thousand full reads counted: a third is confirmed.
          expect(finding.benefit.confidence).toBe('low');
          expect(finding.benefit.basis).toContain('33 %');
        },
      },
      {
        name: 'a partitioned table by the sum of its partitions, from the parent down (traps 19, 41, 108)',
        snapshot: reading('SELECT * FROM all_orders WHERE customer_id = $1', {
          tables: [
            { ...heavy, table: 'all_orders', partitioned: true, liveRows: 0, sequentialRowsRead: 0, heapBytes: 0 },
            { ...heavy, table: 'orders_1', partitionOf: 'public.all_orders', sequentialRowsRead: 500_000_000 },
            { ...heavy, table: 'orders_2', partitionOf: 'public.all_orders', sequentialRowsRead: 500_000_000 },
          ],
        }),
        expect: ([finding]) => {
          const sql = (finding?.steps ?? []).flatMap((step) => (step.sql === undefined ? [] : [step.sql]));
          expect(sql.slice(1, -1)).toEqual([
            'CREATE INDEX all_orders_customer_id_idx ON ONLY public.all_orders (customer_id);',
            'CREATE INDEX CONCURRENTLY orders_1_customer_id_idx ON public.orders_1 (customer_id);',
            'ALTER INDEX public.all_orders_customer_id_idx ATTACH PARTITION public.orders_1_customer_id_idx;',
            'CREATE INDEX CONCURRENTLY orders_2_customer_id_idx ON public.orders_2 (customer_id);',
            'ALTER INDEX public.all_orders_customer_id_idx ATTACH PARTITION public.orders_2_customer_id_idx;',
          ]);
          expect(finding?.evidence).toContainEqual(expect.objectContaining({ label: 'Rows in the table', value: 2e6 }));
          expect(finding?.risk.rollback).toEqual(['DROP INDEX public.all_orders_customer_id_idx;']);
          // A thousand calls over two million rows, half of which the counters saw.
          expect(finding?.benefit.basis).toContain('confirm 50 %');
        },
      },
      {
        name: 'an existing index that is too wide a net as one to extend, in its own order (trap 35)',
        snapshot: reading('SELECT * FROM orders WHERE customer_id = $1 AND status = $2', {
          tables: [withColumn('customer_id', { distinct: 200 })],
          indexes: [pkey, anIndex({ index: 'by_status', columns: ['status'] })],
        }),
        expect: ([finding]) => {
          expect(columnsOf(finding?.done)).toEqual(['status', 'customer_id']);
          expect(finding?.approach).toContain('It extends by_status');
          expect(finding?.steps.some(({ sql }) => sql?.includes('DROP INDEX'))).toBe(false);
        },
      },
      {
        name: 'no index to extend where it is unique, partial, or of another operator class (trap 15)',
        snapshot: reading('SELECT * FROM orders WHERE customer_id = $1 AND status = $2', {
          tables: [withColumn('customer_id', { distinct: 200 })],
          indexes: [
            pkey,
            anIndex({ index: 'a', columns: ['status'], unique: true }),
            anIndex({ index: 'b', columns: ['status'], predicate: '(id > 5)' }),
            anIndex({ index: 'c', keys: [aKey('status', { opclass: 'text_pattern_ops' })] }),
          ],
        }),
        expect: ([finding]) => {
          expect(columnsOf(finding?.done)).toEqual(['customer_id', 'status']);
          expect(finding?.approach).not.toContain('extends');
        },
      },
      {
        name: 'a join to few rows, with less confidence',
        snapshot: reading('SELECT o.* FROM customers c JOIN orders o ON o.customer_id = c.id WHERE c.email = $1', {
          tables: [heavy, aTable({ table: 'customers', liveRows: 50_000, columns: [aColumn('id'), aColumn('email')] })],
        }),
        expect: ([finding]) => {
          expect(columnsOf(finding?.done)).toEqual(['customer_id']);
          expect(finding?.benefit.confidence).toBe('low');
        },
      },
      {
        name: 'an index that is invalid or partial as none (trap 35)',
        snapshot: reading(byCustomer.text ?? '', {
          indexes: [pkey, anIndex({ index: 'broken', valid: false }), anIndex({ index: 'few', predicate: '(id > 5)' })],
        }),
      },
      {
        name: 'names that need quotes, and one that is taken',
        snapshot: reading('SELECT * FROM "Shop"."Big Orders" WHERE "Customer" = $1', {
          tables: [{ ...heavy, schema: 'Shop', table: 'Big Orders', columns: [aColumn('Customer')] }],
          indexes: [
            pkey,
            anIndex({ schema: 'Shop', table: 'Big Orders', index: 'Big Orders_Customer_idx', columns: ['x'] }),
          ],
        }),
        expect: ([finding]) => {
          const sql = 'CREATE INDEX CONCURRENTLY "Big Orders_Customer_idx2" ON "Shop"."Big Orders" ("Customer");';
          expect(finding?.steps[1]?.sql).toBe(sql);
        },
      },
      {
        name: 'a table without any index, whose index scans count as none (trap 31)',
        snapshot: reading(byCustomer.text ?? '', {
          tables: [{ ...heavy, indexScans: 0 }],
          indexes: [{ ...pkey, table: 'other' }],
        }),
      },
      {
        name: 'a heavy table of which only numbers were seen, without inventing an index',
        snapshot: aSnapshot({
          tables: [aTable({ sequentialScans: 1_000, sequentialRowsRead: 1e9, columns: undefined })],
          indexes: [],
          statements: [],
        }),
        expect: ([finding]) => {
          expect(finding).toMatchObject({ work: 'investigate', benefit: { kind: 'risk' } });
          expect(JSON.stringify(finding)).not.toContain('CREATE INDEX');
        },
      },
    ],
    blind: [
      {
        name: 'when nobody counted sequential reads',
        snapshot: aSnapshot({ tables: [aTable({ sequentialRowsRead: undefined })] }),
        why: /sequentialRowsRead/,
      },
      { name: 'when the span of the counters is unknown', snapshot: aSnapshot({ spans: {} }), why: /how long/ },
    ],
  });
});
