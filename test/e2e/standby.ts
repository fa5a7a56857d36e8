/** A standby that streams from an embedded cluster, made from a copy of its files: the packages carry no pg_basebackup. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { appendFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { environment, findBinaries, unprivilegedAccount } from '../../lib/demo/binaries.ts';
import type { Cluster } from '../../lib/demo/cluster.ts';
import { ask } from './witness.ts';

export interface Standby {
  url(database?: string): string;
  stop(): Promise<void>;
}

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const address = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  return address !== null && typeof address === 'object' ? address.port : 0;
}

/** Nothing may write while the files are copied: what they hold is what a crash would leave. */
export async function startStandby(primary: Cluster, programs: string | null): Promise<Standby> {
  const account = unprivilegedAccount();
  const data = join(primary.directory, 'standby');
  const binaries = await findBinaries(primary.directory, account, ...(programs === null ? [] : [programs]));
  await ask(primary.url(), 'CHECKPOINT');
  const copied = spawnSync('cp', ['-a', join(primary.directory, 'data'), data]);
  if (copied.status !== 0) throw new Error(`cp failed: ${copied.stderr}`);
  rmSync(join(data, 'postmaster.pid'));
  const port = await freePort();
  const { password } = new URL(primary.url());
  const upstream = `host=127.0.0.1 port=${primary.port} user=postgres password=${decodeURIComponent(password)}`;
  const lines = { port, primary_conninfo: `${upstream} application_name=follower`, hot_standby_feedback: 'on' };
  const text = Object.entries({ ...lines, wal_receiver_status_interval: '1s', primary_slot_name: 'follower' });
  appendFileSync(join(data, 'postgresql.conf'), text.map(([name, value]) => `${name} = '${value}'\n`).join(''));
  writeFileSync(join(data, 'standby.signal'), '');
  let log = '';
  const server: ChildProcess = spawn(binaries.postgres, ['-D', data, '-p', `${port}`], {
    ...{ cwd: data, env: environment, stdio: ['ignore', 'ignore', 'pipe'] },
    ...(account ?? {}),
  });
  server.stderr?.on('data', (chunk: Buffer) => (log += chunk.toString()));
  const url = (database = 'postgres') => {
    const at = new URL(primary.url(database));
    at.port = `${port}`;
    return at.href;
  };
  for (let turn = 0; ; turn += 1) {
    const up = await ask(url(), 'SELECT 1').catch(() => null);
    if (up !== null) break;
    if (turn > 100 || server.exitCode !== null) throw new Error(`the standby does not come up: ${log}`);
    await sleep(100);
  }
  return {
    url,
    stop: async () => {
      const ended = new Promise((resolve) => server.once('close', resolve));
      server.kill('SIGINT');
      await ended;
    },
  };
}
