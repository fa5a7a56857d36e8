/** The store in S3. Encryption, versions and who may read are the bucket's business (cdk/). */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import type { Objects } from '../model/objects.ts';
import { StoreError } from './error.ts';
import { byUtf8, checkKey, checkPrefix } from './key.ts';

const MAX_CONFLICTS = 5;
const FIRST_PAUSE_MS = 50;
/** Metadata of a conditional write, by which a writer recognises its own object. */
const WRITER = 'pg-hunt-writer';

export interface S3Options {
  readonly bucket: string;
  readonly prefix: string;
  readonly client?: S3Client;
}

export function createS3({ bucket, prefix, client = defaultClient() }: S3Options): Objects {
  const root = prefix === '' ? '' : `${prefix.replace(/\/+$/, '')}/`;
  const place = (key: string) => ({ Bucket: bucket, Key: `${root}${checkKey(key)}` });
  const attempt = async <Result>(verb: string, key: string, run: () => Promise<Result>): Promise<Result> => {
    try {
      return await run();
    } catch (error) {
      throw failure({ verb, bucket, key: `${root}${key}`, error });
    }
  };

  return {
    location: `s3://${bucket}${root === '' ? '' : `/${root.slice(0, -1)}`}`,

    get: (key) =>
      attempt('read', key, async () => {
        try {
          const { Body, ETag } = await client.send(new GetObjectCommand(place(key)));
          checkAnswer(ETag);
          return (await Body?.transformToByteArray()) ?? new Uint8Array();
        } catch (error) {
          // 403 is not taken for absence: S3 says it for a missing key as well when ListBucket is not granted.
          if (nameOf(error) === 'NoSuchKey') return null;
          throw error;
        }
      }),

    put: (key, body, contentType) =>
      attempt('write', key, async () => {
        const input = { ...place(key), Body: body, ContentType: contentType };
        checkAnswer((await client.send(new PutObjectCommand(input))).ETag);
      }),

    putIfAbsent: (key, body, contentType) =>
      attempt('write', key, async () => {
        const writer = randomUUID();
        const input = { ...place(key), Body: body, ContentType: contentType, Metadata: { [WRITER]: writer } };
        for (let conflicts = 0; ; conflicts += 1) {
          try {
            checkAnswer((await client.send(new PutObjectCommand({ ...input, IfNoneMatch: '*' }))).ETag);
            return true;
          } catch (error) {
            // When the answer to a write is lost, the client repeats it and is refused because of its own object.
            if (statusOf(error) === 412) return (await writerOf(client, place(key))) === writer;
            if (nameOf(error) !== 'ConditionalRequestConflict' || conflicts >= MAX_CONFLICTS) throw error;
            await sleep(FIRST_PAUSE_MS * 2 ** conflicts);
          }
        }
      }),

    putIfSame: (key, body, was, contentType) =>
      attempt('write', key, async () => {
        const writer = randomUUID();
        try {
          const { Body, ETag } = await client.send(new GetObjectCommand(place(key)));
          const there = (await Body?.transformToByteArray()) ?? new Uint8Array();
          if (ETag === undefined || Buffer.compare(there, was) !== 0) return false;
          const input = { ...place(key), Body: body, ContentType: contentType, Metadata: { [WRITER]: writer } };
          await client.send(new PutObjectCommand({ ...input, IfMatch: ETag }));
          return true;
        } catch (error) {
          if (statusOf(error) === 412) return (await writerOf(client, place(key))) === writer;
          // Gone, or another writer is at it: either way it is not what it was.
          if (nameOf(error) === 'NoSuchKey' || nameOf(error) === 'ConditionalRequestConflict') return false;
          throw error;
        }
      }),

    list: (prefixOfKeys) =>
      attempt('list', checkPrefix(prefixOfKeys), async () => {
        const keys: string[] = [];
        let token: string | undefined;
        do {
          const page = await client.send(
            new ListObjectsV2Command({ Bucket: bucket, Prefix: `${root}${prefixOfKeys}`, ContinuationToken: token }),
          );
          checkAnswer(page.Name);
          keys.push(...(page.Contents ?? []).flatMap(({ Key }) => (Key === undefined ? [] : [Key.slice(root.length)])));
          token = page.IsTruncated === true ? page.NextContinuationToken : undefined;
        } while (token !== undefined);
        // A slash at the end marks an empty "folder" made in the console; it is no key of ours.
        return keys.filter((key) => key !== '' && !key.endsWith('/')).sort(byUtf8);
      }),
  };
}

