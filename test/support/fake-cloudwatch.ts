/** CloudWatch for tests: GetMetricData over points in memory, in pages, as strict about its input as the service. */
import { type AwsFault, AwsRefusal, type FakeAwsJson, startFakeAwsJson } from './fake-aws-json.ts';

export interface FakeMetric {
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
  /** Unix seconds and value. */
  readonly points: readonly (readonly [at: number, value: number])[];
}

export interface FakeCloudWatchOptions {
  readonly metrics: readonly FakeMetric[];
  /** Values on one page. Default 100,800 as the service. */
  readonly pageSize?: number;
  readonly fault?: (before: number) => AwsFault | undefined;
  /** Status of a metric instead of Complete. */
  readonly status?: (name: string) => string | undefined;
}

interface Query {
  readonly Id?: unknown;
  readonly MetricStat?: {
    readonly Metric?: {
      readonly Namespace?: unknown;
      readonly MetricName?: unknown;
      readonly Dimensions?: readonly { Name: string; Value: string }[];
    };
    readonly Period?: unknown;
    readonly Stat?: unknown;
  };
}

const refuse = (message: string): never => {
  throw new AwsRefusal('ValidationError', message);
};

export function startFakeCloudWatch(options: FakeCloudWatchOptions): Promise<FakeAwsJson> {
  const { metrics, pageSize = 100_800, fault, status = () => undefined } = options;
  return startFakeAwsJson({
    service: 'monitoring',
    target: 'GraniteServiceVersion20100801.GetMetricData',
    version: '1.0',
    ...(fault === undefined ? {} : { fault }),
    answer: (input) => {
      const { StartTime: start, EndTime: end, MetricDataQueries: queries, NextToken: token } = input;
      if (typeof start !== 'number' || typeof end !== 'number' || start >= end) return refuse('StartTime, EndTime');
      if (!Array.isArray(queries) || queries.length < 1 || queries.length > 500) return refuse('MetricDataQueries');
      const ids = new Set(queries.map(({ Id }: Query) => Id));
      if (ids.size !== queries.length) return refuse('Ids are not unique');
      const all = queries.flatMap((query: Query) => answerTo(query, metrics, start, end));
      const from = Number(token ?? 0);
      const page = all.slice(from, from + pageSize);
      const isLast = from + pageSize >= all.length;
      const results = queries.map(({ Id, MetricStat }: Query) => {
        const own = page.filter(({ id }) => id === Id);
        const name = String(MetricStat?.Metric?.MetricName);
        return {
          ...{ Id, Label: name, StatusCode: isLast ? (status(name) ?? 'Complete') : 'PartialData' },
          Timestamps: own.map(({ at }) => at),
          Values: own.map(({ value }) => value),
        };
      });
      return { MetricDataResults: results, Messages: [], ...(isLast ? {} : { NextToken: String(from + pageSize) }) };
    },
  });
}

/** Newest first, each period by its beginning, as the service gives them. */
function answerTo(query: Query, metrics: readonly FakeMetric[], start: number, end: number) {
  const { Metric, Period: period, Stat: stat } = query.MetricStat ?? refuse('MetricStat');
  if (typeof query.Id !== 'string' || !/^[a-z][a-zA-Z0-9_]*$/.test(query.Id)) return refuse('Id');
  if (typeof period !== 'number' || period % 60 !== 0 || period < 60) return refuse('Period');
  if (Metric?.Namespace !== 'AWS/RDS') return refuse('Namespace');
  const key = (all: Readonly<Record<string, unknown>>) => JSON.stringify(Object.entries(all).sort());
  const wanted = key(Object.fromEntries((Metric.Dimensions ?? []).map(({ Name, Value }) => [Name, Value])));
  const id = query.Id;
  const periods = new Map<number, number[]>();
  for (const { points } of metrics.filter(
    ({ name, dimensions }) => name === Metric.MetricName && key(dimensions) === wanted,
  )) {
    for (const [at, value] of points.filter(([time]) => time >= start - (start % period) && time < end)) {
      const begin = at - (at % period);
      periods.set(begin, [...(periods.get(begin) ?? []), value]);
    }
  }
  return [...periods]
    .sort(([a], [b]) => b - a)
    .map(([at, values]) => ({ id, at, value: statistic(String(stat), values) }));
}

function statistic(stat: string, values: readonly number[]): number {
  if (stat === 'Average') return values.reduce((sum, value) => sum + value, 0) / values.length;
  if (stat === 'Maximum') return Math.max(...values);
  if (stat === 'Minimum') return Math.min(...values);
  return refuse('Stat');
}
