/** The only file that talks to CloudWatch. */
import {
  CloudWatchClient,
  GetMetricDataCommand,
  type MetricDataQuery,
  type MetricDataResult,
} from '@aws-sdk/client-cloudwatch';
import type { Window } from '../../model/snapshot.ts';

export interface CloudWatchOptions {
  readonly region?: string | undefined;
  /** Target → DBInstanceIdentifier. */
  readonly instances?: Readonly<Record<string, string>> | undefined;
  /** One request, its answer included. Default 20 s. */
  readonly timeoutMs?: number;
}

export interface Asked {
  readonly name: string;
  readonly stat: string;
  readonly dimensions: Readonly<Record<string, string>>;
}

export interface Points {
  /** Unix seconds → value. */
  readonly values: ReadonlyMap<number, number>;
  /** null: all there is; else why some may be missing, in CloudWatch's words. */
  readonly incomplete: string | null;
}

export interface CloudWatchSource {
  readonly instances: Readonly<Record<string, string>>;
  /** In the order of the questions. `period` in seconds; `region`: null for the configured one. */
  readonly metrics: (
    asked: readonly Asked[],
    window: Window,
    period: number,
    region: string | null,
  ) => Promise<readonly Points[]>;
}

export class CloudWatchError extends Error {
  override readonly name = 'CloudWatchError';
  /** Whether a right is missing. */
  readonly denied: boolean;
  constructor(message: string, denied: boolean) {
    super(message);
    this.denied = denied;
  }
}

/** GetMetricData takes 500 metrics at a time. */
const MOST = 500;
/** Far more than a batch can have; a token that never ends is a fault. */
const MOST_PAGES = 50;

export function createCloudWatch({ region, instances = {}, timeoutMs = 20_000 }: CloudWatchOptions): CloudWatchSource {
  const clients = new Map<string, CloudWatchClient>();
  const clientIn = (place: string | undefined): CloudWatchClient => {
    const key = place ?? '';
    const requestHandler = { connectionTimeout: 5_000, requestTimeout: timeoutMs, throwOnRequestTimeout: true };
    const client =
      clients.get(key) ??
      new CloudWatchClient({ ...(place === undefined ? {} : { region: place }), maxAttempts: 3, requestHandler });
    clients.set(key, client);
    return client;
  };
  return {
    instances,
    metrics: async (asked, window, period, place) => {
      const answers: Points[] = [];
      for (let from = 0; from < asked.length; from += MOST) {
        const some = asked.slice(from, from + MOST);
        answers.push(...(await batch(clientIn(place ?? region), some, window, period)));
      }
      return answers;
    },
  };
}

async function batch(
  client: CloudWatchClient,
  asked: readonly Asked[],
  window: Window,
  period: number,
): Promise<readonly Points[]> {
  const found = asked.map(() => ({ values: new Map<number, number>(), incomplete: 'no answer' as string | null }));
  const input = {
    MetricDataQueries: asked.map((each, index) => queryOf(each, `m${index}`, period)),
    StartTime: new Date(Date.parse(window.start)),
    EndTime: new Date(Date.parse(window.end)),
  };
  let token: string | undefined;
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const answer = await client
      .send(new GetMetricDataCommand({ ...input, ...(token === undefined ? {} : { NextToken: token }) }))
      .catch((error: unknown) => {
        throw worded(error);
      });
    for (const result of answer.MetricDataResults ?? []) {
      const index = Number(/^m(\d+)$/.exec(result.Id ?? '')?.[1] ?? Number.NaN);
      const one = found[index];
      if (one === undefined) throw new CloudWatchError('CloudWatch answered a question that was not asked', false);
      take(one.values, result);
      one.incomplete = result.StatusCode === 'Complete' ? null : (result.StatusCode ?? 'no status');
    }
    token = answer.NextToken;
    if (token === undefined || token === '') return found;
  }
  throw new CloudWatchError(`CloudWatch gave more than ${MOST_PAGES} pages: choose a shorter window`, false);
}

export function queryOf({ name, stat, dimensions }: Asked, id: string, period: number): MetricDataQuery {
  const all = Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value }));
  const Metric = { Namespace: 'AWS/RDS', MetricName: name, Dimensions: all };
  return { Id: id, MetricStat: { Metric, Stat: stat, Period: period }, ReturnData: true };
}

function take(into: Map<number, number>, { Timestamps = [], Values = [] }: MetricDataResult): void {
  if (Timestamps.length !== Values.length) {
    throw new CloudWatchError('CloudWatch gave values without times, which cannot be read', false);
  }
  for (const [index, at] of Timestamps.entries()) {
    const [time, value] = [at.getTime() / 1000, Values[index]];
    // What is no number here is no number anywhere.
    if (Number.isFinite(time) && value !== undefined && Number.isFinite(value)) into.set(time, value);
  }
}

const remedies: Readonly<Record<string, string>> = {
  AccessDenied: 'grant cloudwatch:GetMetricData to the role of this run',
  AccessDeniedException: 'grant cloudwatch:GetMetricData to the role of this run',
  CredentialsProviderError: 'there are no AWS credentials; log in, or run with a role',
  ExpiredTokenException: 'the credentials have expired; log in again',
  UnrecognizedClientException: 'the credentials are not valid in this region',
  InvalidSignatureException: 'the signature is not valid; set the clock of this machine, and check the keys',
  ThrottlingException: 'it is throttling; run at another hour',
  TimeoutError: 'there was no answer in time; is CloudWatch within reach of this network?',
};

/** Without the SDK's own words, which quote identities and requests. */
function worded(error: unknown): CloudWatchError {
  const kind = error instanceof Error ? error.name : 'unknown';
  const denied = /^(AccessDenied|UnrecognizedClient|ExpiredToken|CredentialsProvider|InvalidClientTokenId)/.test(kind);
  const remedy = remedies[kind] ?? 'is CloudWatch within reach of this network, and is the region right?';
  return new CloudWatchError(`CloudWatch could not be asked (${kind}): ${remedy}`, denied);
}
