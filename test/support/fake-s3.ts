/**
 * An S3 for tests, in this process on a free port: as strict as the real one in what this project leans on
 * (signatures, checksums, conditional writes, paging, rights), and able to fail on demand.
 */
import { createHash, randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { crc32 } from 'node:zlib';
import { bodyOf, type Credentials, checkSignature, escapeXml, testCredentials } from './aws-signature.ts';

export type Right = 's3:GetObject' | 's3:PutObject' | 's3:ListBucket';

export interface S3Fault {
  readonly method?: string;
  readonly key?: RegExp;
  /** How many requests it hits; default 1. */
  readonly times?: number;
  /**
   * lost-response: done, then the connection is cut. cut-request: cut before anything is done.
   * slow: answered after `ms`. damaged: the body of a GET differs from its checksum.
   */
  readonly kind: 'slow-down' | 'internal-error' | 'conflict' | 'lost-response' | 'cut-request' | 'slow' | 'damaged';
  readonly ms?: number;
}

export interface FakeS3 {
  readonly endpoint: string;
  readonly bucket: string;
  /** `PUT key`, in the order of arrival, without those refused for their signature. */
  readonly requests: string[];
  keys(): string[];
  body(key: string): Buffer | undefined;
  contentType(key: string): string | undefined;
  /** Every body a key ever had, oldest first. */
  versions(key: string): readonly Buffer[];
  put(key: string, body: string | Uint8Array): void;
  fault(fault: S3Fault): void;
  grant(...rights: readonly Right[]): void;
  close(): Promise<void>;
}

interface Stored {
  readonly body: Buffer;
  readonly type: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly etag: string;
}

class Refusal extends Error {
  readonly status: number;
  readonly code: string;
  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

const checksum = (body: Buffer): string => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(crc32(body));
  return bytes.toString('base64');
};
const etagOf = (body: Buffer): string => `"${createHash('md5').update(body).digest('hex')}"`;

export async function startFakeS3({
  bucket = 'hunt-bucket',
  credentials = testCredentials,
  watch = async () => true,
}: {
  readonly bucket?: string;
  readonly credentials?: Credentials;
  /** Called with `PUT key` before anything is done; false: nothing is, and the connection is cut. */
  readonly watch?: (line: string) => Promise<boolean>;
} = {}): Promise<FakeS3> {
  const objects = new Map<string, Stored[]>();
  const faults: { fault: S3Fault; left: number }[] = [];
  const requests: string[] = [];
  let rights: readonly Right[] = ['s3:GetObject', 's3:PutObject', 's3:ListBucket'];
  const latest = (key: string): Stored | undefined => objects.get(key)?.at(-1);

  const demand = (right: Right): void => {
    if (!rights.includes(right)) throw new Refusal(403, 'AccessDenied', `not authorized to perform: ${right}`);
  };
  const save = (key: string, stored: Omit<Stored, 'etag'>): Stored => {
    const whole = { ...stored, etag: etagOf(stored.body) };
    objects.set(key, [...(objects.get(key) ?? []), whole]);
    return whole;
  };

  function putObject(request: IncomingMessage, key: string, raw: Buffer, response: ServerResponse): void {
    demand('s3:PutObject');
    const body = checkedBody(request, raw);
    const header = (name: string) => request.headers[name] as string | undefined;
    const there = latest(key);
    const ifNoneMatch = header('if-none-match');
    if (ifNoneMatch !== undefined && ifNoneMatch !== '*') {
      throw new Refusal(501, 'NotImplemented', 'If-None-Match of a PUT takes * only');
    }
    const ifMatch = header('if-match');
    if (ifMatch !== undefined && there === undefined) throw new Refusal(404, 'NoSuchKey', 'There is no such key.');
    if ((ifNoneMatch === '*' && there !== undefined) || (ifMatch !== undefined && ifMatch !== there?.etag)) {
      throw new Refusal(412, 'PreconditionFailed', 'At least one of the pre-conditions you specified did not hold');
    }
    const metadata = Object.entries(request.headers).flatMap(([name, value]) =>
      name.startsWith('x-amz-meta-') ? [[name, String(value)] as const] : [],
    );
    const type = header('content-type') ?? 'binary/octet-stream';
    const { etag } = save(key, { body, type, metadata: Object.fromEntries(metadata) });
    response.writeHead(200, { etag, 'x-amz-checksum-crc32': checksum(body) }).end();
  }

  function getObject(head: boolean, key: string, response: ServerResponse, damaged: boolean): void {
    demand('s3:GetObject');
    const stored = latest(key);
    if (stored === undefined) {
      demand('s3:ListBucket');
      throw new Refusal(404, 'NoSuchKey', 'The specified key does not exist.');
    }
    response.writeHead(200, {
      'content-type': stored.type,
      'content-length': stored.body.length,
      'x-amz-checksum-crc32': checksum(stored.body),
      'x-amz-checksum-type': 'FULL_OBJECT',
      etag: stored.etag,
      ...stored.metadata,
    });
    if (head) response.end();
    else response.end(damaged ? Buffer.from(stored.body.map((byte) => byte ^ 1)) : stored.body);
  }

  function list(query: URLSearchParams, response: ServerResponse): void {
    demand('s3:ListBucket');
    if (query.get('list-type') !== '2') throw new Refusal(501, 'NotImplemented', 'only ListObjectsV2 is known here');
    const prefix = query.get('prefix') ?? '';
    const most = Math.min(Number(query.get('max-keys') ?? 1000), 1000);
    const token = query.get('continuation-token');
    const after = token === null ? (query.get('start-after') ?? '') : Buffer.from(token, 'base64url').toString();
    if (token !== null && !objects.has(after)) {
      throw new Refusal(400, 'InvalidArgument', 'The continuation token provided is incorrect');
    }
    const all = [...objects.keys()]
      .filter((key) => key.startsWith(prefix) && Buffer.compare(Buffer.from(key), Buffer.from(after)) > 0)
      .sort((left, right) => Buffer.compare(Buffer.from(left), Buffer.from(right)));
    const page = all.slice(0, most);
    const more = all.length > page.length;
    const next = Buffer.from(page.at(-1) ?? '').toString('base64url');
    const contents = page.map((key) => {
      const stored = latest(key);
      return `<Contents><Key>${escapeXml(key)}</Key><Size>${stored?.body.length}</Size><ETag>${escapeXml(stored?.etag ?? '')}</ETag></Contents>`;
    });
    response
      .writeHead(200, { 'content-type': 'application/xml' })
      .end(
        `<?xml version="1.0" encoding="UTF-8"?><ListBucketResult><Name>${bucket}</Name><Prefix>${escapeXml(prefix)}</Prefix>` +
          `<KeyCount>${page.length}</KeyCount><MaxKeys>${most}</MaxKeys><IsTruncated>${more}</IsTruncated>` +
          `${more ? `<NextContinuationToken>${next}</NextContinuationToken>` : ''}${contents.join('')}</ListBucketResult>`,
      );
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const raw = await bodyOf(request);
    const refused = await checkSignature(request, raw, { service: 's3', credentials });
    if (refused !== null) throw new Refusal(refused.status, refused.code, refused.message);
    const url = new URL(request.url ?? '/', 'http://unused');
    const [, named, ...rest] = url.pathname.split('/');
    const key = decodeURIComponent(rest.join('/'));
    const method = request.method ?? '';
    requests.push(`${method} ${key}`);
    if (!(await watch(`${method} ${key}`))) return void request.socket.destroy();

    const hit = faults.find(
      ({ fault, left }) =>
        left > 0 && (fault.method ?? method) === method && (fault.key === undefined || fault.key.test(key)),
    );
    if (hit !== undefined) hit.left -= 1;
    const kind = hit?.fault.kind;
    if (kind === 'cut-request') return void request.socket.destroy();
    if (kind === 'slow') await sleep(hit?.fault.ms ?? 0);
    if (kind === 'slow-down') throw new Refusal(503, 'SlowDown', 'Please reduce your request rate.');
    if (kind === 'internal-error') throw new Refusal(500, 'InternalError', 'We encountered an internal error.');
    if (kind === 'conflict') {
      throw new Refusal(409, 'ConditionalRequestConflict', 'A conflicting operation occurred. Retry the upload.');
    }
    if (kind === 'lost-response') {
      // The work is done on a response that nobody will read.
      response.write = () => true;
      response.end = () => response;
    }
    if (named !== bucket) throw new Refusal(404, 'NoSuchBucket', 'The specified bucket does not exist');
    if (key === '' && method === 'GET') list(url.searchParams, response);
    else if (method === 'PUT') putObject(request, key, raw, response);
    else if (method === 'GET' || method === 'HEAD') getObject(method === 'HEAD', key, response, kind === 'damaged');
    else throw new Refusal(403, 'AccessDenied', `no right to ${method}`);
    if (kind === 'lost-response') request.socket.destroy();
  }

  const server = createServer((request, response) => {
    handle(request, response).catch((error: unknown) => {
      const { status, code, message } =
        error instanceof Refusal ? error : new Refusal(500, 'FakeFailure', String(error));
      const xml = `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>${escapeXml(message)}</Message><RequestId>${randomUUID()}</RequestId></Error>`;
      response.writeHead(status, { 'content-type': 'application/xml' }).end(request.method === 'HEAD' ? '' : xml);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));

  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    bucket,
    requests,
    keys: () => [...objects.keys()].sort(),
    body: (key) => latest(key)?.body,
    contentType: (key) => latest(key)?.type,
    versions: (key) => (objects.get(key) ?? []).map(({ body }) => body),
    put: (key, body) => void save(key, { body: Buffer.from(body), type: 'text/plain', metadata: {} }),
    fault: (fault) => void faults.push({ fault, left: fault.times ?? 1 }),
    grant: (...given) => {
      rights = given;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Undoes aws-chunked framing and checks every length, digest and checksum that the request states. */
function checkedBody(request: IncomingMessage, raw: Buffer): Buffer {
  const header = (name: string) => request.headers[name] as string | undefined;
  let body = raw;
  let stated = header('x-amz-checksum-crc32');
  if (header('x-amz-content-sha256') === 'STREAMING-UNSIGNED-PAYLOAD-TRAILER') {
    const { content, trailers } = unchunk(raw);
    if (content.length !== Number(header('x-amz-decoded-content-length'))) {
      throw new Refusal(400, 'IncompleteBody', 'The decoded length is not the one stated.');
    }
    const announced = header('x-amz-trailer');
    if (announced !== undefined && trailers.get(announced) === undefined) {
      throw new Refusal(400, 'MalformedTrailerError', 'The trailer announced did not come.');
    }
    body = content;
    stated = trailers.get('x-amz-checksum-crc32');
  }
  const algorithm = header('x-amz-sdk-checksum-algorithm');
  if (algorithm !== undefined && algorithm !== 'CRC32') {
    throw new Refusal(501, 'NotImplemented', `the checksum ${algorithm} is not known here`);
  }
  if (algorithm !== undefined && stated === undefined) {
    throw new Refusal(400, 'InvalidRequest', 'A checksum was announced but none was sent.');
  }
  if (stated !== undefined && stated !== checksum(body)) {
    throw new Refusal(400, 'BadDigest', 'The CRC32 you specified did not match the calculated checksum.');
  }
  const md5 = header('content-md5');
  if (md5 !== undefined && md5 !== createHash('md5').update(body).digest('base64')) {
    throw new Refusal(400, 'BadDigest', 'The Content-MD5 you specified did not match what we received.');
  }
  return body;
}

function unchunk(raw: Buffer): { content: Buffer; trailers: ReadonlyMap<string, string> } {
  const parts: Buffer[] = [];
  let at = 0;
  for (;;) {
    const end = raw.indexOf('\r\n', at);
    const size = end < 0 ? Number.NaN : Number.parseInt(raw.toString('latin1', at, end), 16);
    if (!Number.isInteger(size)) throw new Refusal(400, 'IncompleteBody', 'The chunk framing is broken.');
    at = end + 2;
    if (size === 0) break;
    parts.push(raw.subarray(at, at + size));
    at += size + 2;
  }
  const lines = raw.toString('latin1', at).split('\r\n');
  const trailers = lines.flatMap((line) => {
    const colon = line.indexOf(':');
    return colon < 0 ? [] : [[line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const];
  });
  return { content: Buffer.concat(parts), trailers: new Map(trailers) };
}
