import { describe, expect } from 'vitest';
import { mostlyNullIndexes } from '../../../lib/advise/index/mostly-null-indexes.ts';
import { testAdvisor } from '../../support/advisor.ts';
import { aColumn, aKey, anIndex, aSnapshot, aStatement, aTable } from '../../support/rows.ts';

const MIB = 1024 ** 2;
const table = aTable({
  columns: [aColumn('id'), aColumn('deleted_at', { type: 'timestamp with time zone', notNull: false, nullShare: 0.8 })],
});
const index = anIndex({ columns: ['deleted_at'], sizeBytes: 50 * MIB });
const one = (changes: Parameters<typeof anIndex>[0] = {}, text = 'SELECT id FROM orders WHERE deleted_at < $1') =>
  aSnapshot({ tables: [table], indexes: [anIndex({ ...index, ...changes })], statements: [aStatement({ text })] });

describe('mostly-null-indexes', () => {
  testAdvisor(mostlyNullIndexes, {
    passes: [
      { name: 'a healthy snapshot', snapshot: aSnapshot() },
      { name: 'somebody looks for the NULLs', snapshot: one({}, 'SELECT id FROM orders WHERE deleted_at IS NULL') },
      { name: 'somebody sorts by the column', snapshot: one({}, 'SELECT id FROM orders ORDER BY deleted_at LIMIT 10') },
      { name: 'a small index', snapshot: one({ sizeBytes: 49 * MIB }) },
      { name: 'trap 1: a constraint needs it', snapshot: one({ unique: true, constraint: 'orders_deleted_at_key' }) },
      { name: 'trap 5: replica identity', snapshot: one({ replicaIdentity: true }) },
      { name: 'trap 18: the index of a partition', snapshot: one({ partitionOf: 'public.all' }) },
      { name: 'partial already', snapshot: one({ predicate: 'deleted_at IS NOT NULL' }) },
      { name: 'several columns', snapshot: one({ keys: [aKey('deleted_at'), aKey('id')] }) },
    ],
    flags: [
      {
        name: 'four fifths NULL, and nobody looks for them',
        snapshot: one(),
        expect: ([finding]) => {
          const sql = finding?.steps.map((step) => step.sql ?? '').join('\n');
          expect(sql).toContain(
            'CREATE INDEX CONCURRENTLY orders_deleted_at_idx2 ON public.orders (deleted_at) WHERE deleted_at IS NOT NULL;',
          );
          expect(sql).toContain('DROP INDEX CONCURRENTLY public.orders_deleted_at_idx;');
          expect(finding?.risk.rollback).toEqual([
            'CREATE INDEX CONCURRENTLY orders_deleted_at_idx ON public.orders USING btree (deleted_at);',
            'DROP INDEX CONCURRENTLY public.orders_deleted_at_idx2;',
          ]);
        },
      },
    ],
    blind: [
      {
        name: 'trap 119: without statistics',
        snapshot: { ...one(), tables: [aTable({ columns: [aColumn('deleted_at', { nullShare: undefined })] })] },
        why: /SELECT/,
      },
    ],
  });
});
