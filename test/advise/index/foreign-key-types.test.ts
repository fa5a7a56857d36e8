import { describe, expect } from 'vitest';
import { foreignKeyTypes } from '../../../lib/advise/index/foreign-key-types.ts';
import { testAdvisor } from '../../support/advisor.ts';
import { aColumn, aSnapshot, aTable } from '../../support/rows.ts';

const customers = (type: string) => aTable({ table: 'customers', columns: [aColumn('id', { type })] });
const orders = (type: string) =>
  aTable({
    columns: [aColumn('id'), aColumn('customer_id', { type })],
    foreignKeys: [
      {
        name: 'fk',
        columns: ['customer_id'],
        referencedSchema: 'public',
        referencedTable: 'customers',
        referencedColumns: ['id'],
      },
    ],
  });
const pair = (here: string, there: string) => aSnapshot({ tables: [orders(here), customers(there)] });

describe('foreign-key-types', () => {
  testAdvisor(foreignKeyTypes, {
    passes: [
      { name: 'a healthy snapshot', snapshot: aSnapshot() },
      { name: 'the same type', snapshot: pair('bigint', 'bigint') },
      { name: 'lengths alone', snapshot: pair('character varying(40)', 'character varying(80)') },
      { name: 'a table nobody saw', snapshot: aSnapshot({ tables: [orders('integer')] }) },
    ],
    flags: [
      {
        name: 'integer that refers to bigint',
        snapshot: pair('integer', 'bigint'),
        expect: ([finding]) =>
          expect(finding?.title).toBe('Give public.orders.customer_id the type of public.customers.id'),
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
