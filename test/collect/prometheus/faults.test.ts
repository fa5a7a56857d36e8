/** Each way in which a Prometheus can answer badly, of everything and of one question: a reason or a gap, no wrong number. */
import { afterEach, describe, expect, test } from 'vitest';
import { collect } from '../../../lib/collect/collect.ts';
import { createPrometheus, type PrometheusOptions } from '../../../lib/collect/prometheus/client.ts';
import type { Snapshot } from '../../../lib/model/snapshot.ts';
import {
  type FakeOptions,
  type FakePrometheus,
  type FakeRequest,
  type FakeSeries,
  type Fault,
  startFakePrometheus,
} from '../../support/fake-prometheus.ts';

const end = 1_800_000_000;
const iso = (seconds: number) => new Date(seconds * 1000).toISOString();
const window = { start: iso(end - 600), end: iso(end) };
const running: FakePrometheus[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map((fake) => fake.stop()));
});

function line(name: string, to: number): FakeSeries {
  const points = Array.from({ length: 41 }, (_, step) => [end - 600 + step * 15, (to * step) / 40] as const);
  return {
    labels: { __name__: name, instance: 'db:9187', datname: 'shop', schemaname: 'public', relname: 'orders' },
    points,
  };
}
const series = ['seq_scan', 'idx_scan', 'n_tup_ins'].map((name) => line(`pg_stat_user_tables_${name}`, 40));
series.push(line('pg_settings_max_connections', 100), line('pg_stat_database_xact_commit', 400));

async function hunted(options: FakeOptions, more: Partial<PrometheusOptions> = {}) {
  const fake = await startFakePrometheus({ series, ...options });
  running.push(fake);
  const limits = { retryMs: 1, timeoutMs: 400, deadlineMs: 3_000, maxBytes: 200_000, maxTotalBytes: 5_000_000 };
  const prometheus = createPrometheus({ url: fake.url, ...limits, ...more });
  const rest = { takenAt: window.end, previous: async () => null, progress: () => {} };
  const [one] = await collect({ window, prometheus, ...rest });
  if (one === undefined) throw new Error('nothing was collected');
  expect(fake.requests.length).toBeLessThanOrEqual(45);
  return one;
}

const ok = (body: string): Fault => ({ kind: 'status', status: 200, body });
const vector = (result: string) => ok(`{"status":"success","data":{"resultType":"vector","result":[${result}]}}`);
const labels = '"instance":"db:9187","datname":"shop","schemaname":"public","relname":"orders"';
const deep = `${'['.repeat(60_000)}${']'.repeat(60_000)}`;

/** What was sent, and what the reader is told. */
const faults: Readonly<Record<string, readonly [fault: Fault, reason: RegExp]>> = {
  slow: [{ kind: 'hang' }, /no complete answer within 0\.4 s|time for all questions together/],
  'slow drop by drop': [{ kind: 'trickle' }, /no complete answer within 0\.4 s|time for all questions together/],
  'cut mid-body': [{ kind: 'cut' }, /connection was cut in the middle/],
  garbled: [{ kind: 'garbage' }, /no JSON of a Prometheus/],
  'a web page': [{ kind: 'html' }, /looks like a web page/],
  huge: [{ kind: 'endless' }, /larger than/],
  empty: [ok(''), /no JSON of a Prometheus/],
  'without data': [ok('{"status":"success"}'), /no JSON of a Prometheus/],
  throttled: [{ kind: 'status', status: 429, headers: { 'retry-after': '0' } }, /throttling/],
  'throttled for an hour': [{ kind: 'status', status: 429, headers: { 'retry-after': '3600' } }, /throttling/],
  redirecting: [{ kind: 'redirect', to: 'https://sso.example.com/?session=abc' }, /redirects to sso\.example\.com/],
  'about another time': [vector(`{"metric":{${labels}},"value":[${end - 86_400},"7"]}`), /no JSON of a Prometheus/],
  deep: [ok(deep), /no JSON of a Prometheus/],
  'deep beside the data': [
    ok(`{"status":"success","data":{"resultType":"vector","result":[]},"stats":${deep}}`),
    /no JSON of a Prometheus/,
  ],
  'with a key twice': [
    vector(`{"metric":{${labels}},"value":[${end},"7"],"value":[${end},"8"]}`),
    /no JSON of a Prometheus/,
  ],
  'with a label twice': [
    vector(`{"metric":{${labels},"relname":"x"},"value":[${end},"7"]}`),
    /no JSON of a Prometheus/,
  ],
  'at the time 1e999': [vector(`{"metric":{${labels}},"value":[1e999,"7"]}`), /no JSON of a Prometheus/],
};

