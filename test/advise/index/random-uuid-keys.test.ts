import { describe, expect } from 'vitest';
import { randomUuidKeys } from '../../../lib/advise/index/random-uuid-keys.ts';
import { testAdvisor } from '../../support/advisor.ts';
import { aColumn, anIndex, aServer, aSnapshot, aTable } from '../../support/rows.ts';

const GIB = 1024 ** 3;
const key = (defaultFunction?: string) => aColumn('id', { type: 'uuid', averageBytes: 16, defaultFunction });
const seen = ({
  rowsInserted = 20_000_000,
  sizeBytes = 2 * GIB,
  columns = [key('gen_random_uuid')],
  versionNum = 180_001,
} = {}) =>
  aSnapshot({
    server: aServer({ versionNum }),
    tables: [aTable({ rowsInserted, columns })],
    indexes: [anIndex({ index: 'orders_pkey', columns: ['id'], unique: true, primary: true, sizeBytes })],
  });

describe('random-uuid-keys', () => {
  testAdvisor(randomUuidKeys, {
    passes: [
      { name: 'few inserts', snapshot: seen({ rowsInserted: 1_000_000 }) },
      { name: 'a small index', snapshot: seen({ sizeBytes: GIB / 2 }) },
      { name: 'UUIDs ordered by time', snapshot: seen({ columns: [key('uuidv7')] }) },
      { name: 'UUIDs that the application makes, of which nothing is known', snapshot: seen({ columns: [key()] }) },
    ],
    flags: [
      {
        name: 'on 18 with the function that is built in, and back',
        snapshot: seen(),
        expect: ([finding]) => {
          expect(finding?.steps[0]?.sql).toBe('ALTER TABLE public.orders ALTER COLUMN id SET DEFAULT uuidv7();');
          expect(finding?.risk.rollback).toEqual([
            'ALTER TABLE public.orders ALTER COLUMN id SET DEFAULT gen_random_uuid();',
          ]);
        },
      },
      {
        name: 'before 18 in words: nothing is printed that the server does not know',
        snapshot: seen({ versionNum: 170_004 }),
        expect: ([finding]) => expect(finding?.steps.every(({ sql }) => sql === undefined)).toBe(true),
      },
    ],
    blind: [
      { name: 'from numbers alone', snapshot: aSnapshot({ tables: [aTable({ columns: undefined })] }), why: /catalog/ },
    ],
  });
});
