/** Who we are to Prometheus, who it is to us, and where it may not be. */
import { afterEach, expect, test } from 'vitest';
import { createPrometheus, type PrometheusOptions } from '../../../lib/collect/prometheus/client.ts';
import { PrometheusError } from '../../../lib/collect/prometheus/error.ts';
import { checkSignature, testCredentials } from '../../support/aws-signature.ts';
import { type FakeOptions, type FakePrometheus, startFakePrometheus, testTls } from '../../support/fake-prometheus.ts';

const at = 1_800_000_000;
const series = [{ labels: { __name__: 'pg_up', job: 'a b/ü' }, points: [[at - 5, 1]] as const }];
const running: FakePrometheus[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map((fake) => fake.stop()));
});

async function fakeAnd(options: FakeOptions, more: Partial<PrometheusOptions> = {}, path = '') {
  const fake = await startFakePrometheus({ series, prefix: path, ...options });
  running.push(fake);
  return { fake, source: createPrometheus({ url: fake.url, retryMs: 1, ...more }) };
}

async function failure(work: () => unknown): Promise<PrometheusError> {
  try {
    await work();
  } catch (error) {
    if (error instanceof PrometheusError) return error;
    throw error;
  }
  throw new Error('expected a PrometheusError, got none');
}

const workspace = '/workspaces/ws-0f0f0f0f-1111-2222-3333-444455556666';
const signedFor = (service: string): Pick<FakeOptions, 'guard'> => ({
  guard: (request, body) => checkSignature(request, body, { service }),
});
const aws = (over: object = {}) => ({
  aws: { region: 'eu-west-1', credentials: async () => ({ ...testCredentials, ...over }) },
});

test('Amazon Managed Prometheus gets every request signed as it goes out', async () => {
  const { fake, source } = await fakeAnd(signedFor('aps'), aws(), workspace);
  const { samples } = await source.query('pg_up{job=~"a b/ü",job!="(x)*\'!+~%"}', at);
  expect(samples).toHaveLength(1);
  expect((await source.names('{__name__=~"pg_.+",job!="(a) *\'!+~%ü"}', at - 60, at)).names).toEqual(['pg_up']);
  expect(fake.requests.map(({ method }) => method)).toEqual(['POST', 'GET']);
  for (const { headers } of fake.requests) {
    expect(headers.authorization).toMatch(/Credential=AKIDTEST\/\d{8}\/eu-west-1\/aps\/aws4_request/);
  }
});

test('each try is signed anew, with tenant and session token', async () => {
  const { fake, source } = await fakeAnd(
    { ...signedFor('aps'), fault: (_, before) => (before === 0 ? { kind: 'status', status: 500 } : undefined) },
    { ...aws({ sessionToken: 'temporary' }), headers: { 'X-Scope-OrgID': 'team' } },
    workspace,
  );
  expect((await source.query('pg_up', at)).samples).toHaveLength(1);
  expect(fake.requests).toHaveLength(2);
  expect(fake.requests[1]?.headers).toMatchObject({ 'x-amz-security-token': 'temporary', 'x-scope-orgid': 'team' });
});

test('the wrong key is refused in the words of AWS', async () => {
  const { source } = await fakeAnd(signedFor('aps'), aws({ secretAccessKey: 'wrong' }));
  const error = await failure(() => source.query('pg_up', at));
  expect(error.fault).toBe('login');
  expect(error.message).toMatch(/HTTP 403.*It says: The signature we calculated does not match/);
});

test('no error repeats what AWS repeats of our headers', async () => {
  const { source } = await fakeAnd(
    {
      guard: async ({ headers }) => ({
        status: 403,
        message: `The Canonical String should have been ${headers['x-amz-security-token']} ${headers.authorization}`,
      }),
    },
    aws({ sessionToken: 'temporary-and-secret' }),
  );
  const { message } = await failure(() => source.query('pg_up', at));
  expect(message).toMatch(/The Canonical String should have been \[removed\] \[removed\]/);
});