const bad = 'increase(pg_stat_user_tables_seq_scan';
const hits = ({ questions }: FakeRequest) => questions.some((each) => each.includes(bad));
const snapshotOf = (one: Awaited<ReturnType<typeof hunted>>): Snapshot => {
  if (!('snapshot' in one)) throw new Error(one.failure);
  return one.snapshot;
};

describe.each(Object.entries(faults))('an answer that is %s', (name, [fault, reason]) => {
  // Only slowness is told by the clock: on a busy machine 400 ms may pass before an endless answer is too large.
  const patience = name.startsWith('slow') ? {} : { timeoutMs: 3_000 };

  test('to everything fails the target, with the reason', async () => {
    const one = await hunted({ fault: () => fault }, patience);
    expect(one).not.toHaveProperty('snapshot');
    expect('failure' in one && one.failure).toMatch(reason);
    expect(JSON.stringify(one)).not.toContain('session=');
  });

  test('to one question is never a number', async () => {
    const whole = snapshotOf(await hunted({}));
    const one = await hunted(
      { fault: (request) => (hits(request) ? fault : undefined) },
      { ...patience, deadlineMs: 20_000 },
    );
    const { tables, gaps } = snapshotOf(one);
    expect(whole.tables[0]?.sequentialScans).toBeGreaterThan(0);
    // Whatever shared its request is as it was, or absent.
    for (const [name, value] of Object.entries(tables[0] ?? {})) expect(whole.tables[0]).toHaveProperty(name, value);
    for (const row of tables) expect(row).not.toHaveProperty('sequentialScans');
    const [gap] = gaps.filter(({ kind, measures }) => kind === 'table' && measures.includes('sequentialScans'));
    expect(gap).toMatchObject({
      absence: 'unreachable',
      reason: expect.stringMatching(reason),
      remedy: expect.stringMatching(/\.$/),
    });
  });
});

test('an answer without a single series is a gap, not a zero', async () => {
  const { tables, gaps } = snapshotOf(await hunted({ fault: (request) => (hits(request) ? vector('') : undefined) }));
  for (const row of tables) expect(row).not.toHaveProperty('sequentialScans');
  const [gap] = gaps.filter(({ kind, measures }) => kind === 'table' && measures.includes('sequentialScans'));
  expect(gap).toMatchObject({
    absence: 'not-exported',
    reason: expect.stringContaining('pg_stat_user_tables_seq_scan'),
    remedy: expect.stringMatching(/\.$/),
  });
});

test('a partial answer says so in the report', async () => {
  const { quality } = snapshotOf(await hunted({ beside: { isPartial: true, warnings: ['store 7 is down'] } }));
  expect(quality.notes).toEqual(
    expect.arrayContaining([
      expect.stringMatching(/without some of its nodes/),
      expect.stringContaining('store 7 is down'),
    ]),
  );
});

test.each(['1e999', '', '0x28', '+Inf', 'forty'])(
  'the value "%s" is no number, and the reader is told',
  async (value) => {
    const answer = vector(`{"metric":{${labels},"pg_hunt":"0"},"value":[${end},"${value}"]}`);
    const alone = (request: FakeRequest) =>
      request.questions.length > 1 && hits(request) ? { kind: 'status' as const, status: 422 } : undefined;
    const { tables, quality } = snapshotOf(
      await hunted({ fault: (request) => alone(request) ?? (hits(request) ? answer : undefined) }),
    );
    for (const row of tables) expect(row).not.toHaveProperty('sequentialScans');
    expect(quality.notes.join()).toMatch(/1 values are no numbers, or no possible ones/);
  },
);

test.each([
  [-3 * 3_600_000, /its clock is 3 h behind that of pg-hunt/],
  [10 * 60_000, /its clock is 10 min ahead of that of pg-hunt/],
])('a clock that is %i ms off is told', async (off, words) => {
  const date = new Date(Date.now() + off).toUTCString();
  const body = '{"status":"success","data":{"resultType":"vector","result":[]}}';
  const fault: Fault = { kind: 'status', status: 200, body, headers: { date } };
  const { quality } = snapshotOf(await hunted({ fault: (request) => (hits(request) ? fault : undefined) }));
  expect(quality.notes.join()).toMatch(words);
});
