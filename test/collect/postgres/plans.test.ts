import { beforeAll, describe, expect, it } from 'vitest';
import { readPlans } from '../../../lib/collect/postgres/plans.ts';
import { type PostgresReading, readPostgres } from '../../../lib/collect/postgres/read.ts';
import { createPostgres, type Session } from '../../../lib/collect/postgres/source.ts';
import { nodesOf } from '../../../lib/model/query-plan.ts';
import { useEmbedded } from '../../support/embedded.ts';

const server = useEmbedded({ settings: { track_functions: 'all' } });
const takenAt = new Date().toISOString();

const read = (url: string): Promise<PostgresReading> =>
  readPostgres({
    source: createPostgres({ url }),
    window: { start: '2026-11-15T00:00:00.000Z', end: takenAt },
    previous: null,
    takenAt,
    progress: () => {},
  });
const as = (role: string, url: string) => url.replace(/\/\/[^@]*@/, `//${role}:secret@`);

const schema = [
  'CREATE EXTENSION pg_stat_statements',
  'CREATE TABLE customer (id int PRIMARY KEY, name text, born date)',
  'CREATE TABLE orders (id bigint PRIMARY KEY, customer_id int, status text, at timestamptz)',
  `INSERT INTO customer SELECT i, 'n' || i, date '2000-01-01' + i % 1000 FROM generate_series(1, 5000) i`,
  `INSERT INTO orders SELECT i, i % 5000, 'open', now() - i * interval '1 minute' FROM generate_series(1, 20000) i`,
  'CREATE INDEX orders_customer ON orders (customer_id)',
  `CREATE VIEW opened AS SELECT * FROM orders WHERE status = 'canary-in-view'`,
  'CREATE TABLE noted (what text)',
  'CREATE SEQUENCE counter',
  "CREATE FUNCTION touch() RETURNS int LANGUAGE plpgsql AS $$BEGIN INSERT INTO noted VALUES ('t'); RETURN 1; END$$",
  'CREATE SCHEMA tenant',
  'CREATE TABLE tenant.invoice (id int PRIMARY KEY)',
  'ANALYZE',
  "CREATE ROLE pghunt LOGIN PASSWORD 'secret'",
  'GRANT pg_monitor, pg_read_all_data TO pghunt',
  "CREATE ROLE watcher LOGIN PASSWORD 'secret'",
  'GRANT pg_monitor TO watcher',
  "CREATE ROLE app LOGIN PASSWORD 'secret'",
  'GRANT ALL ON ALL TABLES IN SCHEMA public, tenant TO app',
  'GRANT ALL ON SCHEMA public, tenant TO app',
  'ALTER ROLE app SET search_path = tenant, public',
  // What somebody with an account can do: functions said to be immutable that planning would run with our rights.
  'SET ROLE app',
  'CREATE FUNCTION public.evil() RETURNS int IMMUTABLE LANGUAGE plpgsql AS $$BEGIN RETURN 5; END$$',
  'CREATE VIEW public.sly AS SELECT * FROM public.orders WHERE customer_id = public.evil()',
  'CREATE FUNCTION public.lower(text) RETURNS text IMMUTABLE LANGUAGE plpgsql AS $$BEGIN RETURN $1; END$$',
  'GRANT SELECT ON public.sly TO public',
  'RESET ROLE',
];

