/** Recomputes a request's Signature Version 4 with AWS's own signer, as the services do, and refuses what differs. */
import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { Sha256 } from '@aws-crypto/sha256-js';
import { SignatureV4 } from '@smithy/signature-v4';

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

export const testCredentials: Credentials = { accessKeyId: 'AKIDTEST', secretAccessKey: 'only-for-tests' };

const MAX_SKEW_MS = 15 * 60 * 1000;
const STREAMING = 'STREAMING-UNSIGNED-PAYLOAD-TRAILER';

export interface SignatureFault {
  readonly status: number;
  readonly code: string;
  readonly message: string;
}

export async function checkSignature(
  request: IncomingMessage,
  body: Buffer,
  { service, credentials = testCredentials }: { readonly service: string; readonly credentials?: Credentials },
): Promise<SignatureFault | null> {
  const given = request.headers.authorization ?? '';
  const [, keyId, day, region, named, signed] =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/([^/]+)\/aws4_request, SignedHeaders=([^,]+), Signature=[0-9a-f]{64}$/.exec(
      given,
    ) ?? [];
  if (keyId === undefined || region === undefined || signed === undefined) {
    return { status: 403, code: 'AccessDenied', message: 'Anonymous or malformed authorization.' };
  }
  if (keyId !== credentials.accessKeyId) {
    return { status: 403, code: 'InvalidAccessKeyId', message: 'The key id does not exist in our records.' };
  }
  if (named !== service) {
    return { status: 403, code: 'SignatureDoesNotMatch', message: `Signed for ${named}, not ${service}.` };
  }
  const names = signed.split(';');
  const unsigned = ['host', ...Object.keys(request.headers).filter((name) => name.startsWith('x-amz-'))].filter(
    (name) => !names.includes(name),
  );
  if (unsigned.length > 0) {
    return { status: 403, code: 'AccessDenied', message: `Headers present but not signed: ${unsigned.join(', ')}` };
  }
  const stamp = String(request.headers['x-amz-date'] ?? '');
  const [, ...parts] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(stamp) ?? [];
  const signingDate = new Date(`${parts.slice(0, 3).join('-')}T${parts.slice(3).join(':')}Z`);
  if (!stamp.startsWith(day ?? '-') || !(Math.abs(Date.now() - signingDate.getTime()) < MAX_SKEW_MS)) {
    return { status: 403, code: 'RequestTimeTooSkewed', message: 'The difference between the clocks is too large.' };
  }
  const stated = request.headers['x-amz-content-sha256'];
  if (stated !== undefined && stated !== 'UNSIGNED-PAYLOAD' && stated !== STREAMING) {
    if (stated !== createHash('sha256').update(body).digest('hex')) {
      return { status: 400, code: 'XAmzContentSHA256Mismatch', message: 'The body is not the one that was signed.' };
    }
  }

  const url = new URL(request.url ?? '/', 'http://unused');
  const query: Record<string, string | string[]> = {};
  for (const name of new Set(url.searchParams.keys())) {
    const all = url.searchParams.getAll(name);
    query[name] = all.length === 1 ? (all[0] ?? '') : all;
  }
  const signer = new SignatureV4({
    credentials,
    region,
    service,
    sha256: Sha256,
    uriEscapePath: service !== 's3',
    applyChecksum: false,
  });
  const again = await signer.sign(
    {
      method: request.method ?? 'GET',
      protocol: 'http:',
      hostname: 'unused',
      path: url.pathname,
      query,
      headers: Object.fromEntries(names.map((name) => [name, String(request.headers[name] ?? '')])),
      body,
    },
    { signingDate },
  );
  if (again.headers.authorization !== given) {
    return { status: 403, code: 'SignatureDoesNotMatch', message: 'The signature we calculated does not match.' };
  }
  return null;
}

export async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

export function escapeXml(text: string): string {
  return text.replace(/[<>&"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
