/** The only file that talks to Prometheus. */
import { Agent } from 'node:https';
import type { Readable } from 'node:stream';
import { createSecureContext } from 'node:tls';
import axios, { type AxiosResponse } from 'axios';
import { guardedLookup, parseUrl, userOf } from './address.ts';
import { type Body, receive } from './body.ts';
import { createBudget } from './budget.ts';
import { PrometheusError, quoted, shownUrl } from './error.ts';
import { exchange } from './exchange.ts';
import type { Attempt } from './failure.ts';
import { PARALLEL, skewOf, turnstile } from './pace.ts';
import { inParts } from './range.ts';
import { type Answer, type Element, elementReader, type Names, parseAnswer, parseNames } from './response.ts';
import { type AwsOptions, createSigner, type Signer } from './signature.ts';

export interface PrometheusOptions {
  /** Where /api/v1 is below; may have a path prefix, a trailing slash and user:password@. */
  readonly url: string;
  /** Such as X-Scope-OrgID. Values are treated as secrets. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly basic?: { readonly username: string; readonly password: string };
  readonly bearer?: string;
  /** Signs each request instead of any other login. */
  readonly aws?: AwsOptions;
  /** As PEM. An own authority stands in place of the usual ones; certificate and key show who we are. */
  readonly tls?: { readonly ca?: string; readonly cert?: string; readonly key?: string };
  /** Link-local addresses are those of a cloud's metadata. Default false. */
  readonly allowLinkLocal?: boolean;
  /** One question, its answer included. Default 60 s. */
  readonly timeoutMs?: number;
  /** All questions together, from the first on. Default 240 s: a Lambda of 5 minutes must still mail. */
  readonly deadlineMs?: number;
  /** Of one answer. Default 32 MiB. */
  readonly maxBytes?: number;
  /** Of all answers together. Default 256 MiB. */
  readonly maxTotalBytes?: number;
  /** HTTP requests, repeated ones and parts of refused ones included. Default 45. */
  readonly maxRequests?: number;
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
  /**
   * Evaluated at `start` and every `step` seconds up to `end`, all in Unix seconds: `series` of the answer. In several
   * requests where one would be too long or too much; all or nothing.
   */
  readonly queryRange: (promql: string, start: number, end: number, step: number, what?: string) => Promise<Answer>;
  /** Its clock less ours, by the Date of its answers, to the second; null until one had a Date. */
  readonly skewSeconds?: () => number | null;
  /** Names of the series that match and had samples between two times in Unix seconds. */
  readonly names: (match: string, start: number, end: number) => Promise<Names>;
  /** HTTP requests that may still be made. */
  readonly requestsLeft: () => number;
}

interface Request {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly form: string;
  readonly what: string;
}

type Received = AxiosResponse<Body<Element>>;
type Parse<T> = (body: unknown, remarks: readonly string[], elements: readonly Element[]) => T;

const MIB = 1024 * 1024;
const LONGEST_WARNING = 1_000;
/** Thanos would answer without the stores that are down, and say so only in a warning; others ignore it. */
const whole = { partial_response: 'false' };

