/** Debian's servers in temporary folders on free ports, and all of them gone at the end. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { find, type ToolName } from './tools.ts';

export interface Server {
  readonly port: number;
  readonly url: string;
  readonly stop: () => Promise<void>;
}

/** PostgreSQL refuses to run as root; nobody is everywhere. */
function unprivileged(): { uid?: number; gid?: number } {
  if (process.getuid?.() !== 0) return {};
  const id = (flag: string) => Number(execFileSync('id', [flag, 'nobody'], { encoding: 'utf8' }));
  return { uid: id('-u'), gid: id('-g') };
}

export async function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer().once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}

function tool(name: ToolName): string {
  const path = find(name);
  if (path === null) throw new Error(`${name} is missing; npm run test:e2e installs it`);
  return path;
}

async function until(what: string, ready: () => Promise<boolean>, seconds = 30): Promise<void> {
  for (let tries = 0; tries < seconds * 5; tries++) {
    if (await ready().catch(() => false)) return;
    await sleep(200);
  }
  throw new Error(`${what} did not get ready in ${seconds} s`);
}

async function stop(child: ChildProcess, folder: string, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
  const ended = child.exitCode !== null ? Promise.resolve() : new Promise((resolve) => child.once('exit', resolve));
  child.kill(signal);
  await Promise.race([ended, sleep(15_000).then(() => child.kill('SIGKILL'))]);
  rmSync(folder, { recursive: true, force: true });
}

export async function startPostgres(settings: readonly string[] = []): Promise<Server> {
  const bin = tool('postgres');
  const user = unprivileged();
  const folder = mkdtempSync(join(tmpdir(), 'pg-hunt-e2e-pg-'));
  if (user.uid !== undefined && user.gid !== undefined) chownSync(folder, user.uid, user.gid);
  const data = join(folder, 'data');
  execFileSync(
    join(bin, 'initdb'),
    ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync'],
    { ...user, cwd: folder },
  );
  return startIn(bin, folder, data, settings);
}

async function startIn(bin: string, folder: string, data: string, settings: readonly string[]): Promise<Server> {
  const user = unprivileged();
  const port = await freePort();
  const options = [
    'listen_addresses=127.0.0.1',
    `unix_socket_directories=${folder}`,
    'fsync=off',
    'shared_preload_libraries=pg_stat_statements',
    'track_io_timing=on',
    ...settings,
  ];
  const args = ['-D', data, '-p', String(port), ...options.flatMap((option) => ['-c', option])];
  const child = spawn(join(bin, 'postgres'), args, { ...user, cwd: folder, stdio: 'ignore' });
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`;
  await until('PostgreSQL', async () => {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    await client.end();
    return true;
  });
  return { port, url, stop: () => stop(child, folder, 'SIGINT') };
}

/** A physical standby that streams from a server of startPostgres and answers queries. */
export async function startStandby(primary: Server): Promise<Server> {
  const bin = tool('postgres');
  const user = unprivileged();
  const folder = mkdtempSync(join(tmpdir(), 'pg-hunt-e2e-standby-'));
  if (user.uid !== undefined && user.gid !== undefined) chownSync(folder, user.uid, user.gid);
  const data = join(folder, 'data');
  const from = ['-h', '127.0.0.1', '-p', String(primary.port), '-U', 'postgres'];
  execFileSync(join(bin, 'pg_basebackup'), [...from, '-R', '-X', 'stream', '-c', 'fast', '-D', data], {
    ...user,
    cwd: folder,
  });
  return startIn(bin, folder, data, []);
}

export async function startHttp(
  name: ToolName,
  path: string,
  args: (folder: string, port: number) => readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<Server> {
  const folder = mkdtempSync(join(tmpdir(), `pg-hunt-e2e-${name}-`));
  const port = await freePort();
  const child = spawn(tool(name), args(folder, port), {
    cwd: folder,
    stdio: 'ignore',
    env: { ...process.env, ...env },
  });
  const url = `http://127.0.0.1:${port}`;
  await until(name, async () => (await fetch(url + path)).ok);
  return { port, url, stop: () => stop(child, folder) };
}

export interface PrometheusSettings {
  /** One of a pair that scrapes the same: its `prometheus_replica`. */
  readonly replica?: string;
  /** Where it also sends everything. */
  readonly writeTo?: Server;
  /** The targets are other Prometheus servers, of which it reads all. */
  readonly federates?: boolean;
}

/** Scrapes the targets each second, so that a minute of load makes a window. */
export function startPrometheus(
  targets: readonly Server[],
  { replica, writeTo, federates = false }: PrometheusSettings = {},
): Promise<Server> {
  return startHttp('prometheus', '/-/ready', (folder, port) => {
    const list = targets.map((target) => `127.0.0.1:${target.port}`);
    const federation = { metrics_path: '/federate', honor_labels: true, params: { 'match[]': ['{job!=""}'] } };
    // YAML understands JSON.
    const settings = {
      global: {
        scrape_interval: '1s',
        scrape_timeout: '1s',
        ...(replica === undefined ? {} : { external_labels: { prometheus_replica: replica } }),
      },
      ...(writeTo === undefined ? {} : { remote_write: [{ url: `${writeTo.url}/api/v1/write` }] }),
      scrape_configs: [{ job_name: 'postgres', static_configs: [{ targets: list }], ...(federates ? federation : {}) }],
    };
    writeFileSync(join(folder, 'prometheus.yml'), JSON.stringify(settings));
    return [
      `--config.file=${join(folder, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(folder, 'tsdb')}`,
      `--web.listen-address=127.0.0.1:${port}`,
    ];
  });
}

const dsn = (url: string) => ({ DATA_SOURCE_NAME: `${url}?sslmode=disable` });

/** Today's exporter with collectors on that are off by default. */
export function startExporter(
  postgresUrl: string,
  on: readonly string[] = ['stat_statements', 'statio_user_indexes', 'process_idle', 'long_running_transactions'],
): Promise<Server> {
  return startHttp(
    'exporter',
    '/metrics',
    (_, port) => [`--web.listen-address=127.0.0.1:${port}`, ...on.map((name) => `--collector.${name}`)],
    dsn(postgresUrl),
  );
}

/** Debian's 0.11 with its queries file. */
export function startLegacyExporter(postgresUrl: string, queriesFile: string): Promise<Server> {
  return startHttp(
    'exporter-legacy',
    '/metrics',
    (_, port) => [`--web.listen-address=127.0.0.1:${port}`, `--extend.query-path=${queriesFile}`],
    dsn(postgresUrl),
  );
}
