import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { testCredentials } from './aws-signature.ts';
import { type FakeS3, startFakeS3 } from './fake-s3.ts';

let s3: FakeS3;
let client: S3Client;
beforeAll(async () => {
  s3 = await startFakeS3();
  client = open();
});
afterAll(async () => {
  client.destroy();
  await s3.close();
});

const open = (secretAccessKey = testCredentials.secretAccessKey) =>
  new S3Client({
    endpoint: s3.endpoint,
    region: 'eu-central-1',
    credentials: { ...testCredentials, secretAccessKey },
    forcePathStyle: true,
    maxAttempts: 1,
  });

/** Changes a signed request on its way: after the signature, unless said otherwise. */
function tamper(change: (request: { headers: Record<string, string>; body?: unknown; path: string }) => void) {
  const made = open();
  made.middlewareStack.add(
    (next) => async (args) => {
      change(args.request as { headers: Record<string, string>; body?: unknown; path: string });
      return next(args);
    },
    { step: 'finalizeRequest', priority: 'low' },
  );
  return made;
}
const put = (Key: string, Body: string | Buffer = 'body') => new PutObjectCommand({ Bucket: s3.bucket, Key, Body });

test('a wrong secret is refused', async () => {
  await expect(open('wrong').send(put('a'))).rejects.toMatchObject({ name: 'SignatureDoesNotMatch' });
  expect(s3.keys()).not.toContain('a');
});

test('a request without a signature is refused', async () => {
  const answer = await fetch(`${s3.endpoint}/${s3.bucket}/a`, { method: 'PUT', body: 'x' });
  expect(answer.status).toBe(403);
});

test('a body, path or header changed after signing is refused', async () => {
  await expect(
    tamper((request) => {
      request.body = 'evil';
    }).send(put('b')),
  ).rejects.toThrow(/not the one that was signed|IncompleteBody/);
  await expect(
    tamper((request) => {
      request.path = `/${s3.bucket}/other`;
    }).send(put('b')),
  ).rejects.toMatchObject({ name: 'SignatureDoesNotMatch' });
  await expect(
    tamper((request) => {
      request.headers['x-amz-meta-new'] = '1';
    }).send(put('b')),
  ).rejects.toThrow(/not signed/);
  expect(s3.keys()).not.toContain('b');
});

test('a checksum that is not the body’s is refused', async () => {
  const wrong = new PutObjectCommand({ Bucket: s3.bucket, Key: 'c', Body: 'body', ChecksumCRC32: 'AAAAAA==' });
  await expect(client.send(wrong)).rejects.toMatchObject({ name: 'BadDigest' });
  expect(s3.keys()).not.toContain('c');
});

test('a streamed body is unframed, and its trailing checksum is checked', async () => {
  const { Readable } = await import('node:stream');
  const body = Buffer.from('streamed '.repeat(20_000));
  const command = new PutObjectCommand({
    Bucket: s3.bucket,
    Key: 'd',
    Body: Readable.from([body.subarray(0, 70_000), body.subarray(70_000)]),
    ContentLength: body.length,
  });
  await client.send(command);
  expect(s3.body('d')?.equals(body)).toBe(true);
});

test('If-None-Match lets one of 8 racers win', async () => {
  const race = await Promise.allSettled(
    Array.from({ length: 8 }, () =>
      client.send(new PutObjectCommand({ Bucket: s3.bucket, Key: 'race', Body: 'x', IfNoneMatch: '*' })),
    ),
  );
  expect(race.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
});

test('an invented continuation token is refused', async () => {
  const command = new ListObjectsV2Command({ Bucket: s3.bucket, ContinuationToken: 'bm9uZQ' });
  await expect(client.send(command)).rejects.toMatchObject({ name: 'InvalidArgument' });
});

test('a right that was not granted is missing, and nothing can be deleted at all', async () => {
  const { DeleteObjectCommand } = await import('@aws-sdk/client-s3');
  s3.put('kept', 'x');
  await expect(client.send(new DeleteObjectCommand({ Bucket: s3.bucket, Key: 'kept' }))).rejects.toMatchObject({
    name: 'AccessDenied',
  });
  s3.grant('s3:PutObject');
  const reading = client.send(new GetObjectCommand({ Bucket: s3.bucket, Key: 'kept' }));
  await expect(reading).rejects.toMatchObject({ name: 'AccessDenied' });
});