/** Each as an application sends it, with a word in it by which the test finds its row again. */
const workload = {
  join: "SELECT o.id, c.name FROM orders o JOIN customer c ON c.id = o.customer_id WHERE o.customer_id = 7 AND o.status = 'canary'",
  interval:
    "SELECT count(*) FROM orders WHERE at > now() - interval '3 days' AND at < timestamp with time zone '2100-01-01'",
  dates: "SELECT count(*) FROM customer WHERE born >= date '2001-01-01' AND extract('year' FROM born) < 2030",
  grouped:
    "SELECT date_trunc('day', at), count(*) FROM orders GROUP BY date_trunc('day', at) ORDER BY date_trunc('day', at)",
  list: 'SELECT name FROM customer WHERE id IN (1, 2, 3)',
  view: 'SELECT count(*) FROM opened WHERE id > 5',
  locking: 'SELECT id FROM orders WHERE id = 5 FOR UPDATE SKIP LOCKED',
  update:
    "UPDATE orders AS o SET status = CASE WHEN o.status IS DISTINCT FROM 'x' THEN 'y' END FROM customer c WHERE c.id = o.customer_id AND o.id = 12 RETURNING o.id",
  deletion: 'DELETE FROM orders o USING customer c WHERE o.id = -1 AND c.id = o.customer_id',
  copied: 'INSERT INTO noted SELECT name FROM customer WHERE id = 3 ON CONFLICT DO NOTHING',
  values: "INSERT INTO noted VALUES ('a')",
  merged:
    "MERGE INTO noted n USING customer c ON n.what = c.name AND c.id = 1 WHEN NOT MATCHED THEN INSERT VALUES ('m')",
  sequence: "SELECT nextval('counter')",
  function: 'SELECT touch()',
  evil: 'SELECT id FROM orders WHERE customer_id = evil()',
  sly: 'SELECT count(*) FROM sly',
  lower: 'SELECT lower(name) FROM customer WHERE id = 9',
  untyped: 'SELECT 1 + 2',
};

const witness = `SELECT (SELECT last_value FROM counter), (SELECT count(*) FROM noted),
  (SELECT string_agg(funcname || calls, ' ' ORDER BY funcname) FROM pg_stat_user_functions WHERE schemaname = 'public' AND funcname NOT LIKE 'pg_stat%') AS calls`;

let url: string;
let reading: PostgresReading;
const row = (from: PostgresReading, part: RegExp) => from.statements.find(({ text }) => part.test(text ?? ''));
const planned = (part: RegExp) => {
  const found = row(reading, part)?.plan;
  expect(found, `${part}: ${row(reading, part)?.planMissing}`).toBeDefined();
  return { ...found, nodes: found === undefined ? [] : nodesOf(found.root) };
};

beforeAll(async () => {
  url = await server.database('shop', ...schema);
  await server.run(
    url,
    ...Object.values(workload),
    'CREATE TABLE dropped (x int)',
    'SELECT x FROM dropped',
    'DROP TABLE dropped',
  );
  await server.run(as('app', url), 'SELECT id FROM invoice WHERE id = 1');
  await server.run(url, 'SET search_path = tenant', 'SELECT count(*) FROM invoice');
  reading = await read(as('pghunt', url));
});