test('missing credentials are said so, and nothing is sent', async () => {
  const credentials = async () => {
    throw new Error('Could not load credentials from any providers');
  };
  const { fake, source } = await fakeAnd({}, { aws: { region: 'eu-west-1', credentials } });
  const error = await failure(() => source.query('pg_up', at));
  expect(error.fault).toBe('login');
  expect(error.message).toMatch(/wants requests signed for AWS, and there are no credentials: Could not load/);
  expect(fake.requests).toEqual([]);
});

test('a signature stands in place of any other login', async () => {
  const { fake, source } = await fakeAnd(signedFor('aps'), {
    ...aws(),
    bearer: 't0ken',
    basic: { username: 'a', password: 'b' },
  });
  await source.query('pg_up', at);
  expect(fake.requests[0]?.headers.authorization).toMatch(/^AWS4-HMAC-SHA256 /);
});

test('an own authority is trusted, and then no other', async () => {
  const own = testTls('self-signed').cert;
  const { source } = await fakeAnd({ tls: 'self-signed' }, { tls: { ca: own } });
  expect((await source.query('pg_up', at)).samples).toHaveLength(1);
  const other = await fakeAnd({ tls: 'self-signed' }, { tls: { ca: testTls('expired').cert } });
  expect((await failure(() => other.source.query('pg_up', at))).fault).toBe('tls');
});

test('with mutual TLS the certificate is shown, and without it the way is', async () => {
  const { cert, key } = testTls('self-signed');
  const strict = { tls: 'self-signed', clientCertificate: cert } as const;
  const { source } = await fakeAnd(strict, { tls: { ca: cert, cert, key } });
  expect((await source.query('pg_up', at)).samples).toHaveLength(1);
  const { source: stranger } = await fakeAnd(strict, { tls: { ca: cert } });
  const error = await failure(() => stranger.query('pg_up', at));
  expect(error.message).toMatch(
    /it wants to see a certificate of ours: set prometheus.certFile and prometheus.keyFile/,
  );
  // A Node server says no more than this to one whose certificate it does not trust.
  const { source: expired } = await fakeAnd(strict, { tls: { ca: cert, cert: testTls('expired').cert, key } });
  expect((await failure(() => expired.query('pg_up', at))).fault).toBe('unreachable');
});

test('a certificate that is none is refused at once, without its key in the message', async () => {
  const { key } = testTls('self-signed');
  const error = await failure(() => createPrometheus({ url: 'https://p', tls: { cert: 'no certificate', key } }));
  expect(error.fault).toBe('tls');
  expect(error.message).toMatch(/give PEM files that belong together/);
  expect(error.message).not.toContain(key.split('\n')[1]);
});

test.each([
  'http://169.254.169.254',
  'http://169.254.170.2/v2/credentials',
  'http://0xa9fea9fe:80',
  'http://2852039166',
  'http://169.254.43518',
  'http://0251.0376.0251.0376',
  'http://0xa9.0xfe.0xa9.0xfe',
  'http://１６９.254.169.254',
  'http://169.254.169.254.',
  'http://[64:ff9b::a9fe:a9fe]',
  'http://168.63.129.16',
  'http://192.0.0.192',
  'http://[fd00:ec2::254]',
  'http://[::ffff:169.254.169.254]',
  'http://[fe80::1]',
  'http://bob:s3cret@100.100.100.200',
])('the metadata of a cloud at %s are not asked', async (url) => {
  const error = await failure(() => createPrometheus({ url }));
  expect(error.fault).toBe('address');
  expect(error.message).toMatch(/is not asked: its address is link-local/);
  expect(error.message).not.toContain('s3cret');
  expect(() => createPrometheus({ url, allowLinkLocal: true })).not.toThrow();
});

test('addresses near by are', () => {
  for (const url of [
    'http://169.253.0.1',
    'http://10.0.0.1',
    'http://[fd00:ec2::253]',
    'http://[::1]',
    'http://prometheus',
  ]) {
    expect(() => createPrometheus({ url })).not.toThrow();
  }
});
