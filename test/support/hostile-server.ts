/** What an attacker who may create things in a PostgreSQL would put there for its weekly report. */
import type pg from 'pg';

type In = <Answer>(database: string, work: (client: pg.Client) => Promise<Answer>) => Promise<Answer>;

export const SECRETS = { role: 'hunter"; -- @:/', password: 's3cr:t/@?#%\'"x' } as const;
const id = (name: string) => `"${name.replaceAll('"', '""')}"`;
const text = (value: string) => `E'${value.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`;

/** Each as a table, and in turn as schema, column, index, constraint and role. */
const names = [
  '<img src=x onerror=1>',
  '</mj-text><mj-raw><script>1</script>',
  '"; DROP TABLE x; --',
  '$(touch /tmp/pg-hunt-was-here)',
  `a'b"c\\d`,
  'two\nlines\r\nBcc: evil@example.com',
  'tab\tbell\u0007escape\u001b[31mred',
  'orders\u202Exedni',
  'orders\u200Bzero\u200Dwidth',
  '🦊'.repeat(15),
  'x'.repeat(63),
  'javascript:alert(1)',
  "=cmd|' /C calc'!A0",
  '{{ constructor.constructor("1")() }}',
  '%s%n%x',
  '__proto__',
  'constructor',
  ' two  spaces ',
  'nbsp\u00A0and\u3000wide',
  'select',
] as const;

/** Beside each name that a screen cannot show: what would be read instead. Nothing printed may touch these. */
const twins = names.map((name) => name.replace(/[\p{Cc}\p{Cf}]/gu, '')).filter((name, at) => name !== names[at]);
const databases = [
  '<b>&"\'; $(touch /tmp/pg-hunt-was-here)\u202E',
  '..',
  '__proto__',
  'constructor',
  'a/b?c#d%24;e:f@g&h=i+j',
];

const at = (index: number): string => names[index % names.length] ?? '';

export const bait = {
  database: databases[0] ?? '',
  databases,
  /** The same document with harmless names of the same length. */
  tamed: (json: string): string => {
    const all = [...names, ...databases, SECRETS.role].filter((name) => name.length > 2);
    // Longest first: one name may be part of another.
    const order = all.toSorted((a, b) => b.length - a.length);
    const tameName = (name: string) => `t${all.indexOf(name)}${'y'.repeat(80)}`.slice(0, Math.max(4, name.length));
    const inside = (value: string) =>
      order.reduce(
        (rest, name) => rest.replaceAll(name.replaceAll('"', '""'), tameName(name)).replaceAll(name, tameName(name)),
        value,
      );
    return JSON.stringify(JSON.parse(json), function (this: unknown, key, value: unknown) {
      if (typeof value === 'string') return inside(value);
      if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
      if (key === 'settings') return value;
      return Object.fromEntries(
        Object.entries(value).map(([name, inner]) => [
          /^[a-zA-Z]+$/.test(name) && name !== 'constructor' ? name : inside(name),
          inner,
        ]),
      );
    });
  },
};

/** Rows; with their filler just beyond 10 MiB, where advice begins. */
const BIG = 26_000;
const BIG_TABLES = 5;
/** Which of the names are small tables full of dead rows. */
const DEAD_TABLES = [6, 7, 13, 16, 17, 18, 19];
const schemas = [at(0), at(2), at(7), at(15)];
const schemaOf = (index: number) => schemas[index % schemas.length] ?? '';
const tableOf = (index: number) => `${id(schemaOf(index))}.${id(at(index))}`;

