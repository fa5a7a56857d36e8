import { spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { describe, expect, it } from 'vitest';
import { startCluster } from '../../lib/demo/cluster.ts';

async function ask(url: string, sql: string): Promise<readonly Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  // The server goes away under it in some tests.
  client.on('error', () => {});
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

const answers = (port: number) =>
  new Promise<boolean>((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.destroy());
    socket.once('close', (failed) => resolve(!failed)).once('error', () => {});
  });

/** Processes whose command line names the folder. */
function processesOf(directory: string): number {
  if (!existsSync('/proc')) return 0;
  return readdirSync('/proc').filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(directory);
    } catch {
      return false;
    }
  }).length;
}

async function until(condition: () => Promise<boolean> | boolean): Promise<boolean> {
  for (let tries = 0; tries < 100; tries += 1) {
    if (await condition()) return true;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return false;
}

/** A program of its own that starts a cluster, says where, and then does what `after` says. */
async function another(after: string) {
  const program = `
    import { startCluster } from './lib/demo/cluster.ts';
    startCluster().then((cluster) => {
      process.stdout.write(cluster.directory + ' ' + cluster.port + '\\n');
      ${after}
    });`;
  const args = ['--import', 'tsx', '--input-type=module', '--eval', program];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'ignore'] });
  const ended = new Promise<number | string | null>((resolve) =>
    child.once('exit', (code, signal) => resolve(signal ?? code)),
  );
  const line = await new Promise<string>((resolve) => child.stdout.once('data', (chunk) => resolve(String(chunk))));
  const [directory = '', port = ''] = line.trim().split(' ');
  return { child, ended, directory, port: Number(port) };
}

describe('the embedded cluster', () => {
  it('starts, answers with its settings, refuses a wrong password, and leaves nothing', async () => {
    const cluster = await startCluster({ settings: { max_connections: '17' } });
    try {
      const names = ['max_connections', 'shared_preload_libraries', 'track_io_timing', 'compute_query_id', 'fsync'];
      const [row] = await ask(
        cluster.url(),
        `SELECT ${names.map((name) => `current_setting('${name}') AS ${name}`).join(', ')}`,
      );
      expect(row).toEqual({
        max_connections: '17',
        shared_preload_libraries: 'pg_stat_statements',
        track_io_timing: 'on',
        compute_query_id: 'on',
        fsync: 'off',
      });
      const wrong = new URL(cluster.url());
      wrong.password = 'wrong';
      await expect(ask(wrong.href, 'SELECT 1')).rejects.toMatchObject({ code: '28P01' });
      expect(existsSync(cluster.directory)).toBe(true);
    } finally {
      await cluster.stop();
    }
    await cluster.stop();
    expect(existsSync(cluster.directory)).toBe(false);
    expect(await answers(cluster.port)).toBe(false);
    expect(processesOf(cluster.directory)).toBe(0);
  });

  it('leaves nothing when it cannot start', async () => {
    const error = await startCluster({ settings: { max_connections: 'many' } }).catch((caught: Error) => caught);
    expect(String(error)).toMatch(/PostgreSQL did not start in .*max_connections/s);
    const [, directory = ''] = /did not start in (\S+):/.exec(String(error)) ?? [];
    expect(directory).not.toBe('');
    expect(existsSync(directory)).toBe(false);
    expect(processesOf(directory)).toBe(0);
  });

  it.concurrent.each([
    ['SIGINT', 'setInterval(() => {}, 1000);', 'SIGINT'],
    ['SIGTERM', 'setInterval(() => {}, 1000);', 'SIGTERM'],
    ['SIGKILL', 'setInterval(() => {}, 1000);', 'SIGKILL'],
    ['an uncaught error', 'setTimeout(() => { throw new Error("lost"); }, 10);', 1],
  ] as const)('is gone after %s of the process that runs it', async (signal, after, how) => {
    const { child, ended, directory, port } = await another(after);
    expect(directory).toContain('pg-hunt-');
    if (signal !== 'an uncaught error') {
      expect(await answers(port)).toBe(true);
      child.kill(signal);
    }
    expect(await ended).toBe(how);
    // Only after SIGKILL does it take a moment: then the watchdog does it.
    if (signal === 'SIGKILL') await until(() => !existsSync(directory) && processesOf(directory) === 0);
    else await until(() => processesOf(directory) === 0);
    expect(existsSync(directory)).toBe(false);
    expect(await answers(port)).toBe(false);
    expect(processesOf(directory)).toBe(0);
  });

  it('is gone after SIGKILL of a process that was still about to start it', async () => {
    const temp = mkdtempSync(path.join(tmpdir(), 'pg-hunt-killed-'));
    chmodSync(temp, 0o777);
    try {
      const program = "import('./lib/demo/cluster.ts').then(({ startCluster }) => startCluster());";
      const args = ['--import', 'tsx', '--input-type=module', '--eval', program];
      const child = spawn(process.execPath, args, { stdio: 'ignore', env: { ...process.env, TMPDIR: temp } });
      const folders = () => readdirSync(temp).filter((name) => /^pg-hunt-/.test(name));
      // Any moment between the folder and the server will do; with data/ in it, initdb runs.
      expect(await until(() => folders().some((name) => existsSync(path.join(temp, name, 'data'))))).toBe(true);
      child.kill('SIGKILL');
      expect(await until(() => folders().length === 0 && processesOf(temp) === 0)).toBe(true);
    } finally {
      rmSync(temp, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
    }
  });
});
