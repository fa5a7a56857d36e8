import { afterEach, expect, test } from 'vitest';
import { createPrometheus } from '../../../lib/collect/prometheus/client.ts';
import { type PrometheusTarget, readPrometheus } from '../../../lib/collect/prometheus/read.ts';
import {
  type FakeOptions,
  type FakePrometheus,
  type FakeSeries,
  startFakePrometheus,
} from '../../support/fake-prometheus.ts';

const start = Date.parse('2026-11-21T21:00:00Z') / 1000;
const running: FakePrometheus[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map((fake) => fake.stop()));
});

type Labels = Readonly<Record<string, string>>;
interface Line {
  /** Growth of the counter in each minute of an hour. */
  readonly perHour: readonly number[];
  readonly labels?: Labels;
  /** Minutes since the start without a sample. */
  readonly silent?: (minute: number) => boolean;
  readonly every?: number;
}

/** A counter with a sample each minute from the start on. */
function counter(name: string, { perHour, labels = {}, silent = () => false, every = 1 }: Line): FakeSeries {
  const points: [number, number][] = [];
  let value = 1_000;
  for (let minute = 0; minute <= perHour.length * 60; minute += 1) {
    if (minute % every === 0 && !silent(minute)) points.push([start + minute * 60, value]);
    value += (perHour[Math.floor(minute / 60)] ?? 0) / 60;
  }
  return {
    labels: { __name__: name, instance: 'db:9187', datname: 'shop', user: 'web', queryid: '1', ...labels },
    points,
  };
}

const calls = (line: Line) => counter('pg_stat_statements_calls_total', line);
const seconds = (line: Line) => counter('pg_stat_statements_seconds_total', line);

async function read(series: readonly FakeSeries[], { hours = 4, shift = 0, ...options }: FakeOptions & Shifted = {}) {
  const fake = await startFakePrometheus({ series, ...options });
  running.push(fake);
  const source = createPrometheus({ url: fake.url, retryMs: 1 });
  const at = (seconds: number) => new Date(seconds * 1000).toISOString();
  const window = { start: at(start + shift), end: at(start + shift + hours * 3_600) };
  const [target, ...others] = await readPrometheus({ source, window });
  expect(others).toEqual([]);
  return { fake, target: target as PrometheusTarget };
}

interface Shifted {
  readonly hours?: number;
  /** Seconds from the whole hour. */
  readonly shift?: number;
}

/** Increases of the fake are differences of its samples, so of 60 samples in an hour 59 steps. */
const seen = (perHour: number) => Math.round((perHour * 59) / 60);

test('each whole hour has its own increase, in canonical units', async () => {
  const { target } = await read([
    calls({ perHour: [600, 60, 0, 6000] }),
    seconds({ perHour: [36, 3.6, 0, 360] }),
    counter('pg_stat_statements_rows_total', { perHour: [60, 60, 60, 60] }),
  ]);
  expect(target.hourly).toEqual({
    start: '2026-11-21T21:00:00.000Z',
    hours: 4,
    statements: [
      {
        ...{ database: 'shop', statement: 'id:1', queryid: '1', user: 'web' },
        calls: [seen(600), seen(60), 0, seen(6000)],
        timeMs: [35400, 3540, 0, 354000],
        rows: [59, 59, 59, 59],
      },
    ],
  });
  expect(target.statements.map(({ statement }) => statement)).toEqual(['id:1']);
});

test('of a window that begins and ends within hours only the whole ones count', async () => {
  const series = [calls({ perHour: [60, 120, 240, 480, 960] }), seconds({ perHour: [1, 1, 1, 1, 1] })];
  const { target } = await read(series, { hours: 3, shift: 1_800 });
  expect(target.hourly).toMatchObject({ start: '2026-11-21T22:00:00.000Z', hours: 2 });
  expect(target.hourly?.statements[0]?.calls).toEqual([seen(120), seen(240)]);
});

test('below two hours nothing is asked hour by hour', async () => {
  const { fake, target } = await read([calls({ perHour: [60, 60] }), seconds({ perHour: [1, 1] })], { hours: 1.9 });
  expect(target).not.toHaveProperty('hourly');
  expect(fake.requests.some(({ path }) => path.endsWith('query_range'))).toBe(false);
  expect(target.gaps.some(({ measures }) => measures.includes('hourly'))).toBe(false);
});

test('an hour without samples is unknown, and so is one whose half is missing; zero is a measured zero', async () => {
  const silent = (minute: number) => (minute > 60 && minute <= 120) || (minute > 210 && minute <= 240);
  const series = [calls({ perHour: [600, 600, 0, 600, 600], silent }), seconds({ perHour: [1, 1, 0, 1, 1], silent })];
  const { target } = await read(series, { hours: 5 });
  expect(target.hourly?.statements[0]?.calls).toEqual([590, null, 0, null, 590]);
  expect(target.hourly?.statements[0]?.timeMs).toEqual([expect.closeTo(983.33, 1), null, 0, null, expect.any(Number)]);
});