export async function plant(session: In): Promise<void> {
  await session('postgres', async (client) => {
    for (const name of databases) await client.query(`CREATE DATABASE ${id(name)}`);
    await client.query(
      `CREATE ROLE ${id(SECRETS.role)} LOGIN PASSWORD ${text(SECRETS.password)} IN ROLE pg_monitor, pg_read_all_data`,
    );
    for (const name of names) await client.query(`CREATE ROLE ${id(`${name}`.slice(0, 40))} LOGIN`).catch(() => {});
  });
  for (const database of databases) await session(database, (client) => dead(client, 'public', at(3), 15_000));
  await session(databases[0] ?? '', async (client) => {
    await client.query('CREATE EXTENSION pg_stat_statements');
    await client.query('CREATE TABLE x (id int); INSERT INTO x VALUES (1)');
    for (const schema of schemas) await client.query(`CREATE SCHEMA ${id(schema)}`);
    for (const [index] of names.entries()) {
      if (index < BIG_TABLES) await big(client, index);
      if (DEAD_TABLES.includes(index)) await dead(client, schemaOf(index), at(index));
      else await stale(client, schemaOf(index), `s${at(index)}`.slice(0, 20));
    }
    for (const [index, twin] of twins.entries()) {
      await client.query(`CREATE TABLE ${id(schemaOf(index))}.${id(`${twin}`)} (a int)`).catch(() => {});
    }
    for (const sql of utility)
      await client.query(sql).catch((error: Error) => Promise.reject(new Error(`${sql}: ${error.message}`)));
    await client.query('SELECT pg_stat_force_next_flush()');
  });
}

/** Read from end to end, with a foreign key nobody can follow, two indexes of which one is enough, and old statistics. */
async function big(client: pg.Client, index: number): Promise<void> {
  const [table, schema] = [tableOf(index), schemaOf(index)];
  const [key, ref, same] = [at(index + 5), at(index + 6), at(index + 7)].map(id);
  const parent = `${id(schema)}.${id(`p${at(index)}`.slice(0, 20))}`;
  await client.query(`CREATE TABLE ${parent} (id int PRIMARY KEY)`);
  await client.query(`INSERT INTO ${parent} SELECT generate_series(1, 50)`);
  await client.query(
    `CREATE TABLE ${table} (${key} int, ${ref} int CONSTRAINT ${id(at(index + 8))} REFERENCES ${parent}, ${same} text, filler text)`,
  );
  await client.query(
    `INSERT INTO ${table} SELECT n, n % 40 + 1, md5(n::text), repeat('f', 360) FROM generate_series(1, ${BIG}) n`,
  );
  await client.query(`CREATE INDEX ${id(at(index + 10))} ON ${table} (${same})`);
  await client.query(`CREATE INDEX ${id(at(index + 9))} ON ${table} (${same})`);
  await client.query(`ANALYZE ${table}`);
  await client.query(`DELETE FROM ${parent} WHERE id > 45`);
}

async function dead(client: pg.Client, schema: string, name: string, rows = 12_000): Promise<void> {
  const table = `${id(schema)}.${id(name)}`;
  await client.query(`CREATE TABLE ${table} (a int) WITH (autovacuum_vacuum_scale_factor = 0.3)`);
  await client.query(`INSERT INTO ${table} SELECT generate_series(1, ${rows + 8_000})`);
  await client.query(`DELETE FROM ${table} WHERE a <= ${rows}`);
}

async function stale(client: pg.Client, schema: string, name: string): Promise<void> {
  const table = `${id(schema)}.${id(name)}`;
  await client.query(`CREATE TABLE ${table} AS SELECT generate_series(1, 2000) AS a`);
  for (let time = 0; time < 4; time += 1) await client.query(`UPDATE ${table} SET a = -a`);
}

export async function statements(client: pg.Client): Promise<void> {
  for (let index = 0; index < BIG_TABLES; index += 1) {
    const key = id(at(index + 5));
    const sql = `SELECT /* canary-comment */ ${key}, 'canary-select' AS ${id(at(index))} FROM ${tableOf(index)} WHERE ${key} = 4711 AND filler <> 'canary-where' AND filler NOT IN ('canary-in', E'canary\\x41', U&'canary\\0041', $$canary-dollar$$)`;
    for (let call = 0; call < ([1, 2].includes(index) ? 60 : 20); call += 1) await client.query(sql);
  }
  await client.query('SELECT pg_stat_force_next_flush()');
}

/** Somebody took one piece of advice, and a table grew. */
export async function secondWeek(client: pg.Client): Promise<void> {
  await client.query(`DROP INDEX ${id(schemaOf(0))}.${id(at(9))}`);
  for (const index of [1, 2]) {
    await client.query(
      `INSERT INTO ${tableOf(index)} SELECT n, n % 40 + 1, md5(n::text), repeat('f', 360) FROM generate_series(1, ${3 * BIG}) n`,
    );
  }
}

