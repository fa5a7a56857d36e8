/** Servers that repeat every secret they were told, and a run that must keep them: stdout, stderr, argv and all it writes. */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { type AddressInfo, createServer as createSocketServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { simpleParser } from 'mailparser';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = new URL('../..', import.meta.url).pathname;
const folder = mkdtempSync(join(tmpdir(), 'pg-hunt-canaries-'));
const secret = (what: string) => `canary-${what}-4711`;
const SECRETS = [
  'url',
  'query',
  'password',
  'bearer',
  'header',
  'file',
  'postgres',
  'parameter',
  'pgpassword',
  'aws',
].map(secret);
const servers: { close(done: () => void): unknown }[] = [];

const listening = (server: Server) =>
  new Promise<number>((resolve) => {
    servers.push(server);
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port)); // of TCP
  });

/** Knows its metrics, repeats the headers of each question as a warning, and of every other question as its error. */
async function echoingPrometheus(answers: boolean): Promise<number> {
  let before = 0;
  const server = createServer((request, response) => {
    request.resume().on('end', () => {
      before += 1;
      const { authorization = '' } = request.headers;
      const open = Buffer.from(authorization.replace('Basic ', ''), 'base64').toString();
      const echo = `${request.url} ${JSON.stringify(request.headers)} ${open}`;
      const good = answers && (request.url?.includes('/label/') === true || before % 2 === 0);
      response.writeHead(good ? 200 : 400, { 'Content-Type': 'application/json' });
      const names = [
        'pg_up',
        'pg_stat_database_numbackends',
        'pg_stat_database_xact_commit',
        'pg_settings_max_connections',
      ];
      const element = {
        metric: { __name__: 'pg_up', instance: 'db:9187', datname: 'shop' },
        value: [Date.now() / 1000, '7'],
      };
      const data = request.url?.includes('/label/') === true ? names : { resultType: 'vector', result: [element] };
      response.end(
        JSON.stringify(
          good
            ? { status: 'success', data, warnings: [echo] }
            : { status: 'error', errorType: 'bad_data', error: echo },
        ),
      );
    });
  });
  return listening(server);
}

/** Wants the password as it is, and refuses it by name. */
async function echoingPostgres(): Promise<number> {
  const server = createSocketServer((socket) => {
    let started = false;
    socket.on('error', () => {});
    socket.on('data', (bytes) => {
      if (bytes.length === 8) return void socket.write('N'); // no TLS
      if (!started) {
        started = true;
        return void socket.write(Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 3]));
      }
      const fields = `SFATAL\0C28P01\0Mpassword ${bytes.subarray(5, -1).toString()} is wrong\0\0`;
      const head = Buffer.alloc(5);
      head.write('E');
      head.writeInt32BE(4 + Buffer.byteLength(fields), 1);
      socket.end(Buffer.concat([head, Buffer.from(fields)]));
    });
  });
  return listening(server);
}

/** All that a process and its children were started with, as others on the machine see it. */
function commandLines(): readonly string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        return [readFileSync(`/proc/${pid}/cmdline`, 'utf8')];
      } catch {
        return []; // ended meanwhile
      }
    });
}

interface Ran {
  readonly code: number | null;
  readonly output: string;
  readonly seen: string;
}

function run(argv: readonly string[], env: Readonly<Record<string, string>>): Promise<Ran> {
  const child = spawn(process.execPath, ['--import', 'tsx', 'lib/cli.ts', ...argv], {
    cwd: root,
    env: { PATH: process.env.PATH, HOME: folder, ...env },
  });
  let output = '';
  const seen: string[] = [];
  const watch = setInterval(() => process.platform === 'linux' && seen.push(...commandLines()), 300);
  child.stdout.on('data', (chunk) => (output += chunk));
  child.stderr.on('data', (chunk) => (output += chunk));
  return new Promise((resolve) => {
    child.on('close', (code) => {
      clearInterval(watch);
      resolve({ code, output, seen: seen.join('\n') });
    });
  });
}

