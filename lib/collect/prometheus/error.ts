/** The one error this source throws: what was asked of whom, what came back, and what to do about it. */
export type PrometheusFault =
  | 'address'
  | 'unreachable'
  | 'timeout'
  | 'deadline'
  /** More requests or bytes than one run may cost. */
  | 'spent'
  | 'tls'
  | 'login'
  | 'path'
  | 'redirect'
  | 'refused'
  | 'server'
  | 'not-json'
  | 'too-large'
  | 'empty';

export class PrometheusError extends Error {
  override readonly name = 'PrometheusError';
  readonly fault: PrometheusFault;
  /** HTTP status, where there was an answer. */
  readonly status: number | null;

  constructor(
    fault: PrometheusFault,
    message: string,
    { status = null, cause }: { status?: number | null; cause?: unknown } = {},
  ) {
    super(message, cause === undefined ? undefined : { cause });
    this.fault = fault;
    this.status = status;
  }
}

/** The address as it may be shown: without user, password, query and fragment, all of which can hold secrets. */
export function shownUrl(url: URL): string {
  return `${url.protocol}//${url.host}${url.pathname.replace(/\/+$/, '')}`;
}

/** Foreign text for a message: one line, cut, and without any of the secrets a proxy may have echoed. */
export function quoted(text: string, secrets: readonly string[], length = 200): string {
  const clean = secrets
    .filter((secret) => secret.length > 0)
    .reduce((rest, secret) => rest.replaceAll(secret, '[removed]'), text);
  // Cut last: a secret that straddles the cut would otherwise survive in half.
  return clean.replace(/\s+/g, ' ').trim().slice(0, length);
}