export async function canaries(client: pg.Client): Promise<number> {
  const { rows } = await client.query(
    "SELECT count(*)::int AS n FROM pg_stat_statements WHERE query ~* 'canary|kanarienvogel'",
  );
  return rows[0].n;
}

/** A literal in every place that PostgreSQL has for one; bare words as `kanarienvogel`. */
const utility: readonly string[] = [
  "CREATE ROLE c1 PASSWORD 'canary-password'",
  "ALTER ROLE c1 PASSWORD 'canary-password' VALID UNTIL '2031-01-01'",
  'ALTER ROLE c1 SET application_name TO kanarienvogel',
  "ALTER ROLE c1 SET application_name TO 'canary'",
  'ALTER DATABASE postgres SET application_name = kanarienvogel',
  'SET application_name TO kanarienvogel',
  "SET LOCAL application_name = 'canary'",
  "SELECT set_config('app.token', 'canary-token', false)",
  'SET app.token = kanarienvogel',
  "COPY (SELECT 'canary-copy') TO PROGRAM 'cat >/dev/null # canary-program'",
  "DO $$ BEGIN PERFORM 'canary-do'; END $$",
  "DO LANGUAGE plpgsql $body$ BEGIN PERFORM 'canary-do'; END $body$",
  "COMMENT ON TABLE x IS 'canary-comment-on'",
  "COMMENT ON ROLE c1 IS 'canary-comment-on'",
  "PREPARE p1 AS SELECT 'canary-prepare'",
  'PREPARE p2 (text) AS SELECT $1',
  "EXECUTE p2('canary-execute')",
  "CREATE FUNCTION f1() RETURNS text LANGUAGE sql AS $$ SELECT 'canary-function' $$",
  "CREATE FUNCTION f2() RETURNS text LANGUAGE sql SET application_name = kanarienvogel AS $$ SELECT 'canary' $$",
  "CREATE FUNCTION f3(a text DEFAULT 'canary-default') RETURNS text BEGIN ATOMIC SELECT 'canary-atomic' || a; END",
  "CREATE VIEW v1 AS SELECT 'canary-view' AS a",
  "CREATE TYPE e1 AS ENUM ('canary-enum')",
  "CREATE TABLE t1 (a text DEFAULT 'canary-default' CHECK (a <> 'canary-check'))",
  "CREATE TABLE t2 AS SELECT 'canary-ctas' AS a",
  'CREATE TABLE t3 (a text) PARTITION BY LIST (a)',
  "CREATE TABLE t4 PARTITION OF t3 FOR VALUES IN ('canary-bound')",
  "CREATE INDEX i1 ON t1 (a) WHERE a <> 'needed to build it again'",
  "ALTER TABLE t1 ALTER a SET DEFAULT 'canary-set-default'",
  'ALTER SYSTEM SET application_name = kanarienvogel',
  'ALTER SYSTEM RESET application_name',
  "NOTIFY n1, 'canary-notify'",
  "BEGIN; DECLARE c1 CURSOR FOR SELECT 'canary-cursor'; CLOSE c1; COMMIT",
  "EXPLAIN SELECT 'canary-explain'",
  "INSERT INTO t1 VALUES ('canary-insert'), ('canary-more')",
  "UPDATE t1 SET a = 'canary-update' WHERE a LIKE 'canary%'",
  "DELETE FROM t1 WHERE a = ANY ('{canary-array,other}'::text[])",
  "MERGE INTO t1 USING (SELECT 'canary-merge' AS b) s ON a = b WHEN NOT MATCHED THEN INSERT VALUES ('canary-merge')",
  "SELECT '{\"canary\": 1}'::jsonb, B'01', X'ff', interval '1 day', date '2031-01-01' -- canary-line",
  'SELECT 1 /* canary /* nested canary */ */ AS a',
  "CREATE PROCEDURE pr1(a text) LANGUAGE sql AS $$ SELECT 'canary-procedure' $$",
  "CALL pr1('canary-call')",
  'LISTEN n1; UNLISTEN n1',
  'RESET application_name',
];
