import { beforeAll, describe, expect, it } from 'vitest';
import { type BloatInput, readBloat } from '../../../lib/collect/postgres/bloat.ts';
import { createPostgres } from '../../../lib/collect/postgres/source.ts';
import type { IndexRow, TableRow } from '../../../lib/model/rows.ts';
import { useEmbedded } from '../../support/embedded.ts';

const server = useEmbedded({ settings: { autovacuum: 'off' } });
let url: string;
const smallest = { table: 100_000, index: 50_000 };
const table = (name: string, changes: Partial<TableRow> = {}): TableRow => ({
  ...{
    database: 'shop',
    schema: 'public',
    table: name,
    liveRows: 20_000,
    rowsUpdated: 0,
    rowsDeleted: 20_000,
    deadRows: 0,
  },
  ...{ heapBytes: 3_000_000, ...changes },
});
const index = (of: string, changes: Partial<IndexRow> = {}): IndexRow => ({
  ...{
    database: 'shop',
    schema: 'public',
    table: of,
    index: `${of}_pkey`,
    method: 'btree',
    sizeBytes: 500_000,
    ...changes,
  },
});
const read = (changes: Partial<BloatInput> = {}, at = url) =>
  readBloat({
    ...{
      source: createPostgres({ url: at }),
      watch: (session) => session,
      role: 'postgres',
      databases: new Set(['shop']),
    },
    ...{ tables: [table('hollow'), table('dense')], indexes: [index('hollow'), index('dense')], smallest, ...changes },
  });
const bloatOf = (rows: readonly (TableRow | IndexRow)[], of: string) => rows.find((row) => row.table === of)?.bloat;

beforeAll(async () => {
  const fill = (name: string, options = '') => [
    `CREATE TABLE ${name} (id int PRIMARY KEY, pad text) ${options}`,
    `INSERT INTO ${name} SELECT i, repeat('x', 60) FROM generate_series(1, 20000) i`,
  ];
  url = await server.database(
    'shop',
    'CREATE SCHEMA "Tools"',
    'CREATE EXTENSION pgstattuple SCHEMA "Tools"',
    ...fill('hollow'),
    ...fill('dense'),
    ...fill('roomy', 'WITH (fillfactor = 50)'),
    ...fill('"od""d"'),
    // Scattered, so that VACUUM can give no page back.
    'DELETE FROM hollow WHERE id % 4 <> 0',
    'VACUUM hollow, dense, roomy',
    'DELETE FROM "od""d" WHERE id % 2 = 0',
    "CREATE ROLE watcher LOGIN PASSWORD 'secret'",
  );
});

describe('bloat by reading', () => {
  it('is what was deleted and kept, and nothing where nothing was', async () => {
    const { tables, indexes, gaps, sources } = await read();
    const hollow = bloatOf(tables, 'hollow');
    expect((hollow?.bytes ?? 0) / (hollow?.ofBytes ?? 1)).toBeGreaterThan(0.6);
    expect((hollow?.bytes ?? 0) / (hollow?.ofBytes ?? 1)).toBeLessThan(0.8);
    const dense = bloatOf(tables, 'dense');
    expect((dense?.bytes ?? 1) / (dense?.ofBytes ?? 1)).toBeLessThan(0.03);
    const tree = bloatOf(indexes, 'hollow');
    expect((tree?.bytes ?? 0) / (tree?.ofBytes ?? 1)).toBeGreaterThan(0.6);
    expect((bloatOf(indexes, 'dense')?.bytes ?? 1) / 500_000).toBeLessThan(0.05);
    expect(gaps).toEqual([]);
    expect(sources.map(({ kind, rows }) => [kind, rows])).toEqual([
      ['table', 2],
      ['index', 2],
    ]);
  });

  it('is not what a fillfactor keeps free on purpose', async () => {
    const roomy = table('roomy', { storage: { fillfactor: '50' } });
    const kept = bloatOf((await read({ tables: [roomy] })).tables, 'roomy');
    expect((kept?.bytes ?? 1) / (kept?.ofBytes ?? 1)).toBeLessThan(0.05);
    const unknown = bloatOf((await read({ tables: [table('roomy')] })).tables, 'roomy');
    expect((unknown?.bytes ?? 0) / (unknown?.ofBytes ?? 1)).toBeGreaterThan(0.4);
  });

  it('counts dead rows as well, and takes names of every kind', async () => {
    const odd = bloatOf((await read({ tables: [table('od"d')], indexes: [] })).tables, 'od"d');
    expect(odd?.deadBytes).toBeGreaterThan(500_000);
    expect(odd?.bytes).toBeGreaterThanOrEqual(odd?.deadBytes ?? 0);
  });

  it('is not looked for in what is small, does not change, or is no plain table', async () => {
    const tables = [
      table('hollow', { heapBytes: 50_000 }),
      table('dense', { rowsDeleted: 100, deadRows: 10 }),
      table('parted', { partitioned: true }),
      table('columnar', { method: 'columnar' }),
    ];
    const indexes = [index('hollow', { method: 'gin' }), index('dense'), index('hollow', { valid: false })];
    const { sources, gaps } = await read({ tables, indexes });
    expect([sources, gaps]).toEqual([[], []]);
    expect((await read({ limitBytes: 0 })).sources).toEqual([]);
  });

  it('reads no more than it may, the largest first, and says what it left', async () => {
    const { tables, gaps } = await read({
      tables: [table('hollow'), table('dense', { heapBytes: 2_000_000 })],
      indexes: [],
      limitBytes: 4_000_000,
    });
    expect(bloatOf(tables, 'hollow')).toBeDefined();
    expect(bloatOf(tables, 'dense')).toBeUndefined();
    expect(gaps).toEqual([
      expect.objectContaining({ absence: 'truncated', reason: expect.stringContaining('Bloat of dense in shop') }),
    ]);
  });

  it('is a gap where the extension is missing or not for us', async () => {
    const watcher = url.replace(/\/\/[^@]*@/, '//watcher:secret@');
    const [forbidden] = (await read({ role: 'watcher' }, watcher)).gaps;
    expect([forbidden?.absence, forbidden?.remedy]).toEqual([
      'no-right',
      expect.stringContaining('GRANT pg_stat_scan_tables TO "watcher"'),
    ]);
    await server.run(url, 'GRANT pg_stat_scan_tables TO watcher', 'GRANT USAGE ON SCHEMA "Tools" TO watcher');
    expect((await read({ role: 'watcher' }, watcher)).gaps).toEqual([]);
    await server.database('plain');
    const rows = { databases: new Set(['plain']), tables: [table('hollow', { database: 'plain' })], indexes: [] };
    expect((await read(rows)).gaps).toEqual([
      expect.objectContaining({ absence: 'not-exported', remedy: 'Run CREATE EXTENSION pgstattuple; in plain.' }),
    ]);
  });
});
