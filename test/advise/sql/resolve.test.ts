import { beforeAll, describe, expect, it } from 'vitest';
import { loadParser, type Parse } from '../../../lib/advise/sql/parse.ts';
import { resolve } from '../../../lib/advise/sql/resolve.ts';
import { aColumn, aTable } from '../../support/rows.ts';

let parse: Parse;
beforeAll(async () => {
  parse = await loadParser();
});

const table = (name: string, ...columns: readonly string[]) =>
  aTable({ table: name, columns: columns.map((column) => aColumn(column)) });
const a = table('a', 'id', 'x');
const b = table('b', 'id', 'a_id', 'y');

function resolved(text: string, tables = [a, b]) {
  const parsed = parse(text);
  if (parsed === null) throw new Error(`does not parse: ${text}`);
  const { predicates, joins, orderBy } = resolve(parsed, tables);
  const name = ({ table: at, column }: { table: number; column: string }) => `${parsed.tables[at]?.name}.${column}`;
  return {
    predicates: predicates.map(name),
    joins: joins.map(({ left, right }) => `${name(left)} = ${name(right)}`),
    orderBy: orderBy?.map(name) ?? null,
  };
}

describe('resolve', () => {
  it('gives an unqualified column to the one table that has it', () => {
    expect(resolved('SELECT 1 FROM a, b WHERE y = $1').predicates).toEqual(['b.y']);
    expect(resolved('SELECT 1 FROM a JOIN b ON a_id = a.id WHERE x = $1')).toMatchObject({
      predicates: ['a.x'],
      joins: ['b.a_id = a.id'],
    });
  });

  it('leaves open what two tables have, or what one may have whose columns nobody saw', () => {
    expect(resolved('SELECT 1 FROM a, b WHERE id = $1').predicates).toEqual([]);
    expect(resolved('SELECT 1 FROM a, c WHERE y = $1').predicates).toEqual([]);
  });

  it('finds a column of the outer query from inside, unless the inner one has it', () => {
    expect(resolved('SELECT 1 FROM a WHERE EXISTS (SELECT 1 FROM b WHERE x = $1 AND y = $2)').predicates).toEqual([
      'a.x',
      'b.y',
    ]);
    expect(resolved('SELECT 1 FROM a WHERE EXISTS (SELECT 1 FROM b WHERE id = $1)').predicates).toEqual(['b.id']);
  });

  it('does not join a table with itself where one mention was meant', () => {
    expect(resolved('SELECT 1 FROM a WHERE a.id = x').joins).toEqual([]);
  });

  it('gives up on an order that contains an expression', () => {
    expect(resolved('SELECT 1 FROM a ORDER BY x, lower(y)').orderBy).toBeNull();
    expect(resolved('SELECT 1 FROM a ORDER BY x').orderBy).toEqual(['a.x']);
  });

  it('knows no table for a name in two schemas, unless the statement says which', () => {
    const twice = [a, { ...a, schema: 'old' }];
    expect(resolve(parse('SELECT 1 FROM a') ?? fail(), twice).tables).toEqual([null]);
    expect(resolve(parse('SELECT 1 FROM old.a') ?? fail(), twice).tables[0]?.schema).toBe('old');
  });
});

function fail(): never {
  throw new Error('does not parse');
}
