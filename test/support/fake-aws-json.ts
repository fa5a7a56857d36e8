/** A service of AWS that speaks its JSON protocol, on a free port: strict about signature, target and content type. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { bodyOf, type Credentials, checkSignature, testCredentials } from './aws-signature.ts';

/** Refused as the service refuses: type of the exception and its words. */
export class AwsRefusal extends Error {
  readonly type: string;
  readonly status: number;
  constructor(type: string, message = 'refused', status = 400) {
    super(message);
    this.type = type;
    this.status = status;
  }
}

export type AwsFault = 'hang' | 'cut' | 'garbage' | AwsRefusal;

export interface FakeAwsJson {
  readonly endpoint: string;
  /** Bodies of the requests with a good signature. */
  readonly requests: readonly unknown[];
  readonly stop: () => Promise<void>;
}

export interface FakeAwsJsonOptions {
  /** As it is signed for. */
  readonly service: string;
  /** Value of x-amz-target. */
  readonly target: string;
  readonly version: '1.0' | '1.1';
  /** Throws AwsRefusal. */
  readonly answer: (input: Readonly<Record<string, unknown>>) => unknown;
  readonly fault?: (before: number) => AwsFault | undefined;
  readonly credentials?: Credentials;
}

export async function startFakeAwsJson(options: FakeAwsJsonOptions): Promise<FakeAwsJson> {
  const { service, target, version, answer, fault, credentials = testCredentials } = options;
  const requests: unknown[] = [];
  const contentType = `application/x-amz-json-${version}`;

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const send = (status: number, body: unknown) =>
      response.writeHead(status, { 'content-type': contentType }).end(JSON.stringify(body));
    try {
      const body = await bodyOf(request);
      const refused = await checkSignature(request, body, { service, credentials });
      if (refused !== null) throw new AwsRefusal(refused.code, refused.message, refused.status);
      const { method, url, headers } = request;
      if (method !== 'POST' || url !== '/' || headers['content-type'] !== contentType) {
        throw new AwsRefusal('UnknownOperationException', `${method} ${url} ${headers['content-type']}`, 404);
      }
      if (headers['x-amz-target'] !== target) {
        throw new AwsRefusal('UnknownOperationException', String(headers['x-amz-target']), 404);
      }
      const hit = fault?.(requests.length);
      requests.push(JSON.parse(body.toString()));
      if (hit instanceof AwsRefusal) throw hit;
      if (hit === 'hang') return;
      if (hit === 'garbage') {
        response.writeHead(200, { 'content-type': contentType }).end('{"MetricDataRes');
        return;
      }
      if (hit === 'cut') {
        response.writeHead(200, { 'content-type': contentType, 'content-length': '1000' }).write('{');
        setTimeout(() => response.destroy(), 10);
        return;
      }
      send(200, answer(JSON.parse(body.toString())));
    } catch (error) {
      const { type, message, status } =
        error instanceof AwsRefusal ? error : new AwsRefusal('InternalFailure', String(error), 500);
      send(status, { __type: type, message });
    }
  }

  const server = createServer((request, response) => void handle(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
