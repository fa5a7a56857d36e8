/** A real HTTP server that answers like Prometheus, from series in memory or from a recording, and misbehaves on request. */
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { bodyOf } from './aws-signature.ts';
import { evaluate, type FakeSeries, joinedParts, rawRange, select, UnknownPromql } from './fake-promql.ts';

export type { FakeSeries } from './fake-promql.ts';

/** Answers of a real Prometheus, by the exact PromQL; see test/recordings/prometheus/record.ts. */
export interface Recording {
  /** What was recorded and how, for people. */
  readonly about: string;
  readonly window: { readonly start: string; readonly end: string };
  readonly selector: string;
  readonly names: readonly string[];
  readonly answers: Readonly<Record<string, unknown>>;
}

export function recordingOf(name: string): Recording {
  const file = new URL(`../recordings/prometheus/${name}.json`, import.meta.url);
  return JSON.parse(readFileSync(file, 'utf8')) as Recording;
}

export type Fault =
  | { readonly kind: 'hang' | 'cut' | 'html' | 'garbage' | 'endless' | 'trickle' }
  | { readonly kind: 'redirect'; readonly to: string }
  | {
      readonly kind: 'status';
      readonly status: number;
      readonly body?: string;
      readonly headers?: Readonly<Record<string, string>>;
    };

export interface FakeRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  /** Of a query; empty otherwise. */
  readonly promql: string;
  /** The single questions that it joins, or itself. */
  readonly questions: readonly string[];
  readonly form: URLSearchParams;
}

export interface FakeOptions {
  readonly series?: readonly FakeSeries[];
  readonly recording?: Recording;
  /** Path below which /api/v1 is. */
  readonly prefix?: string;
  /** Asked for every request, with how many came before it. */
  readonly fault?: (request: FakeRequest, before: number) => Fault | undefined;
  readonly tls?: 'expired' | 'self-signed';
  /** Refuses whoever does not show this certificate, before a word is said. */
  readonly clientCertificate?: string;
  /** Sees each request as it came; what it gives back is the answer. */
  readonly guard?: (
    request: IncomingMessage,
    body: Buffer,
  ) => Promise<{ readonly status: number; readonly message: string } | null>;
  /** Its clock less ours. */
  readonly clockSkewSeconds?: number;
  /** Before every answer. */
  readonly delayMs?: number;
  /** Parts of every answer beside its data. */
  readonly beside?: Readonly<Record<string, unknown>>;
}

export interface FakePrometheus {
  readonly url: string;
  readonly requests: readonly FakeRequest[];
  /** Requests that were open at one time. */
  readonly mostAtOnce: () => number;
  readonly stop: () => Promise<void>;
}

/** PEM text of the test-only certificates; `expired` ended in 2020. */
export function testTls(name: 'expired' | 'self-signed'): { readonly key: string; readonly cert: string } {
  const read = (file: string) => readFileSync(new URL(`tls/${file}`, import.meta.url), 'utf8');
  return { key: read('test-only.key'), cert: read(`${name}.crt`) };
}

