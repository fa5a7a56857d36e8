/**
 * `npm run bench:collect`: a Prometheus with a large server in it, then the same requests by turns from pg-hunt and by hand.
 * The ratio of the two is what pg-hunt costs; it, the peak of memory and the requests go to results.md.
 */
import { spawn, spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders, request } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { cpus, tmpdir, totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { buildSync } from 'esbuild';
import { buildGo } from '../e2e/go.ts';
import { freePort } from '../e2e/servers.ts';
import { find, goBin, PROMETHEUS_3 } from '../e2e/tools.ts';
import { bigServer } from './big-server.ts';
import type { Sent } from './replay-child.ts';

const { values: given } = parseArgs({
  options: {
    statements: { type: 'string', default: '5000' },
    tables: { type: 'string', default: '2000' },
    indexes: { type: 'string', default: '6000' },
    weeks: { type: 'string', default: '8' },
    step: { type: 'string', default: '60' },
    pairs: { type: 'string', default: '5' },
    /** Instead of Debian's. */
    prometheus: { type: 'string' },
    /** Where the blocks are kept, to be used again. */
    blocks: { type: 'string' },
  },
});
const size = { statements: Number(given.statements), tables: Number(given.tables), indexes: Number(given.indexes) };
const WEEK = 604_800;
const end = Date.parse('2026-11-16T06:00:00Z') / 1000;
const here = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const say = (line: string): void => void process.stderr.write(`bench: ${line}\n`);
const scratch = mkdtempSync(join(tmpdir(), 'pg-hunt-bench-'));

interface Measured {
  readonly ms: number;
  readonly peakMiB: number;
  readonly statements: number;
  readonly tables: number;
  readonly indexes: number;
  readonly hourly: number;
  readonly hours: number;
  readonly lost: readonly string[];
  readonly bytes?: number;
  readonly gzipBytes?: number;
  readonly gzipWithoutHours?: number;
}

function makeBlocks(folder: string): { readonly series: number; readonly samples: number } {
  const kept = join(folder, 'made.json');
  if (existsSync(kept)) return JSON.parse(readFileSync(kept, 'utf8'));
  const why = buildGo({ name: 'bench-blocks', ...PROMETHEUS_3, main: { file: here('blocks/main.go') } });
  if (why !== null) throw new Error(`the program that writes blocks could not be built: ${why}`);
  const span = { start: end - Number(given.weeks) * WEEK, end, step: Number(given.step), block: WEEK };
  const done = spawnSync(join(goBin, 'bench-blocks'), {
    input: JSON.stringify({ folder, ...span, ...bigServer(size) }),
    encoding: 'utf8',
  });
  if (done.status !== 0) throw new Error(`no blocks: ${done.stderr}`);
  writeFileSync(kept, done.stdout);
  return JSON.parse(done.stdout);
}

async function startServer(program: string, folder: string): Promise<{ url: string; stop: () => Promise<void> }> {
  const port = await freePort();
  writeFileSync(join(scratch, 'prometheus.yml'), '');
  const child = spawn(
    program,
    [
      `--config.file=${join(scratch, 'prometheus.yml')}`,
      `--storage.tsdb.path=${folder}`,
      '--storage.tsdb.retention.time=10y',
      // The blocks stay as they are.
      '--storage.tsdb.min-block-duration=2h',
      '--storage.tsdb.max-block-duration=2h',
      `--web.listen-address=127.0.0.1:${port}`,
    ],
    { stdio: 'ignore' },
  );
  const url = `http://127.0.0.1:${port}`;
  for (let tries = 0; ; tries += 1) {
    if (
      await fetch(`${url}/-/ready`).then(
        ({ ok }) => ok,
        () => false,
      )
    )
      break;
    if (tries > 600) throw new Error('Prometheus did not get ready');
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  const stop = () =>
    new Promise<void>((resolve) => {
      child.once('exit', () => resolve());
      child.kill('SIGTERM');
    });
  return { url, stop };
}

interface Recorder {
  readonly url: string;
  readonly sent: readonly Sent[];
  readonly bytes: () => { readonly wire: number };
  readonly stop: () => void;
}

/** Stands between pg-hunt and Prometheus once, and writes down what goes through. */
async function startRecorder(url: string): Promise<Recorder> {
  const sent: Sent[] = [];
  let wire = 0;
  const server = createServer((incoming, response) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => {
      const body = Buffer.concat(chunks);
      const { method = 'GET', url: path = '/' } = incoming;
      const headers = kept(incoming.headers);
      const stage = path.includes('query_range') ? 2 : path.includes('label/') ? 0 : 1;
      sent.push({ method, path, headers, body: body.toString(), stage });
      const onward = request(new URL(path, url), { method, headers }, (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.on('data', (chunk: Buffer) => {
          wire += chunk.length;
        });
        answer.pipe(response);
      });
      onward.end(body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, // it listens on a port
    sent,
    bytes: () => ({ wire }),
    stop: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

function kept(headers: IncomingHttpHeaders): Readonly<Record<string, string>> {
  const names = ['accept', 'accept-encoding', 'content-type', 'user-agent'];
  return Object.fromEntries(
    names.flatMap((name) => (headers[name] === undefined ? [] : [[name, String(headers[name])]])),
  );
}

function bundled(name: string): string {
  const outfile = join(scratch, `${name}.cjs`);
  buildSync({
    entryPoints: [here(`${name}.ts`)],
    ...{ outfile, bundle: true, platform: 'node', target: 'node20', format: 'cjs', minify: true, logLevel: 'error' },
    mainFields: ['module', 'main'],
    external: ['pg-native'],
  });
  return outfile;
}

function inProcess<T>(file: string, ...args: readonly string[]): Promise<T> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [file, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
    let text = '';
    child.stdout.on('data', (chunk) => {
      text += chunk;
    });
    child.once('error', reject);
    child.once('close', (code) =>
      code === 0 ? resolve(JSON.parse(text) as T) : reject(new Error(`${file} ended with ${code}`)),
    );
  });
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return ((sorted[Math.floor(middle)] ?? Number.NaN) + (sorted[Math.ceil(middle)] ?? Number.NaN)) / 2;
}
const seconds = (ms: number): string => (ms / 1000).toFixed(1);

async function main(): Promise<void> {
  const program = given.prometheus ?? find('prometheus');
  if (program === null) throw new Error('no Prometheus: npm run test:e2e -- --get-only gets one');
  const version = /version (\S+)/.exec(spawnSync(program, ['--version'], { encoding: 'utf8' }).stdout)?.[1] ?? '?';
  const folder = given.blocks ?? join(scratch, 'tsdb');
  spawnSync('mkdir', ['-p', folder]);
  say(`making ${given.weeks} weeks of samples, one each ${given.step} s …`);
  const made = makeBlocks(folder);
  say(`${made.series} series, ${made.samples.toExponential(2)} samples; starting Prometheus ${version} …`);
  const server = await startServer(program, folder);
  try {
    const window = [new Date((end - WEEK) * 1000).toISOString(), new Date(end * 1000).toISOString()] as const;
    const child = bundled('collect-child');
    const parser = dirname(createRequire(import.meta.url).resolve('libpg-query'));
    copyFileSync(join(parser, 'libpg-query.wasm'), join(scratch, 'libpg-query.wasm'));
    const replay = bundled('replay-child');
    const recorder = await startRecorder(server.url);
    const first = await inProcess<Measured>(child, recorder.url, ...window, 'sizes');
    recorder.stop();
    const list = join(scratch, 'requests.json');
    writeFileSync(list, JSON.stringify(recorder.sent));
    say(
      `${recorder.sent.length} requests, ${(recorder.bytes().wire / 2 ** 20).toFixed(1)} MiB; ${JSON.stringify(first)}`,
    );
    const pairs: { collect: Measured; byHand: { ms: number } }[] = [];
    for (let pair = 0; pair < Number(given.pairs); pair += 1) {
      const runs = {
        byHand: () => inProcess<{ ms: number }>(replay, server.url, list),
        collect: () => inProcess<Measured>(child, server.url, ...window),
      };
      // Each goes first as often as the other: who comes second finds the server's caches warmer.
      const early = pair % 2 === 0 ? await runs.byHand() : null;
      const collect = await runs.collect();
      const byHand = early ?? (await runs.byHand());
      pairs.push({ collect, byHand });
      const peak = `peak ${collect.peakMiB.toFixed(0)} MiB`;
      const ratio = (collect.ms / byHand.ms).toFixed(2);
      say(`by hand ${seconds(byHand.ms)} s, pg-hunt ${seconds(collect.ms)} s, ratio ${ratio}, ${peak}`);
    }
    const ratio = median(pairs.map(({ collect, byHand }) => collect.ms / byHand.ms));
    const peak = pairs.reduce((most, { collect }) => Math.max(most, collect.peakMiB), 0);
    const mib = (bytes = Number.NaN) => (bytes / 2 ** 20).toFixed(1);
    const row = [
      new Date().toISOString().slice(0, 10),
      `Prometheus ${version}, Node.js ${process.versions.node}`,
      `${cpus().length} × ${cpus()[0]?.model ?? '?'}, ${Math.round(totalmem() / 2 ** 30)} GiB`,
      `${size.statements} / ${size.tables} / ${size.indexes}`,
      `${given.weeks} weeks at ${given.step} s: ${made.series} series, ${made.samples.toExponential(1)} samples`,
      String(recorder.sent.length),
      mib(recorder.bytes().wire),
      seconds(median(pairs.map(({ byHand }) => byHand.ms))),
      seconds(median(pairs.map(({ collect }) => collect.ms))),
      ratio.toFixed(2),
      peak.toFixed(0),
      `${mib(first.bytes)} (${mib(first.gzipBytes)} gzipped, ${mib(first.gzipWithoutHours)} without hours)`,
    ];
    const results = here('results.md');
    writeFileSync(results, withRow(readFileSync(results, 'utf8'), `| ${row.join(' | ')} |`));
    process.stdout.write(`${row.join(' | ')}\n`);
    for (const lost of first.lost) say(`lost: ${lost}`);
  } finally {
    await server.stop();
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** Under the last row of the first table, which is this one's; other benchmarks have theirs below. */
function withRow(text: string, row: string): string {
  const lines = text.split('\n');
  const head = lines.findIndex((line) => line.startsWith('| '));
  const after = lines.findIndex((line, at) => at > head && !line.startsWith('| '));
  if (head < 0 || after < 0) throw new Error('results.md has no table');
  return lines.toSpliced(after, 0, row).join('\n');
}

await main();
