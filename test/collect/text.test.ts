import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { loadNormaliser, type Normalise } from '../../lib/collect/text.ts';

let normalise: Normalise;
beforeAll(async () => {
  normalise = await loadNormaliser();
});

/** Every place in which PostgreSQL takes a value; `§` is where it goes. */
const shapes = [
  "CREATE ROLE x LOGIN PASSWORD '§'",
  "ALTER USER x WITH PASSWORD '§' VALID UNTIL '2030-01-01'",
  "COPY t FROM 's3://§'",
  "COPY (SELECT '§') TO PROGRAM 'curl §' WITH (FORMAT csv, NULL '§')",
  "SET x = '§'",
  'SET x = §',
  'SET x TO "§"',
  "ALTER ROLE r SET x TO '§'",
  'ALTER ROLE r SET x TO §',
  'ALTER DATABASE d SET x = a, §',
  'ALTER SYSTEM SET x = §',
  'ALTER FUNCTION f() SET x = §',
  "DO $$ BEGIN RAISE NOTICE '§'; END $$",
  'DO $body$ § $body$',
  "COMMENT ON TABLE t IS '§'",
  "EXECUTE foo(1, '§')",
  "CREATE SUBSCRIPTION s CONNECTION 'host=h password=§' PUBLICATION p",
  "ALTER SUBSCRIPTION s CONNECTION 'password=§'",
  "CREATE SERVER s FOREIGN DATA WRAPPER w OPTIONS (password '§')",
  "CREATE USER MAPPING FOR u SERVER s OPTIONS (ADD password '§')",
  "SELECT doc->>'§', doc #> '{§}', doc @? '$.a ? (@ == \"§\")' FROM t",
  "SELECT E'\\t§', U&'\\0041§', B'1', N'§', $tag$ § $tag$",
  "SELECT U&'§' UESCAPE '!'",
  "SELECT 'a'\n '§'",
  'SELECT 1 /* § /* § */ § */ -- §\n FROM t',
  "/* § */ UPDATE t SET a = '§' WHERE b = '§' RETURNING '§'",
  "INSERT INTO t VALUES ('§', $1), ('é', '§')",
  "CREATE TABLE t (a varchar(3) DEFAULT '§')",
  "CREATE VIEW v AS SELECT '§'",
  "CREATE FUNCTION f() RETURNS text LANGUAGE sql AS '§'",
  "CREATE FUNCTION f() RETURNS text LANGUAGE sql RETURN '§'",
  "PREPARE p AS SELECT '§'",
  "EXPLAIN SELECT '§'",
  "DECLARE c CURSOR FOR SELECT '§'",
  "NOTIFY channel, '§'",
  "SECURITY LABEL ON TABLE t IS '§'",
  "ALTER TABLE t ALTER a SET DEFAULT '§'",
  "SELECT 1; SELECT '§'; ALTER ROLE r SET x TO §",
  "COPY t FROM STDIN WITH (NULL §, DELIMITER '§')",
  "COPY t FROM PROGRAM 'curl -u §'",
  'CREATE SUBSCRIPTION s CONNECTION \'§\' PUBLICATION p WITH (slot_name = §, origin = "§")',
  'ALTER SUBSCRIPTION s SET (slot_name = §)',
  'CREATE TABLE t (a int) WITH (x = §)',
  'ALTER INDEX i SET (x = "§")',
  "CREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW WHEN (NEW.a = '§') EXECUTE FUNCTION f('§', §, 12)",
  'CREATE EXTENSION x VERSION §',
  "ALTER EXTENSION x UPDATE TO '§'",
  "CREATE DATABASE d LOCALE '§' TEMPLATE = §",
  'CREATE TEXT SEARCH DICTIONARY d (TEMPLATE = simple, x = §)',
  'CREATE COLLATION c (locale = "§")',
  'ALTER TABLE t ALTER a SET (n_distinct = §)',
  'CREATE INDEX ON t (a x (p = §))',
  'VACUUM (foo §) t',
  'EXPLAIN (FORMAT §) SELECT 1',
  "CREATE FUNCTION f() RETURNS int LANGUAGE sql SET x TO § AS 'select 1'",
  "SET TIME ZONE '§'",
  "SET SESSION AUTHORIZATION '§'",
  "CREATE TABLE p PARTITION OF t FOR VALUES IN ('§')",
  "CREATE TABLE t (a text DEFAULT '§' CHECK (a <> '§'))",
  "CREATE INDEX ON t ((a || '§')) WHERE b = '§'",
  "CREATE TYPE e AS ENUM ('§')",
  "CREATE DOMAIN d AS text DEFAULT '§' CHECK (VALUE <> '§')",
  "CREATE POLICY p ON t USING (a = '§')",
  "CREATE STATISTICS s ON (a || '§'), b FROM t",
  "CALL p('§')",
  "EXPLAIN (ANALYZE) EXECUTE p('§')",
  "PREPARE TRANSACTION '§'",
  "SET TRANSACTION SNAPSHOT '§'",
  "LOAD '§'",
  "CREATE TABLESPACE x LOCATION '/§'",
  "SELECT a::kind('§'), interval '§' day FROM t",
  "SELECT * FROM JSON_TABLE('{\"§\":1}', '$.§' COLUMNS (id int PATH '$.§' DEFAULT '§' ON EMPTY))",
  "SELECT * FROM XMLTABLE('//§' PASSING d COLUMNS a int PATH '§' DEFAULT '§')",
  "SELECT XMLPARSE(DOCUMENT '<§/>'), JSON_OBJECT('§': '§')",
  "MERGE INTO t USING s ON t.a = '§' WHEN MATCHED THEN UPDATE SET b = '§'",
  // With standard_conforming_strings off, § is inside of the string.
  "SELECT 'x\\', § FROM t WHERE b = 'c'",
  "SELECT '§",
  "SELECT * FROM t WHERE a = 'x' AND b = '§",
  'SELECT $$ § ',
  'SELECT `§` FROM `t`',
  'SELECT 1§',
  "SELECT * FROM t WHERE a = '§' AND AND",
];