export function createPrometheus(options: PrometheusOptions): PrometheusSource {
  const { timeoutMs = 60_000, deadlineMs = 240_000, maxRequests = 45, retryMs = 500 } = options;
  const { maxBytes = 32 * MIB, maxTotalBytes = 256 * MIB } = options;
  let skew: number | null = null;
  const url = parseUrl(options.url, options.allowLinkLocal === true);
  const shown = shownUrl(url);
  const basic = options.basic ?? userOf(url);
  const isBasic = basic !== undefined && options.bearer === undefined && options.aws === undefined;
  const sign = options.aws === undefined ? null : createSigner(options.aws);
  const secrets: string[] = [
    basic?.password ?? '',
    options.bearer ?? '',
    basic === undefined ? '' : Buffer.from(`${basic.username}:${basic.password}`).toString('base64'),
    ...Object.values(options.headers ?? {}),
    ...url.searchParams.values(),
  ];
  const own = {
    ...options.headers,
    ...(options.bearer === undefined || sign !== null ? {} : { Authorization: `Bearer ${options.bearer}` }),
    Accept: 'application/json',
  };
  const http = axios.create({
    ...(isBasic ? { auth: basic } : {}),
    ...(options.tls === undefined ? {} : { httpsAgent: agentOf(options.tls, shown) }),
    ...(options.allowLinkLocal === true ? {} : { lookup: guardedLookup }),
    // A redirect would carry the credentials to another host; a proxy would see them.
    maxRedirects: 0,
    proxy: false,
    // Parsing is ours: axios would hold all of the text, and hand on broken JSON as if it were an answer.
    responseType: 'stream',
    validateStatus: () => true,
  });
  const turn = turnstile(PARALLEL);
  const shared = new Map<string, string>();
  let deadline: AbortSignal | undefined;

  async function once(request: Request, signal: AbortSignal, maxContentLength: number): Promise<Received> {
    const target = new URL(url);
    target.username = '';
    target.password = '';
    target.pathname = `${target.pathname.replace(/\/+$/, '')}${request.path}`;
    const { method, form } = request;
    if (method === 'GET') target.search = [target.search.slice(1), form].filter((part) => part !== '').join('&');
    const data = method === 'GET' ? '' : form;
    const headers = { ...own, ...(method === 'GET' ? {} : { 'Content-Type': 'application/x-www-form-urlencoded' }) };
    const sent = sign === null ? headers : await signed(() => sign(method, target, headers, data));
    const response = await http.request<Readable>({
      ...{ method, url: target.href, headers: sent, signal, maxContentLength },
      ...(data === '' ? {} : { data }),
    });
    return {
      ...response,
      data: await receive(response.data, signal, response.status === 200 ? elementReader(shared) : null),
    };
  }

  /** AWS repeats headers in its refusals, the session token among them. */
  async function signed(work: () => ReturnType<Signer>): ReturnType<Signer> {
    try {
      const headers = await work();
      for (const name of ['authorization', 'x-amz-security-token']) secrets.push(headers[name] ?? '');
      return headers;
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new PrometheusError(
        'login',
        `Prometheus at ${shown} wants requests signed for AWS, and there are no credentials: ${quoted(why, secrets)}`,
      );
    }
  }

  const budget = createBudget({ requests: maxRequests, bytes: maxTotalBytes });
  const attemptAt = (what: string): Attempt => ({
    shown,
    what,
    timeoutMs,
    maxBytes,
    quote: (text, length) => quoted(text, secrets, length),
  });

  async function ask<T extends Pick<Answer, 'warnings'>>(request: Request, parse: Parse<T>): Promise<T> {
    deadline ??= AbortSignal.timeout(deadlineMs);
    const send = async (signal: AbortSignal, most: number) => {
      const response = await once(request, signal, most);
      const { date, age }: Readonly<Record<string, unknown>> = response.headers;
      const text = (value: unknown) => (typeof value === 'string' ? value : undefined);
      skew ??= skewOf(text(date), text(age), Date.now());
      return response;
    };
    const [clock, chance] = [Date.now, Math.random];
    const attempt = attemptAt(request.what);
    const answer = await exchange({ send, attempt, budget, deadline, retryMs, clock, chance }, parse);
    // They go into reports and mails.
    return { ...answer, warnings: answer.warnings.map((warning) => attempt.quote(warning, LONGEST_WARNING)) };
  }

  return {
    url: shown,
    requestsLeft: budget.requestsLeft,
    // To the second: its date has no fractions.
    // The date is in whole seconds and the answer took its time: below two nobody can tell.
    skewSeconds: () => (skew === null ? null : Math.abs(skew) < 2 ? 0 : Math.trunc(skew)),
    query: (promql, at, what = `the answer to ${promql}`) => {
      const form = new URLSearchParams({ query: promql, time: String(at), ...whole }).toString();
      return turn(() =>
        ask({ method: 'POST', path: '/api/v1/query', form, what }, (body, remarks, elements) =>
          parseAnswer(body, remarks, at, elements),
        ),
      );
    },
    queryRange: (promql, start, end, step, what = `the answer to ${promql}`) =>
      inParts({ start, end, step }, (part) => {
        const times = { start: String(part.start), end: String(part.end), step: String(part.step) };
        const form = new URLSearchParams({ query: promql, ...times, ...whole }).toString();
        return turn(() =>
          ask({ method: 'POST', path: '/api/v1/query_range', form, what }, (body, remarks, elements) =>
            parseAnswer(body, remarks, undefined, elements),
          ),
        );
      }),
    names: (match, start, end) => {
      // Percent-encoded by hand: signing proxies read "+" and bare braces in two ways (reference: aws 4.6).
      const form = `${new URLSearchParams(whole)}&match%5B%5D=${percent(match)}&start=${start}&end=${end}`;
      const path = '/api/v1/label/__name__/values';
      return turn(() => ask({ method: 'GET', path, form, what: 'the names of its metrics' }, parseNames));
    },
  };
}

/** Fails at once: later the same fault would look like one of the connection. */
function agentOf(tls: NonNullable<PrometheusOptions['tls']>, shown: string): Agent {
  try {
    createSecureContext(tls);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new PrometheusError(
      'tls',
      `The certificate, key or authority for Prometheus at ${shown} cannot be used (${quoted(why, [], 100)}): give PEM files that belong together`,
    );
  }
  return new Agent({ ...tls, keepAlive: true });
}

/** All that RFC 3986 reserves: encodeURIComponent leaves some, which signers and gateways then see in two ways. */
function percent(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (each) => `%${each.charCodeAt(0).toString(16).toUpperCase()}`);
}
