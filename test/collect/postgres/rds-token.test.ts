import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { rdsToken } from '../../../lib/collect/postgres/rds-token.ts';

beforeEach(() => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIDEXAMPLE');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY');
});
afterEach(() => void vi.unstubAllEnvs());

test('a token names host, port, user and region, is signed, and lives for 15 minutes', async () => {
  const token = await rdsToken(new URL('postgres://pg%2Bhunt@db.c1ab.eu-west-1.rds.amazonaws.com:6432/app'))();
  const { host, searchParams } = new URL(`https://${token}`);
  expect(host).toBe('db.c1ab.eu-west-1.rds.amazonaws.com:6432');
  expect(Object.fromEntries(searchParams)).toMatchObject({
    Action: 'connect',
    DBUser: 'pg+hunt',
    'X-Amz-Expires': '900',
    'X-Amz-Credential': expect.stringMatching(/^AKIDEXAMPLE\/\d{8}\/eu-west-1\/rds-db\/aws4_request$/),
    'X-Amz-Signature': expect.stringMatching(/^[0-9a-f]{64}$/),
  });
});

test('another name than that of the endpoint is refused before anybody is asked', () => {
  expect(() => rdsToken(new URL('postgres://u@db.example.com/app'))).toThrow(/no endpoint of RDS/);
});
