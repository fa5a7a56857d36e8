import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Cluster, startCluster } from '../../lib/demo/cluster.ts';
import { buildShop, shopSettings } from '../../lib/demo/shop.ts';

const SCALE = 0.02;
let cluster: Cluster;
let client: pg.Client;
const sections: string[] = [];

beforeAll(async () => {
  cluster = await startCluster({ settings: shopSettings });
  client = new pg.Client({ connectionString: cluster.url() });
  await client.connect();
  await buildShop(client, { scale: SCALE, say: (title) => sections.push(title) });
});

afterAll(async () => {
  await client?.end();
  await cluster?.stop();
});

async function column(sql: string): Promise<unknown[]> {
  const { rows } = await client.query({ text: sql, rowMode: 'array' });
  return rows.map(([value]) => value);
}

test('the shop has at least eight tables, the largest of which would hold 500,000 rows at full scale', async () => {
  const tables = await column(`SELECT relname FROM pg_stat_user_tables WHERE schemaname = 'public'`);
  expect(tables.length).toBeGreaterThanOrEqual(8);
  const [events] = await column('SELECT count(*)::int FROM events');
  expect(Number(events) / SCALE).toBeGreaterThanOrEqual(500_000);
});

test('each section is told as it begins', () => {
  expect(sections.slice(0, 3)).toEqual(['Helpers', 'Customers', 'Catalogue']);
  expect(sections.at(-1)).toBe('Statistics');
});

test('a few products sell most of what is sold', async () => {
  const [share] = await column(`
    SELECT (count(*) FILTER (WHERE product_id <= 12))::float8 / count(*) FROM order_items`);
  // 12 of 120 products: a tenth of them, with steepness 2 √0.1 of the sales
  expect(share).toBeGreaterThan(0.25);
  expect(share).toBeLessThan(0.4);
});

test('exactly one foreign key has no index that begins with its column', async () => {
  const unindexed = await column(`
    SELECT c.conrelid::regclass || '.' || a.attname
    FROM pg_constraint c JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
    WHERE c.contype = 'f' AND NOT EXISTS (
      SELECT 1 FROM pg_index i WHERE i.indrelid = c.conrelid AND i.indkey[0] = c.conkey[1])`);
  expect(unindexed).toEqual(['reviews.customer_id']);
});

test('one index is an exact duplicate and one a prefix of another', async () => {
  const keys = await column(`
    SELECT indrelid::regclass || ' (' || indkey::text || ')' FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid
    WHERE c.relnamespace = 'public'::regnamespace AND NOT indisunique`);
  expect(keys.filter((key, at) => keys.indexOf(key) !== at)).toEqual(['orders (2)']);
  expect(keys).toEqual(expect.arrayContaining(['order_items (3)', 'order_items (3 1)']));
});

test('nothing indexes the column that every visit looks up', async () => {
  const definitions = await column(`SELECT indexdef FROM pg_indexes WHERE tablename = 'events'`);
  expect(definitions.join()).not.toContain('visitor_id');
});

test('the statistics begin on opening day: building is not counted, but every table is analysed', async () => {
  const texts = await column('SELECT query FROM pg_stat_statements');
  expect(texts.join('\n')).not.toContain('generate_series');
  const [inserted] = await column(`SELECT n_tup_ins::int FROM pg_stat_user_tables WHERE relname = 'events'`);
  expect(inserted).toBe(0);
  const [live] = await column(`SELECT n_live_tup::int FROM pg_stat_user_tables WHERE relname = 'events'`);
  expect(live).toBe(600_000 * SCALE);
});