test('a few lost scrapes cost nothing', async () => {
  const silent = (minute: number) => minute % 7 === 3;
  const { target } = await read([calls({ perHour: [600, 600, 600], silent }), seconds({ perHour: [1, 1, 1] })], {
    hours: 3,
  });
  expect(target.hourly?.statements[0]?.calls).toEqual([590, 590, 590]);
});

test('hours before a statement was there are unknown to it alone', async () => {
  const born = { silent: (minute: number) => minute <= 125, labels: { queryid: '2' } };
  const { target } = await read([
    ...[calls({ perHour: [60, 60, 60, 60] }), seconds({ perHour: [1, 1, 1, 1] })],
    ...[calls({ perHour: [60, 60, 60, 60], ...born }), seconds({ perHour: [1, 1, 1, 1], ...born })],
  ]);
  const [one, two] = target.hourly?.statements ?? [];
  expect(one?.calls).toEqual([59, 59, 59, 59]);
  expect(two?.calls).toEqual([null, null, expect.any(Number), 59]);
});

test('a reset within an hour does not make it negative', async () => {
  const before = calls({ perHour: [600, 600, 600, 600] });
  const points = before.points.map(([at, value], minute) => [at, minute > 90 ? value - 1_900 : value] as const);
  const { target } = await read([{ ...before, points }, seconds({ perHour: [1, 1, 1, 1] })]);
  const [one = 0, two = 0] = (target.hourly?.statements[0]?.calls ?? []).map((value) => value ?? 0);
  expect(one).toBe(590);
  expect(two).toBeGreaterThanOrEqual(0);
  expect(two).toBeLessThan(620);
});

test('replicas of Prometheus count once, users are added up', async () => {
  const lines = (labels: Labels) => [
    calls({ perHour: [60, 60, 60, 60], labels }),
    seconds({ perHour: [3, 3, 3, 3], labels }),
  ];
  const replicas = [{ replica: 'a' }, { replica: 'b' }, { user: 'batch' }].flatMap(lines);
  const { target } = await read(replicas);
  const [row, ...others] = target.hourly?.statements ?? [];
  expect(others).toEqual([]);
  expect(row?.calls).toEqual([118, 118, 118, 118]);
  expect(row).not.toHaveProperty('user');
});

test('an exporter that is asked too seldom gives a gap, not an hour', async () => {
  const series = [calls({ perHour: [60, 60, 60, 60], every: 120 }), seconds({ perHour: [1, 1, 1, 1], every: 120 })];
  const { target } = await read(series);
  expect(target).not.toHaveProperty('hourly');
  expect(target.gaps.filter(({ measures }) => measures.includes('hourly'))).toMatchObject([{ absence: 'no-history' }]);
});

test('a backend without range queries costs the hours, with its words as the reason', async () => {
  const series = [calls({ perHour: [60, 60, 60, 60] }), seconds({ perHour: [1, 1, 1, 1] })];
  const { target } = await read(series, {
    fault: ({ path }) =>
      path.endsWith('query_range') ? { kind: 'status', status: 403, body: 'query_range is off' } : undefined,
  });
  expect(target.statements).toHaveLength(1);
  expect(target).not.toHaveProperty('hourly');
  const [gap] = target.gaps.filter(({ measures }) => measures.includes('hourly'));
  expect(gap).toMatchObject({ kind: 'statement', absence: 'unreachable' });
  expect(gap?.reason).toMatch(/has no right to query/);
});

test('without the number of samples no hour can be trusted', async () => {
  const series = [calls({ perHour: [60, 60, 60, 60] }), seconds({ perHour: [1, 1, 1, 1] })];
  const { target } = await read(series, {
    fault: ({ path, promql }) =>
      path.endsWith('query_range') && promql.includes('count_over_time')
        ? { kind: 'status', status: 422, body: '{"status":"error","errorType":"execution","error":"out of luck"}' }
        : undefined,
  });
  expect(target).not.toHaveProperty('hourly');
  expect(target.gaps.find(({ measures }) => measures.includes('hourly'))?.reason).toMatch(/out of luck/);
});

test('few statements cost one request more, many some more, and what was sent is told', async () => {
  const few = await read([calls({ perHour: [60, 60, 60, 60] }), seconds({ perHour: [1, 1, 1, 1] })]);
  const ranges = few.fake.requests.filter(({ path }) => path.endsWith('query_range'));
  expect(ranges).toHaveLength(1);
  expect(ranges[0]?.questions).toHaveLength(3);
  const told = few.target.sources.filter(({ text }) => text.includes('query_range'));
  expect(told.map(({ measures, rows }) => [measures, rows])).toEqual([
    [['calls'], 1],
    [['totalTimeMs'], 1],
  ]);
});
