/** The only file that talks to Prometheus. */
import axios, { AxiosError, type AxiosResponse } from 'axios';
import { PrometheusError, quoted, shownUrl } from './error.ts';
import { type Attempt, bodyError, mayPass, statusError, timeoutError, transportError } from './failure.ts';
import { type Answer, parseAnswer, parseErrorText, parseNames } from './response.ts';

export interface PrometheusOptions {
  /** Where /api/v1 is below; may have a path prefix, a trailing slash and user:password@. */
  readonly url: string;
  /** Such as X-Scope-OrgID. Values are treated as secrets. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly basic?: { readonly username: string; readonly password: string };
  readonly bearer?: string;
  /** One question, its answer included. Default 60 s. */
  readonly timeoutMs?: number;
  /** All questions together, from the first on. Default 240 s: a Lambda of 5 minutes must still mail. */
  readonly deadlineMs?: number;
  /** Of one answer. Default 64 MiB. */
  readonly maxBytes?: number;
  /** Pause before the first retry; doubles. Default 500 ms. */
  readonly retryMs?: number;
}

/** What can be asked of a Prometheus. Every method throws PrometheusError. */
export interface PrometheusSource {
  /** Without credentials. */
  readonly url: string;
  /**
   * An instant query at a time in Unix seconds (reference: metric dialects 7.4, one time for a whole run). `what` stands
   * for a long query in errors.
   */
  readonly query: (promql: string, at: number, what?: string) => Promise<Answer>;
  /** Names of the series that match and had samples between two times in Unix seconds. */
  readonly names: (match: string, start: number, end: number) => Promise<readonly string[]>;
}

interface Request {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly form: string;
  readonly what: string;
}

const CONCURRENCY = 4;
const RETRIES = 2;
const LONGEST_PAUSE_MS = 30_000;
/** Thanos would answer without the stores that are down, and say so only in a warning; others ignore it. */
const whole = { partial_response: 'false' };

export function createPrometheus(options: PrometheusOptions): PrometheusSource {
  const { timeoutMs = 60_000, deadlineMs = 240_000, maxBytes = 64 * 1024 * 1024, retryMs = 500 } = options;
  const url = parseUrl(options.url);
  const shown = shownUrl(url);
  const basic = options.basic ?? userOf(url);
  const secrets = [
    basic?.password ?? '',
    options.bearer ?? '',
    basic === undefined ? '' : Buffer.from(`${basic.username}:${basic.password}`).toString('base64'),
    ...Object.values(options.headers ?? {}),
    ...url.searchParams.values(),
  ];
  const http = axios.create({
    headers: {
      ...options.headers,
      ...(options.bearer === undefined ? {} : { Authorization: `Bearer ${options.bearer}` }),
      Accept: 'application/json',
    },
    ...(basic === undefined || options.bearer !== undefined ? {} : { auth: basic }),
    // A redirect would carry the credentials to another host; a proxy would see them.
    maxRedirects: 0,
    proxy: false,
    maxContentLength: maxBytes,
    responseType: 'text',
    // Parsing is ours: axios would hand on broken JSON as if it were an answer.
    transformResponse: (body: unknown) => body,
    validateStatus: () => true,
  });
  const turn = turnstile(CONCURRENCY);
  let deadline: AbortSignal | undefined;

  async function once(request: Request, signal: AbortSignal): Promise<AxiosResponse<string>> {
    const target = new URL(url);
    target.username = '';
    target.password = '';
    target.pathname = `${target.pathname.replace(/\/+$/, '')}${request.path}`;
    if (request.method === 'GET') {
      target.search = [target.search.slice(1), request.form].filter((part) => part !== '').join('&');
      return http.get(target.href, { signal });
    }
    return http.post(target.href, request.form, {
      signal,
      headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
    });
  }

  async function ask<T>(request: Request, parse: (body: unknown) => T): Promise<T> {
    deadline ??= AbortSignal.timeout(deadlineMs);
    const quote = (text: string, length?: number) => quoted(text, secrets, length);
    const attempt: Attempt = { shown, what: request.what, timeoutMs, maxBytes, quote };
    for (let tried = 0; ; tried += 1) {
      const pause = retryMs * 2 ** tried * (0.5 + Math.random());
      const { signal, release } = limit(timeoutMs, deadline);
      let response: AxiosResponse<string>;
      try {
        response = await once(request, signal);
      } catch (error) {
        if (signal.aborted) throw timeoutError(attempt, deadline.aborted);
        const code = error instanceof AxiosError ? (error.code ?? '') : '';
        if (!mayPass(code, String(error)) || tried >= RETRIES) throw transportError(attempt, code, String(error));
        await sleep(pause, deadline);
        continue;
      } finally {
        release();
      }
      if (response.status === 200) return parsed(attempt, response.data, parse);
      const error = statusError(attempt, response.status, response.data, header(response, 'location'));
      const mayRecover = response.status === 429 || (response.status >= 500 && !timedOut(response.data));
      if (!mayRecover || tried >= RETRIES) throw error;
      const wanted = Number(header(response, 'retry-after')) * 1000;
      // A date or nonsense in Retry-After is no number: then the usual pause.
      await sleep(Number.isFinite(wanted) ? Math.min(wanted, LONGEST_PAUSE_MS) : pause, deadline);
    }
  }

  return {
    url: shown,
    query: (promql, at, what = `the answer to ${promql}`) => {
      const form = new URLSearchParams({ query: promql, time: String(at), ...whole }).toString();
      return turn(() => ask({ method: 'POST', path: '/api/v1/query', form, what }, parseAnswer));
    },
    names: (match, start, end) => {
      // Percent-encoded by hand: signing proxies read "+" and bare braces in two ways (reference: aws 4.6).
      const form = `${new URLSearchParams(whole)}&match%5B%5D=${encodeURIComponent(match)}&start=${start}&end=${end}`;
      const path = '/api/v1/label/__name__/values';
      return turn(() => ask({ method: 'GET', path, form, what: 'the names of its metrics' }, parseNames));
    },
  };
}

