/** What people write into statements and definitions stays on the server: a value planted in each place, looked for in the reading. */

import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type PostgresReading, readPostgres } from '../../../lib/collect/postgres/read.ts';
import { createPostgres } from '../../../lib/collect/postgres/source.ts';
import { useEmbedded } from '../../support/embedded.ts';

const server = useEmbedded({ settings: { max_prepared_transactions: '2' } });
const CANARY = 'canary4711';

const planted = [
  'CREATE EXTENSION pg_stat_statements',
  `CREATE ROLE someone LOGIN PASSWORD '${CANARY}'`,
  `/* ${CANARY} */ ALTER ROLE someone PASSWORD $q$${CANARY}$q$ VALID UNTIL '2099-01-01'`,
  `-- ${CANARY}\nALTER USER someone SET application_name = ${CANARY}`,
  `ALTER DATABASE canaries SET application_name = '${CANARY}'`,
  `SET application_name = ${CANARY}`,
  `SET application_name TO 'psql'`,
  'CREATE FOREIGN DATA WRAPPER wrapper',
  `CREATE SERVER elsewhere FOREIGN DATA WRAPPER wrapper OPTIONS (host '${CANARY}')`,
  `CREATE USER MAPPING FOR someone SERVER elsewhere OPTIONS (password '${CANARY}')`,
  `CREATE TABLE t (id int PRIMARY KEY, a text DEFAULT '${CANARY}', b text CHECK (b <> '${CANARY}'),
    c text GENERATED ALWAYS AS (a || '${CANARY}') STORED)`,
  `COMMENT ON TABLE t IS '${CANARY}'`,
  `DO $$ BEGIN PERFORM '${CANARY}'; END $$`,
  `DO LANGUAGE plpgsql 'BEGIN PERFORM 1; /* ${CANARY} */ END'`,
  `INSERT INTO t (id, a, b) SELECT n, '${CANARY}', 'b' || n FROM generate_series(1, 200) n`,
  `PREPARE p AS SELECT * FROM t WHERE a = '${CANARY}' AND b = $1`,
  `EXECUTE p('${CANARY}')`,
  `EXPLAIN SELECT * FROM t WHERE a = E'${CANARY}' OR a = U&'${CANARY}'`,
  `NOTIFY channel, '${CANARY}'`,
  `COPY (SELECT '${CANARY}' FROM t WHERE false) TO PROGRAM 'cat > /dev/null # ${CANARY}'`,
  `CREATE PROCEDURE done(text) LANGUAGE sql AS 'SELECT $1'`,
  `CALL done('${CANARY}')`,
  `CREATE VIEW v AS SELECT * FROM t WHERE a = '${CANARY}'`,
  'SELECT count(*) FROM v',
  `CREATE TABLE parts (k text) PARTITION BY LIST ((k || '${CANARY}'))`,
  `CREATE TABLE parts_1 PARTITION OF parts FOR VALUES IN ('${CANARY}')`,
  `CREATE STATISTICS s ON (a || '${CANARY}'), b FROM t`,
  'CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$',
  `CREATE TRIGGER g AFTER UPDATE ON t FOR EACH ROW WHEN (NEW.a = '${CANARY}') EXECUTE FUNCTION nothing('${CANARY}', ${CANARY})`,
  `ALTER TABLE t ENABLE ROW LEVEL SECURITY`,
  `CREATE POLICY mine ON t USING (a = '${CANARY}')`,
  `CREATE PUBLICATION out FOR TABLE t WHERE (id > 0)`,
  `SELECT $tag$${CANARY}$tag$, '{"${CANARY}": 1}'::jsonb -> '${CANARY}' FROM t LIMIT 1`,
  `SELECT '${CANARY}' -- ${CANARY}\n FROM t /* ${CANARY} */ LIMIT 1`,
  `SELECT * FROM JSON_TABLE('{"${CANARY}":1}', '$.${CANARY}' COLUMNS (id int PATH '$'))`,
  `SELECT 1; SELECT '${CANARY}' AS other`,
  'BEGIN',
  `DECLARE d CURSOR FOR SELECT * FROM t WHERE a = '${CANARY}'`,
  'FETCH 1 FROM d',
  'COMMIT',
  'BEGIN',
  `UPDATE t SET a = '${CANARY}' WHERE id = 1`,
  "PREPARE TRANSACTION 'one'",
  'ANALYZE t',
];

describe('a reading', () => {
  let reading: PostgresReading;
  let text = '';
  const open: pg.Client[] = [];
  beforeAll(async () => {
    const url = await server.database('canaries', ...planted);
    // Longer than track_activity_query_size: what the view shows ends inside of the string.
    const long = await server.session(url);
    open.push(long);
    await long.query('BEGIN');
    await long.query(`UPDATE t SET a = '${CANARY.repeat(200)}' WHERE id = 2`);
    const takenAt = new Date().toISOString();
    const window = { start: takenAt, end: takenAt };
    reading = await readPostgres({
      source: createPostgres({ url }),
      window,
      previous: null,
      takenAt,
      progress: () => {},
    });
    text = JSON.stringify({ ...reading, identities: [...reading.identities] });
  });
  afterAll(() => Promise.all(open.map((client) => client.end())));

  it('has seen them all', () => {
    const texts = reading.statements.map((row) => row.text ?? '');
    for (const part of [
      'COMMENT ON',
      'DO ',
      'NOTIFY',
      'COPY',
      'CALL',
      'EXPLAIN',
      'DECLARE',
      'CREATE TABLE',
      'FROM v',
    ]) {
      expect(
        texts.filter((one) => one.includes(part)),
        part,
      ).not.toEqual([]);
    }
    expect(reading.server.horizon?.map(({ kind }) => kind)).toEqual(
      expect.arrayContaining(['transaction', 'prepared']),
    );
  });

  it('holds none of their values', () => {
    const at = text.indexOf('canary');
    expect(at < 0 ? '' : text.slice(Math.max(0, at - 200), at + 50)).toBe('');
  });

  it('leaves out what may carry a password, as its queryid is a hash of the text', () => {
    const texts = reading.statements.map((row) => row.text ?? '').join('\n');
    expect(texts).not.toMatch(/ROLE|USER|SERVER/i);
  });
});

it('the predicate of an index is kept as it is, for its rollback, and only there', async () => {
  const url = await server.database(
    'predicates',
    'CREATE TABLE t (id int, a text)',
    `CREATE INDEX partial ON t (id, (a || '${CANARY}')) WHERE a <> '${CANARY}'`,
  );
  const takenAt = new Date().toISOString();
  const window = { start: takenAt, end: takenAt };
  const reading = await readPostgres({
    source: createPostgres({ url }),
    window,
    previous: null,
    takenAt,
    progress: () => {},
  });
  expect(reading.indexes.find(({ index }) => index === 'partial')?.definition).toContain(CANARY);
  const { indexes: _, identities: _names, ...rest } = reading;
  expect(JSON.stringify(rest)).not.toContain(CANARY);
});
