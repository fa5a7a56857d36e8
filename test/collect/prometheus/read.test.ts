import { afterEach, expect, test } from 'vitest';
import { createPrometheus } from '../../../lib/collect/prometheus/client.ts';
import { type PrometheusTarget, readPrometheus } from '../../../lib/collect/prometheus/read.ts';
import {
  type FakeOptions,
  type FakePrometheus,
  type FakeSeries,
  startFakePrometheus,
} from '../../support/fake-prometheus.ts';

const end = 1_800_000_000;
const window = { start: iso(end - 600), end: iso(end) };
const running: FakePrometheus[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map((fake) => fake.stop()));
});

function iso(seconds: number): string {
  return new Date(seconds * 1000).toISOString();
}

/** A sample every 15 s over the window, from the first value to the last in a straight line. */
function line(
  name: string,
  labels: Readonly<Record<string, string>>,
  from: number,
  to = from,
  part = [0, 1],
): FakeSeries {
  const [first = 0, last = 1] = part;
  const all = Array.from({ length: 41 }, (_, step) => step).filter((step) => step >= first * 40 && step <= last * 40);
  return {
    labels: { __name__: name, instance: 'db1:9187', ...labels },
    points: all.map((step) => [end - 600 + step * 15, from + ((to - from) * step) / 40]),
  };
}

const shop = { datname: 'shop' };
const orders = { ...shop, schemaname: 'public', relname: 'orders' };
const base: readonly FakeSeries[] = [
  line('pg_settings_max_connections', {}, 100),
  line('pg_stat_database_numbackends', shop, 10, 50),
  line('pg_stat_database_xact_commit', shop, 1_000, 2_000),
  line('pg_stat_user_tables_seq_scan', orders, 10, 30),
  line('pg_stat_user_tables_last_vacuum', orders, 0),
  line('pg_statio_user_tables_heap_blocks_read', orders, 0, 80),
];
const statement = (user: string, queryid: string) => ({ user, datname: 'shop', queryid });

async function read(series: readonly FakeSeries[], options: FakeOptions = {}) {
  const fake = await startFakePrometheus({ series, ...options });
  running.push(fake);
  const source = createPrometheus({ url: fake.url, retryMs: 1 });
  return { fake, targets: await readPrometheus({ source, window }) };
}

async function one(series: readonly FakeSeries[], options: FakeOptions = {}): Promise<PrometheusTarget> {
  const { targets } = await read(series, options);
  expect(targets).toHaveLength(1);
  return targets[0] as PrometheusTarget;
}

test('a healthy server becomes rows with increases over the window', async () => {
  const target = await one(base);
  expect(target.name).toBe('db1:9187');
  expect(target.tables).toEqual([
    {
      database: 'shop',
      schema: 'public',
      table: 'orders',
      sequentialScans: expect.closeTo(19.5, 5),
      heapBlocksRead: 78,
    },
  ]);
  expect(target.databases).toMatchObject([{ database: 'shop', connectionsPeak: 50 }]);
  expect(target.server).toMatchObject({ maxConnections: 100, connectionsPeak: 50 });
  expect(target).toMatchObject({ coveredShare: 1, resets: 0, notes: [], blindDatabases: [] });
});

test('the questions are the same however many statements there are', async () => {
  const many = (count: number) =>
    Array.from({ length: count }, (_, index) =>
      line('pg_stat_statements_calls_total', statement('app', String(index)), 0, 10),
    );
  const few = await read([...base, ...many(1)]);
  const lots = await read([...base, ...many(300)]);
  expect(lots.targets[0]?.statements).toHaveLength(300);
  expect(lots.fake.requests.length).toBe(few.fake.requests.length);
});

test('series with and without a server label of one exporter are one target', async () => {
  const { targets } = await read([
    ...base,
    line('pg_settings_server_version_num', { server: 'pg.internal:5432' }, 150_020),
  ]);
  expect(targets.map(({ name }) => name)).toEqual(['pg.internal:5432']);
  expect(targets[0]?.server.versionNum).toBe(150_020);
  expect(targets[0]?.tables).toHaveLength(1);
});

