/** Plans on each supported version, without and with HypoPG: generic, by names that lead somewhere, and nothing executed. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { indexCandidates } from '../../lib/advise/index/index-candidates.ts';
import { collect } from '../../lib/collect/collect.ts';
import { createPostgres } from '../../lib/collect/postgres/source.ts';
import { priceIndexes } from '../../lib/collect/price-indexes.ts';
import { type Cluster, startCluster } from '../../lib/demo/cluster.ts';
import { nodesOf, type PlanNode } from '../../lib/model/query-plan.ts';
import type { StatementRow } from '../../lib/model/rows.ts';
import type { Snapshot } from '../../lib/model/snapshot.ts';
import { parseSnapshot } from '../../lib/model/snapshot-file.ts';
import { type Server, startPostgres } from './servers.ts';
import { needs, postgresOf } from './tools.ts';
import { ask, writes } from './witness.ts';

const schema = [
  'CREATE EXTENSION pg_stat_statements',
  'CREATE SCHEMA shop',
  'CREATE TABLE shop.customers (id int PRIMARY KEY, email text)',
  'CREATE TABLE shop.orders (id bigint PRIMARY KEY, customer_id int, status text, note text)',
  `INSERT INTO shop.customers SELECT i, 'c' || i FROM generate_series(1, 20000) i`,
  `INSERT INTO shop.orders SELECT i, i % 20000, CASE WHEN i % 50 = 0 THEN 'open' ELSE 'done' END, repeat('x', 80) FROM generate_series(1, 150000) i`,
  'CREATE SEQUENCE shop.counter',
  'VACUUM ANALYZE',
  'CREATE ROLE app LOGIN',
  'ALTER ROLE app SET search_path = shop',
  'GRANT ALL ON SCHEMA shop TO app',
  'GRANT ALL ON ALL TABLES IN SCHEMA shop TO app',
  'GRANT ALL ON ALL SEQUENCES IN SCHEMA shop TO app',
];
const load = [
  'SET ROLE app',
  'SET search_path = shop',
  ...Array.from({ length: 40 }, (_, i) => `SELECT * FROM orders WHERE customer_id = ${i}`),
  ...Array.from(
    { length: 5 },
    (_, i) => `UPDATE orders SET status = 'late' WHERE customer_id = ${i} AND status = 'canary'`,
  ),
  "SELECT c.email FROM orders o JOIN customers c ON c.id = o.customer_id WHERE o.id = 5 AND o.note > 'canary' AND c.email <> now()::text || interval '1 day'",
  "SELECT nextval('counter')",
];

async function look(url: string): Promise<Snapshot> {
  const end = new Date().toISOString();
  const source = createPostgres({ url });
  const [collected] = await collect({
    ...{ postgres: source, target: 'shop', takenAt: end, progress: () => {} },
    ...{ window: { start: new Date(Date.parse(end) - 3_600_000).toISOString(), end }, previous: async () => null },
  });
  if (collected === undefined || 'failure' in collected) throw new Error(collected?.failure);
  const { snapshot } = collected;
  return priceIndexes({ source, snapshot, candidates: await indexCandidates(snapshot) });
}

const nodes = (row: StatementRow | undefined): readonly PlanNode[] =>
  row?.plan === undefined ? [] : nodesOf(row.plan.root);

describe.each([13, 14, 15, 16, 17, 18])('PostgreSQL %d', (major) => {
  const programs = postgresOf(major);
  describe.skipIf(major !== 18 && programs === null && process.env.CI === undefined)('without HypoPG', () => {
    let cluster: Cluster;
    let snapshot: Snapshot;
    beforeAll(async () => {
      cluster = await startCluster({
        settings: { autovacuum: 'off', random_page_cost: '1.5' },
        ...(programs === null ? {} : { programs }),
      });
      await ask(cluster.url(), ...schema);
      await ask(cluster.url(), ...load);
      const before = await writes(cluster.url());
      snapshot = await look(cluster.url());
      expect(await writes(cluster.url()), 'a transaction id was taken').toBe(before);
    });
    afterAll(() => cluster?.stop());
    const row = (part: string) => snapshot.statements.find(({ text }) => text?.includes(part));

    it('plans what was sent, with the parameters of its text', () => {
      const [scan] = nodes(row('SELECT * FROM orders')).filter(({ table }) => table === 'orders');
      expect(scan).toMatchObject({ type: 'Seq Scan', schema: 'shop', filter: '(orders.customer_id = $1)' });
      const join = nodes(row('SELECT c.email'));
      expect(join.find(({ table }) => table === 'orders')).toMatchObject({
        index: 'orders_pkey',
        indexCond: '(o.id = $1)',
      });
      expect(join.find(({ table }) => table === 'orders')?.filter).toBe('(o.note > $2)');
      // Its first parameter is in the SET clause, which is not planned: what is left keeps its number.
      const update = row('UPDATE orders');
      expect([update?.plan?.of, nodes(update)[0]?.filter]).toEqual([
        'row-search',
        expect.stringMatching(/customer_id = \$2.*status = \$3/),
      ]);
      expect(row('SELECT c.email')?.plan?.searchPath).toBe('shop');
      expect(row('SELECT c.email')?.plan?.settings).toEqual({ random_page_cost: '1.5' });
    });

    it('ran nothing and kept no literal', async () => {
      expect(nodes(row('nextval')).map(({ type }) => type)).toEqual(['Result']);
      expect(await ask(cluster.url(), 'SELECT last_value FROM shop.counter')).toEqual([{ last_value: '1' }]);
      expect(await ask(cluster.url(), 'SELECT count(*) FROM pg_prepared_statements')).toEqual([{ count: '0' }]);
      expect(JSON.stringify(snapshot)).not.toContain('canary');
      expect(parseSnapshot(JSON.stringify(snapshot))).toEqual(snapshot);
    });

    it('says that HypoPG is not there', () => {
      expect(snapshot.whatIf).toBeUndefined();
      expect(snapshot.gaps).toContainEqual(
        expect.objectContaining({
          measures: ['whatIf'],
          absence: 'not-exported',
          reason: expect.stringContaining('HypoPG is not installed in postgres'),
        }),
      );
    });
  });
});

const { skip } = needs('postgres', 'hypopg');

describe.skipIf(skip)('with HypoPG', () => {
  let server: Server;
  let snapshot: Snapshot;
  beforeAll(async () => {
    server = await startPostgres(['autovacuum=off']);
    await ask(server.url, 'CREATE SCHEMA tools', 'CREATE EXTENSION hypopg SCHEMA tools', ...schema);
    await ask(server.url, ...load);
    const before = await writes(server.url);
    snapshot = await look(server.url);
    expect(await writes(server.url), 'a transaction id was taken').toBe(before);
  });
  afterAll(() => server?.stop());

  it('shows the planner what the model proposes, and keeps its answer', () => {
    const [priced, ...more] = snapshot.whatIf ?? [];
    expect(more).toEqual([]);
    expect(priced).toMatchObject({ schema: 'shop', table: 'orders', columns: ['customer_id'] });
    const statement = snapshot.statements.find(({ text }) => text?.includes('SELECT * FROM orders'))?.statement;
    const price = priced?.statements.find((one) => one.statement === statement);
    expect(price?.usesIndex).toBe(true);
    expect(price?.costAfter).toBeLessThan((price?.costBefore ?? 0) / 20);
    expect(parseSnapshot(JSON.stringify(snapshot))).toEqual(snapshot);
  });

  it('prices what the planner then really does', async () => {
    const statement = snapshot.statements.find(({ text }) => text?.includes('SELECT * FROM orders'))?.statement;
    const [priced] = snapshot.whatIf ?? [];
    await ask(server.url, priced?.definition ?? '');
    const after = await look(server.url);
    const plan = after.statements.find((row) => row.statement === statement)?.plan;
    const expected = priced?.statements.find((one) => one.statement === statement)?.costAfter ?? 0;
    expect(Math.abs((plan?.root.totalCost ?? 0) / expected - 1)).toBeLessThan(0.1);
    const [made] = await ask(server.url, `SELECT pg_relation_size('shop.orders_customer_id_idx')::float8 AS bytes`);
    // HypoPG knows nothing of deduplication.
    expect(priced?.sizeBytes).toBeGreaterThan(Number(made?.bytes));
    expect(priced?.sizeBytes).toBeLessThan(5 * Number(made?.bytes));
  });

  it('leaves no index and no trace of one behind', async () => {
    expect(await ask(server.url, 'SELECT * FROM tools.hypopg_list_indexes')).toEqual([]);
  });
});
