/** The terminal as its user meets it: a process of its own, its exit code, its two streams, and what it leaves. */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { reportSchema } from '../lib/model/report.ts';
import { type FakePrometheus, startFakePrometheus } from './support/fake-prometheus.ts';
import { shopSeries } from './support/shop-series.ts';

const SECRET = 's3cret-canary';
const END = '2026-11-22T00:00:00Z';
const folder = mkdtempSync(join(tmpdir(), 'pg-hunt-cli-'));
const root = new URL('..', import.meta.url).pathname;
let healthy: FakePrometheus;
let expired: FakePrometheus;
let silent: FakePrometheus;
beforeAll(async () => {
  healthy = await startFakePrometheus({ series: shopSeries(END) });
  expired = await startFakePrometheus({ tls: 'expired' });
  silent = await startFakePrometheus({ fault: () => ({ kind: 'hang' }) });
});
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await Promise.all([healthy, expired, silent].map((fake) => fake.stop()));
});

interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** From Ctrl-C to the end. */
  readonly lingeredMs: number;
}

/** `until`: words on stderr at which the user presses Ctrl-C. */
async function cli(args: readonly string[], { until = '', env = {} } = {}): Promise<Ran> {
  const clean = Object.entries(process.env).filter(([name]) => !/^(PG|AWS_)/.test(name));
  const child = spawn(process.execPath, ['--import', 'tsx', 'lib/cli.ts', ...args], {
    cwd: root,
    env: { ...Object.fromEntries(clean), ...env },
  });
  let [stdout, stderr, pressed] = ['', '', 0];
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
    if (until === '' || !stderr.includes(until)) return;
    pressed ||= performance.now();
    child.kill('SIGINT');
  });
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  expect(stdout + stderr).not.toContain(SECRET);
  expect(stderr).not.toMatch(/^\s+at .+:\d+/m);
  return { code, stdout, stderr, lingeredMs: performance.now() - pressed };
}

const withSecret = (url: string) => url.replace('://', `://reader:${SECRET}@`);
const files = (place: string) =>
  existsSync(place)
    ? readdirSync(place, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name))
        .sort()
    : [];
const bytes = (place: string) =>
  files(place).map((file) => `${file} ${createHash('sha256').update(readFileSync(file)).digest('hex')}`);

// Each starts a process or two: seconds on an idle machine, many on a busy one.
describe.concurrent('npm run hunt', { timeout: 60_000 }, () => {
  it('without anything says what it needs and where the help is', async () => {
    const { code, stdout, stderr } = await cli([]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain('no source: give prometheus.url (--prometheus, PG_HUNT_PROMETHEUS_URL), postgres.url');
    expect(stderr).toContain('npm run hunt -- --help');
  });

  it('shows every flag with --help, on stdout', async () => {
    const { code, stdout, stderr } = await cli(['--help']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const readme = readFileSync(join(root, 'README.md'), 'utf8');
    const flags = [...readme.matchAll(/`(--[a-z-]+)(?: [A-Z0-9a-z]+)?`(?=[^|\n]*\|)/g)].map(([, flag]) => flag);
    expect(flags.length).toBeGreaterThan(10);
    expect(flags.filter((flag) => !stdout.includes(`${flag} `))).toEqual([]);
  });

  it('names all faults at once, of flags, file and variables, and no value of theirs', async () => {
    const config = join(folder, 'broken.json');
    writeFileSync(config, `{"prometheus": {"password": ${SECRET}}}`);
    const { code, stdout, stderr } = await cli(
      [
        ...['--promtheus', withSecret('http://x'), `--postgress=postgres://u:${SECRET}@x`, withSecret('http://y')],
        ...['--window', '4m', '--config', config, '--replay', join(folder, 'nowhere.json'), '--store', 'gs://bucket'],
      ],
      { env: { PG_HUNT_STROE: SECRET } },
    );
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    const faults = stderr.split('\n').filter((line) => line.startsWith('  - '));
    expect(faults.map((fault) => fault.slice(4).replaceAll(folder, ''))).toEqual([
      '--promtheus: no such flag; did you mean --prometheus?',
      '--postgress: no such flag; did you mean --postgres?',
      expect.stringMatching(/^a word stands behind no flag/),
      '--window: has no place beside --replay; the snapshot has its own',
      expect.stringMatching(/^--config \/broken\.json: is no JSON/),
      expect.stringMatching(/^--replay \/nowhere\.json: cannot be read: ENOENT/),
      expect.stringMatching(/^PG_HUNT_STROE: no such variable/),
      'window (--window, PG_HUNT_WINDOW): must be 5m or more',
      expect.stringMatching(/^store .*: is neither a folder nor s3:\/\/bucket\/prefix/),
    ]);
  });

  it('prints nothing but the report on stdout, keeps secrets to itself, and leaves all as it was when it fails', async () => {
    const store = join(folder, 'out');
    const at = ['--window', '20m', '--end', END, '--store', store];
    const worked = await cli(['--prometheus', withSecret(healthy.url), ...at, '--json']);
    expect(worked.code, worked.stderr).toBe(0);
    expect(reportSchema.parse(JSON.parse(worked.stdout)).targets.map(({ target }) => target)).toEqual(['shop-db-9187']);
    expect(worked.stderr.split('\n').filter((line) => !/^\[ *[\d.]+ s\] /.test(line))).toEqual(['']);
    for (const file of files(store)) {
      const content = readFileSync(file);
      expect((file.endsWith('.gz') ? gunzipSync(content) : content).includes(SECRET), file).toBe(false);
    }
    const before = bytes(store);
    expect(before.length).toBeGreaterThan(8);
    const failed = await cli(['--prometheus', withSecret(expired.url), ...at, '--json', '--pin-baseline']);
    expect({ code: failed.code, stdout: failed.stdout }).toEqual({ code: 1, stdout: '' });
    expect(failed.stderr).toContain('its TLS certificate has expired: renew the certificate');
    expect(failed.stderr).toContain('failed while: Prometheus');
    expect(bytes(store)).toEqual(before);
  });

  it('ends on Ctrl-C at once and writes nothing', async () => {
    const store = join(folder, 'interrupted');
    const { code, stdout, stderr, lingeredMs } = await cli(['--prometheus', silent.url, '--store', store], {
      until: 'asking',
    });
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain('pg-hunt: interrupted');
    expect(lingeredMs).toBeLessThan(5_000);
    expect(files(store)).toEqual([]);
  });
});
