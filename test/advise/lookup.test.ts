import { describe, expect, it } from 'vitest';
import {
  indexesOf,
  indexNamesIn,
  partsOf,
  statementsNaming,
  tableAt,
  tablesIn,
  tablesNamed,
} from '../../lib/advise/lookup.ts';
import { anIndex, aStatement, aTable } from '../support/rows.ts';

const place = { database: 'shop', schema: 'public', table: 'orders' };

describe('looking up', () => {
  const indexes = [
    anIndex({ ...place, index: 'one' }),
    anIndex({ ...place, index: 'two' }),
    anIndex({ ...place, schema: 'old', index: 'three' }),
    anIndex({ ...place, database: 'other', index: 'four' }),
    anIndex({ ...place, table: 'items', index: 'five' }),
  ];
  const names = (found: readonly { readonly index: string }[]) => found.map(({ index }) => index);

  it('the indexes of a table: of its database and schema only', () => {
    expect(names(indexesOf(indexes, place))).toEqual(['one', 'two']);
    expect(names(indexesOf(indexes, { ...place, schema: 'old' }))).toEqual(['three']);
    expect(indexesOf(indexes, { ...place, table: 'nowhere' })).toEqual([]);
  });

  it('the names of indexes that a schema has taken, on whichever table', () => {
    expect([...indexNamesIn(indexes, 'shop', 'public')]).toEqual(['one', 'two', 'five']);
    expect(indexNamesIn(indexes, 'shop', 'nowhere').size).toBe(0);
  });

  it('tables: one by its place, all of a database, all of a name, and the partitions of one', () => {
    const tables = [
      aTable(place),
      aTable({ ...place, schema: 'old' }),
      aTable({ ...place, database: 'other' }),
      aTable({ ...place, table: 'orders_1', partitionOf: 'public.orders' }),
      aTable({ ...place, database: 'other', table: 'orders_2', partitionOf: 'public.orders' }),
    ];
    expect(tableAt(tables, place)).toBe(tables[0]);
    expect(tableAt(tables, { ...place, schema: 'nowhere' })).toBeNull();
    expect(tablesIn(tables, 'other')).toEqual([tables[2], tables[4]]);
    expect(tablesIn(tables, 'other')).toBe(tablesIn(tables, 'other'));
    expect(tablesNamed(tables, 'shop', 'orders')).toEqual([tables[0], tables[1]]);
    expect(partsOf(tables, 'shop', 'public.orders')).toEqual([tables[3]]);
    expect(partsOf(tables, 'shop', 'orders')).toEqual([]);
  });

  it('takes names as they are: one may look like two, or like what every object has', () => {
    const tables = [aTable({ ...place, schema: 'a', table: 'b.c' }), aTable({ ...place, schema: 'a.b', table: 'c' })];
    expect(tableAt(tables, { ...place, schema: 'a', table: 'b.c' })).toBe(tables[0]);
    expect(tableAt(tables, { ...place, schema: 'a.b', table: 'c' })).toBe(tables[1]);
    expect(tablesNamed([], 'constructor', 'toString')).toEqual([]);
    expect(indexesOf([], { database: '__proto__', schema: 'constructor', table: 'toString' })).toEqual([]);
  });

  it('looks again in another list, also of the same length', () => {
    const one = [aTable(place)];
    const other = [aTable({ ...place, table: 'items' })];
    expect(tableAt(one, place)).toBe(one[0]);
    expect(tableAt(other, place)).toBeNull();
  });
});

describe('statements that may name a table', () => {
  const texts = [
    'SELECT a FROM orders WHERE b = $1',
    'SELECT a FROM ORDERS',
    'SELECT a FROM "Orders"',
    'SELECT a FROM public."orders"',
    'SELECT orders FROM items',
    'SELECT a FROM orders_1',
    'SELECT a FROM "odd ""name"""',
    'SELECT a FROM U&"\\006frders"',
  ];
  const statements = texts.map((text, at) => aStatement({ database: 'shop', statement: `s${at}`, text }));
  const naming = (table: string, database = 'shop') =>
    statementsNaming(statements, { database, table }).map(({ statement }) => statement);

  it('have it as a word, folded as PostgreSQL folds; escapes may hide any', () => {
    expect(naming('orders')).toEqual(['s0', 's1', 's3', 's4', 's7']);
    expect(naming('Orders')).toEqual(['s2', 's7']);
    expect(naming('ORDERS')).toEqual(['s1', 's7']);
    expect(naming('odd "name"')).toEqual(['s6', 's7']);
    expect(naming('orders_1')).toEqual(['s5', 's7']);
  });

  it('are of its database, and have a text', () => {
    expect(naming('orders', 'other')).toEqual([]);
    expect(statementsNaming([aStatement({ database: 'shop', text: undefined })], place)).toEqual([]);
  });
});