describe('normalising a statement', () => {
  it.each(shapes)('lets no value through: %s', (shape) => {
    const words = fc.stringMatching(/^[a-z]{6,12}$/).map((word) => `canary${word}`);
    fc.assert(
      fc.property(words, (canary) => {
        const { text } = normalise(shape.replaceAll('§', canary));
        expect(text ?? '').not.toContain('canary');
      }),
      { numRuns: 5 },
    );
  });

  it('lets no number through, wherever it stands', () => {
    const numeric = ['SELECT * FROM t WHERE pin = §', 'EXECUTE f(§)', 'CREATE VIEW v AS SELECT §', 'SELECT -§, §.5e3'];
    for (const shape of numeric) expect(normalise(shape.replaceAll('§', '4711')).text).not.toContain('4711');
  });

  it.each(shapes)('gives no hash that depends on a value: %s', (shape) => {
    const of = (value: string) => normalise(shape.replaceAll('§', value)).fingerprint;
    const isName = /`|"§"\)|SET x TO "§"|SELECT 1§|\\\\', §/.test(shape);
    if (!isName) expect(of('canaryone')).toBe(of('canarytwo'));
  });

  it('tells utility statements apart by what they do', () => {
    const of = (sql: string) => normalise(sql).fingerprint;
    expect(of("CREATE ROLE a PASSWORD 'x'")).not.toBe(of("CREATE ROLE b PASSWORD 'x'"));
    expect(of("COMMENT ON TABLE a IS 'x'")).not.toBe(of("COMMENT ON TABLE b IS 'x'"));
    expect(of("COPY a TO 'x'")).toBe(of("copy a  to 'y' -- z"));
    expect(of("SELECT 1; COMMENT ON TABLE a IS 'x'")).toMatch(/^[0-9a-f]{16}$/);
  });

  it('keeps the shape of the statement', () => {
    expect(normalise("select a from t where b = 'x' and c > 5 limit 10").text).toBe(
      'select a from t where b = $1 and c > $2 limit $3',
    );
    expect(normalise("CREATE ROLE x PASSWORD 'p'").text).toBe('CREATE ROLE x PASSWORD $1');
    expect(normalise("COPY t FROM 's3://key'").text).toBe('COPY t FROM $1');
    expect(normalise('ALTER ROLE r SET x TO y').text).toBe('ALTER ROLE r SET x TO $1');
    expect(normalise("select 'é', \"é'q\" from t;").text).toBe('select $1, "é\'q" from t');
  });

  it('leaves ordinals and type modifiers, which are not values', () => {
    const text = 'select a, $1::varchar(20) from t group by 1 order by 2';
    expect(normalise(text).text).toBe(text);
  });

  it('numbers new placeholders after those that are there', () => {
    expect(normalise("select $1, 'x', $2").text).toBe('select $1, $3, $2');
  });

  it('tells a table from one of the same name in another schema (trap 107)', () => {
    const of = (schema: string) => normalise(`SELECT a FROM ${schema}things WHERE b = 1`).fingerprint;
    expect(new Set(['', 'public.', 'one.', 'two.'].map(of)).size).toBe(3);
    expect(of('')).toBe(of('public.'));
  });

  it('tells tables apart by their numbers, but not by their dates', () => {
    const of = (table: string) => normalise(`SELECT a FROM ${table} WHERE b = 1`).fingerprint;
    expect(new Set(['lines', 'lines1', 'lines2', 'lines_12', 'lines_13'].map(of)).size).toBe(5);
    expect(of('events_2026_01')).toBe(of('events_2026_02'));
    expect(of('events_20260101')).toBe(of('events_20260102'));
    expect(of('oauth2_tokens')).toMatch(/^[0-9a-f]{16}$/);
  });

  it('keeps the names that index hints give, and nothing else of them', () => {
    expect(normalise("/*+ IndexScan(t t_a_idx) Set(x 'me@example.com') */ SELECT a FROM t WHERE b = 1").text).toBe(
      '/*+ IndexScan(t t_a_idx) */ SELECT a FROM t WHERE b = $1',
    );
    expect(normalise('SELECT /*+ SeqScan(t) call 555 1234 */ a FROM t').text).toBe('SELECT  a FROM t');
    expect(normalise('/*+ IndexScan(5551234) */ SELECT a FROM t').text).toBe('SELECT a FROM t');
  });

  it('drops comments but not the space they made', () => {
    expect(normalise('select/* a */b from t -- c').text).toBe('select b from t');
    expect(normalise('select a from t where b in ($1 /*, ... */)').text).toBe('select a from t where b in ($1 )');
  });

  it('gives the same fingerprint to the same statement with other values and spacing', () => {
    const one = normalise("select a from t where b = 'x'").fingerprint;
    expect(one).toMatch(/^[0-9a-f]{16}$/);
    expect(normalise('SELECT a\nFROM t WHERE b = $1').fingerprint).toBe(one);
    expect(normalise("select a from t where c = 'x'").fingerprint).not.toBe(one);
  });

  it('answers nothing for what it cannot read', () => {
    expect(normalise('select `a`')).toEqual({ text: null, fingerprint: null, label: null, cut: false });
    expect(normalise("select * from t where a = 'sec", { cut: true })).toEqual({
      text: null,
      fingerprint: null,
      label: null,
      cut: true,
    });
    expect(normalise('')).toEqual({ text: null, fingerprint: null, label: null, cut: false });
    expect(normalise('<insufficient privilege>')).toEqual({ text: null, fingerprint: null, label: null, cut: false });
    expect(normalise(`select ${'('.repeat(20_000)}1`)).toEqual({
      text: null,
      fingerprint: null,
      label: null,
      cut: false,
    });
    expect(normalise(`select ${'1 + '.repeat(9_000)}1`).text).toBeNull();
    expect(normalise(`select ${'1, '.repeat(50_000)}1`)).toEqual({
      text: null,
      fingerprint: null,
      label: null,
      cut: true,
    });
    expect(normalise('select 1').text).toBe('select $1');
  });

  it('cuts a long text and says so', () => {
    const long = normalise(`select ${Array.from({ length: 2_000 }, (_, i) => `column_${i}`).join(', ')} from t`);
    expect(long.text).toHaveLength(8_000);
    expect(long.cut).toBe(true);
    expect(long.fingerprint).toMatch(/^[0-9a-f]{16}$/);
  });
});

describe('the label of a statement', () => {
  it.each([
    ['SELECT 1 FROM shop.orders o JOIN items i USING (id)', 'SELECT on orders'],
    ['WITH recent AS (SELECT * FROM orders) SELECT * FROM recent', 'SELECT on orders'],
    ['SELECT extract(day from at) FROM events', 'SELECT on events'],
    ['SELECT (SELECT max(x) FROM inner_one) FROM outer_one', 'SELECT on outer_one'],
    ['UPDATE stock SET n = 1 FROM orders', 'UPDATE on stock'],
    ['INSERT INTO log SELECT * FROM orders', 'INSERT on log'],
    ['DELETE FROM "Odd name"', 'DELETE on Odd name'],
    ['SELECT 1', null],
    ['VACUUM orders', null],
    ['SELECT * FROM orders WHERE', null],
  ])('%s → %s', (sql, label) => {
    expect(normalise(sql).label).toBe(label);
  });
});
