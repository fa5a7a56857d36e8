import { Agent, globalAgent } from 'node:https';
import { inspect } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, expect, test } from 'vitest';
import { createPrometheus, type PrometheusOptions } from '../../../lib/collect/prometheus/client.ts';
import { PrometheusError } from '../../../lib/collect/prometheus/error.ts';
import { type FakeOptions, type FakePrometheus, startFakePrometheus, testTls } from '../../support/fake-prometheus.ts';

const at = 1_800_000_000;
const series = [{ labels: { __name__: 'pg_up', instance: 'a' }, points: [[at - 5, 1]] as const }];
const running: FakePrometheus[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map((fake) => fake.stop()));
});

async function fakeAnd(options: FakeOptions, more: Partial<PrometheusOptions> = {}) {
  const fake = await startFakePrometheus(options);
  running.push(fake);
  return { fake, source: createPrometheus({ url: fake.url, retryMs: 1, timeoutMs: 2_000, ...more }) };
}

async function failure(work: Promise<unknown>): Promise<PrometheusError> {
  const error = await work.then(
    () => null,
    (caught: unknown) => caught,
  );
  if (!(error instanceof PrometheusError)) throw new Error(`expected a PrometheusError, got ${inspect(error)}`);
  return error;
}

test('a question goes out as a form and comes back as samples', async () => {
  const { fake, source } = await fakeAnd({ series });
  expect((await source.query('pg_up{instance="a"}', at)).samples).toEqual([
    { labels: { __name__: 'pg_up', instance: 'a' }, value: 1 },
  ]);
  expect(fake.requests[0]).toMatchObject({ method: 'POST', path: '/api/v1/query', promql: 'pg_up{instance="a"}' });
});

test('a path prefix, with or without a slash at its end, is kept', async () => {
  for (const slash of ['', '/']) {
    const { fake } = await fakeAnd({ series, prefix: '/select/0/prometheus' });
    const source = createPrometheus({ url: `${fake.url}${slash}` });
    await source.query('pg_up', at);
    expect((await source.names('{__name__=~"pg_.+"}', at - 60, at)).names).toEqual(['pg_up']);
  }
});

test('no more than four questions are on their way at once', async () => {
  const { fake, source } = await fakeAnd({ series, delayMs: 5 });
  await Promise.all(Array.from({ length: 20 }, () => source.query('pg_up', at)));
  expect(fake.mostAtOnce()).toBe(4);
});

test('user and password in the address become a login and never show', async () => {
  const { fake } = await fakeAnd({ series });
  const source = createPrometheus({ url: fake.url.replace('http://', 'http://bob:s3cret@') });
  await source.query('pg_up', at);
  expect(fake.requests[0]?.headers.authorization).toBe(`Basic ${Buffer.from('bob:s3cret').toString('base64')}`);
  expect(source.url).toBe(fake.url);
});

test('a bearer token and own headers are sent', async () => {
  const { fake, source } = await fakeAnd({ series }, { bearer: 't0ken', headers: { 'X-Scope-OrgID': 'team' } });
  await source.query('pg_up', at);
  expect(fake.requests[0]?.headers).toMatchObject({ authorization: 'Bearer t0ken', 'x-scope-orgid': 'team' });
});

test('no error gives away a secret, not even one that the server echoes, nor through its cause', async () => {
  const echo = JSON.stringify({ status: 'error', errorType: 'bad', error: 'token t0ken-of-the-week, key k3y-in-url' });
  const { fake } = await fakeAnd({ fault: () => ({ kind: 'status', status: 400, body: echo }) });
  const url = `${fake.url.replace('http://', 'http://bob:s3cret@')}/?apikey=k3y-in-url`;
  const refused = await failure(createPrometheus({ url, bearer: 't0ken-of-the-week' }).query('up', at));
  const { fake: cut } = await fakeAnd({ fault: () => ({ kind: 'cut' }) });
  const cutUrl = `${cut.url.replace('http://', 'http://bob:s3cret@')}/?apikey=k3y-in-url`;
  const broken = await failure(createPrometheus({ url: cutUrl, retryMs: 1 }).query('up', at));
  for (const error of [refused, broken]) {
    expect(inspect(error, { depth: 20, showHidden: true })).not.toMatch(/s3cret|t0ken-of|k3y-in|Ym9iOnMzY3JldA/);
  }
  expect(refused.message).toContain('token [removed], key [removed]');
});

