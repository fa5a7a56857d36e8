/** Eleven calendar weeks of a small server as postgres_exporter shows it, a sample each five minutes, and what happened in them. */
import { randomLcg, randomNormal } from 'd3-random';
import type { FakeSeries } from '../support/fake-promql.ts';

export const HOUR = 3_600;
export const DAY = 24 * HOUR;
export const WEEK = 7 * DAY;
const STEP = 300;
export const WEEKS = 11;
const STATEMENTS = 30;
/** A Monday long past, so that no run of today is in it. */
export const start = Date.UTC(2026, 0, 5) / 1000;

/** Week and day count from 1, as a person counts them. */
export const at = (week: number, day = 1): number => start + (week - 1) * WEEK + (day - 1) * DAY;

export const story = {
  /** max_wal_size was raised, as advised. */
  settingRaised: at(3),
  /** pg_stat_statements_reset(), on a Wednesday. */
  reset: at(3, 3) + 5 * HOUR,
  slower: { number: 5, from: at(5, 2), to: at(7), by: 1.8 },
  /** Nobody scraped. */
  missing: { from: at(8), to: at(9) },
  slowerLater: { number: 12, from: at(9), to: at(11), by: 1.6 },
  /** pg_upgrade: each queryid is another, and all counters begin anew. */
  upgrade: at(10),
} as const;

export const queryid = (number: number, seconds: number): string =>
  String((seconds < story.upgrade ? 4_100_000 : 9_700_000) + number * 7919);

const labels = (name: string, more: Readonly<Record<string, string>> = {}) => ({
  __name__: name,
  job: 'postgres',
  instance: 'shop-db:9187',
  ...more,
});
const shop = { datname: 'shop' };
const times = Array.from({ length: (WEEKS * WEEK) / STEP }, (_, index) => start + 7 + index * STEP).filter(
  (time) => time < story.missing.from || time >= story.missing.to,
);

function gauge(name: string, more: Readonly<Record<string, string>>, value: (time: number) => number): FakeSeries {
  return { labels: labels(name, more), points: times.map((time) => [time, value(time)] as const) };
}

/** Of a rate an hour; begins again at zero where the server or somebody reset it. */
function counter(
  name: string,
  more: Readonly<Record<string, string>>,
  perHour: (time: number) => number,
  resets: readonly number[] = [story.upgrade],
): FakeSeries {
  let value = 0;
  let last = Number.NaN;
  const points = times.map((time) => {
    if (resets.some((reset) => last < reset && time >= reset)) value = 0;
    last = time;
    value += (perHour(time) * STEP) / HOUR;
    return [time, value] as const;
  });
  return { labels: labels(name, more), points };
}

const day = (time: number): number => ((time - start) % DAY) / HOUR;
const busy = (time: number): number => {
  const weekend = Math.floor((time - start) / DAY) % 7 >= 5 ? 0.6 : 1;
  return weekend * (0.7 + 0.5 * Math.sin((Math.PI * (day(time) - 6)) / 12));
};

/** Latency wanders by the week, the day and the hour, and a little with everything on the server. */
function statement(number: number): FakeSeries[] {
  const normal = randomNormal.source(randomLcg(number / 1_000))(0, 1);
  const draws = (count: number, deviation: number) => Array.from({ length: count }, () => deviation * normal());
  const [weeks, days, hours, traffic] = [
    draws(WEEKS, 0.025),
    draws(WEEKS * 7, 0.02),
    draws(WEEKS * 168, 0.06),
    draws(WEEKS * 168, 0.05),
  ];
  const callsPerHour = 400 * Math.exp(1.2 * normal());
  const meanMs = 6 * Math.exp(0.9 * normal());
  const of = (values: readonly number[], time: number, span: number) => values[Math.floor((time - start) / span)] ?? 0;
  const planted = [story.slower, story.slowerLater].filter((one) => one.number === number);
  const latency = (time: number): number =>
    meanMs *
    Math.exp(of(weeks, time, WEEK) + of(days, time, DAY) + of(hours, time, HOUR) + 0.1 * (busy(time) - 0.7)) *
    planted.reduce((by, { from, to, by: times }) => (time >= from && time < to ? by * times : by), 1);
  const calls = (time: number): number => callsPerHour * busy(time) * Math.exp(of(traffic, time, HOUR));
  const both = (time: number): number => (calls(time) * latency(time)) / 1_000;
  return [false, true].flatMap((upgraded) => {
    const mine = { ...shop, user: 'web', queryid: queryid(number, upgraded ? story.upgrade : 0) };
    const resets = [story.reset];
    const all = [
      counter('pg_stat_statements_calls_total', mine, (time) => Math.round(calls(time)), resets),
      counter('pg_stat_statements_seconds_total', mine, both, resets),
      counter('pg_stat_statements_rows_total', mine, (time) => Math.round(calls(time)) * (1 + (number % 7)), resets),
    ];
    return all.map(({ labels: named, points }) => {
      const lived = points.filter(([time]) => time >= story.upgrade === upgraded);
      const zero = upgraded ? (points.findLast(([time]) => time < story.upgrade)?.[1] ?? 0) : 0;
      return { labels: named, points: lived.map(([time, value]) => [time, value - zero] as const) };
    });
  });
}

export function elevenWeeks(): readonly FakeSeries[] {
  const raised = (time: number): boolean => time >= story.settingRaised;
  return [
    gauge('pg_up', {}, () => 1),
    gauge('pg_settings_max_connections', {}, () => 100),
    gauge('pg_settings_server_version_num', {}, (time) => (time < story.upgrade ? 160_004 : 170_002)),
    gauge('pg_settings_max_wal_size_bytes', {}, (time) => (raised(time) ? 8 : 1) * 1024 ** 3),
    gauge('pg_stat_database_numbackends', shop, () => 20),
    gauge('pg_database_size_bytes', shop, () => 8e9),
    counter('pg_stat_database_xact_commit', shop, (time) => 20_000 * busy(time)),
    counter('pg_stat_database_blks_hit', shop, (time) => 4_000_000 * busy(time)),
    counter('pg_stat_database_blks_read', shop, (time) => 8_000 * busy(time)),
    counter('pg_stat_bgwriter_checkpoints_timed_total', {}, (time) => (raised(time) ? 12 : 2)),
    counter('pg_stat_bgwriter_checkpoints_req_total', {}, (time) => (raised(time) ? 0 : 14)),
    ...Array.from({ length: STATEMENTS }, (_, index) => statement(index + 1)).flat(),
  ];
}
