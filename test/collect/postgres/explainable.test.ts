import { loadModule } from 'libpg-query';
import { beforeAll, describe, expect, it } from 'vitest';
import { explainable } from '../../../lib/collect/postgres/explainable.ts';
import { withoutConstants } from '../../../lib/collect/postgres/plan-tree.ts';

beforeAll(() => loadModule());

const sqlOf = (text: string): string => {
  const one = explainable(text);
  return one === null ? 'nothing' : 'why' in one ? one.why : one.sql.replaceAll(/\s+/g, ' ');
};

describe('what EXPLAIN is sent', () => {
  it.each([
    ['SELECT a FROM t WHERE b = $1', 'SELECT a FROM t WHERE b = $1'],
    ['SELECT now() - interval $1', 'SELECT now ( ) - CAST ( $1 AS interval )'],
    ['SELECT timestamp with time zone $1', 'SELECT CAST ( $1 AS timestamp with time zone )'],
    ['SELECT extract($1 FROM a) FROM t', 'SELECT pg_catalog.date_part ( $1 , a ) FROM t'],
    ['SELECT a FROM t FOR NO KEY UPDATE OF t, s.u NOWAIT', 'SELECT a FROM t'],
    ['SELECT a FROM (SELECT a FROM t FOR SHARE SKIP LOCKED) x', 'SELECT a FROM ( SELECT a FROM t ) x'],
    ['SELECT f($1, a) FROM t GROUP BY f($2, a)', 'SELECT f ( $1 , a ) FROM t GROUP BY f ( $1 , a )'],
    [
      'SELECT f($1, a), f($2, a) FROM t GROUP BY f($3, a)',
      'SELECT f ( $1 , a ) , f ( $2 , a ) FROM t GROUP BY f ( $3 , a )',
    ],
    ['UPDATE t SET a = $1 WHERE b = $2 RETURNING a', 'SELECT t . ctid FROM t WHERE b = $2'],
    [
      'UPDATE ONLY s.t AS x SET a = (SELECT c FROM u WHERE d) FROM v WHERE x.b = v.b',
      'SELECT x . ctid FROM ONLY s . t AS x , v WHERE x . b = v . b',
    ],
    ['UPDATE t SET a = b IS DISTINCT FROM $1', 'SELECT t . ctid FROM t'],
    [
      'WITH w AS (SELECT $1 AS b) UPDATE t SET a = $2 FROM w WHERE t.b = w.b',
      'WITH w AS ( SELECT $1 AS b ) SELECT t . ctid FROM t , w WHERE t . b = w . b',
    ],
    ['DELETE FROM t USING u WHERE t.a = u.a RETURNING *', 'SELECT t . ctid FROM t , u WHERE t . a = u . a'],
    ['DELETE FROM "T;x" WHERE a IN (SELECT b FROM u)', 'SELECT "T;x" . ctid FROM "T;x" WHERE a IN ( SELECT b FROM u )'],
    ['INSERT INTO t (a) SELECT b FROM u WHERE c = $1 ON CONFLICT (a) DO NOTHING', 'SELECT b FROM u WHERE c = $1'],
    ['INSERT INTO t VALUES ($1)', 'nothing'],
    ['VACUUM t', 'nothing'],
    ['CREATE TABLE x AS SELECT 1', 'nothing'],
    ['SELECT $1; DROP TABLE t', 'it is more than one statement'],
    ['DELETE FROM t WHERE CURRENT OF c', 'it follows a cursor'],
    ['SELECT FROM WHERE', 'it cannot be parsed'],
  ])('of %s', (text, sql) => {
    expect(sqlOf(text)).toBe(sql);
  });

  it('comes with every name that planning may look up, and the relations without a schema', () => {
    const one = explainable('WITH w AS (SELECT 1) SELECT lower(a)::citext FROM s.t, u, w WHERE b @@ $1');
    expect(one).toMatchObject({ relations: ['u'], parameters: 1 });
    const words = one !== null && 'words' in one ? [...one.words] : [];
    expect(words).toEqual(expect.arrayContaining(['lower', 'citext', 't', 'u', '@@', '=']));
  });
});

describe('an expression of a plan', () => {
  it.each([
    ["(status = 'canary'::text)", '(status = $4::text)'],
    ["(a = ANY ('{canary,1}'::text[])) AND (b > 12.5)", '(a = ANY ($4::text[])) AND (b > $5)'],
    ["(c ~~ E'can\\\\ary%') AND (\"it's\" = $2)", '(c ~~ $4) AND ("it\'s" = $2)'],
    ["(d = '\\x63616e617279'::bytea) OR (e = B'101')", '(d = $4::bytea) OR (e = $5)'],
    ['(hashed SubPlan 1) AND (f = (InitPlan 2).col1)', '(hashed SubPlan 1) AND (f = (InitPlan 2).col1)'],
    ["(f = 'ä€😀'::text) AND (g = 'x')", '(f = $4::text) AND (g = $5)'],
  ])('%s keeps no constant', (expression, kept) => {
    expect(withoutConstants(expression, { count: 3, renumber: (n) => n })).toBe(kept);
  });

  it('that cannot be read is not kept at all', () => {
    expect(withoutConstants("(a = 'canary", { count: 0, renumber: (n) => n })).toBe('…');
  });
});
