import { describe, expect } from 'vitest';
import { overlappingIndexes } from '../../../lib/advise/index/overlapping-indexes.ts';
import { testAdvisor } from '../../support/advisor.ts';
import { aKey, anIndex, aSnapshot } from '../../support/rows.ts';

const MIB = 1024 ** 2;
const by = (index: string, columns: readonly string[], changes: Parameters<typeof anIndex>[0] = {}) =>
  anIndex({ index, columns, sizeBytes: 20 * MIB, ...changes });
const three = [
  by('a', ['customer_id', 'status']),
  by('b', ['customer_id', 'created_at'], { scansSinceReset: 5 }),
  by('c', ['customer_id', 'id']),
];
const [first, second, third] = three;
if (first === undefined || second === undefined || third === undefined) throw new Error('three');

describe('overlapping-indexes', () => {
  testAdvisor(overlappingIndexes, {
    passes: [
      { name: 'a healthy snapshot', snapshot: aSnapshot() },
      { name: 'two that begin alike', snapshot: aSnapshot({ indexes: [first, second] }) },
      {
        name: 'three small ones (trap 22)',
        snapshot: aSnapshot({ indexes: three.map((row) => ({ ...row, sizeBytes: 16 * MIB })) }),
      },
      { name: 'on two tables', snapshot: aSnapshot({ indexes: [first, second, { ...third, table: 'other' }] }) },
      {
        name: 'one of another order in the first place',
        snapshot: aSnapshot({ indexes: [first, second, by('c', ['id', 'customer_id'])] }),
      },
      {
        name: 'a partial one among them (trap 15)',
        snapshot: aSnapshot({ indexes: [first, second, { ...third, predicate: '(id > 5)' }] }),
      },
      {
        name: 'one that goes already as a prefix',
        snapshot: aSnapshot({ indexes: [first, second, by('c', ['customer_id'])] }),
      },
      {
        name: 'trap 18: indexes of partitions',
        snapshot: aSnapshot({ indexes: three.map((row) => ({ ...row, partitionOf: 'public.all' })) }),
      },
      {
        name: 'expressions in the first place',
        snapshot: aSnapshot({
          indexes: three.map((row) => ({ ...row, keys: [aKey('lower(x)', { expression: true })] })),
        }),
      },
    ],
    flags: [
      {
        name: 'three that begin alike as one thing to look at, without a drop',
        snapshot: aSnapshot({ indexes: [...three, by('d', ['customer_id', 'region'], { unique: true })] }),
        expect: ([finding]) => {
          expect(finding?.title).toBe('Consolidate the 4 indexes of public.orders that begin with customer_id');
          expect(finding?.work).toBe('investigate');
          expect(finding?.approach).toContain('(d)');
          expect(JSON.stringify(finding)).not.toContain('DROP INDEX');
        },
      },
    ],
    blind: [
      {
        name: 'without definitions',
        snapshot: aSnapshot({ indexes: [anIndex({ keys: undefined, definition: undefined })] }),
        why: /definitions/,
      },
    ],
  });
});
