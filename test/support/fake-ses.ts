/**
 * The v1 Query API of SES for tests, in this process on a free port: SendRawEmail only, strict about signature, sender,
 * recipients, size and line ends, keeps every accepted message as it came, and fails on demand.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type ParsedMail, simpleParser } from 'mailparser';
import { bodyOf, type Credentials, checkSignature, escapeXml, testCredentials } from './aws-signature.ts';

export interface SesFault {
  /**
   * throttling, rejected, denied, internal: refused, nothing is sent. lost-response: accepted, then the connection is
   * cut. silence: accepted, then no answer ever.
   */
  readonly kind: 'throttling' | 'rejected' | 'denied' | 'internal' | 'lost-response' | 'silence';
  readonly times?: number;
  /** Only for this recipient. */
  readonly to?: string;
}

export interface Accepted {
  readonly messageId: string;
  readonly source: string;
  readonly destinations: readonly string[];
  readonly configurationSet: string | null;
  readonly raw: string;
  parse(): Promise<ParsedMail>;
}

export interface FakeSes {
  readonly endpoint: string;
  readonly accepted: Accepted[];
  /** Requests with a good signature, refused ones included. */
  readonly requests: number;
  fault(fault: SesFault): void;
  close(): Promise<void>;
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

const MAX_BYTES = 10 * 1024 * 1024;
const MAX_LINE = 998;
const REFUSALS = {
  throttling: [400, 'Throttling', 'Maximum sending rate exceeded.'],
  rejected: [400, 'MessageRejected', 'Email address is not verified.'],
  denied: [403, 'AccessDenied', 'not authorized to perform `ses:SendRawEmail`'],
  internal: [500, 'InternalFailure', 'The request processing has failed.'],
} as const;

export async function startFakeSes({
  credentials = testCredentials,
  verified = ['example.com'],
  configurationSets = ['hunt-mail'],
  watch = async () => true,
}: {
  readonly credentials?: Credentials;
  /** Domains that may send. */
  readonly verified?: readonly string[];
  readonly configurationSets?: readonly string[];
  /** Called with `SEND recipient` before the message is taken; false: it is not, and the connection is cut. */
  readonly watch?: (line: string) => Promise<boolean>;
} = {}): Promise<FakeSes> {
  const accepted: Accepted[] = [];
  const faults: { fault: SesFault; left: number }[] = [];
  let requests = 0;

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await bodyOf(request);
    const refused = await checkSignature(request, body, { service: 'ses', credentials });
    if (refused !== null) throw new Refusal(refused.status, refused.code, refused.message);
    requests += 1;
    const form = new URLSearchParams(body.toString('utf8'));
    const message = checked(form, verified, configurationSets);
    if (!(await watch(`SEND ${message.destinations.join(' ')}`))) return void request.socket.destroy();
    const hit = faults.find(
      ({ fault, left }) => left > 0 && (fault.to === undefined || message.destinations.includes(fault.to)),
    );
    if (hit !== undefined) hit.left -= 1;
    const kind = hit?.fault.kind;
    if (kind !== undefined && kind in REFUSALS) {
      const [status, code, text] = REFUSALS[kind as keyof typeof REFUSALS];
      throw new Refusal(status, code, text);
    }
    const messageId = `0107-fake-${String(accepted.length + 1).padStart(4, '0')}`;
    accepted.push({ ...message, messageId, parse: () => simpleParser(message.raw) });
    if (kind === 'silence') return;
    if (kind === 'lost-response') return void request.socket.destroy();
    response
      .writeHead(200, { 'content-type': 'text/xml' })
      .end(
        `<SendRawEmailResponse xmlns="http://ses.amazonaws.com/doc/2010-12-01/"><SendRawEmailResult><MessageId>${messageId}</MessageId></SendRawEmailResult><ResponseMetadata><RequestId>fake</RequestId></ResponseMetadata></SendRawEmailResponse>`,
      );
  }

  const server = createServer((request, response) => {
    handle(request, response).catch((error: unknown) => {
      const { status, code, message } =
        error instanceof Refusal ? error : new Refusal(500, 'FakeFailure', String(error));
      response
        .writeHead(status, { 'content-type': 'text/xml' })
        .end(
          `<ErrorResponse xmlns="http://ses.amazonaws.com/doc/2010-12-01/"><Error><Type>Sender</Type><Code>${code}</Code><Message>${escapeXml(message)}</Message></Error><RequestId>fake</RequestId></ErrorResponse>`,
        );
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    accepted,
    get requests() {
      return requests;
    },
    fault: (fault) => void faults.push({ fault, left: fault.times ?? 1 }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function checked(
  form: URLSearchParams,
  verified: readonly string[],
  configurationSets: readonly string[],
): Omit<Accepted, 'messageId' | 'parse'> {
  const invalid = (why: string) => new Refusal(400, 'InvalidParameterValue', why);
  if (form.get('Action') !== 'SendRawEmail' || form.get('Version') !== '2010-12-01') {
    throw new Refusal(400, 'InvalidAction', 'The action is not known here.');
  }
  const bytes = Buffer.from(form.get('RawMessage.Data') ?? '', 'base64');
  if (bytes.length === 0) throw invalid('Missing raw message.');
  if (bytes.length > MAX_BYTES) throw invalid('Message length is more than 10485760 bytes long.');
  const raw = bytes.toString('latin1');
  const lines = raw.split('\r\n');
  if (lines.some((line) => /[\r\n]/.test(line))) throw invalid('A line does not end with CRLF.');
  if (lines.some((line) => line.length > MAX_LINE)) throw invalid('A line is longer than 998 characters.');
  const head = raw.slice(0, raw.indexOf('\r\n\r\n')).replace(/\r\n[ \t]+/g, ' ');
  const header = (name: string) => head.split('\r\n').filter((line) => line.toLowerCase().startsWith(`${name}:`));
  for (const name of ['from', 'to', 'subject', 'date', 'message-id', 'mime-version', 'content-type']) {
    if (header(name).length > 1) throw invalid(`Duplicate header '${name}'.`);
  }
  const source = form.get('Source') ?? header('from')[0]?.slice(5).trim() ?? '';
  const domain = /@([^\s>]+)>?$/.exec(source)?.[1] ?? '';
  if (!verified.includes(domain)) {
    throw new Refusal(400, 'MessageRejected', `Email address is not verified: ${source}`);
  }
  const destinations = [...form.entries()].flatMap(([key, value]) =>
    /^Destinations\.member\./.test(key) ? value : [],
  );
  if (destinations.length === 0 || destinations.length > 50) throw invalid('Recipient count is not within 1 to 50.');
  const configurationSet = form.get('ConfigurationSetName');
  if (configurationSet !== null && !configurationSets.includes(configurationSet)) {
    throw new Refusal(400, 'ConfigurationSetDoesNotExist', `Configuration set <${configurationSet}> does not exist.`);
  }
  return { source, destinations, configurationSet, raw };
}