test('sidecars that all call their server localhost are different targets', async () => {
  const at = (instance: string) => line('pg_settings_max_connections', { instance, server: 'localhost:5432' }, 100);
  const { targets } = await read([at('10.0.0.1:9187'), at('10.0.0.2:9187')]);
  expect(targets.map(({ name }) => name)).toEqual(['10.0.0.1:5432', '10.0.0.2:5432']);
});

test('two exporters of one server are not added up', async () => {
  const twin = (instance: string) => [
    line('pg_stat_database_xact_commit', { ...shop, instance, server: 'pg:5432' }, 0, 1_000),
    line('pg_stat_database_numbackends', { ...shop, instance, server: 'pg:5432' }, 40),
  ];
  const target = await one([...twin('a:9187'), ...twin('b:9187')]);
  expect(target.databases).toMatchObject([{ commits: 975, connectionsPeak: 40 }]);
  expect(target.server.connectionsPeak).toBe(40);
});

test('an exporter of several servers leaves out what it does not say whose it is, and says so', async () => {
  const { targets } = await read([
    line('pg_settings_max_connections', { server: 'a:5432' }, 100),
    line('pg_settings_max_connections', { server: 'b:5432' }, 200),
    line('pg_stat_database_xact_commit', shop, 0, 10),
  ]);
  expect(targets.map(({ name, databases }) => [name, databases.length])).toEqual([
    ['a:5432', 0],
    ['b:5432', 0],
  ]);
  expect(targets[0]?.notes.join()).toMatch(/Exporter db1:9187 serves several servers/);
});

test('one statement of several users is one row, in milliseconds, without a user', async () => {
  const target = await one([
    ...base,
    line('pg_stat_statements_calls_total', statement('app', '42'), 0, 400),
    line('pg_stat_statements_calls_total', statement('job', '42'), 0, 40),
    line('pg_stat_statements_seconds_total', statement('app', '42'), 0, 4),
    line('pg_stat_statements_calls_total', statement('app', '7'), 0, 40),
  ]);
  expect(target.statements).toEqual([
    { database: 'shop', queryid: '42', statement: 'id:42', calls: 429, totalTimeMs: expect.closeTo(3_900, 5) },
    { database: 'shop', queryid: '7', statement: 'id:7', calls: 39, user: 'app' },
  ]);
});

test('legacy NaN index scans mean a table without an index', async () => {
  const target = await one([...base, line('pg_stat_user_tables_idx_scan', orders, Number.NaN)]);
  expect(target.tables[0]).toMatchObject({ indexScans: 0 });
});

test('never vacuumed is absent, not 1970, and no gap', async () => {
  const target = await one(base);
  expect(target.tables[0]).not.toHaveProperty('lastVacuumAt');
  expect(target.gaps.flatMap((gap) => gap.measures)).not.toContain('lastVacuumAt');
});

test('without the statements collector there is a gap with its flag, and no zero', async () => {
  const target = await one(base);
  expect(target.statements).toEqual([]);
  const gap = target.gaps.find(({ kind, measures }) => kind === 'statement' && measures.includes('totalTimeMs'));
  expect(gap).toMatchObject({ absence: 'not-exported', measures: expect.arrayContaining(['calls', 'totalTimeMs']) });
  expect(gap?.reason).toContain('pg_stat_statements_seconds_total');
  expect(gap?.remedy).toContain('--collector.stat_statements');
});

test('a hundred statements mean that the exporter cut the others', async () => {
  const calls = (count: number) =>
    Array.from({ length: count }, (_, index) =>
      line('pg_stat_statements_calls_total', statement('a', String(index)), 0, 1),
    );
  const truncated = async (count: number) =>
    (await one([...base, ...calls(count)])).gaps.find(({ absence }) => absence === 'truncated');
  expect(await truncated(99)).toBeUndefined();
  expect(await truncated(100)).toMatchObject({
    kind: 'statement',
    reason: expect.stringContaining('100 statements by lifetime total time'),
    remedy: expect.stringContaining('--collector.stat_statements.limit'),
  });
});

