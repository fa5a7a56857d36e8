import { describe, expect, it } from 'vitest';
import { newIndex } from '../../../lib/advise/index/build.ts';
import { useEmbedded } from '../../support/embedded.ts';
import { aColumn, aTable } from '../../support/rows.ts';

const server = useEmbedded();
const ROWS = 60_000;

describe('the size that is told before an index is built', () => {
  it('is near what the server then makes, for unique, repeated and text keys', async () => {
    const url = await server.database(
      'sizes',
      `CREATE TABLE t AS SELECT g::bigint AS id, (g % 500)::int AS often,
      (g % 20000)::int AS thrice, md5((g % 3000)::text) AS word, g::numeric % 500 AS exact FROM generate_series(1, ${ROWS}) g`,
    );
    const columns = [
      aColumn('id', { distinct: -1 }),
      aColumn('often', { type: 'integer', averageBytes: 4, distinct: 500 }),
      aColumn('thrice', { type: 'integer', averageBytes: 4, distinct: 20_000 }),
      aColumn('word', { type: 'text', averageBytes: 33, distinct: 3_000 }),
      aColumn('exact', { type: 'numeric', averageBytes: 5, distinct: 500 }),
    ];
    const table = aTable({ table: 't', liveRows: ROWS, columns });
    for (const names of [['id'], ['often'], ['thrice'], ['word'], ['exact']]) {
      const { sizeBytes, name } = newIndex(table, names, []);
      await server.run(url, `CREATE INDEX "${name}" ON t (${names.join(', ')})`);
      const [row] = await server.run(url, `SELECT pg_relation_size('"${name}"')::float8 AS bytes`);
      const real = Number(row?.bytes);
      expect(sizeBytes / real, `${name}: ${sizeBytes} said, ${real} real`).toBeGreaterThan(0.7);
      expect(sizeBytes / real, `${name}: ${sizeBytes} said, ${real} real`).toBeLessThan(1.6);
    }
  });

  it('asks for disk as if nothing repeated, since the sort before it knows no repetition', () => {
    const { sizeBytes, steps } = newIndex(
      aTable({ liveRows: 1_000_000, columns: [aColumn('c', { distinct: 10 })] }),
      ['c'],
      [],
    );
    const disk = steps.find(({ diskBytes }) => diskBytes !== undefined)?.diskBytes ?? 0;
    expect(disk).toBeGreaterThan(4 * sizeBytes);
  });
});