/** Everything below a folder as people read it. */
async function writtenTo(store: string): Promise<string> {
  const texts: string[] = [];
  for (const entry of readdirSync(store, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const file = join(entry.parentPath, entry.name);
    const bytes = readFileSync(file);
    texts.push(file, (file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8'));
    if (file.endsWith('.eml')) {
      const mail = await simpleParser(bytes);
      texts.push(`${mail.subject} ${mail.text} ${mail.html}`);
    }
  }
  return texts.join('\n');
}

function expectKept(text: string): void {
  const spellings = SECRETS.flatMap((one) => [
    one,
    encodeURIComponent(one),
    Buffer.from(one).toString('base64').replace(/=+$/, ''),
  ]);
  const found = spellings
    .filter((one) => text.includes(one))
    .map((one) => text.slice(Math.max(0, text.indexOf(one) - 150), text.indexOf(one) + 60));
  expect(found).toEqual([]);
}

describe('secrets', () => {
  let [refusing, telling, postgres] = [0, 0, 0];
  beforeAll(async () => {
    [refusing, telling, postgres] = [
      await echoingPrometheus(false),
      await echoingPrometheus(true),
      await echoingPostgres(),
    ];
    writeFileSync(join(folder, 'token'), secret('file'));
  });
  afterAll(async () => {
    await Promise.all(servers.map((server) => new Promise<void>((done) => void server.close(done))));
    rmSync(folder, { recursive: true, force: true });
  });

  const common = { AWS_SECRET_ACCESS_KEY: secret('aws'), PGPASSWORD: secret('pgpassword') };
  const settings = (): readonly (readonly [string, Record<string, unknown>, Record<string, string>])[] => [
    [
      'user and password in addresses',
      {},
      {
        PG_HUNT_PROMETHEUS_URL: `http://hunter:${secret('url')}@127.0.0.1:${telling}/?token=${secret('query')}`,
        PG_HUNT_POSTGRES_URL: `postgres://hunter:${secret('postgres')}@127.0.0.1:${postgres}/app`,
      },
    ],
    [
      'variables',
      {},
      {
        PG_HUNT_PROMETHEUS_URL: `http://127.0.0.1:${refusing}`,
        PG_HUNT_PROMETHEUS_USERNAME: 'hunter',
        PG_HUNT_PROMETHEUS_PASSWORD: secret('password'),
        PG_HUNT_POSTGRES_URL: `postgres://hunter@127.0.0.1:${postgres}/app?password=${secret('parameter')}`,
      },
    ],
    [
      'the document, and a password of the environment',
      {
        prometheus: {
          url: `http://127.0.0.1:${telling}`,
          bearerToken: secret('bearer'),
          headers: { 'X-Key': secret('header'), 'X-File': { file: join(folder, 'token') } },
        },
        postgres: { url: `postgres://hunter@127.0.0.1:${postgres}/app` },
      },
      {},
    ],
    [
      'settings that are wrong',
      {
        prometheus: { url: secret('url'), password: 7, bearerTokn: secret('bearer'), headers: [secret('header')] },
        postgres: { url: `postgres//x:${secret('postgres')}@db` },
      },
      {},
    ],
  ];

  it.concurrent.each([0, 1, 2, 3])('are kept whatever is done with them (%i)', async (at) => {
    const [name, document, env] = settings()[at] ?? expect.fail('no such settings');
    const store = join(folder, `store-${at}`);
    mkdirSync(store);
    const file = join(folder, `config-${at}.json`);
    writeFileSync(file, JSON.stringify(document));
    const { code, output, seen } = await run(['--config', file, '--store', store, '--window', '5m'], {
      ...common,
      ...env,
    });
    expect(code, `${name}\n${output}`).toBe({ 0: 0, 1: 1, 2: 0, 3: 2 }[at]);
    expectKept(output);
    expectKept(seen);
    expectKept(await writtenTo(store));
  });
});