function defaultClient(): S3Client {
  return new S3Client({
    maxAttempts: 4,
    requestHandler: { connectionTimeout: 5_000, requestTimeout: 60_000, throwOnRequestTimeout: true },
  });
}

/** What stands between, such as a sign-in page, answers 200 as well; to the SDK that is success, and an empty list. */
function checkAnswer(sign: string | undefined): void {
  if (sign !== undefined) return;
  throw new Error(
    'the answer is none of S3: look for a proxy or a sign-in page between, and check AWS_ENDPOINT_URL_S3',
  );
}

async function writerOf(client: S3Client, place: { Bucket: string; Key: string }): Promise<string | undefined> {
  const { Metadata } = await client.send(new HeadObjectCommand(place));
  return Metadata?.[WRITER];
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : '';
}

function statusOf(error: unknown): number | undefined {
  return error instanceof S3ServiceException ? error.$metadata.httpStatusCode : undefined;
}

interface Failed {
  readonly verb: string;
  readonly bucket: string;
  readonly key: string;
  readonly error: unknown;
}

function failure({ verb, bucket, key, error }: Failed): StoreError {
  const message = error instanceof Error ? error.message : String(error);
  const code = nameOf(error) === 'Error' ? '' : nameOf(error);
  const why = [code, message]
    .filter((part) => part !== '' && part !== 'UnknownError')
    .join(': ')
    .replace(/\.$/, '');
  const remedy = remedyOf(error, bucket);
  return new StoreError(`cannot ${verb} s3://${bucket}/${key}: ${why}${remedy === null ? '' : `. ${remedy}`}`, {
    cause: error,
  });
}

function remedyOf(error: unknown, bucket: string): string | null {
  const name = nameOf(error);
  const text = error instanceof Error ? error.message : '';
  if (/^ExpiredToken/.test(name)) return 'The AWS credentials have expired: log in again, or run with a role';
  // 507 is no answer of S3 itself, but of stores that speak its protocol.
  if (statusOf(error) === 507) return 'The store is full: free some space or choose another';
  if (name === 'RequestTimeTooSkewed') return 'Set the clock of this machine right';
  if (name === 'AccessDenied' || statusOf(error) === 403) {
    return (
      `Grant s3:GetObject and s3:PutObject on arn:aws:s3:::${bucket}/* and s3:ListBucket on arn:aws:s3:::${bucket}` +
      ' (without ListBucket, S3 answers so for a missing key too), and check the clock and the keys'
    );
  }
  if (name === 'NoSuchBucket') return 'Create the bucket or correct its name';
  if (name === 'PermanentRedirect' || statusOf(error) === 301) return 'The bucket is in another region: set AWS_REGION';
  if (/region is missing/i.test(text)) return 'Set AWS_REGION';
  if (name === 'CredentialsProviderError') return 'Give AWS credentials: AWS_PROFILE, or a role';
  if (name === 'SlowDown' || statusOf(error) === 503) return 'S3 asks for patience: run again later';
  if (name === 'ConditionalRequestConflict') return 'Another writer is at it: run again';
  if (
    /ENOTFOUND|ECONNREFUSED|EAI_AGAIN|ETIMEDOUT|ECONNRESET/.test(`${text} ${codeOf(error)}`) ||
    /Timeout/.test(name)
  ) {
    return 'S3 cannot be reached: check the network, or the S3 endpoint of the VPC';
  }
  return null;
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}
