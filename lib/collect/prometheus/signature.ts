/** Signature Version 4, which Amazon Managed Service for Prometheus wants on every request. */
import { Sha256 } from '@aws-crypto/sha256-js';
import { defaultProvider } from '@aws-sdk/credential-provider-node';
import { SignatureV4 } from '@smithy/signature-v4';

interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

export interface AwsOptions {
  readonly region: string;
  /** Default: the role of the Lambda, else environment, shared files and whatever else the AWS SDK looks into. */
  readonly credentials?: () => Promise<Credentials>;
}

export type Signer = (
  method: string,
  target: URL,
  headers: Readonly<Record<string, string>>,
  body: string,
) => Promise<Readonly<Record<string, string>>>;

/** Gives back all headers to send. The body has to go out byte for byte as it was signed. */
export function createSigner({ region, credentials = defaultProvider() }: AwsOptions): Signer {
  const signer = new SignatureV4({ service: 'aps', region, credentials, sha256: Sha256 });
  return async (method, target, headers, body) => {
    const query: Record<string, string[]> = {};
    for (const [name, value] of target.searchParams) query[name] = [...(query[name] ?? []), value];
    const signed = await signer.sign({
      method,
      protocol: target.protocol,
      hostname: target.hostname,
      path: target.pathname,
      query,
      headers: { ...headers, host: target.host },
      body,
    });
    return signed.headers;
  };
}
