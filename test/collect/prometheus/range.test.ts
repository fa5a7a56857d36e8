import { afterEach, expect, test } from 'vitest';
import { createPrometheus } from '../../../lib/collect/prometheus/client.ts';
import { type FakeOptions, type FakePrometheus, startFakePrometheus } from '../../support/fake-prometheus.ts';

const end = 1_800_000_000;
const hour = 3_600;
const points = Array.from({ length: 25 }, (_, index) => [end - (24 - index) * hour, index * 10] as const);
const series = [
  { labels: { __name__: 'calls', instance: 'a' }, points },
  { labels: { __name__: 'calls', instance: 'b' }, points: points.filter(([at]) => at !== end - 5 * hour) },
];
const running: FakePrometheus[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map((fake) => fake.stop()));
});

async function fakeAnd(options: FakeOptions) {
  const fake = await startFakePrometheus(options);
  running.push(fake);
  return { fake, source: createPrometheus({ url: fake.url, retryMs: 1 }) };
}

const tooMany = JSON.stringify({
  status: 'error',
  errorType: 'execution',
  error: 'query processing would load too many samples into memory in query execution',
});

test('a range goes out as a form and comes back as values in time, hours without samples left out', async () => {
  const { fake, source } = await fakeAnd({ series });
  const { series: all } = await source.queryRange('max by (instance) (calls)', end - 6 * hour, end, hour);
  expect(fake.requests.map(({ method, path, form }) => [method, path, form.get('step')])).toEqual([
    ['POST', '/api/v1/query_range', '3600'],
  ]);
  expect(all.map(({ labels, values }) => [labels.instance, values])).toEqual([
    ['a', [180, 190, 200, 210, 220, 230, 240]],
    ['b', [180, 200, 210, 220, 230, 240]],
  ]);
  expect(all[1]?.times).not.toContain(end - 5 * hour);
});

test('more than 11,000 points are asked for in parts, and none twice', async () => {
  const { fake, source } = await fakeAnd({ series: [{ labels: { __name__: 'calls' }, points: [[end - 30_000, 1]] }] });
  const query = 'max_over_time(calls[12h])';
  const { series: all } = await source.queryRange(query, end - 25_000, end, 1);
  expect(fake.requests).toHaveLength(3);
  expect(all[0]?.times).toHaveLength(25_001);
  expect(new Set(all[0]?.times).size).toBe(25_001);
});

test('what is too much at once is halved in time, and the whole is the same', async () => {
  const whole = await (await fakeAnd({ series })).source.queryRange('calls', end - 23 * hour, end, hour);
  const { fake, source } = await fakeAnd({
    series,
    fault: ({ form }) =>
      Number(form.get('end')) - Number(form.get('start')) > 8 * hour
        ? { kind: 'status', status: 422, body: tooMany }
        : undefined,
  });
  expect(await source.queryRange('calls', end - 23 * hour, end, hour)).toEqual(whole);
  expect(fake.requests).toHaveLength(7);
});

test('a wrong question is not asked in parts', async () => {
  const { fake, source } = await fakeAnd({ series });
  await expect(source.queryRange('nonsense((', end - 23 * hour, end, hour)).rejects.toThrow(/parse error/);
  expect(fake.requests).toHaveLength(1);
});

test('a part that fails fails the whole: half a week is not a week', async () => {
  const { source } = await fakeAnd({
    series,
    fault: ({ form }) =>
      Number(form.get('start')) < end - 20 * hour ? { kind: 'status', status: 422, body: tooMany } : undefined,
  });
  await expect(source.queryRange('calls', end - 23 * hour, end, hour)).rejects.toThrow(/too many samples/);
});

test('what Prometheus sends that is no number is no value', async () => {
  const odd = { labels: { __name__: 'calls' }, points: [[end - hour, Number.NaN] as const, [end, 7] as const] };
  const { source } = await fakeAnd({ series: [odd] });
  const { series: all } = await source.queryRange('calls', end - hour, end, hour);
  expect(all).toEqual([{ labels: { __name__: 'calls' }, times: [end - hour, end], values: [null, 7] }]);
});
