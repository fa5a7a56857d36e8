import { describe, expect, it } from 'vitest';
import { byHowMuch, bytes, isUtility, percent, round, statementName, tablesNamed } from '../../lib/compare/words.ts';
import { aTable } from '../support/rows.ts';

const row = (text: string | undefined) => ({
  database: 'shop',
  queryid: '42',
  ...(text === undefined ? {} : { text }),
});
const tables = [aTable(), aTable({ schema: 'Odd "one"', table: 'Line Items' })];

it('does not round nearly all to all', () => {
  expect([0.9991, 0.994, 0.9999, 1, 1.4, 0.032].map(percent)).toEqual([
    '99.9 %',
    '99 %',
    '99.9 %',
    '100 %',
    '140 %',
    '3.2 %',
  ]);
});

describe('names of statements', () => {
  const cases: readonly [string | undefined, string][] = [
    ['SELECT * FROM orders WHERE id = $1', 'SELECT on orders'],
    ['select extract(day from created_at) from public.orders', 'SELECT on orders'],
    ['UPDATE ONLY orders SET status = $1', 'UPDATE on orders'],
    ['INSERT INTO "Odd ""one"""."Line Items" VALUES ($1)', 'INSERT on Line Items'],
    ['WITH a AS (SELECT $1) SELECT * FROM a JOIN orders ON true', 'WITH query on orders'],
    ['SELECT\n  $1 + $2', 'SELECT $1 + $2'],
    [`SELECT ${'x'.repeat(100)}`, `SELECT ${'x'.repeat(52)}…`],
    [undefined, 'Statement 42'],
  ];
  for (const [text, name] of cases) {
    it(`is ${name}`, () => expect(statementName(row(text), tables)).toBe(name));
  }

  it('trusts the text where no catalog was seen', () => {
    expect(statementName(row('SELECT * FROM "a b"'), [])).toBe('SELECT on a b');
  });

  it('finds no table of another schema or database', () => {
    expect(tablesNamed(row('SELECT * FROM other.orders'), tables)).toEqual([]);
    expect(tablesNamed({ ...row('SELECT * FROM orders'), database: 'else' }, tables)).toEqual([]);
  });
});

describe('numbers in sentences', () => {
  it('have two figures', () => {
    expect([0, 0.0123, 3.21, 14.4, 99.6, 1234].map(round)).toEqual(['0', '0.012', '3.2', '14', '100', '1,234']);
    expect([percent(0.354), percent(0.0051), percent(-0.2)]).toEqual(['35 %', '0.51 %', '-20 %']);
    expect([byHowMuch(1.35, 'slower'), byHowMuch(3.21, 'slower')]).toEqual(['35 % slower', '3.2 times slower']);
    expect([bytes(512), bytes(20 * 1024 ** 2)]).toEqual(['512 bytes', '20 MiB']);
  });
});

describe('work on the database itself', () => {
  it('is told from statements of an application', () => {
    expect(
      ['CREATE INDEX i ON t (a)', 'vacuum t', 'COPY t TO STDOUT', 'ANALYZE'].every((text) => isUtility(text)),
    ).toBe(true);
    expect([' (SELECT 1)', 'with a as (select 1) select 1', undefined].some((text) => isUtility(text))).toBe(false);
  });
});