describe('plans of the costliest statements', () => {
  it('show how tables are joined and which conditions an index answers', () => {
    const { nodes, basis, of } = planned(/JOIN customer/);
    expect([basis, of]).toEqual(['generic', 'statement']);
    expect(nodes.find(({ table }) => table === 'customer')).toMatchObject({ schema: 'public', index: 'customer_pkey' });
    expect(nodes.find(({ type }) => type === 'Bitmap Index Scan')?.indexCond).toBe('(o.customer_id = $1)');
    expect(nodes.find(({ table }) => table === 'orders')?.filter).toBe('(o.status = $2)');
    for (const node of nodes) expect(node.totalCost).toBeGreaterThanOrEqual(node.startupCost);
  });

  it.each([
    ['interval and timestamp literals that became parameters', /interval \$1 AND/, 'Aggregate>Seq Scan'],
    ['date and EXTRACT', /born >= date \$1/, 'Aggregate>Seq Scan'],
    ['one literal with two numbers in GROUP BY and ORDER BY', /GROUP BY date_trunc/, 'Aggregate>Sort>Seq Scan'],
    ['a list', /id IN/, 'Index Scan'],
    ['a view', /FROM opened/, 'Aggregate>Index Scan'],
    ['a locking clause, without the right to lock', /FOR UPDATE/, 'Index Only Scan'],
  ])('exist for %s', (_, part, types) => {
    expect(
      planned(part)
        .nodes.map(({ type }) => type)
        .join('>'),
    ).toBe(types);
  });

  it('are of the search for rows where rows are changed, and of the query where rows are inserted', () => {
    expect(planned(/^UPDATE/).of).toBe('row-search');
    expect(planned(/^UPDATE/).nodes.map(({ index }) => index)).toContain('orders_pkey');
    expect(planned(/^DELETE/).of).toBe('row-search');
    expect(planned(/^INSERT INTO noted SELECT/).of).toBe('source-query');
    const values = row(reading, /^INSERT INTO noted VALUES/);
    expect([values?.plan, values?.planMissing]).toEqual([undefined, undefined]);
  });

  it('use the search_path of the role, and else the only schema that has the tables', () => {
    expect(planned(/FROM invoice WHERE/).searchPath).toBe('tenant, public');
    expect(planned(/count\(\*\) FROM invoice/).searchPath).toBe('"tenant", public');
  });

  it('carry no constant of a view or of a statement', () => {
    expect(planned(/FROM opened/).nodes.map(({ filter }) => filter)).toContain('(orders.status = $2::text)');
    expect(JSON.stringify(reading)).not.toContain('canary');
  });

  it('run nothing: neither sequence, nor function, nor row', async () => {
    const before = await server.run(url, witness);
    await read(as('pghunt', url));
    await read(url);
    const seen = await read(url);
    expect(row(seen, /nextval/)?.plan?.root.type).toBe('Result');
    expect(row(seen, /touch/)?.plan?.root.type).toBe('Result');
    expect(await server.run(url, witness)).toEqual(before);
  });

  it.each([/^SELECT .*evil\(\)/, /FROM sly/, /lower\(name\)/])(
    'are not asked for where planning could run the function of somebody: %s',
    (part) => {
      expect(row(reading, part)?.plan).toBeUndefined();
      expect(row(reading, part)?.planMissing).toMatch(
        /could run a function of somebody who is no superuser, by way of (evil|sly|lower)/,
      );
    },
  );

  it('lack with their reason, on the row and as a gap with a remedy', () => {
    expect(row(reading, /FROM dropped/)?.planMissing).toMatch(/lead nowhere .*relation "dropped" does not exist/);
    expect(row(reading, /^SELECT \$1 \+ \$2/)?.planMissing).toMatch(/types of its parameters cannot be told/);
    const gaps = reading.gaps.filter(({ measures }) => measures.includes('plan'));
    expect(gaps.map(({ reason }) => reason).join('\n')).toMatch(/Statement -?\d+ of shop has no plan: .*dropped/);
    for (const { reason, remedy } of gaps)
      expect([reason.at(-1), remedy.at(-1)]).toEqual(['.', expect.stringMatching(/[.;]/)]);
  });

  it('lack the right with a role that may not read, which is told what to grant', async () => {
    const blind = await read(as('watcher', url));
    expect(row(blind, /JOIN customer/)?.planMissing).toBe('role watcher may not read all it names');
    const gap = blind.gaps.find(({ measures, absence }) => measures.includes('plan') && absence === 'no-right');
    expect(gap?.remedy).toContain('GRANT pg_read_all_data TO "watcher"');
  });

  it('are asked for as long as there is time, the costliest first', async () => {
    const input = {
      ...{ source: createPostgres({ url }), watch: (session: Session) => session, version: 180_000, role: 'postgres' },
      ...{
        statements: reading.statements.map(({ plan: _, planMissing: __, ...rest }) => rest),
        tables: [],
        databases: new Set(['shop']),
      },
    };
    const late = await readPlans({ ...input, budgetMs: 0 });
    expect(late.statements.filter(({ plan }) => plan !== undefined)).toEqual([]);
    expect(late.gaps.map(({ absence, reason }) => [absence, reason])).toEqual([
      ['truncated', expect.stringMatching(/the 0 s for plans were used up/)],
    ]);
    const few = await readPlans({ ...input, most: 3 });
    const asked = few.statements.filter(({ plan, planMissing }) => (plan ?? planMissing) !== undefined);
    expect(asked).toHaveLength(3);
    const least = Math.min(...asked.map(({ totalTimeMs = 0 }) => totalTimeMs));
    const skipped = few.statements.filter(
      (one) => !asked.includes(one) && /^(SELECT|UPDATE|DELETE)/.test(one.text ?? ''),
    );
    for (const { totalTimeMs = 0 } of skipped) expect(totalTimeMs).toBeLessThanOrEqual(least);
  });
});