export async function startFakePrometheus(options: FakeOptions = {}): Promise<FakePrometheus> {
  const requests: FakeRequest[] = [];
  let open = 0;
  let most = 0;
  const listener: RequestListener = async (incoming, response) => {
    open += 1;
    most = Math.max(most, open);
    response.on('close', () => {
      open -= 1;
    });
    const raw = await bodyOf(incoming);
    const body = raw.toString();
    const url = new URL(incoming.url ?? '/', 'http://fake');
    const parameters = incoming.method === 'POST' ? new URLSearchParams(body) : url.searchParams;
    const promql = parameters.get('query') ?? '';
    const request: FakeRequest = {
      method: incoming.method ?? '',
      path: url.pathname,
      headers: incoming.headers,
      promql,
      questions: joinedParts(promql)?.map(({ part }) => part) ?? (promql === '' ? [] : [promql]),
      form: parameters,
    };
    const fault = options.fault?.(request, requests.length);
    requests.push(request);
    const refusal = await options.guard?.(incoming, raw);
    if (refusal !== undefined && refusal !== null) {
      const { status, message } = refusal;
      misbehave({ kind: 'status', status, body: JSON.stringify({ message }) }, response);
      return;
    }
    if (options.clockSkewSeconds !== undefined) {
      response.setHeader('date', new Date(Date.now() + options.clockSkewSeconds * 1000).toUTCString());
    }
    if (options.delayMs !== undefined) await new Promise((resolve) => setTimeout(resolve, options.delayMs));
    if (fault === undefined) answer(request, parameters, options, response);
    else misbehave(fault, response);
  };
  const asksBack = options.clientCertificate === undefined ? {} : { requestCert: true, ca: options.clientCertificate };
  const server =
    options.tls === undefined
      ? createServer(listener)
      : createTlsServer({ ...testTls(options.tls), ...asksBack }, listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    url: `${options.tls === undefined ? 'http' : 'https'}://127.0.0.1:${address.port}${options.prefix ?? ''}`,
    requests,
    mostAtOnce: () => most,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function answer(
  request: FakeRequest,
  parameters: URLSearchParams,
  options: FakeOptions,
  response: ServerResponse,
): void {
  const { series = [], recording, prefix = '', beside = {} } = options;
  const send = (status: number, body: unknown): void => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  };
  if (request.path === `${prefix}/api/v1/label/__name__/values` && request.method === 'GET') {
    const match = parameters.get('match[]') ?? '';
    const start = Number(parameters.get('start'));
    const end = Number(parameters.get('end'));
    const inWindow = select(match, series).filter(({ points }) => points.some(([at]) => at >= start && at <= end));
    const names = recording?.names ?? [...new Set(inWindow.map(({ labels }) => labels.__name__ ?? ''))].sort();
    send(200, { status: 'success', data: names, ...beside });
    return;
  }
  if (request.path === `${prefix}/api/v1/query_range` && request.method === 'POST' && recording === undefined) {
    const [start, end, step] = ['start', 'end', 'step'].map((name) => Number(parameters.get(name)));
    const [status, body] = rangeAnswer(request.promql, series, { start: start ?? 0, end: end ?? 0, step: step ?? 0 });
    send(status, status === 200 ? { ...body, ...beside } : body);
    return;
  }
  if (request.path !== `${prefix}/api/v1/query`) {
    misbehave({ kind: 'status', status: 404, body: 'not found' }, response);
    return;
  }
  if (recording !== undefined) {
    const data = recorded(recording, request.promql);
    if (data === undefined) send(422, { status: 'error', errorType: 'execution', error: 'not in the recording' });
    else send(200, { status: 'success', data, ...beside });
    return;
  }
  try {
    send(200, { status: 'success', data: dataOf(request.promql, series, Number(parameters.get('time'))), ...beside });
  } catch (error) {
    if (!(error instanceof UnknownPromql)) throw error;
    send(400, { status: 'error', errorType: 'bad_data', error: `parse error: ${error.message}` });
  }
}

/** Recordings hold the answer to each single question; one that joins several is put together from them. */
function recorded(recording: Recording, promql: string): unknown {
  const joined = joinedParts(promql);
  if (joined === null) return recording.answers[promql];
  const result: unknown[] = [];
  for (const { part, label, value } of joined) {
    // Written by record.ts, which kept what Prometheus sent for an instant query.
    const answer = recording.answers[part] as { readonly result: readonly { readonly metric: object }[] } | undefined;
    if (answer === undefined) return undefined;
    result.push(...answer.result.map((one) => ({ ...one, metric: { ...one.metric, [label]: value } })));
  }
  return { resultType: 'vector', result };
}

/** The limits and the words are Prometheus'. */
function rangeAnswer(
  promql: string,
  series: readonly FakeSeries[],
  { start, end, step }: { readonly start: number; readonly end: number; readonly step: number },
): readonly [number, object] {
  const bad = (error: string) => [400, { status: 'error', errorType: 'bad_data', error }] as const;
  if (!(step > 0))
    return bad('invalid parameter "step": zero or negative query resolution step widths are not accepted');
  if (!(end >= start)) return bad('invalid parameter "end": end timestamp must not be before start time');
  if ((end - start) / step > 11_000) return bad('exceeded maximum resolution of 11,000 points per timeseries.');
  const found = new Map<string, { metric: object; values: [number, string][] }>();
  try {
    for (let at = start; at <= end; at += step) {
      for (const { labels, value } of evaluate(promql, series, at)) {
        const key = JSON.stringify(labels);
        const one = found.get(key) ?? { metric: labels, values: [] };
        one.values.push([at, String(value)]);
        found.set(key, one);
      }
    }
  } catch (error) {
    if (!(error instanceof UnknownPromql)) throw error;
    return bad(`parse error: ${error.message}`);
  }
  return [200, { status: 'success', data: { resultType: 'matrix', result: [...found.values()] } }];
}

function dataOf(promql: string, series: readonly FakeSeries[], at: number): unknown {
  const raw = rawRange(promql, series, at);
  if (raw !== null) {
    const result = raw.map(({ labels, points }) => ({
      metric: labels,
      values: points.map(([time, value]) => [time, String(value)]),
    }));
    return { resultType: 'matrix', result };
  }
  const result = evaluate(promql, series, at).map(({ labels, value }) => ({
    metric: labels,
    value: [at, String(value)],
  }));
  return { resultType: 'vector', result };
}

function misbehave(fault: Fault, response: ServerResponse): void {
  switch (fault.kind) {
    case 'hang':
      return;
    case 'cut':
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' }).write('{"status":"suc');
      setTimeout(() => response.destroy(), 20);
      return;
    case 'trickle': {
      response.writeHead(200, { 'content-type': 'application/json' });
      const timer = setInterval(() => response.write(' '), 20);
      response.on('close', () => clearInterval(timer));
      return;
    }
    case 'endless': {
      response.writeHead(200, { 'content-type': 'application/json' });
      const chunk = 'x'.repeat(64 * 1024);
      const pour = () => {
        while (!response.destroyed && response.write(chunk));
        if (!response.destroyed) response.once('drain', pour);
      };
      pour();
      return;
    }
    case 'html':
      response
        .writeHead(200, { 'content-type': 'text/html' })
        .end('<!DOCTYPE html><html><title>Grafana</title></html>');
      return;
    case 'garbage':
      response
        .writeHead(200, { 'content-type': 'application/json' })
        .end('{"status":"success","data":{"resultType":"vec');
      return;
    case 'redirect':
      response.writeHead(302, { location: fault.to }).end();
      return;
    case 'status':
      response.writeHead(fault.status, fault.headers ?? {}).end(fault.body ?? '');
      return;
    default:
      throw new Error(`unknown fault ${fault satisfies never}`);
  }
}
