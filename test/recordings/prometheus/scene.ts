/**
 * Records today's exporter, and that of 2022 with its queries file: PostgreSQL 15 and 18, ten minutes of pgbench, one
 * Prometheus. Needs what test:e2e installs.
 * npx tsx test/recordings/prometheus/scene.ts [SECONDS]
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { startCluster } from '../../../lib/demo/cluster.ts';
import { type Server, startExporter, startLegacyExporter, startPostgres, startPrometheus } from '../../e2e/servers.ts';
import { find } from '../../e2e/tools.ts';

const seconds = Number(process.argv[2] ?? 600);
const file = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const settings = { checkpoint_timeout: '30s', autovacuum_naptime: '15s', shared_buffers: '128MB' };

/** As Debian ships it, with the names of PostgreSQL 13 and later, and the usage of indexes as people add it. */
function queriesFile(): string {
  const folder = mkdtempSync(join(tmpdir(), 'pg-hunt-scene-'));
  const shipped = readFileSync('/usr/share/doc/prometheus-postgres-exporter/examples/queries.yaml', 'utf8');
  const renamed = shipped.replace(/\b(total|min|max|mean|stddev)_time \/ 1000/g, '$1_exec_time / 1000');
  const column = (name: string, usage: string) => `    - ${name}: {usage: "${usage}", description: "${name}"}`;
  const labels = ['datname', 'schemaname', 'relname', 'indexrelname'];
  const values = ['idx_scan', 'idx_tup_read'];
  const more = [
    'pg_stat_user_indexes:',
    `  query: "SELECT current_database() datname, ${[...labels.slice(1), ...values].join(', ')} FROM pg_stat_user_indexes"`,
    '  metrics:',
    ...labels.map((name) => column(name, 'LABEL')),
    ...values.map((name) => column(name, 'COUNTER')),
  ];
  const path = join(folder, 'queries.yaml');
  writeFileSync(path, `${renamed}\n\n${more.join('\n')}\n`);
  stops.push(async () => rmSync(folder, { recursive: true, force: true }));
  return path;
}

const stops: (() => Promise<unknown>)[] = [];
const clients: ChildProcess[] = [];

async function connected(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url });
  // It ends with its server.
  client.on('error', () => {});
  await client.connect();
  return client;
}

/** `shop` is looked into, `blind` is a database whose tables no exporter shows. */
async function load(server: (database: string) => string): Promise<void> {
  const admin = await connected(server('postgres'));
  await admin.query('CREATE DATABASE shop');
  await admin.query('CREATE DATABASE blind');
  const shop = await connected(server('shop'));
  await shop.query('CREATE EXTENSION pg_stat_statements');
  await shop.query("CREATE TABLE note AS SELECT n, 'note ' || n AS text FROM generate_series(1, 5000) n");
  const pgbench = join(find('postgres') ?? '', 'pgbench');
  execFileSync(pgbench, ['-i', '-q', '-s', '1', server('shop')], { stdio: 'ignore' });
  const idle = await connected(server('shop'));
  await idle.query('BEGIN; SELECT count(*) FROM note');
  const length = String(seconds + 60);
  clients.push(spawn(pgbench, ['-c', '3', '-R', '20', '-T', length, '-n', server('shop')], { stdio: 'ignore' }));
  const each = async (client: pg.Client, sql: string) => {
    for (;;) await client.query(sql);
  };
  // It reads a table: a session without any table to report on adds nothing to active_time until it ends (seen on 15, 18).
  each(await connected(server('shop')), 'SELECT pg_sleep(1) FROM pgbench_branches').catch(() => {});
  each(shop, "SELECT count(*), pg_sleep(1) FROM note WHERE text = 'note 7'").catch(() => {});
}

async function started<S extends { stop: () => Promise<unknown> }>(server: Promise<S>): Promise<S> {
  const running = await server;
  stops.push(() => running.stop());
  return running;
}

const load15 = `Debian’s PostgreSQL 15, Prometheus 2.42, ${seconds} s of pgbench at 20 transactions a second, scraped every second.`;
const about = (version: string, more = '') =>
  `postgres_exporter 0.19.1 built from its sources (the module proxy served no 0.20)${more}; ${version}, ` +
  `Prometheus 2.42, ${seconds} s of pgbench at 20 transactions a second, scraped every second.`;

try {
  const options = Object.entries(settings).map(([name, value]) => `${name}=${value}`);
  const old = await started(startPostgres(options));
  const young = await started(startCluster({ settings }));
  const on = (url: string, database: string) => url.replace(/\/postgres$/, `/${database}`);
  await load((database) => on(old.url, database));
  await load((database) => young.url(database));
  const off = [
    'stat_statements',
    'statio_user_indexes',
    'process_idle',
    'long_running_transactions',
    'postmaster',
    'database_wraparound',
  ];
  const exporters: Server[] = [
    await started(startExporter(on(old.url, 'shop'), off)),
    await started(startExporter(young.url('shop'), [...off, 'stat_checkpointer', 'stat_statements.include_query'])),
    await started(startLegacyExporter(on(old.url, 'shop'), queriesFile())),
  ];
  const prometheus = await started(startPrometheus(exporters));
  await sleep((seconds + 10) * 1000);
  const names = ['postgres-exporter.json', 'postgres-exporter-18.json', 'queries-yaml.json'];
  const whats = [
    about('Debian’s PostgreSQL 15'),
    about('embedded PostgreSQL 18', ' with stat_checkpointer and include_query'),
    `Debian’s postgres_exporter 0.11.1 with its queries.yaml (total_time read from total_exec_time and likewise) and ` +
      `pg_stat_user_indexes added; ${load15}`,
  ];
  for (const [n, exporter] of exporters.entries()) {
    const selector = `instance="127.0.0.1:${exporter.port}"`;
    const args = [prometheus.url, selector, String(seconds), file(names[n] ?? ''), whats[n] ?? ''];
    execFileSync('npx', ['tsx', file('record.ts'), ...args], { stdio: 'inherit' });
  }
} finally {
  for (const client of clients) client.kill();
  for (const stop of stops.reverse()) await stop().catch(() => {});
}
