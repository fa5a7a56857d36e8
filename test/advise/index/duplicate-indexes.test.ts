import { describe, expect } from 'vitest';
import { duplicateIndexes } from '../../../lib/advise/index/duplicate-indexes.ts';
import type { IndexRow } from '../../../lib/model/rows.ts';
import { testAdvisor } from '../../support/advisor.ts';
import { aKey, anIndex, aSnapshot, type Over } from '../../support/rows.ts';

const MIB = 1024 ** 2;
const short = anIndex({ index: 'short', columns: ['a'] });
const long = anIndex({ index: 'long', columns: ['a', 'b'] });
const pair = (few: Over<IndexRow> = {}, many: Over<IndexRow> = {}) =>
  aSnapshot({ indexes: [{ ...short, ...few } as IndexRow, { ...long, ...many } as IndexRow] });
const named = (index: string, changes: Over<IndexRow> = {}) => anIndex({ index, columns: ['a'], ...changes });

describe('duplicate-indexes', () => {
  testAdvisor(duplicateIndexes, {
    passes: [
      { name: 'a healthy snapshot', snapshot: aSnapshot() },
      { name: 'a repeated index below 1 MiB (trap 22)', snapshot: pair({ sizeBytes: MIB - 1 }) },
      {
        name: 'another operator class (trap 15)',
        snapshot: pair({ keys: [aKey('a', { opclass: 'text_pattern_ops' })] }),
      },
      { name: 'another collation (trap 15)', snapshot: pair({ keys: [aKey('a', { collation: 'C' })] }) },
      { name: 'another direction (trap 15)', snapshot: pair({ keys: [aKey('a', { descending: true })] }) },
      { name: 'another order of nulls (trap 15)', snapshot: pair({ keys: [aKey('a', { nullsFirst: true })] }) },
      { name: 'an expression of the same name (trap 15)', snapshot: pair({ keys: [aKey('a', { expression: true })] }) },
      { name: 'included columns (trap 15)', snapshot: pair({ included: ['c'] }) },
      { name: 'another condition (trap 15)', snapshot: pair({ predicate: '(a > 5)' }) },
      { name: 'a longer index with a condition (trap 15)', snapshot: pair({}, { predicate: '(a > 5)' }) },
      { name: 'another method (trap 15)', snapshot: pair({ method: 'hash' }) },
      { name: 'a unique index that begins a longer one (trap 2, 15)', snapshot: pair({ unique: true }) },
      { name: 'an index behind a constraint (trap 1)', snapshot: pair({ constraint: 'k' }) },
      { name: 'an index a foreign key depends on (trap 4)', snapshot: pair({ referencedByForeignKey: true }) },
      { name: 'the replica identity (trap 5)', snapshot: pair({ replicaIdentity: true }) },
      { name: 'the index a table is clustered by (trap 6)', snapshot: pair({ clustered: true }) },
      {
        name: 'a flag nobody saw',
        snapshot: aSnapshot({ indexes: [anIndex({ ...short, clustered: undefined, columns: ['a'] }), long] }),
      },
      {
        name: 'a much smaller and hotter short index (trap 16)',
        snapshot: pair({ sizeBytes: 6 * MIB, scansSinceReset: 100 }, { sizeBytes: 20 * MIB, scansSinceReset: 100 }),
      },
      {
        name: 'much smaller, and neither was read yet: which one serves is not known (trap 16)',
        snapshot: pair({ sizeBytes: 2 * MIB, scansSinceReset: 0 }, { sizeBytes: 20 * MIB, scansSinceReset: 0 }),
      },
      { name: 'a part of a partitioned index (trap 18)', snapshot: pair({ partitionOf: 'public.p' }) },
      { name: 'an invalid index (trap 23)', snapshot: pair({}, { valid: false }) },
      { name: 'an extension’s index (trap 21)', snapshot: pair({ extension: 'postgis' }) },
      { name: 'the same columns of another table', snapshot: pair({ table: 'other' }) },
      { name: 'the same columns in another database', snapshot: pair({ database: 'other' }) },
      {
        name: 'column 1 against column 10 (trap 26)',
        snapshot: aSnapshot({
          indexes: [anIndex({ index: 'x', columns: ['c1'] }), anIndex({ index: 'y', columns: ['c10', 'b'] })],
        }),
      },
      { name: 'the second column of another index', snapshot: pair({}, { keys: [aKey('b'), aKey('a')] }) },
      {
        name: 'two unique indexes that differ in what only the definition tells (trap 15)',
        snapshot: aSnapshot({
          indexes: [
            named('one', { unique: true }),
            named('two', {
              unique: true,
              definition: 'CREATE UNIQUE INDEX two ON public.orders USING btree (a) NULLS NOT DISTINCT',
            }),
          ],
        }),
      },
    ],
    flags: [
      {
        name: 'an index that begins a longer one, and drops the short one',
        snapshot: pair(),
        expect: ([finding]) => {
          expect(finding?.subject.index).toBe('short');
          expect(finding?.benefit).toMatchObject({ kind: 'space', bytes: { likely: 20 * MIB } });
          expect(finding?.steps.at(-1)).toMatchObject({
            sql: 'DROP INDEX CONCURRENTLY public.short;',
            inTransaction: false,
          });
          expect(finding?.risk.rollback).toEqual(['CREATE INDEX CONCURRENTLY short ON public.orders USING btree (a);']);
          expect(finding?.done).toEqual({ kind: 'index-dropped', database: 'shop', schema: 'public', index: 'short' });
        },
      },
      {
        name: 'one of two equal indexes, the less used one (trap 14)',
        snapshot: aSnapshot({ indexes: [named('one', { scansSinceReset: 5 }), named('two', { scansSinceReset: 6 })] }),
        expect: ([finding]) => expect(finding?.subject.index).toBe('one'),
      },
      {
        name: 'two of three equal indexes (trap 14)',
        snapshot: aSnapshot({ indexes: [named('one'), named('two'), named('three')] }),
        count: 2,
        expect: (findings) => expect(findings.map((finding) => finding.subject.index).sort()).toEqual(['three', 'two']),
      },
      {
        name: 'a chain, with the longest standing in for both (trap 14)',
        snapshot: aSnapshot({ indexes: [short, long, anIndex({ index: 'longest', columns: ['a', 'b', 'c'] })] }),
        count: 2,
        expect: (findings) => {
          for (const { title } of findings) expect(title).toContain('longest on');
        },
      },
      {
        name: 'a plain index beside a unique one, and keeps the rule',
        snapshot: aSnapshot({
          indexes: [named('plain', { scansSinceReset: 9e9 }), named('key', { unique: true, constraint: 'key' })],
        }),
        expect: ([finding]) => expect(finding?.subject.index).toBe('plain'),
      },
      {
        name: 'a unique index beside an equal constraint, and keeps the constraint (trap 1)',
        snapshot: aSnapshot({
          indexes: [named('extra', { unique: true }), named('key', { unique: true, constraint: 'key' })],
        }),
        expect: ([finding]) => {
          expect(finding?.subject.index).toBe('extra');
          expect(finding?.risk.rollback).toEqual([
            'CREATE UNIQUE INDEX CONCURRENTLY extra ON public.orders USING btree (a);',
          ]);
        },
      },
      {
        name: 'a small short index that the longer one outruns (trap 16)',
        snapshot: pair({ sizeBytes: 6 * MIB, scansSinceReset: 99 }, { sizeBytes: 20 * MIB, scansSinceReset: 100 }),
      },
      {
        name: 'equal indexes of a method without prefixes',
        snapshot: aSnapshot({ indexes: [named('one', { method: 'gin' }), named('two', { method: 'gin' })] }),
      },
    ],
    blind: [
      { name: 'without indexes', snapshot: aSnapshot({ indexes: [] }), why: /No index was seen/ },
      {
        name: 'without definitions',
        snapshot: aSnapshot({ indexes: [anIndex({ definition: undefined, keys: undefined })] }),
        why: /definitions/,
      },
    ],
  });
});
