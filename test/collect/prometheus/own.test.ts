/** What a user's configuration adds to the metrics of exporters. */
import { expect, test } from 'vitest';
import { createPrometheus } from '../../../lib/collect/prometheus/client.ts';
import type { OwnMetrics } from '../../../lib/collect/prometheus/own.ts';
import { readPrometheus } from '../../../lib/collect/prometheus/read.ts';
import { documented, documentedEnd as end } from '../../support/documented.ts';
import { type FakeOptions, type FakeSeries, startFakePrometheus } from '../../support/fake-prometheus.ts';

const window = { start: new Date((end - 3_600) * 1000).toISOString(), end: new Date(end * 1000).toISOString() };
const brief = documented('brief');
const instance = '10.0.0.15:9187';

/** Grows by `step` a minute. */
function series(name: string, labels: Readonly<Record<string, string>>, step: number): FakeSeries {
  const points = Array.from({ length: 61 }, (_, at) => [end - (60 - at) * 60, 100 + at * step] as const);
  return { labels: { __name__: name, ...labels }, points };
}

async function read(all: readonly FakeSeries[], own: OwnMetrics, options: FakeOptions = {}) {
  const fake = await startFakePrometheus({ ...options, series: all });
  try {
    const source = createPrometheus({ url: fake.url, retryMs: 1 });
    return { targets: await readPrometheus({ source, window, own }), fake };
  } finally {
    await fake.stop();
  }
}

test('a metric of its own comes before that of the exporter, with its own labels and factor', async () => {
  const rule = series('shop:statement_seconds:total', { instance, db: 'shop', qid: '4711' }, 2);
  const alone = await read([...brief, rule], {});
  expect(alone.targets[0]?.statements).toMatchObject([{ queryid: '4711', totalTimeMs: 59 * 36_000 }]);
  const { targets } = await read([...brief, rule], {
    measures: {
      'statement.totalTimeMs': {
        metric: 'shop:statement_seconds:total',
        kind: 'counter',
        factor: 1000,
        labels: { database: 'db', queryid: 'qid' },
      },
    },
  });
  expect(targets).toHaveLength(1);
  expect(targets[0]?.statements).toMatchObject([{ queryid: '4711', totalTimeMs: 59 * 2_000, calls: 59 * 300 }]);
  const source = targets[0]?.sources.find(({ measures }) => measures.includes('totalTimeMs'));
  expect(source).toMatchObject({ dialect: 'own', rows: 1 });
  // The words of all other gaps stay those of the exporter.
  expect(JSON.stringify(targets[0]?.gaps)).not.toMatch(/prometheus\.measures/);
});

test('a measure that the exporter has not is there by an expression, for rows that only it has too', async () => {
  const labels = { instance, datname: 'shop', schemaname: 'public' };
  const more = [series('idx_total', { ...labels, relname: 'orders', indexrelname: 'extra' }, 3)];
  const { targets } = await read([...brief, ...more], {
    measures: {
      'index.scans': {
        promql: 'sum by (instance, datname, schemaname, relname, indexrelname) (increase(idx_total[$window]))',
        kind: 'counter',
      },
    },
  });
  expect(targets[0]?.indexes.map(({ index, scans }) => [index, scans])).toEqual([
    ['extra', 59 * 3],
    ['orders_pkey', 59 * 1_000],
  ]);
  expect(targets[0]?.sources.find(({ dialect }) => dialect === 'own')?.text).toContain('increase(idx_total[1h])');
});

test('an aggregate that names no server is of the only one, and of nobody where there are two', async () => {
  const grouped = {
    measures: { 'server.walBytes': { promql: 'sum by (app) (increase(wal_total[$window]))', kind: 'counter' } },
  } as const;
  const wal = series('wal_total', { app: 'x' }, 10);
  const one = await read([...brief, wal], grouped);
  expect(one.targets.map(({ name, server }) => [name, server.walBytes])).toEqual([[instance, 590]]);
  const two = await read([...brief, ...documented('pgmonitor'), wal], grouped);
  expect(two.targets.map(({ name }) => name)).toEqual(['10.0.0.12:9187', instance]);
  expect(two.targets.map(({ server }) => server.walBytes)).toEqual([undefined, undefined]);
});

test('an expression that Prometheus refuses costs only itself', async () => {
  const { targets } = await read(brief, {
    measures: { 'server.walBytes': { promql: 'nonsense(increase(x[$window]))', kind: 'counter' } },
  });
  expect(targets[0]?.server.maxConnections).toBe(200);
  expect(targets[0]?.gaps.find(({ measures }) => measures.includes('walBytes'))?.absence).toBe('unreachable');
});

test('user experience is a number of every target, or says why it is none', async () => {
  const felt = [series('latency', { app: 'a' }, 1), series('latency', { app: 'b' }, 2)];
  const at = (name: string, promql: string, target?: string) =>
    ({ name, promql, unit: 's', ...(target === undefined ? {} : { target }) }) as const;
  const { targets, fake } = await read([...brief, ...documented('pgmonitor'), ...felt], {
    userExperience: [
      at('worst', 'max by () (avg_over_time(latency[$window]))'),
      at('each', 'max by (app) (avg_over_time(latency[$window]))'),
      at('none', 'max by () (avg_over_time(other[$window]))'),
      at('wrong', 'nonsense(('),
      at('one', 'max by () (latency)', instance),
    ],
  });
  const [other, own] = targets;
  expect(other?.userExperience?.map(({ name }) => name)).toEqual(['worst', 'each', 'none', 'wrong']);
  const rows = new Map(own?.userExperience?.map((row) => [row.name, row]));
  expect(rows.get('worst')).toEqual({
    name: 'worst',
    value: expect.closeTo(100 + 2 * 30.5, 5),
    unit: 's',
    promql: '(max by () (avg_over_time(latency[1h])))',
  });
  expect(rows.get('each')).toMatchObject({ value: null, why: expect.stringMatching(/gave 2 series: aggregate/) });
  expect(rows.get('none')).toMatchObject({ value: null, why: expect.stringMatching(/gave no number/) });
  expect(rows.get('wrong')).toMatchObject({ value: null, why: expect.stringMatching(/parse error/) });
  expect(rows.get('one')?.value).toBe(100 + 2 * 60);
  expect(targets.map(({ notes }) => notes)).toEqual([[], []]);
  expect(fake.requests.length).toBeLessThanOrEqual(45);
});

test('without configuration nobody speaks of it', async () => {
  const { targets } = await read(brief, {});
  expect(targets[0]).not.toHaveProperty('userExperience');
});
