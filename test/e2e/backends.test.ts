/** One history in Prometheus 2.42, Prometheus 3 and VictoriaMetrics: what pg-hunt sees of it is the same. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { collect } from '../../lib/collect/collect.ts';
import { createPrometheus } from '../../lib/collect/prometheus/client.ts';
import type { Snapshot } from '../../lib/model/snapshot.ts';
import type { FakeSeries } from '../support/fake-promql.ts';
import { type Backend, startBackend } from './backends.ts';
import type { Server } from './servers.ts';
import { needs } from './tools.ts';

const HOUR = 3_600;
const HOURS = 26;
/** A whole hour; scrapes lie 7 s after each minute, as scrapes lie anywhere. */
const end = Math.floor(Date.now() / 1000 / HOUR) * HOUR - 2 * HOUR;
const start = end - HOURS * HOUR;
const window = { start: iso(start), end: iso(end) };
/** Nobody scraped from 05:20 to 06:50 of the window. */
const dark = { from: start + 5 * HOUR + 1_200, to: start + 6 * HOUR + 3_000 };
const outage = (at: number) => at >= dark.from && at < dark.to;
/** A hole is told to a 168th of the window, plus a scrape. */
const STEP = Math.floor((HOURS * HOUR) / 168) + 60;

function iso(seconds: number): string {
  return new Date(seconds * 1000).toISOString();
}

type Labels = Readonly<Record<string, string>>;

function series(name: string, labels: Labels, value: (at: number) => number | null): FakeSeries {
  const points: [number, number][] = [];
  // From before the window on, as a history has it.
  for (let at = start - HOUR + 7; at < end; at += 60) {
    const one = value(at);
    if (one !== null && !outage(at)) points.push([at, one]);
  }
  return { labels: { __name__: name, job: 'postgres', instance: 'db-1:9187', ...labels }, points };
}

/** Of a rate that changes from hour to hour; `reset` is when it begins again at zero. */
function counter(name: string, labels: Labels, perHour: (hour: number) => number, reset = Number.POSITIVE_INFINITY) {
  let value = 5_000;
  let last = Number.NaN;
  return series(name, labels, (at) => {
    if (at >= reset && last < reset) value = 0;
    last = at;
    value += perHour(Math.floor((at - start) / HOUR)) / 60;
    return value;
  });
}

const gauge = (name: string, labels: Labels, value: number) => series(name, labels, () => value);
const shop = { datname: 'shop' };
const orders = { ...shop, schemaname: 'public', relname: 'orders' };
const statement = (queryid: string) => ({ ...shop, user: 'web', queryid });
/** Twice as much in hours of work. */
const daily = (base: number) => (hour: number) => ((hour + 24) % 24 < 12 ? base : 2 * base);
const bornAt = start + 9 * HOUR + 1_000;

const history: readonly FakeSeries[] = [
  gauge('pg_up', {}, 1),
  gauge('pg_settings_max_connections', {}, 100),
  gauge('pg_settings_server_version_num', {}, 150_010),
  gauge('pg_stat_database_numbackends', shop, 42),
  gauge('pg_database_size_bytes', shop, 5e9),
  counter('pg_stat_database_xact_commit', shop, daily(36_000)),
  counter('pg_stat_database_blks_hit', shop, daily(900_000)),
  counter('pg_stat_database_blks_read', shop, daily(60_000)),
  counter('pg_stat_database_active_time_seconds_total', shop, daily(700)),
  gauge('pg_stat_user_tables_n_live_tup', orders, 2e6),
  gauge('pg_stat_user_tables_n_dead_tup', orders, 15e5),
  counter('pg_stat_user_tables_seq_scan', orders, daily(600)),
  counter('pg_stat_user_tables_seq_tup_read', orders, daily(6e8)),
  counter('pg_stat_user_tables_idx_scan', orders, daily(60_000)),
  counter('pg_stat_statements_calls_total', statement('11'), daily(6_000)),
  counter('pg_stat_statements_seconds_total', statement('11'), daily(600)),
  counter('pg_stat_statements_rows_total', statement('11'), daily(6_000)),
  counter('pg_stat_statements_calls_total', statement('22'), daily(1_200), start + 14 * HOUR + 1_807),
  counter('pg_stat_statements_seconds_total', statement('22'), daily(60), start + 14 * HOUR + 1_807),
  series('pg_stat_statements_calls_total', statement('33'), (at) => (at < bornAt ? null : 800 + (at - bornAt) / 60)),
  series('pg_stat_statements_seconds_total', statement('33'), (at) => (at < bornAt ? null : 90 + (at - bornAt) / 900)),
];

async function snapshotOf(server: Server): Promise<Snapshot> {
  const prometheus = createPrometheus({ url: server.url });
  const all = await collect({
    prometheus,
    window,
    previous: async () => null,
    takenAt: window.end,
    progress: () => {},
  });
  const [one, ...others] = all;
  if (one === undefined || others.length > 0 || !('snapshot' in one)) throw new Error(JSON.stringify(all));
  return one.snapshot;
}