function parsed<T>(attempt: Attempt, body: string, parse: (body: unknown) => T): T {
  try {
    return parse(JSON.parse(body));
  } catch (error) {
    throw bodyError(attempt, body, error);
  }
}

function parseUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url !== null && (url.protocol === 'http:' || url.protocol === 'https:')) return url;
  // The text is not quoted: what does not parse as an address may well be a password.
  throw new PrometheusError(
    'address',
    'The address of Prometheus is no URL: write it as http://host:9090 or https://host/prefix',
  );
}

function userOf(url: URL): { username: string; password: string } | undefined {
  if (url.username === '' && url.password === '') return undefined;
  return { username: decodeURIComponent(url.username), password: decodeURIComponent(url.password) };
}

/** Prometheus gave up after its own query.timeout: the same question again would take as long. */
function timedOut(body: string): boolean {
  return parseErrorText(body)?.startsWith('timeout:') === true;
}

function header(response: AxiosResponse<string>, name: string): string | undefined {
  const value: unknown = response.headers[name];
  return typeof value === 'string' ? value : undefined;
}

/** Ends early, without an error, when the run's time is up: the next try then says so. */
function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

/** Not AbortSignal.any of AbortSignal.timeout: nothing holds such a timer, and Node's garbage collector takes it away. */
function limit(ms: number, deadline: AbortSignal): { signal: AbortSignal; release: () => void } {
  const own = new AbortController();
  const abort = () => own.abort();
  const timer = setTimeout(abort, ms);
  deadline.addEventListener('abort', abort);
  if (deadline.aborted) abort();
  return {
    signal: own.signal,
    release: () => {
      clearTimeout(timer);
      deadline.removeEventListener('abort', abort);
    },
  };
}

/** Lets so many through at a time, the rest in order. */
function turnstile(places: number): <T>(work: () => Promise<T>) => Promise<T> {
  const waiting: (() => void)[] = [];
  let free = places;
  return async (work) => {
    if (free === 0) await new Promise<void>((resolve) => waiting.push(resolve));
    else free -= 1;
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next === undefined) free += 1;
      else next();
    }
  };
}
