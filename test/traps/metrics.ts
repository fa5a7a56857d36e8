/** An hour of a server as Prometheus shows it, through HTTP and the product's own collection. */
import { collect } from '../../lib/collect/collect.ts';
import { createPrometheus } from '../../lib/collect/prometheus/client.ts';
import type { Snapshot } from '../../lib/model/snapshot.ts';
import { type FakeSeries, startFakePrometheus } from '../support/fake-prometheus.ts';

const END = 1_800_000_000;
const MINUTES = 60;

/** One sample a minute; `at`: the value at this share of the hour, undefined where the scrape failed. */
export function drawn(
  name: string,
  labels: Readonly<Record<string, string>>,
  at: (share: number) => number | undefined,
): FakeSeries {
  const points = Array.from({ length: MINUTES + 1 }, (_, minute) => {
    const value = at(minute / MINUTES);
    return value === undefined ? [] : [[END - (MINUTES - minute) * 60, value] as const];
  });
  return { labels: { __name__: name, instance: 'shop-db:9187', ...labels }, points: points.flat() };
}

/** From one value to another, evenly. */
export const line = (name: string, labels: Readonly<Record<string, string>>, from: number, to = from): FakeSeries =>
  drawn(name, labels, (share) => from + (to - from) * share);

export interface Scraped {
  readonly snapshots: readonly Snapshot[];
  readonly asked: readonly string[];
}

export async function scraped(...series: readonly FakeSeries[]): Promise<Scraped> {
  const iso = (seconds: number) => new Date(seconds * 1000).toISOString();
  const fake = await startFakePrometheus({ series });
  try {
    const all = await collect({
      prometheus: createPrometheus({ url: fake.url, retryMs: 1 }),
      window: { start: iso(END - MINUTES * 60), end: iso(END) },
      previous: async () => null,
      takenAt: iso(END),
      progress: () => {},
    });
    return {
      snapshots: all.map((one) => {
        if ('snapshot' in one) return one.snapshot;
        throw new Error(one.failure);
      }),
      asked: fake.requests.flatMap(({ questions }) => questions),
    };
  } finally {
    await fake.stop();
  }
}

export async function scrapedOne(...series: readonly FakeSeries[]): Promise<Snapshot> {
  const { snapshots } = await scraped(...series);
  const [one] = snapshots;
  if (one === undefined || snapshots.length > 1) throw new Error(`${snapshots.length} servers were seen`);
  return one;
}

/** What makes a server of it: so many connections of a hundred. */
export const aServerOf = (instance = 'shop-db:9187', connections = 20): readonly FakeSeries[] => [
  line('pg_settings_max_connections', { instance }, 100),
  line('pg_stat_database_numbackends', { instance, datname: 'shop' }, connections),
];

export interface Called {
  readonly calls?: number;
  readonly seconds?: number;
  readonly user?: string;
  readonly datname?: string;
  readonly query?: string;
}

/** A statement with so many calls and seconds in the hour. */
export function statementOf(queryid: string, called: Called = {}): readonly FakeSeries[] {
  const { calls = 600, seconds = 60, user = 'app', datname = 'shop', query } = called;
  const labels = { queryid, user, datname };
  return [
    line('pg_stat_statements_calls_total', labels, 0, calls),
    line('pg_stat_statements_seconds_total', labels, 0, seconds),
    line('pg_stat_statements_rows_total', labels, 0, calls),
    ...(query === undefined ? [] : [line('pg_stat_statements_query_id', { queryid, query }, 1)]),
  ];
}
