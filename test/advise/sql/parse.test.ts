import { beforeAll, describe, expect, it } from 'vitest';
import { loadParser, type Parse } from '../../../lib/advise/sql/parse.ts';
import type { ParsedStatement } from '../../../lib/advise/sql/statement.ts';

let parse: Parse;
beforeAll(async () => {
  parse = await loadParser();
});

function parsed(text: string): ParsedStatement {
  const statement = parse(text);
  if (statement === null) throw new Error(`does not parse: ${text}`);
  return statement;
}

/** `alias.column op`, with a `?` where the parameter or the conjunction is missing. */
function predicates(text: string): readonly string[] {
  const { predicates: found, tables } = parsed(text);
  return found.map(({ column, op, onParameter, conjunct }) => {
    const table = column.table === null ? '' : `${tables[column.table]?.alias}.`;
    return `${table}${column.name} ${op}${onParameter ? '' : ' no-parameter'}${conjunct ? '' : ' no-conjunct'}`;
  });
}

describe('parse', () => {
  it('answers null for no text, cut text, several statements and foreign dialects', () => {
    expect(parse(undefined)).toBeNull();
    expect(parse('')).toBeNull();
    expect(parse('SELECT * FROM orders WHERE cust')).not.toBeNull();
    expect(parse('SELECT * FROM orders WHERE')).toBeNull();
    expect(parse('SELECT 1; SELECT 2')).toBeNull();
    expect(parse('SELECT TOP 5 * FROM orders')).toBeNull();
  });

  it('reads the text as pg_stat_statements normalises it', () => {
    expect(predicates('SELECT * FROM a WHERE at > now() - interval $1 AND d = date $2')).toEqual([
      'a.at range',
      'a.d equality',
    ]);
    expect(predicates('SELECT * FROM a WHERE id IN ($1 /*, ... */)')).toEqual(['a.id in']);
  });

  it.each([
    ['SELECT 1', 'select'],
    ['INSERT INTO a VALUES ($1)', 'insert'],
    ['UPDATE a SET b = $1', 'update'],
    ['DELETE FROM a', 'delete'],
    ['MERGE INTO a USING b ON a.id = b.id WHEN MATCHED THEN DELETE', 'merge'],
    ['BEGIN', 'utility'],
    ['COPY a TO STDOUT', 'utility'],
    ['VACUUM a', 'utility'],
  ])('%s is of kind %s', (text, kind) => {
    expect(parsed(text).kind).toBe(kind);
  });

  it.each([
    ['a.x = $1', 'a.x equality'],
    ['$1 = a.x', 'a.x equality'],
    ['a.x = $1::bigint', 'a.x equality'],
    ['a.x = ANY($1)', 'a.x in'],
    ['a.x = ANY($1::int[])', 'a.x in'],
    ['a.x <> $1', 'a.x other'],
    ['a.x NOT IN ($1, $2)', 'a.x other'],
    ['a.x < $1', 'a.x range'],
    ['a.x BETWEEN $1 AND $2', 'a.x range'],
    ['a.x NOT BETWEEN $1 AND $2', 'a.x other'],
    ["a.x LIKE 'abc%'", 'a.x like-prefix'],
    ["a.x LIKE $1 || '%'", 'a.x like-prefix'],
    ["a.x LIKE '%abc'", 'a.x like'],
    ['a.x LIKE $1', 'a.x like'],
    ['a.x ILIKE $1', 'a.x other'],
    ['a.x IS NULL', 'a.x null'],
    ['a.x IS NOT NULL', 'a.x not-null'],
    ['a.x', 'a.x is-true'],
    ['NOT a.x', 'a.x is-false'],
    ['lower(a.x) = $1', 'a.x function'],
    ['a.x::text = $1', 'a.x function'],
    ['a.x + $1 > $2', 'a.x function'],
    ['a.x = (SELECT max(y) FROM c)', 'a.x equality'],
    ['a.x @> $1', 'a.x other'],
    ['a.x IS NOT DISTINCT FROM $1', 'a.x other'],
  ])('WHERE %s is %s', (condition, expected) => {
    expect(predicates(`SELECT 1 FROM a WHERE ${condition}`)).toContain(expected);
  });

  it('reads row comparisons as one equality per column, and as a range on the first', () => {
    expect(predicates('SELECT 1 FROM a WHERE (x, y) = ($1, $2)')).toEqual(['a.x equality', 'a.y equality']);
    expect(predicates('SELECT 1 FROM a WHERE (x, y) > ($1, $2)')).toEqual(['a.x range']);
  });

  it('says that a condition below OR does not filter alone', () => {
    expect(predicates('SELECT 1 FROM a WHERE (x = $1 OR y = $2) AND z = $3')).toEqual([
      'a.x equality no-conjunct',
      'a.y equality no-conjunct',
      'a.z equality',
    ]);
  });

  it('does not let ON filter the side an outer join keeps', () => {
    expect(predicates('SELECT 1 FROM a LEFT JOIN b ON a.id = b.a_id AND a.x = $1 AND b.y = $2')).toEqual([
      'a.x equality no-conjunct',
      'b.y equality',
    ]);
  });

  it('leaves an unqualified column open where two sources are in sight', () => {
    expect(predicates('SELECT 1 FROM a, b WHERE x = $1')).toEqual(['x equality']);
    expect(predicates('SELECT 1 FROM a, (SELECT 1 AS x) s WHERE x = $1')).toEqual(['x equality']);
    expect(predicates('SELECT 1 FROM a, generate_series(1, 2) x WHERE x = $1')).toEqual(['x equality']);
  });

  it('follows aliases, schemas and joins', () => {
    const { tables, joins } = parsed('SELECT 1 FROM shop.orders o JOIN "Customers" ON o.customer_id = "Customers".id');
    expect(tables).toEqual([
      { schema: 'shop', name: 'orders', alias: 'o', isTarget: false },
      { name: 'Customers', alias: 'Customers', isTarget: false },
    ]);
    expect(joins).toMatchObject([{ left: { name: 'customer_id', table: 0 }, right: { name: 'id', table: 1 } }]);
    expect(parsed('SELECT 1 FROM a JOIN b USING (k)').joins).toMatchObject([
      { left: { name: 'k', table: 0 }, right: { name: 'k', table: 1 } },
    ]);
  });

  it('does not mistake a CTE for a table, and reads the conditions inside it', () => {
    const text = 'WITH orders AS (SELECT * FROM archive WHERE y = $1) SELECT count(*) FROM orders WHERE z = $2';
    expect(parsed(text).tables.map((table) => table.name)).toEqual(['archive']);
    expect(predicates(text)).toEqual(['archive.y equality', 'z equality']);
    expect(
      parsed('WITH moved AS (DELETE FROM a WHERE k = $1 RETURNING *) INSERT INTO b SELECT * FROM moved').tables,
    ).toEqual([
      { name: 'a', alias: 'a', isTarget: true },
      { name: 'b', alias: 'b', isTarget: true },
    ]);
  });

  it('reads subqueries with the columns around them in sight', () => {
    const text = 'SELECT 1 FROM a WHERE EXISTS (SELECT 1 FROM b WHERE b.a_id = a.id AND b.k = $1)';
    expect(parsed(text).joins).toMatchObject([{ left: { table: 1 }, right: { table: 0 } }]);
    expect(predicates(text)).toEqual(['b.k equality']);
  });

  it('reads ORDER BY through output names and positions', () => {
    const { orderBy, limited } = parsed('SELECT id, at AS moment FROM a ORDER BY moment DESC, 1, lower(c) LIMIT $1');
    expect(orderBy.map(({ column, descending }) => [column?.name ?? null, descending])).toEqual([
      ['at', true],
      ['id', false],
      [null, false],
    ]);
    expect(limited).toBe(true);
    expect(parsed('SELECT id FROM a LIMIT ALL').limited).toBe(false);
    expect(parsed('SELECT id FROM a FETCH FIRST 5 ROWS ONLY').limited).toBe(true);
  });

  it('tells aggregates from rows', () => {
    expect(parsed('SELECT count(*), max(x) FROM a').aggregatesOnly).toBe(true);
    expect(parsed('SELECT count(*) FROM a GROUP BY x').aggregatesOnly).toBe(false);
    expect(parsed('SELECT count(*) OVER () FROM a').aggregatesOnly).toBe(false);
    expect(parsed('SELECT x FROM a').aggregatesOnly).toBe(false);
  });

  it('knows what a write assigns and arbitrates on', () => {
    expect(parsed('UPDATE a SET x = $1, (y, z) = ($2, $3) WHERE id = $4')).toMatchObject({
      assigned: ['x', 'y', 'z'],
      filtered: true,
    });
    expect(parsed('INSERT INTO a (x) VALUES ($1) ON CONFLICT (x) DO NOTHING').conflictColumns).toEqual(['x']);
    expect(parsed('INSERT INTO a (x) VALUES ($1) ON CONFLICT ON CONSTRAINT k DO NOTHING').conflictConstraint).toBe('k');
  });
});
