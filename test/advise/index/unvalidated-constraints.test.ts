import { describe, expect } from 'vitest';
import { unvalidatedConstraints } from '../../../lib/advise/index/unvalidated-constraints.ts';
import { testAdvisor } from '../../support/advisor.ts';
import { aSnapshot, aTable } from '../../support/rows.ts';

const key = {
  name: 'fk',
  columns: ['customer_id'],
  referencedSchema: 'public',
  referencedTable: 'customers',
  referencedColumns: ['id'],
};
const one = (changes: object, table: Parameters<typeof aTable>[0] = {}) =>
  aSnapshot({ tables: [aTable({ foreignKeys: [{ ...key, validated: false, ...changes }], ...table })] });

describe('unvalidated-constraints', () => {
  testAdvisor(unvalidatedConstraints, {
    passes: [
      { name: 'a healthy snapshot', snapshot: aSnapshot() },
      { name: 'validated', snapshot: one({ validated: true }) },
      { name: 'not enforced at all', snapshot: one({ enforced: false }) },
      { name: 'trap 21: a table of an extension', snapshot: one({}, { extension: 'timescaledb' }) },
    ],
    flags: [
      {
        name: 'a foreign key that was never checked',
        snapshot: one({}),
        expect: ([finding]) => expect(finding?.steps[0]?.sql).toBe('ALTER TABLE public.orders VALIDATE CONSTRAINT fk;'),
      },
      {
        name: 'a check constraint',
        snapshot: one(
          { validated: true },
          { checks: [{ name: 'positive', kind: 'check', columns: ['total'], validated: false }] },
        ),
      },
    ],
    blind: [
      {
        name: 'without the catalog',
        snapshot: aSnapshot({ tables: [aTable({ foreignKeys: undefined })] }),
        why: /catalog/,
      },
    ],
  });
});
