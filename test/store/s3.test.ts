import { S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { StoreError } from '../../lib/store/error.ts';
import { createS3 } from '../../lib/store/s3.ts';
import { testCredentials } from '../support/aws-signature.ts';
import { type FakeS3, startFakeS3 } from '../support/fake-s3.ts';
import { contract } from './contract.ts';

const closing: (() => void | Promise<void>)[] = [];
afterAll(async () => {
  for (const close of closing) await close();
});

function client(endpoint: string, credentials = testCredentials, region = 'eu-central-1'): S3Client {
  const made = new S3Client({ endpoint, region, credentials, forcePathStyle: true, maxAttempts: 3 });
  closing.push(() => made.destroy());
  return made;
}

async function server(): Promise<FakeS3> {
  const s3 = await startFakeS3();
  closing.unshift(s3.close);
  return s3;
}

const open = (s3: FakeS3, prefix = 'team/pg-hunt') =>
  createS3({ bucket: s3.bucket, prefix, client: client(s3.endpoint) });

contract('S3', async () => {
  const s3 = await server();
  return { store: open(s3), other: open(s3), seed: (key, body) => s3.put(`team/pg-hunt/${key}`, body) };
});

const body = new TextEncoder().encode('body');

describe('S3', () => {
  let s3: FakeS3;
  beforeEach(async () => {
    s3 = await server();
  });

  test('keeps everything under its prefix and sees nothing beside it', async () => {
    s3.put('team/other', 'x');
    s3.put('team/pg-hunt-2/a', 'x');
    await open(s3).put('a', body, 'text/html');
    expect(s3.body('team/pg-hunt/a')?.toString()).toBe('body');
    expect(s3.contentType('team/pg-hunt/a')).toBe('text/html');
    expect(await open(s3).list('')).toEqual(['a']);
    expect(open(s3).location).toBe('s3://hunt-bucket/team/pg-hunt');
    expect(open(s3, '').location).toBe('s3://hunt-bucket');
    expect(await open(s3, '').list('team/pg')).toEqual(['team/pg-hunt-2/a', 'team/pg-hunt/a']);
  });

  test.each(['slow-down', 'internal-error', 'cut-request'] as const)('gets over two answers of %s', async (kind) => {
    s3.fault({ kind, times: 2 });
    await open(s3).put('a', body, 'text/plain');
    expect(s3.body('team/pg-hunt/a')?.toString()).toBe('body');
  });

  test('that stays busy is an error with bucket, key and remedy', async () => {
    s3.fault({ kind: 'slow-down', times: 99 });
    const writing = open(s3).put('a', body, 'text/plain');
    await expect(writing).rejects.toThrow(StoreError);
    await expect(writing).rejects.toThrow(
      /cannot write s3:\/\/hunt-bucket\/team\/pg-hunt\/a: SlowDown.*run again later/,
    );
  });

  test('putIfAbsent knows its own object when the answer to it was lost', async () => {
    s3.fault({ method: 'PUT', kind: 'lost-response' });
    expect(await open(s3).putIfAbsent('claim', body, 'text/plain')).toBe(true);
    expect(s3.requests.filter((line) => line.startsWith('PUT'))).toHaveLength(2);
    expect(s3.versions('team/pg-hunt/claim')).toHaveLength(1);
  });

  test("a lost answer does not make another writer's equal object its own", async () => {
    s3.put('team/pg-hunt/claim', 'body');
    s3.fault({ method: 'PUT', kind: 'cut-request' });
    expect(await open(s3).putIfAbsent('claim', body, 'text/plain')).toBe(false);
  });

  test('putIfAbsent tries again after a conflict, but not for ever', async () => {
    s3.fault({ method: 'PUT', kind: 'conflict', times: 3 });
    expect(await open(s3).putIfAbsent('claim', body, 'text/plain')).toBe(true);
    s3.fault({ method: 'PUT', kind: 'conflict', times: 99 });
    await expect(open(s3).putIfAbsent('claim-2', body, 'text/plain')).rejects.toThrow(/ConditionalRequestConflict/);
    expect(s3.body('team/pg-hunt/claim-2')).toBeUndefined();
  }, 30_000);

  test('without ListBucket a missing key is an error, not an absence', async () => {
    s3.grant('s3:GetObject', 's3:PutObject');
    await expect(open(s3).get('history/none')).rejects.toThrow(
      /AccessDenied.*s3:ListBucket on arn:aws:s3:::hunt-bucket/,
    );
    await expect(open(s3).list('')).rejects.toThrow(/cannot list s3:\/\/hunt-bucket\/team\/pg-hunt\/: AccessDenied/);
  });

  test('a body that was damaged on its way is an error', async () => {
    s3.put('team/pg-hunt/a', 'a body');
    s3.fault({ method: 'GET', kind: 'damaged' });
    await expect(open(s3).get('a')).rejects.toThrow(/checksum/i);
  });

  test('a bucket that is not there, a wrong key and a closed port are each named with a remedy', async () => {
    const missing = createS3({ bucket: 'no-such-bucket', prefix: '', client: client(s3.endpoint) });
    await expect(missing.get('a')).rejects.toThrow(/s3:\/\/no-such-bucket\/a: NoSuchBucket.*Create the bucket/);
    const wrong = client(s3.endpoint, { ...testCredentials, secretAccessKey: 'guessed' });
    await expect(createS3({ bucket: s3.bucket, prefix: '', client: wrong }).get('a')).rejects.toThrow(
      /SignatureDoesNotMatch.*check the clock and the keys/,
    );
    const closed = client('http://127.0.0.1:9');
    await expect(createS3({ bucket: s3.bucket, prefix: '', client: closed }).get('a')).rejects.toThrow(
      /S3 cannot be reached/,
    );
  });
});
