import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ConfigError, readConfig } from '../lib/config.ts';
import { revealed } from '../lib/secrets.ts';
import { testCredentials } from './support/aws-signature.ts';
import { AwsRefusal, type FakeAwsJson } from './support/fake-aws-json.ts';
import { startFakeSecrets } from './support/fake-secrets.ts';

const folder = mkdtempSync(join(tmpdir(), 'pg-hunt-secrets-'));
const now = '2026-11-22T15:00:00.000Z';
const running: FakeAwsJson[] = [];
const configOf = (file: Record<string, unknown>, env = {}) => readConfig({ env, file, now });
const url = 'http://prometheus.example';
const canary = 's3cr3t-canary';

async function manager(...[secrets, fault]: Parameters<typeof startFakeSecrets>): Promise<FakeAwsJson> {
  const fake = await startFakeSecrets(secrets, fault);
  running.push(fake);
  vi.stubEnv('AWS_ENDPOINT_URL_SECRETS_MANAGER', fake.endpoint);
  return fake;
}

async function faultsOf(file: Record<string, unknown>): Promise<readonly string[]> {
  const error: unknown = await revealed(configOf(file)).catch((caught: unknown) => caught);
  if (!(error instanceof ConfigError)) throw new Error('expected a ConfigError');
  expect(error.message).not.toContain(canary);
  return error.faults;
}

beforeEach(() => {
  vi.stubEnv('AWS_REGION', 'eu-west-1');
  vi.stubEnv('AWS_ACCESS_KEY_ID', testCredentials.accessKeyId);
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', testCredentials.secretAccessKey);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await Promise.all(running.splice(0).map((fake) => fake.stop()));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('a secret by reference', () => {
  it('is read from a file without its last line break, and from a variable', async () => {
    writeFileSync(join(folder, 'token'), `${canary}\n`);
    vi.stubEnv('MY_KEY', 'from the environment');
    const { prometheus } = await revealed(
      configOf({
        prometheus: {
          url,
          bearerToken: { file: join(folder, 'token') },
          headers: { 'X-Key': { env: 'MY_KEY' }, Own: 'yes' },
        },
      }),
    );
    expect(prometheus).toMatchObject({ bearerToken: canary, headers: { 'X-Key': 'from the environment', Own: 'yes' } });
  });

  it('is fetched from Secrets Manager once, however many fields are wanted, and again in the next run', async () => {
    const fake = await manager({
      'team/db': JSON.stringify({ password: canary, token: 'abc', port: 5432 }),
      plain: 'p',
    });
    const file = {
      prometheus: {
        url,
        password: { secretsManager: 'plain' },
        bearerToken: { secretsManager: 'team/db', field: 'token' },
        headers: { 'X-Port': { secretsManager: 'team/db', field: 'port' } },
      },
      postgres: { url: 'postgres://pghunt@db/shop', password: { secretsManager: 'team/db', field: 'password' } },
    };
    const { prometheus, postgres } = await revealed(configOf(file));
    expect(prometheus).toMatchObject({ password: 'p', bearerToken: 'abc', headers: { 'X-Port': '5432' } });
    expect(postgres?.password).toBe(canary);
    expect(fake.requests).toHaveLength(2);
    await revealed(configOf(file));
    expect(fake.requests).toHaveLength(4);
  });

  it('may stand in its variable as JSON, and a password that only begins like one is a password', async () => {
    await manager({ 'team/db': canary });
    const env = {
      PG_HUNT_POSTGRES_URL: 'postgres://pghunt@db/shop',
      PG_HUNT_POSTGRES_PASSWORD: '{"secretsManager":"team/db"}',
      PG_HUNT_PROMETHEUS_URL: url,
      PG_HUNT_PROMETHEUS_PASSWORD: '{"a":1}',
    };
    const { prometheus, postgres } = await revealed(configOf({}, env));
    expect([prometheus?.password, postgres?.password]).toEqual(['{"a":1}', canary]);
  });

  it('that cannot be had is named with the way out, all of them at once', async () => {
    await manager({
      denied: new AwsRefusal('AccessDeniedException', 'User is not authorized', 400),
      text: canary,
      object: JSON.stringify({ password: canary }),
      lines: `${canary}\r\nX-Evil: 1`,
    });
    const faults = await faultsOf({
      prometheus: {
        url,
        password: { secretsManager: 'denied' },
        bearerToken: { secretsManager: 'none' },
        headers: {
          A: { secretsManager: 'text', field: 'x' },
          B: { secretsManager: 'object', field: 'pasword' },
          C: { secretsManager: 'lines' },
          D: { file: join(folder, 'missing') },
          E: { env: 'PGH_NOT_SET' },
        },
      },
    });
    expect([...faults].sort()).toEqual([
      'prometheus.bearerToken: secret none does not exist: check its name and the region',
      'prometheus.headers.A: secret text is no JSON, so it has no field x: leave the field out, or store an object',
      'prometheus.headers.B: secret object has no field pasword: check its spelling in Secrets Manager',
      'prometheus.headers.C: secret lines has a line break or characters that no login has',
      `prometheus.headers.D: file ${join(folder, 'missing')} cannot be read (ENOENT)`,
      'prometheus.headers.E: variable PGH_NOT_SET is not set',
      'prometheus.password: secret denied may not be read: grant secretsmanager:GetSecretValue on it, and kms:Decrypt on a key of your own',
    ]);
  });

  it('is asked for again when Secrets Manager stumbles, and given up with its name', async () => {
    const fake = await manager({ a: canary }, (before) =>
      before === 0 ? new AwsRefusal('InternalServiceError', 'x', 500) : undefined,
    );
    const file = { postgres: { url: 'postgres://pghunt@db/shop', password: { secretsManager: 'a' } } };
    expect((await revealed(configOf(file))).postgres?.password).toBe(canary);
    expect(fake.requests).toHaveLength(2);
    await manager({ a: canary }, () => new AwsRefusal('InternalServiceError', 'x', 500));
    expect((await faultsOf(file))[0]).toMatch(/postgres\.password: secret a cannot be read \(InternalServiceError\)/);
  });
});

describe('a document with references', () => {
  it('says what a secret may be', () => {
    const read = (file: Record<string, unknown>) => {
      try {
        configOf(file);
      } catch (error) {
        return (error as ConfigError).faults;
      }
      return [];
    };
    expect(read({ prometheus: { url, password: 7, headers: { 'X-A': {} } } }).join('\n')).toMatch(
      /^prometheus\.password .*: is neither text nor \{ "secretsManager": NAME.*\nprometheus\.headers\.X-A: is neither text nor/,
    );
    expect(read({ prometheus: { url, password: { secretsManager: '' } } })).toEqual([
      'prometheus.password.secretsManager: is empty',
    ]);
    expect(read({ prometheus: { url, password: { file: 'x', env: 'X' } } })[0]).toMatch(
      /is neither text nor|no such setting/,
    );
  });
});
