import pg from 'pg';
import { expect, test } from 'vitest';
import { startCluster } from '../../lib/demo/cluster.ts';
import { shipRelease } from '../../lib/demo/release.ts';
import { buildShop, shopSettings } from '../../lib/demo/shop.ts';

test('the release leaves the statement its queryid and makes each call read many times more blocks', async () => {
  const cluster = await startCluster({ settings: shopSettings });
  const client = new pg.Client({ connectionString: cluster.url() });
  try {
    await client.connect();
    await buildShop(client, { scale: 0.05 });
    await client.query(`SET pg_stat_statements.track = 'top'`);
    const measure = async () => {
      await client.query('SELECT pg_stat_statements_reset()');
      const listing =
        'SELECT id, name, rating_average FROM product_listing WHERE category_id = $1 ORDER BY 3 DESC LIMIT 20';
      const seen = await client.query(listing, [1]);
      const { rows } = await client.query(`
        SELECT queryid::text, (shared_blks_hit + shared_blks_read)::int AS blocks FROM pg_stat_statements
        WHERE query LIKE '%product_listing%' AND query NOT LIKE '%pg_stat_statements%'`);
      expect(rows).toHaveLength(1);
      return { ...(rows[0] as { queryid: string; blocks: number }), columns: seen.fields.map(({ name }) => name) };
    };
    await measure(); // the first call also reads the catalog
    const before = await measure();
    await shipRelease(client);
    await measure();
    const after = await measure();
    expect(after.queryid).toBe(before.queryid);
    expect(after.columns).toEqual(before.columns);
    expect(after.blocks).toBeGreaterThan(5 * before.blocks);
  } finally {
    await client.end();
    await cluster.stop();
  }
});
