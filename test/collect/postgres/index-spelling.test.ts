/** Definitions that we spell are those that PostgreSQL would print. */
import { beforeAll, describe, expect, it } from 'vitest';
import { readPostgres } from '../../../lib/collect/postgres/read.ts';
import { createPostgres } from '../../../lib/collect/postgres/source.ts';
import type { IndexRow } from '../../../lib/model/rows.ts';
import { useEmbedded } from '../../support/embedded.ts';

const server = useEmbedded();

const SCHEMA = [
  "CREATE TYPE mood AS ENUM ('low', 'high')",
  'CREATE DOMAIN mail AS text',
  'CREATE SCHEMA "Odd ""Schema"',
  `CREATE TABLE "Odd ""Schema"."select" (id bigint PRIMARY KEY, "Mixed Case" int, "user" int, "order" text, value int,
    "é" int, _ok int, a1 int, between_ int, "between" int, "a$b" int, gone int, kept int)`,
  'ALTER TABLE "Odd ""Schema"."select" DROP COLUMN gone',
  `CREATE INDEX "Index of ""all""" ON "Odd ""Schema"."select" ("Mixed Case", "user", "order", value, "é", _ok, a1, between_, "between", "a$b", kept)`,
  'CREATE UNIQUE INDEX ON "Odd ""Schema"."select" (kept, value)',
  `CREATE TABLE kinds (v varchar(20), c char(5), t text, n numeric(10, 2), s timestamp(3) with time zone, d date, b boolean,
    u uuid, i inet, l text[], m mood, e mail, x text COLLATE "C", y name, q "char", r int4range, f real, o oid, z bytea, w interval(3))`,
  ...'vctnsdbuilmexyqrfozw'.split('').map((column) => `CREATE INDEX kinds_${column} ON kinds (${column})`),
  'CREATE INDEX kinds_default ON kinds (x COLLATE "default")',
  'CREATE INDEX kinds_c ON kinds (t COLLATE "C")'.replace('kinds_c', 'kinds_tc'),
  'CREATE INDEX kinds_pattern ON kinds (t text_pattern_ops, v varchar_pattern_ops)',
  'CREATE INDEX kinds_varchar ON kinds (t varchar_ops)',
  'CREATE INDEX kinds_down ON kinds (n DESC, d DESC NULLS LAST, s NULLS FIRST)',
  "CREATE INDEX kinds_partial ON kinds (t) WHERE v <> 'x'",
  'CREATE INDEX kinds_expression ON kinds (lower(t), v, upper(c))',
  'CREATE INDEX kinds_more ON kinds (t) INCLUDE (v, n)',
  'CREATE INDEX kinds_gin ON kinds USING gin (l)',
  'CREATE INDEX kinds_brin ON kinds USING brin (d) WITH (pages_per_range = 8)',
  'CREATE INDEX kinds_hash ON kinds USING hash (t)',
  'CREATE INDEX kinds_fill ON kinds (t) WITH (fillfactor = 70)',
  'CREATE UNIQUE INDEX kinds_nulls ON kinds (t, v) NULLS NOT DISTINCT',
  'CREATE TABLE parts (id int, day date) PARTITION BY RANGE (day)',
  "CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM ('2026-01-01') TO ('2027-01-01')",
  'CREATE INDEX parts_id ON parts (id)',
];

describe('the definition of an index', () => {
  let told: readonly Record<string, unknown>[];
  let rows: readonly IndexRow[];
  beforeAll(async () => {
    const url = await server.database('spelt', ...SCHEMA);
    told = await server.run(
      url,
      `SELECT n.nspname AS schema, c.relname AS index, pg_get_indexdef(c.oid) AS definition,
         (SELECT json_agg(a.attname ORDER BY k.n) FROM unnest(i.indkey) WITH ORDINALITY k (attnum, n)
           JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum AND k.n <= i.indnkeyatts) AS columns
       FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace
       WHERE n.nspname IN ('public', 'Odd "Schema')`,
    );
    const takenAt = new Date().toISOString();
    const window = { start: takenAt, end: takenAt };
    const source = createPostgres({ url });
    rows = (await readPostgres({ source, window, previous: null, takenAt, progress: () => {} })).indexes;
  });

  it('is as PostgreSQL prints it, names, types and collations of every kind', () => {
    expect(told.length).toBeGreaterThan(35);
    for (const { schema, index, definition } of told) {
      // Of a domain's base type; printing its class as well says the same.
      const shown = index === 'kinds_e' ? String(definition).replace('(e)', '(e text_ops)') : definition;
      const row = rows.find((one) => one.schema === schema && one.index === index);
      expect([index, row?.definition?.replace(/ (enum|array|range)_ops\)/, ')')]).toEqual([index, shown]);
    }
  });

  it('runs as it is, where an operator class is named that PostgreSQL would leave out', async () => {
    for (const index of ['kinds_e', 'kinds_m', 'kinds_l', 'kinds_r']) {
      const definition = rows.find((row) => row.index === index)?.definition ?? '';
      const url = server.url('spelt');
      const [again] = await server.run(
        url,
        `DROP INDEX ${index}`,
        definition,
        `SELECT pg_get_indexdef('${index}'::regclass) AS definition`,
      );
      expect(again).toEqual({ definition: told.find((one) => one.index === index)?.definition });
    }
  });

  it('comes with its key columns by name, whatever was dropped before them', () => {
    for (const { schema, index, columns } of told) {
      const keys = rows.find((one) => one.schema === schema && one.index === index)?.keys ?? [];
      const names = keys.filter(({ expression }) => !expression).map(({ name }) => name);
      expect([index, names]).toEqual([index, columns ?? []]);
    }
  });
});
