/** Held against pgstattuple on real tables; and nothing is said where the numbers cannot bear it. */
import { beforeAll, describe, expect, it } from 'vitest';
import { indexBloat, tableBloat } from '../../../lib/collect/postgres/bloat-estimate.ts';
import { type PostgresReading, readPostgres } from '../../../lib/collect/postgres/read.ts';
import { createPostgres } from '../../../lib/collect/postgres/source.ts';
import type { IndexRow, TableRow } from '../../../lib/model/rows.ts';
import { useEmbedded } from '../../support/embedded.ts';

const server = useEmbedded({ settings: { autovacuum: 'off' } });
const BLOCK = 8192;
let url: string;
let reading: PostgresReading;
const table = (name: string): Partial<TableRow> => reading.tables.find((row) => row.table === name) ?? {};
const index = (name: string): Partial<IndexRow> => reading.indexes.find((row) => row.index === name) ?? {};
const rows = 'FROM generate_series(1, 60000) n';

beforeAll(async () => {
  url = await server.database(
    'shop',
    'CREATE EXTENSION pgstattuple',
    `CREATE TABLE full_up AS SELECT n AS id, 'name ' || n AS name, n % 7 AS kind, now() AS at, NULLIF(n % 3, 0) AS maybe ${rows}`,
    'CREATE TABLE half (LIKE full_up) WITH (fillfactor = 80)',
    'INSERT INTO half SELECT * FROM full_up',
    'ALTER TABLE half ALTER id SET NOT NULL',
    'CREATE UNIQUE INDEX half_id ON half (id)',
    'CREATE INDEX half_kind ON half (kind)',
    'CREATE UNIQUE INDEX half_some ON half (id) WHERE kind = 1',
    'CREATE UNIQUE INDEX half_lower ON half (lower(name))',
    'DELETE FROM half WHERE id % 2 = 0',
    `CREATE TABLE toasted AS SELECT n AS id, CASE WHEN n % 100 = 0 THEN (SELECT string_agg(md5(n::text || m), '') FROM generate_series(1, 200) m) END AS body ${rows}`,
    `CREATE TABLE stale AS SELECT n AS id ${rows}`,
    `CREATE TABLE unknown AS SELECT n AS id ${rows}`,
  );
  await server.run(url, 'VACUUM ANALYZE full_up');
  await server.run(url, 'VACUUM ANALYZE half');
  await server.run(url, 'VACUUM ANALYZE toasted');
  await server.run(url, 'VACUUM ANALYZE stale', 'DELETE FROM stale WHERE id % 4 = 0');
  const takenAt = new Date().toISOString();
  const window = { start: takenAt, end: takenAt };
  reading = await readPostgres({
    source: createPostgres({ url }),
    window,
    previous: null,
    takenAt,
    progress: () => {},
  });
});

async function measured(sql: string): Promise<{ size: number; free: number }> {
  const [row] = await server.run(url, sql);
  return { size: Number(row?.size), free: Number(row?.free) };
}

describe('an estimate', () => {
  it('of a table is within three points of what pgstattuple measures, beyond its fill factor', async () => {
    const read = (name: string) => `SELECT table_len AS size, free_space AS free FROM pgstattuple('${name}')`;
    const full = await measured(read('full_up'));
    expect((table('full_up').estimatedBloatBytes ?? Number.NaN) / full.size).toBeLessThan(0.03);
    const half = await measured(read('half'));
    // A fifth of each page is kept free on purpose; of what is left after the deletion, so much is wanted.
    const wanted = (half.size - half.free) / 4;
    const share = (table('half').estimatedBloatBytes ?? Number.NaN) / half.size;
    expect(share).toBeGreaterThan(0.4);
    expect(Math.abs(share - (half.free - wanted) / half.size)).toBeLessThan(0.03);
  });

  it('of a unique index is within three points as well', async () => {
    const half = await measured(
      "SELECT index_size AS size, index_size * (100 - avg_leaf_density) / 100 AS free FROM pgstatindex('half_id')",
    );
    const share = (index('half_id').estimatedBloatBytes ?? Number.NaN) / half.size;
    const dense = (half.size - half.free) / 0.9;
    expect(Math.abs(share - (half.size - dense) / half.size)).toBeLessThan(0.03);
    expect(share).toBeGreaterThan(0.4);
  });

  it.each(['toasted', 'stale', 'unknown'])('is not made of a table that is %s', (name) => {
    expect(table(name)).toHaveProperty('mainBytes');
    expect(table(name)).not.toHaveProperty('estimatedBloatBytes');
  });

  it.each(['half_kind', 'half_some', 'half_lower'])(
    'is not made of an index with equal keys, a predicate or an expression: %s',
    (name) => {
      expect(index(name)).toHaveProperty('definition');
      expect(index(name)).not.toHaveProperty('estimatedBloatBytes');
    },
  );

  it('is not made where a column may not be read', () => {
    const half = table('half');
    const columns = (half.columns ?? []).map(({ name, type, notNull }) => ({ name, type, notNull }));
    expect(tableBloat(half, BLOCK)).toBeGreaterThan(0);
    expect(tableBloat({ ...half, columns }, BLOCK)).toBeUndefined();
    expect(indexBloat(index('half_id'), half, BLOCK)).toBeGreaterThan(0);
    expect(indexBloat(index('half_id'), { ...half, columns }, BLOCK)).toBeUndefined();
  });
});