test('statements whose id may not be seen are a gap about rights', async () => {
  const target = await one([...base, line('pg_stat_statements_calls_total', statement('app', 'unknown'), 0, 400)]);
  expect(target.statements).toEqual([]);
  expect(target.gaps.find(({ absence }) => absence === 'no-right')?.remedy).toMatch(/pg_monitor/);
});

test('an index without a database label belongs to the only database its exporter sees', async () => {
  const index = { schemaname: 'public', relname: 'orders', indexrelname: 'orders_pkey' };
  const blocks = line('pg_statio_user_indexes_idx_blks_hit_total', index, 0, 400);
  expect((await one([...base, blocks])).indexes).toMatchObject([
    { database: 'shop', index: 'orders_pkey', blocksHit: 390 },
  ]);
  const second = line('pg_stat_user_tables_seq_scan', { ...orders, datname: 'crm' }, 0, 40);
  const target = await one([...base, second, blocks]);
  expect(target.indexes).toEqual([]);
  expect(target.gaps.find(({ reason }) => reason.includes('carry no database name'))).toMatchObject({ kind: 'index' });
});

test("the brief's own index metrics from a user's query file are read", async () => {
  const index = { ...orders, indexrelname: 'orders_pkey' };
  const target = await one([
    ...base,
    line('pg_stat_user_indexes_idx_scan', index, 100, 500),
    line('pg_stat_user_indexes_idx_tup_read', index, 0, 800),
  ]);
  expect(target.indexes).toMatchObject([{ index: 'orders_pkey', scans: 390, rowsRead: 780, scansSinceReset: 500 }]);
});

test('checkpoints come from pg_stat_checkpointer where PostgreSQL 17 moved them, else from pg_stat_bgwriter', async () => {
  const old = line('pg_stat_bgwriter_checkpoints_req_total', {}, 0, 40);
  const moved = line('pg_stat_checkpointer_num_requested_total', {}, 0, 80);
  expect((await one([...base, old])).server.checkpointsRequested).toBe(39);
  expect((await one([...base, old, moved])).server.checkpointsRequested).toBe(78);
  expect((await one([...base, line('pg_stat_bgwriter_checkpoints_req', {}, 0, 40)])).server.checkpointsRequested).toBe(
    39,
  );
});

test('a table dropped within the window is no row', async () => {
  const gone = { ...orders, relname: 'gone' };
  const late = [0, 0.2];
  const target = await one([
    ...base.filter(({ labels }) => labels.__name__ !== 'pg_stat_user_tables_last_vacuum'),
    line('pg_stat_user_tables_seq_scan', gone, 0, 40, late),
  ]);
  // Nothing tells which tables still exist: then both stay.
  expect(target.tables).toHaveLength(2);
  const dayLong = { start: iso(end - 86_400), end: iso(end) };
  const old = {
    labels: { ...line('pg_stat_user_tables_seq_scan', gone, 0).labels },
    points: [
      [end - 9_000, 1],
      [end - 8_000, 5],
    ] as const,
  };
  const fake = await startFakePrometheus({ series: [...base, old] });
  running.push(fake);
  const [day] = await readPrometheus({ source: createPrometheus({ url: fake.url }), window: dayLong });
  expect(day?.tables.map(({ table }) => table)).toEqual(['orders']);
});

test('databases whose tables nobody looks at are named', async () => {
  const target = await one([...base, line('pg_stat_database_numbackends', { datname: 'crm' }, 1)]);
  expect(target.blindDatabases).toEqual(['crm']);
  expect(target.gaps.find(({ database }) => database === 'crm')).toMatchObject({
    kind: 'table',
    absence: 'not-exported',
  });
});

test('half a window of samples is half covered, and said so', async () => {
  const target = await one([line('pg_settings_max_connections', {}, 100, 100, [0.5, 1])]);
  expect(target.coveredShare).toBeCloseTo(21 / 40, 2);
  expect(target.notes[0]).toMatch(/^Of the 10m, only 52 % has samples/);
});

