import pg from 'pg';
import { expect, test } from 'vitest';
import { startCluster } from '../../lib/demo/cluster.ts';
import { buildShop, shopSettings } from '../../lib/demo/shop.ts';
import type { Session } from '../../lib/demo/visits.ts';
import { openShop, planWeek, sizesOf } from '../../lib/demo/workload.ts';

const SCALE = 0.02;

/** What a week would send, with a server that answers every question with two products. */
async function sent(week: number): Promise<string[]> {
  const lines: string[] = [];
  const session: Session = {
    query: async (text, values = []) => {
      lines.push(`${text.replace(/\s+/g, ' ')} ${JSON.stringify(values)}`);
      return { rows: [{ id: 1 }, { id: 2 }] };
    },
  };
  for (const { kind, nth, random } of planWeek(week, SCALE)) {
    await kind.run({ session, random, nth, week, sizes: sizesOf(SCALE) });
  }
  return lines;
}

function texts(lines: readonly string[]): string[] {
  return [...new Set(lines.map((line) => line.replace(/ \[.*$/, '')))].sort();
}

test('the same week is the same to the last value', async () => {
  expect(await sent(1)).toEqual(await sent(1));
});

test('both weeks send the same statements, with values of their own', async () => {
  const [first, second] = [await sent(1), await sent(2)];
  expect(second).not.toEqual(first);
  expect(texts(second)).toEqual(texts(first));
  expect(texts(first).length).toBeGreaterThanOrEqual(12);
});

test('both weeks hold the same number of visits of each kind, in mixed order', () => {
  const names = (week: number) => planWeek(week, 1).map(({ kind }) => kind.name);
  expect([...names(2)].sort()).toEqual([...names(1)].sort());
  expect(names(1)).not.toEqual([...names(1)].sort());
});

test('a week leaves the planted traces on a real server: dead rows, an idle transaction, many connections', async () => {
  const cluster = await startCluster({ settings: shopSettings });
  const client = new pg.Client({ connectionString: cluster.url() });
  try {
    await client.connect();
    await buildShop(client, { scale: SCALE });
    const shop = await openShop({ url: cluster.url(), scale: SCALE });
    let told = 0;
    await shop.runWeek(1, (done) => {
      told = done;
    });
    expect(told).toBe(planWeek(1, SCALE).length);
    const { rows } = await client.query(`
      SELECT count(*) FILTER (WHERE state = 'idle in transaction')::int AS forgotten, count(*)::int AS connections
      FROM pg_stat_activity WHERE backend_type = 'client backend'`);
    expect(rows[0]?.forgotten).toBe(1);
    expect(rows[0]?.connections).toBeGreaterThanOrEqual(11);
    await shop.close();
    // A session tells its counters when it ends, at the latest.
    const dead = await client.query(`SELECT n_dead_tup::int AS dead FROM pg_stat_user_tables WHERE relname = 'carts'`);
    expect(dead.rows[0]?.dead).toBeGreaterThan(0);
  } finally {
    await client.end();
    await cluster.stop();
  }
});