/** What the backend says for itself: two neighbours must agree on the rest. */
function comparable(snapshot: Snapshot): unknown {
  return JSON.parse(JSON.stringify(snapshot), (_, value: unknown) =>
    typeof value === 'number' ? Number(value.toPrecision(9)) : value,
  );
}

/** What is known of the samples: the outage is a gap with a beginning and an end, and the rest is covered. */
function expectHole({ quality }: Snapshot): void {
  const [prometheus, ...others] = quality.bySource ?? [];
  expect(others).toEqual([]);
  const holes = prometheus?.holes?.map((hole) => [Date.parse(hole.start) / 1000, Date.parse(hole.end) / 1000]);
  expect(holes).toEqual([[near(dark.from, STEP), near(dark.to, STEP)]]);
  expect(prometheus?.coveredShare).toBeCloseTo(1 - 1.5 / HOURS, 2);
  expect(prometheus?.intervalSeconds).toBe(60);
  expect(prometheus?.newestSampleAgeSeconds).toEqual(near(53, 1));
  expect(prometheus?.restarts).toBeNull();
}

function near(value: number, slack: number): number {
  return expect.toSatisfy((other: number) => Math.abs(other - value) <= slack, `${value} ± ${slack}`) as number; // an asymmetric matcher
}

const { missing, skip } = needs('prometheus', 'promtool');

describe.skipIf(skip)(`one history in several backends${skip ? ` (missing: ${missing.join(', ')})` : ''}`, () => {
  const servers: Server[] = [];
  let reference: Snapshot;
  const seen = async (backend: Backend) => {
    const server = await startBackend(backend, history);
    servers.push(server);
    return snapshotOf(server);
  };

  beforeAll(async () => {
    reference = await seen('prometheus');
  });
  afterAll(async () => {
    await Promise.all(servers.map((server) => server.stop()));
  });

  it('Prometheus 2.42 shows the planted week: hours, the outage, the reset, the birth', () => {
    const { hourly, quality, statements } = reference;
    expect(hourly).toMatchObject({ start: window.start, hours: HOURS });
    expect(hourly?.statements.map(({ queryid }) => queryid)).toEqual(['11', '22', '33']);
    const [steady, reset, born] = hourly?.statements ?? [];
    const planted = Array.from({ length: HOURS }, (_, hour) => (hour === 5 || hour === 6 ? null : daily(6_000)(hour)));
    const close = (value: number | null) => (value === null ? null : within(value, 0.01));
    expect(steady?.calls).toEqual(planted.map(close));
    expect(steady?.timeMs).toEqual(planted.map((value) => close(value === null ? null : value * 100)));
    // What came between the last sample before the reset and the reset is lost: at most a scrape.
    expect(reset?.calls[14]).toEqual(within(2_400, 0.04));
    expect(born?.calls.slice(0, 9)).toEqual(Array.from({ length: 9 }, () => null));
    expect(born?.calls[9]).toEqual(within(43, 0.05));
    expect(born?.calls[10]).toEqual(within(60, 0.02));
    expect(quality.coveredShare).toBeCloseTo(1 - 1.5 / HOURS, 2);
    expectHole(reference);
    expect(statements).toHaveLength(3);
  });

  const three = needs('prometheus-3');
  it.skipIf(three.skip)('Prometheus 3 gives the same snapshot, number for number', async () => {
    expect(three.missing).toEqual([]);
    const other = await seen('prometheus-3');
    expectHole(other);
    expect(comparable(other)).toEqual(comparable(reference));
  });

  /**
   * VictoriaMetrics does not extrapolate: its increase is the difference to the last sample before the window, so around a
   * change of pace or a reset it differs by up to two scrapes, 2/60 of an hour; of a day that is nothing.
   */
  const victoria = needs('victoria-metrics');
  it.skipIf(victoria.skip)(
    'VictoriaMetrics gives the same rows, gaps and unknown hours, numbers within 2 %, hours within 3.4 %',
    async () => {
      expect(victoria.missing).toEqual([]);
      const other = await seen('victoria-metrics');
      expectHole(other);
      expect(other.gaps).toEqual(reference.gaps);
      expect(other.sources.map(({ text }) => text)).toEqual(reference.sources.map(({ text }) => text));
      const rows = ({ databases, tables, statements, server }: Snapshot) => ({ databases, tables, statements, server });
      expect(rows(other)).toEqual(tolerant(rows(reference), 0.02));
      expect(other.hourly).toEqual(tolerant(reference.hourly, 2 / 60));
    },
  );
});

function within(value: number, share: number): number {
  const slack = Math.max(1, Math.abs(value) * share);
  return expect.toSatisfy((other: number) => Math.abs(other - value) <= slack, `${value} ± ${slack}`) as number; // an asymmetric matcher
}

function tolerant(of: unknown, share: number): unknown {
  return JSON.parse(JSON.stringify(of), (_, value: unknown) =>
    typeof value === 'number' ? within(value, share) : value,
  );
}