test('throttling is waited out as long as Retry-After says', async () => {
  const { fake, source } = await fakeAnd({
    series,
    fault: (_, before) => (before === 0 ? { kind: 'status', status: 429, headers: { 'retry-after': '1' } } : undefined),
  });
  const start = performance.now();
  await source.query('pg_up', at);
  expect(performance.now() - start).toBeGreaterThan(900);
  expect(fake.requests).toHaveLength(2);
});

test('a server that fails is asked three times, one that refuses once', async () => {
  const own = '{"status":"error","errorType":"internal","error":"disk full"}';
  const broken = await fakeAnd({ fault: () => ({ kind: 'status', status: 500, body: own }) });
  const error = await failure(broken.source.query('up', at));
  expect(broken.fake.requests).toHaveLength(3);
  expect(error.message).toMatch(
    /refused the answer to up: HTTP 500, it failed on its side: look into its log. It says: internal: disk full/,
  );
  const many = JSON.stringify({
    status: 'error',
    errorType: 'execution',
    error: `too many samples ${'x'.repeat(500)}`,
  });
  const refusing = await fakeAnd({ fault: () => ({ kind: 'status', status: 422, body: many }) });
  const refused = await failure(refusing.source.query('up', at));
  expect(refusing.fake.requests).toHaveLength(1);
  expect(refused.message).toMatch(
    /HTTP 422, it does not accept the question. It says: execution: too many samples x+$/,
  );
  expect(refused.message.length).toBeLessThan(400);
});

test('a server that recovers is used', async () => {
  const { source } = await fakeAnd({
    series,
    fault: (_, before) => (before < 2 ? { kind: 'status', status: 503 } : undefined),
  });
  expect((await source.query('pg_up', at)).samples).toHaveLength(1);
});

test('nobody listening is said so, with the address', async () => {
  const { fake } = await fakeAnd({});
  await running.pop()?.stop();
  const error = await failure(createPrometheus({ url: `${fake.url}/prom/`, retryMs: 1 }).query('up', at));
  expect(error.fault).toBe('unreachable');
  expect(error.message).toBe(
    `Prometheus at ${fake.url}/prom could not give the answer to up: the connection was refused: is Prometheus running there, and is the port right?`,
  );
});

test('an unknown host name is said so', async () => {
  const error = await failure(createPrometheus({ url: 'http://prometheus.invalid:9090', retryMs: 1 }).query('up', at));
  expect(error.message).toMatch(/the host name (is unknown: check the name|could not be resolved just now)/);
});

test('the timeout outlives the garbage collector', async () => {
  const { source } = await fakeAnd({ fault: () => ({ kind: 'hang' }) }, { timeoutMs: 400, deadlineMs: 3_000 });
  setFlagsFromString('--expose-gc');
  const collect: () => void = runInNewContext('gc');
  const timer = setInterval(collect, 50);
  const error = await failure(source.query('up', at));
  clearInterval(timer);
  expect(error.message).toMatch(/no complete answer within 0.4 s/);
});

test('a server that never answers, or drips, runs into the timeout', async () => {
  for (const kind of ['hang', 'trickle'] as const) {
    const { source } = await fakeAnd({ fault: () => ({ kind }) }, { timeoutMs: 150 });
    const error = await failure(source.query('up', at));
    expect(error.fault).toBe('timeout');
    expect(error.message).toMatch(/no complete answer within 0.15 s: try a shorter window, or raise the timeout/);
  }
});

test('all questions together have one deadline', async () => {
  const { source } = await fakeAnd({ fault: () => ({ kind: 'hang' }) }, { deadlineMs: 150 });
  const errors = await Promise.all([failure(source.query('a', at)), failure(source.query('b', at))]);
  for (const error of errors) expect(error.message).toMatch(/the time for all questions together was used up/);
});

