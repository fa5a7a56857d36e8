/** One question to Prometheus until there is an answer or a reason: limits, repetition, and what the clocks say. */
import { AxiosError, type AxiosResponse } from 'axios';
import type { Body } from './body.ts';
import type { Budget } from './budget.ts';
import { isClean, TWICE } from './clean.ts';
import { PrometheusError } from './error.ts';
import { type Attempt, bodyError, mayPass, spentError, statusError, timeoutError, transportError } from './failure.ts';
import { limit, retryAfter, skewOf, sleep } from './pace.ts';
import { type Element, parseErrorText } from './response.ts';

export interface Exchange {
  /** Sends the request once; gives up with the signal. */
  readonly send: (signal: AbortSignal, maxBytes: number) => Promise<AxiosResponse<Body<Element>>>;
  /** As far as it is known beforehand. */
  readonly attempt: Attempt;
  readonly budget: Budget;
  readonly deadline: AbortSignal;
  /** Pause before the first repetition; doubles. */
  readonly retryMs: number;
  /** In milliseconds since 1970. */
  readonly clock: () => number;
  /** 0..1, other each time: two runs must not knock in step. */
  readonly chance: () => number;
}

const RETRIES = 2;
const LONGEST_PAUSE_MS = 30_000;
/** Less is the network, and a header of whole seconds. */
const SKEW_SECONDS = 60;

/** `parse` gets the body, what the reader should know about the answer, and the elements that were taken out of the body. */
export async function exchange<T>(
  { send, attempt: planned, budget, deadline, retryMs, clock, chance }: Exchange,
  parse: (body: unknown, remarks: readonly string[], elements: readonly Element[]) => T,
): Promise<T> {
  for (let tried = 0; ; tried += 1) {
    const pause = retryMs * 2 ** tried * (0.5 + chance());
    const room = budget.bytesLeft();
    const attempt = { ...planned, maxBytes: Math.min(planned.maxBytes, room) };
    if (deadline.aborted) throw timeoutError(attempt, true);
    if (budget.requestsLeft() <= 0) throw spentError(attempt, 'requests');
    if (room <= 0) throw spentError(attempt, 'bytes');
    budget.sent();
    const { signal, release } = limit(attempt.timeoutMs, deadline);
    let response: AxiosResponse<Body<Element>>;
    try {
      response = await send(signal, attempt.maxBytes);
    } catch (error) {
      if (error instanceof PrometheusError) throw error;
      if (signal.aborted) throw timeoutError(attempt, deadline.aborted);
      const failure = transportError(attempt, error instanceof AxiosError ? (error.code ?? '') : '', String(error));
      if (failure.fault === 'too-large') {
        budget.received(attempt.maxBytes);
        throw attempt.maxBytes < planned.maxBytes ? spentError(attempt, 'bytes') : failure;
      }
      const code = error instanceof AxiosError ? (error.code ?? '') : '';
      if (!mayPass(code, String(error)) || tried >= RETRIES || !budget.mayRepeat()) throw failure;
      await sleep(pause, deadline);
      continue;
    } finally {
      release();
    }
    const { status } = response;
    const { text: data, bytes, elements } = response.data;
    budget.received(bytes);
    if (status === 200) {
      return parsed(attempt, response.data, (body) => parse(body, remarks(response, clock()), elements));
    }
    const error = statusError(attempt, status, data, header(response, 'location'));
    const mayRecover = status === 429 || (status >= 500 && !timedOut(data));
    if (!mayRecover || tried >= RETRIES || !budget.mayRepeat()) throw error;
    const wanted = retryAfter(header(response, 'retry-after'), header(response, 'date'), clock());
    // Who asks for more time than a run has is not asked again before that.
    if (wanted !== null && wanted > LONGEST_PAUSE_MS) throw error;
    await sleep(wanted === null ? pause : wanted + retryMs * chance(), deadline);
  }
}

function parsed<T>(attempt: Attempt, { text: body, fault }: Body<Element>, parse: (body: unknown) => T): T {
  // Some gateways say "200" and mean an error.
  const said = parseErrorText(body);
  if (said !== null) throw statusError(attempt, 200, body, undefined);
  try {
    const value: unknown = JSON.parse(body);
    if (!isClean(body, value)) throw new Error(TWICE);
    if (fault !== undefined) throw fault;
    return parse(value);
  } catch (error) {
    throw bodyError(attempt, body, error);
  }
}

function remarks(response: AxiosResponse<Body<Element>>, now: number): readonly string[] {
  const skew = skewOf(header(response, 'date'), header(response, 'age'), now);
  if (skew === null || Math.abs(skew) <= SKEW_SECONDS) return [];
  const size =
    Math.abs(skew) < 7200 ? `${Math.round(Math.abs(skew) / 60)} min` : `${Math.round(Math.abs(skew) / 3600)} h`;
  return [
    `its clock is ${size} ${skew < 0 ? 'behind' : 'ahead of'} that of pg-hunt, so samples may be missing at an end of the window; set both by NTP`,
  ];
}

/** Prometheus gave up after its own query.timeout: the same question again would take as long. */
function timedOut(body: string): boolean {
  return parseErrorText(body)?.startsWith('timeout:') === true;
}

function header(response: AxiosResponse<Body<Element>>, name: string): string | undefined {
  const value: unknown = response.headers[name];
  return typeof value === 'string' ? value : undefined;
}