test('a reset in the window is counted and said so', async () => {
  const commits = line('pg_stat_database_xact_commit', shop, 1_000, 2_000);
  const points = commits.points.map(([at, value], step) => [at, step < 20 ? value : step] as const);
  const target = await one([
    ...base.filter(({ labels }) => labels.__name__ !== commits.labels.__name__),
    { ...commits, points },
  ]);
  expect(target.resets).toBe(1);
  expect(target.notes[0]).toMatch(/The statistics were reset in the window/);
});

test('one failing question is a gap with the words of Prometheus, the rest is read', async () => {
  const own = '{"status":"error","errorType":"execution","error":"query processing would load too many samples"}';
  const target = await one(base, {
    fault: ({ promql }) => (promql.includes('seq_scan[') ? { kind: 'status', status: 422, body: own } : undefined),
  });
  expect(target.gaps.find(({ absence }) => absence === 'unreachable')).toMatchObject({
    measures: ['sequentialScans'],
    reason: expect.stringContaining('too many samples'),
  });
  expect(target.tables).toMatchObject([{ heapBlocksRead: 78 }]);
});

test('where label values are forbidden, a query finds the names', async () => {
  const target = await one(base, {
    fault: ({ method }) => (method === 'GET' ? { kind: 'status', status: 403 } : undefined),
  });
  expect(target.tables).toHaveLength(1);
});

test('a Prometheus without PostgreSQL is an error that says what to do, not an empty report', async () => {
  await expect(read([line('node_cpu', {}, 1)])).rejects.toThrow(
    /has no metric of a PostgreSQL \(none begins with pg_, pgwatch_, ccp_, cnpg_, postgresql_, sql_\) in the last 10m: let it scrape a postgres_exporter/,
  );
});

test('a wrong path is an error of the address, not of each measure', async () => {
  await expect(read(base, { prefix: '/prom', fault: () => ({ kind: 'status', status: 404 }) })).rejects.toThrow(
    /is there an \/api\/v1 below/,
  );
});

test('warnings of the backend and partial answers reach the notes', async () => {
  const target = await one(base, { beside: { warnings: ['store 3 is down'], isPartial: true } });
  expect(target.notes).toEqual([
    'Prometheus answered without some of its nodes, so every sum may be too small.',
    'Prometheus warned: store 3 is down',
  ]);
});

test('statement texts arrive without their literals, and cut ones are marked or left out', async () => {
  const text = (queryid: string, query: string) => line('pg_stat_statements_query_id', { queryid, query }, 1);
  const long = `SELECT * FROM orders WHERE secret = 'hunter2' AND ${'a'.repeat(200)}`.slice(0, 120);
  const target = await one([
    ...base,
    line('pg_stat_statements_calls_total', statement('app', '1'), 0, 1),
    line('pg_stat_statements_calls_total', statement('app', '2'), 0, 1),
    text('1', "ALTER ROLE bob PASSWORD 'hunter2'"),
    text('2', long),
  ]);
  expect(JSON.stringify(target)).not.toContain('hunter2');
  expect(target.statements[1]).toMatchObject({ queryid: '2', textCut: true, text: expect.stringContaining('$1') });
});

test('every source carries a PromQL to paste that was really sent, alone or joined with others', async () => {
  const { fake, targets } = await read(base);
  const sent = new Set(fake.requests.flatMap(({ questions }) => questions));
  expect(fake.requests.length).toBeLessThan(sent.size);
  expect(targets[0]?.sources.length).toBeGreaterThan(5);
  for (const { text, rows } of targets[0]?.sources ?? []) {
    expect(sent).toContain(text);
    expect(rows).toBeGreaterThan(0);
  }
});

test('progress counts to the end', async () => {
  const fake = await startFakePrometheus({ series: base });
  running.push(fake);
  const seen: string[] = [];
  await readPrometheus({
    source: createPrometheus({ url: fake.url }),
    window,
    progress: ({ done, total }) => seen.push(`${done}/${total}`),
  });
  const questions = fake.requests.flatMap((request) => request.questions).length;
  expect(seen).toHaveLength(fake.requests.length - 1);
  expect(seen.at(-1)).toBe(`${questions}/${questions}`);
});