test.each([
  [401, /HTTP 401, it wants a login: give a user and password, or a bearer token/],
  [403, /HTTP 403, this login has no right to query/],
  [404, /HTTP 404, there is no such path: is there an \/api\/v1 below http:\/\/127\.0\.0\.1:\d+\?/],
  [429, /HTTP 429, it is throttling and did not recover/],
])('status %i says what to do', async (status, message) => {
  const { source } = await fakeAnd({ fault: () => ({ kind: 'status', status, body: '<h1>no</h1>' }) });
  expect((await failure(source.query('up', at))).message).toMatch(message);
});

test('a redirect is not followed and its host is named without the rest', async () => {
  const { fake, source } = await fakeAnd({
    fault: () => ({ kind: 'redirect', to: 'https://sso.example.com/?session=abc' }),
  });
  const error = await failure(source.query('up', at));
  expect(error.message).toMatch(/HTTP 302, it redirects to sso.example.com and redirects are not followed/);
  expect(error.message).not.toContain('session');
  expect(fake.requests).toHaveLength(1);
});

test('a web page instead of JSON is recognised', async () => {
  const { source } = await fakeAnd({ fault: () => ({ kind: 'html' }) });
  expect((await failure(source.query('up', at))).message).toMatch(/this looks like a web page, a login or Grafana/);
});

test('broken JSON, and JSON of something else, are recognised', async () => {
  const garbage = await fakeAnd({ fault: () => ({ kind: 'garbage' }) });
  const error = await failure(garbage.source.query('up', at));
  expect(error.fault).toBe('not-json');
  expect(error.message).toMatch(/the answer is no JSON of a Prometheus \(it begins with "{"status":"success"/);
  const other = await fakeAnd({ fault: () => ({ kind: 'status', status: 200, body: '{"hello":"world"}' }) });
  expect((await failure(other.source.query('up', at))).fault).toBe('not-json');
});

test('a connection cut in the middle of the answer is tried again, then named', async () => {
  const { fake, source } = await fakeAnd({ fault: () => ({ kind: 'cut' }) });
  expect((await failure(source.query('up', at))).message).toMatch(/the connection was cut in the middle/);
  expect(fake.requests).toHaveLength(3);
});

test('an endless answer is stopped at the limit', async () => {
  const { source } = await fakeAnd({ fault: () => ({ kind: 'endless' }) }, { maxBytes: 1024 * 1024 });
  const error = await failure(source.query('up', at));
  expect(error.fault).toBe('too-large');
  expect(error.message).toMatch(/the answer is larger than 1 MiB/);
});

test('a self-signed certificate is refused and the way out named', async () => {
  const { source } = await fakeAnd({ series, tls: 'self-signed' });
  const error = await failure(source.query('pg_up', at));
  expect(error.fault).toBe('tls');
  expect(error.message).toMatch(/its TLS certificate is self-signed: set prometheus.caFile or NODE_EXTRA_CA_CERTS/);
});

test('an expired certificate is refused even when its authority is trusted', async () => {
  const trusted = globalAgent.options.ca;
  globalAgent.options.ca = testTls('expired').cert;
  try {
    const { source } = await fakeAnd({ series, tls: 'expired' });
    const error = await failure(source.query('pg_up', at));
    expect(error.message).toMatch(/its TLS certificate has expired: renew the certificate/);
  } finally {
    if (trusted === undefined) delete globalAgent.options.ca;
    else globalAgent.options.ca = trusted;
  }
  expect(globalAgent).toBeInstanceOf(Agent);
});

test('a proxy in the environment is not used: it would see the login', async () => {
  const { source } = await fakeAnd({ series });
  const before = process.env.http_proxy;
  process.env.http_proxy = 'http://127.0.0.1:1';
  try {
    expect((await source.query('pg_up', at)).samples).toHaveLength(1);
  } finally {
    if (before === undefined) delete process.env.http_proxy;
    else process.env.http_proxy = before;
  }
});

test('an address that is no URL is refused without being repeated', async () => {
  expect(() => createPrometheus({ url: 'bob:s3cret@prometheus' })).toThrow(/The address of Prometheus is no URL/);
  expect(() => createPrometheus({ url: 'ftp://prometheus' })).toThrow(/write it as http/);
});
