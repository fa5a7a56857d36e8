/** From what went wrong on the wire to what its reader can do about it. */
import { linkLocalCode, linkLocalWhy } from './address.ts';
import { PrometheusError, type PrometheusFault } from './error.ts';
import { parseErrorText } from './response.ts';

/** What a message needs to know about a request; nothing in it is secret. */
export interface Attempt {
  /** Address without credentials. */
  readonly shown: string;
  /** What was asked, as a noun phrase. */
  readonly what: string;
  readonly timeoutMs: number;
  readonly maxBytes: number;
  /** Foreign text made fit for a message. */
  readonly quote: (text: string, length?: number) => string;
}

const noCertificate = 'it wants to see a certificate of ours: set prometheus.certFile and prometheus.keyFile';
const badCertificate = 'it does not accept our certificate: check prometheus.certFile against the authority it trusts';

const certificate: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: 'its TLS certificate has expired: renew the certificate',
  CERT_NOT_YET_VALID: 'its TLS certificate is not valid yet: check both clocks',
  DEPTH_ZERO_SELF_SIGNED_CERT:
    'its TLS certificate is self-signed: set prometheus.caFile or NODE_EXTRA_CA_CERTS to a file with that certificate',
  SELF_SIGNED_CERT_IN_CHAIN:
    'its TLS certificate comes from a private authority: set prometheus.caFile or NODE_EXTRA_CA_CERTS to a file with that authority',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    'its TLS certificate cannot be verified: set prometheus.caFile or NODE_EXTRA_CA_CERTS to a file with its authority, or serve the whole chain',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    'its TLS certificate cannot be verified: set prometheus.caFile or NODE_EXTRA_CA_CERTS to a file with its authority, or serve the whole chain',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its TLS certificate is for another host name: use the name in the certificate',
  ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED: noCertificate,
  ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE: noCertificate,
  ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE: badCertificate,
  ERR_SSL_TLSV1_ALERT_UNKNOWN_CA: badCertificate,
  ERR_SSL_TLSV1_ALERT_DECRYPT_ERROR: badCertificate,
  EPROTO: 'it does not speak TLS here: use http:// or the right port',
};

const network: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'the connection was refused: is Prometheus running there, and is the port right?',
  ENOTFOUND: 'the host name is unknown: check the name, and that this machine can resolve it',
  EAI_AGAIN: 'the host name could not be resolved just now: check the name server of this machine',
  ETIMEDOUT: 'the connection was not answered: check network, VPC and security groups',
  EHOSTUNREACH: 'there is no route to the host: check network, VPC and security groups',
  ENETUNREACH: 'there is no route to the network: check network, VPC and security groups',
  ECONNRESET: 'the connection was cut in the middle: look for a proxy or a crash on the way',
  EPIPE: 'the connection was cut in the middle: look for a proxy or a crash on the way',
};

const passing = new Set([
  'ETIMEDOUT',
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
]);

/** axios has no code of its own for a body that ends early. */
function wasCut(text: string): boolean {
  return /aborted/.test(text) && !/maxContentLength/.test(text);
}

/** Whether the same question may succeed a moment later. */
export function mayPass(code: string, text: string): boolean {
  return passing.has(code) || wasCut(text);
}

/** `code` is that of Node or axios; `text` its message. */
export function transportError(attempt: Attempt, code: string, text: string): PrometheusError {
  const fail = (fault: PrometheusFault, why: string) =>
    new PrometheusError(fault, `Prometheus at ${attempt.shown} could not give ${attempt.what}: ${why}`, {
      // Not the axios error itself: it carries the request with its password and token.
      cause: new Error(attempt.quote(`${code} ${text}`)),
    });
  const tls = certificate[code];
  if (tls !== undefined) return fail('tls', tls);
  if (code === linkLocalCode) return fail('address', linkLocalWhy);
  if (/maxContentLength/.test(text)) {
    const limit = `${Math.round(attempt.maxBytes / 1024 / 1024)} MiB`;
    return fail(
      'too-large',
      `the answer is larger than ${limit}: check that the address is a Prometheus, or narrow the scope`,
    );
  }
  const known = network[code];
  if (known !== undefined) return fail('unreachable', known);
  if (wasCut(text)) return fail('unreachable', network.ECONNRESET as string);
  return fail('unreachable', `the connection failed (${attempt.quote(`${code} ${text}`, 100)})`);
}

