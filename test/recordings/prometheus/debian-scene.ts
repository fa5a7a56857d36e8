/**
 * Records Debian's sql_exporter with the queries of its published examples and its node_exporter: PostgreSQL 15, some
 * minutes of pgbench, one Prometheus. Needs both packages, and what test:e2e installs.
 * npx tsx test/recordings/prometheus/debian-scene.ts [SECONDS]
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { freePort, type Server, startPostgres, startPrometheus } from '../../e2e/servers.ts';
import { find } from '../../e2e/tools.ts';

const seconds = Number(process.argv[2] ?? 600);
const file = (name: string) => fileURLToPath(new URL(name, import.meta.url));

interface Query {
  readonly name: string;
  readonly labels: readonly string[];
  readonly values: readonly string[];
  readonly from: string;
}

/** Every column cast as its documentation asks for. */
function queryOf({ name, labels, values, from }: Query) {
  const columns = [...labels.map((label) => `${label}::text`), ...values.map((value) => `${value}::float`)];
  return { name, help: name, labels, values, query: `SELECT ${columns.join(', ')} FROM ${from}` };
}

const database = [
  ...['numbackends', 'xact_commit', 'xact_rollback', 'blks_read', 'blks_hit', 'tup_returned', 'tup_fetched'],
  ...['tup_inserted', 'tup_updated', 'tup_deleted', 'conflicts', 'temp_files', 'deadlocks'],
  ...['blk_read_time', 'blk_write_time'],
];
const table = [
  ...['seq_scan', 'seq_tup_read', 'idx_scan', 'idx_tup_fetch', 'n_tup_ins', 'n_tup_upd', 'n_tup_del'],
  ...['n_tup_hot_upd', 'n_live_tup', 'n_dead_tup', 'vacuum_count', 'autovacuum_count', 'analyze_count'],
  'autoanalyze_count',
];
const blocks = ['heap_blks_read', 'heap_blks_hit', 'idx_blks_read', 'idx_blks_hit'];
const settings = `(SELECT name, setting FROM pg_settings WHERE vartype IN ('integer', 'real')
  UNION SELECT name, CASE setting WHEN 'on' THEN '1' ELSE '0' END FROM pg_settings WHERE vartype = 'bool') s`;
const sessions = '(SELECT datname, usename, state, count(state) FROM pg_stat_activity GROUP BY 1, 2, 3) c';

const ofServer = [
  queryOf({ name: 'pg_settings', labels: ['name'], values: ['setting'], from: settings }),
  queryOf({ name: 'pg_stat_database', labels: ['datname'], values: database, from: 'pg_stat_database' }),
  queryOf({ name: 'connections', labels: ['datname', 'usename', 'state'], values: ['count'], from: sessions }),
  queryOf({
    ...{ name: 'db_sizes', labels: ['dbname'], values: ['dbsize'] },
    from: '(SELECT datname AS dbname, pg_database_size(datname) AS dbsize FROM pg_database) d',
  }),
  queryOf({
    ...{ name: 'pg_is_in_recovery', labels: [], values: ['"case"'] },
    from: '(SELECT CASE pg_is_in_recovery() WHEN true THEN 1 ELSE 0 END) r',
  }),
].map((query) => ({ ...query, values: query.values.map((value) => value.replaceAll('"', '')) }));
const ofDatabase = [
  queryOf({ name: 'pg_stat_user_tables', labels: ['schemaname', 'relname'], values: table, from: 'pg_stat_user_tables' }),
  queryOf({
    ...{ name: 'pg_statio_user_tables', labels: ['schemaname', 'relname'], values: blocks },
    from: 'pg_statio_user_tables',
  }),
];

const stops: (() => unknown)[] = [];
const folder = mkdtempSync(join(tmpdir(), 'pg-hunt-scene-'));
stops.push(() => rmSync(folder, { recursive: true, force: true }));

function started(command: string, args: readonly string[]): ChildProcess {
  const child = spawn(command, args, { stdio: 'ignore', env: { ...process.env, LOGLEVEL: 'error' } });
  stops.push(() => child.kill());
  return child;
}

async function connected(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url });
  // It ends with its server.
  client.on('error', () => {});
  await client.connect();
  return client;
}

try {
  const server = await startPostgres(['autovacuum_naptime=15s', 'shared_buffers=128MB']);
  stops.push(() => server.stop());
  const to = (name: string) => server.url.replace(/\/postgres$/, `/${name}`);
  const admin = await connected(server.url);
  await admin.query('CREATE DATABASE shop');
  await admin.query('CREATE DATABASE blind');
  const shop = await connected(to('shop'));
  // Without an index, so that columns of it are NULL: sql_exporter leaves those out.
  await shop.query("CREATE TABLE note AS SELECT n, 'note ' || n AS text FROM generate_series(1, 5000) n");
  await shop.query('BEGIN; SELECT count(*) FROM note');
  const pgbench = join(find('postgres') ?? '', 'pgbench');
  execFileSync(pgbench, ['-i', '-q', '-s', '1', to('shop')], { stdio: 'ignore' });
  const jobs = [
    { name: 'server', interval: '2s', connections: [`${server.url}?sslmode=disable`], queries: ofServer },
    { name: 'tables', interval: '2s', connections: [`${to('shop')}?sslmode=disable`], queries: ofDatabase },
  ];
  // YAML understands JSON.
  writeFileSync(join(folder, 'sql.yml'), JSON.stringify({ jobs }));
  const [sql, node] = [await freePort(), await freePort()];
  started('prometheus-sql-exporter', ['-config.file', join(folder, 'sql.yml'), '-web.listen-address', `127.0.0.1:${sql}`]);
  started('prometheus-node-exporter', [`--web.listen-address=127.0.0.1:${node}`]);
  started(pgbench, ['-c', '3', '-R', '20', '-T', String(seconds + 60), '-n', to('shop')]);
  const at = (port: number): Server => ({ port, url: `http://127.0.0.1:${port}`, stop: async () => {} });
  const prometheus = await startPrometheus([at(sql), at(node)]);
  stops.push(() => prometheus.stop());
  await sleep((seconds + 15) * 1000);
  const about =
    `Debian's sql_exporter 0.4.5 with the queries of its published examples (interval 2 s) and node_exporter 1.5.0; ` +
    `Debian's PostgreSQL 15, Prometheus 2.42, ${seconds} s of pgbench at 20 transactions a second, scraped every second.`;
  const args = [prometheus.url, 'job="postgres"', String(seconds), file('sql-exporter.json'), about];
  execFileSync('npx', ['tsx', file('record.ts'), ...args], { stdio: 'inherit' });
} finally {
  for (const stop of stops.reverse()) await Promise.resolve(stop()).catch(() => {});
}