export function timeoutError(attempt: Attempt, ofTheRun: boolean): PrometheusError {
  const why = ofTheRun
    ? 'the time for all questions together was used up: try a shorter window, or a Prometheus that is less busy'
    : `no complete answer within ${attempt.timeoutMs / 1000} s: try a shorter window, or raise the timeout`;
  const fault = ofTheRun ? 'deadline' : 'timeout';
  return new PrometheusError(fault, `Prometheus at ${attempt.shown} could not give ${attempt.what}: ${why}`);
}

/** For a question that was not sent any more. */
export function spentError(attempt: Attempt, what: 'requests' | 'bytes'): PrometheusError {
  const why =
    what === 'requests'
      ? 'the requests that one run may make were used up by questions that had to be repeated or taken apart: raise the limits of the backend, or shorten the window'
      : 'all answers together were larger than one run may load: narrow the scope, or shorten the window';
  return new PrometheusError('spent', `Prometheus at ${attempt.shown} could not give ${attempt.what}: ${why}`);
}

/** Of a part that was not asked for itself because there were no requests left. */
export function unsplit({ fault, message, status }: PrometheusError): PrometheusError {
  const more = 'there were no requests left in this run to ask for less at a time';
  return new PrometheusError(fault, `${message.replace(/\.$/, '')}; ${more}`, { status });
}

/** Whether fewer questions at once may be answered where these were not. */
export function mayPassInParts({ fault, status }: PrometheusError): boolean {
  if (fault === 'refused' || fault === 'timeout' || fault === 'too-large') return true;
  return status === 500 || status === 503 || status === 504;
}

/** Whether the question is right and only too much for this backend: then one server at a time may pass. */
export function isTooMuch(error: PrometheusError): boolean {
  if (error.fault !== 'refused') return mayPassInParts(error);
  return error.status === 413 || /too (many|much|long|large)|exceed|limit|timed? ?out|memory/i.test(error.message);
}

/** For any answer that is not 200. */
export function statusError(
  attempt: Attempt,
  status: number,
  body: string,
  location: string | undefined,
): PrometheusError {
  const own = parseErrorText(body);
  const said = own ?? wordsOfGateway(body);
  const words = said === null ? '' : ` It says: ${attempt.quote(said)}`;
  const fail = (fault: PrometheusFault, why: string) =>
    new PrometheusError(
      fault,
      `Prometheus at ${attempt.shown} refused ${attempt.what}: HTTP ${status}, ${why}${words}`,
      {
        status,
      },
    );
  if (status === 401) return fail('login', 'it wants a login: give a user and password, or a bearer token.');
  if (status === 403) return fail('login', 'this login has no right to query: give it the right, or use another.');
  if (status === 404 && own === null) {
    return fail('path', `there is no such path: is there an /api/v1 below ${attempt.shown}?`);
  }
  if (status >= 300 && status < 400) {
    // Only the host: a location can carry a session in its query.
    const host = URL.canParse(location ?? '') ? ` to ${new URL(location as string).host}` : '';
    return fail('redirect', `it redirects${host} and redirects are not followed: give the final address.`);
  }
  if (status === 429) return fail('server', 'it is throttling and did not recover: run at another hour.');
  if (status >= 500) return fail('server', 'it failed on its side: look into its log.');
  return fail('refused', 'it does not accept the question.');
}

/** AWS answers so, before the request has reached its Prometheus. */
function wordsOfGateway(body: string): string | null {
  return /^\s*\{\s*"message"\s*:\s*"((?:[^"\\]|\\.)*)"/i.exec(body)?.[1] ?? null;
}

/** For a 200 whose body is not what the API would send. */
export function bodyError(attempt: Attempt, body: string, cause: unknown): PrometheusError {
  const start = body.trimStart().slice(0, 15).toLowerCase();
  const why = start.startsWith('<')
    ? 'this looks like a web page, a login or Grafana: give the address below which Prometheus has its /api/v1'
    : `the answer is no JSON of a Prometheus (it begins with "${attempt.quote(body, 40)}"): check the address`;
  return new PrometheusError('not-json', `Prometheus at ${attempt.shown} could not give ${attempt.what}: ${why}`, {
    cause: new Error(attempt.quote(cause instanceof Error ? cause.message : String(cause))),
  });
}
