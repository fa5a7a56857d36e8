/** How many requests a run costs, and that a backend which refuses some of them loses no more than it must. */
import { readFileSync } from 'node:fs';
import { afterEach, expect, test } from 'vitest';
import { createPrometheus, type PrometheusOptions } from '../../../lib/collect/prometheus/client.ts';
import { dialects } from '../../../lib/collect/prometheus/dialects/index.ts';
import { PrometheusError } from '../../../lib/collect/prometheus/error.ts';
import { readPrometheus } from '../../../lib/collect/prometheus/read.ts';
import {
  type FakeOptions,
  type FakePrometheus,
  type FakeRequest,
  type FakeSeries,
  type Fault,
  type Recording,
  startFakePrometheus,
} from '../../support/fake-prometheus.ts';

const BUDGET = 45;
const end = 1_800_000_000;
const window = { start: new Date((end - 600) * 1000).toISOString(), end: new Date(end * 1000).toISOString() };
const running: FakePrometheus[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map((fake) => fake.stop()));
});

async function read(
  options: FakeOptions,
  of: Pick<Recording, 'window' | 'selector'> = { window, selector: '' },
  more: Partial<PrometheusOptions> = {},
) {
  const fake = await startFakePrometheus(options);
  running.push(fake);
  const source = createPrometheus({ url: fake.url, retryMs: 1, ...more });
  const targets = await readPrometheus({ source, window: of.window, selector: of.selector });
  return { fake, targets, questions: new Set(fake.requests.flatMap((request) => request.questions)) };
}

/** Every name that any dialect knows, with every label that any of them reads. */
function everything(
  instances: readonly string[],
  statements: number,
  of = dialects,
  span = 600,
): readonly FakeSeries[] {
  const names = new Set(
    of.flatMap(({ bindings }) =>
      Object.values(bindings).flatMap((kind) => Object.values(kind).flatMap((binding) => [...binding.names])),
    ),
  );
  names.add('pg_static').add('pg_replication_is_replica').add('pg_stat_statements_query_id');
  return instances.flatMap((instance) =>
    [...names].flatMap((name) =>
      Array.from({ length: name.startsWith('pg_stat_statements') ? statements : 1 }, (_, id) => ({
        labels: {
          ...{ __name__: name, instance, datname: 'shop', schemaname: 'public', relname: 'orders' },
          ...{ indexrelname: 'orders_pkey', queryid: String(id), user: 'app', state: 'idle' },
        },
        points: [0, 1, 2, 3, 4].map((part) => [end - span + (part * span) / 4, part * 150] as const),
      })),
    ),
  );
}

const sizeError = JSON.stringify({
  status: 'error',
  errorType: 'execution',
  error: 'query processing would load too many samples into memory in query execution',
});
const refused: Fault = { kind: 'status', status: 422, body: sizeError };

/** Of these there is a real answer, and neither has a measure that a dialect of other names would fill in. */
const recorded = ['postgres-exporter', 'queries-yaml'];
const exporters = dialects.filter(({ id }) => recorded.includes(id));

test.each(recorded)('a server with %s costs at most 45 requests', async (id) => {
  const file = new URL(`../../recordings/prometheus/${id}.json`, import.meta.url);
  const recording = JSON.parse(readFileSync(file, 'utf8')) as Recording;
  const { fake, questions } = await read({ recording }, recording);
  expect(questions.size).toBeGreaterThan(40);
  expect(fake.requests.length).toBeLessThanOrEqual(BUDGET);
});

test('so do all dialects at once, however many servers and statements', async () => {
  const little = await read({ series: everything(['a:9187'], 1) });
  const lot = await read({ series: everything(['a:9187', 'b:9187', 'c:9187'], 100) });
  expect(lot.targets).toHaveLength(3);
  expect(lot.targets[2]?.statements).toHaveLength(100);
  expect(lot.questions.size).toBeGreaterThan(90);
  expect(lot.fake.requests.length).toBe(little.fake.requests.length);
  expect(lot.fake.requests.length).toBeLessThanOrEqual(BUDGET);
});

test('the hours of all dialects at once fit in as well', async () => {
  const hours = { window: { start: new Date((end - 7_200) * 1000).toISOString(), end: window.end }, selector: '' };
  const { fake, targets } = await read({ series: everything(['a:9187', 'b:9187'], 20, dialects, 7_200) }, hours);
  expect(targets[1]?.hourly?.statements).toHaveLength(20);
  expect(fake.requests.length).toBeLessThanOrEqual(BUDGET);
});

test('joined or alone, the rows are the same', async () => {
  const series = everything(['a:9187', 'b:9187'], 3);
  const joined = await read({ series });
  const fault = ({ questions }: FakeRequest) => (questions.length > 1 ? refused : undefined);
  const alone = await read({ series, fault }, undefined, { maxRequests: 1_000 });
  expect(alone.fake.requests.length).toBeGreaterThan(joined.fake.requests.length + 50);
  expect(alone.targets).toEqual(joined.targets);
});

test('a backend that takes no joined question costs no more, and answers what matters most', async () => {
  const fault = ({ questions }: FakeRequest) => (questions.length > 1 ? refused : undefined);
  const { fake, targets } = await read({ series: everything(['a:9187'], 3, exporters), fault });
  expect(fake.requests.length).toBeLessThanOrEqual(BUDGET);
  // Those on their way when the first refusal came, and no more.
  expect(fake.requests.filter(({ questions }) => questions.length > 1).length).toBeLessThanOrEqual(8);
  expect(targets[0]?.statements[0]).toMatchObject({ calls: expect.any(Number), totalTimeMs: expect.any(Number) });
  expect(targets[0]?.tables[0]).toMatchObject({ deadRows: expect.any(Number), sequentialScans: expect.any(Number) });
  const lost = targets[0]?.gaps.filter(({ absence }) => absence === 'unreachable') ?? [];
  expect(lost.length).toBeGreaterThan(0);
  for (const { reason } of lost) expect(reason).toMatch(/no requests left in this run|used up by questions/);
});

test('whatever is refused, it stays within the budget', async () => {
  const series = everything(['a:9187', 'b:9187', 'c:9187'], 3);
  for (const fault of [
    () => refused,
    ({ questions }: FakeRequest) => (questions.some((each) => each.includes('increase(')) ? refused : undefined),
    ({ questions }: FakeRequest) => (questions.some((each) => !each.includes('instance=~')) ? refused : undefined),
    (_: FakeRequest, before: number): Fault | undefined =>
      before % 2 === 1 ? { kind: 'status', status: 503, headers: { 'retry-after': '0' } } : undefined,
    ({ method }: FakeRequest): Fault | undefined =>
      method === 'POST' ? { kind: 'status', status: 429, headers: { 'retry-after': '0' } } : undefined,
  ]) {
    const fake = await startFakePrometheus({ series, fault });
    running.push(fake);
    const source = createPrometheus({ url: fake.url, retryMs: 1 });
    await readPrometheus({ source, window }).catch((error: unknown) => {
      if (!(error instanceof PrometheusError)) throw error;
    });
    expect(fake.requests.length).toBeLessThanOrEqual(BUDGET);
    expect(source.requestsLeft()).toBe(BUDGET - fake.requests.length);
  }
});

const hours = { start: new Date((end - 8 * 3600) * 1000).toISOString(), end: new Date(end * 1000).toISOString() };
/** Eight hours of a counter that grows by one a minute, as a whole and in two series of its life. */
function growing(instance: string): readonly FakeSeries[] {
  const line = (name: string, from: number, more: object = {}) => ({
    labels: { __name__: name, instance, datname: 'shop', schemaname: 'public', relname: 'orders', ...more },
    points: Array.from({ length: 481 }, (_, minute) => [end - 28_800 + minute * 60, from + minute] as const),
  });
  return [
    line('pg_stat_user_tables_seq_scan', 5),
    line('pg_stat_user_tables_n_live_tup', 100),
    line('pg_stat_user_tables_n_dead_tup', 7),
    line('pg_stat_database_numbackends', 0),
    line('pg_settings_max_connections', 100),
  ];
}

test('what is too much for the only server is asked of parts of the window, where that is the same number', async () => {
  const of = { window: hours, selector: '' };
  const series = growing('a:9187');
  const whole = (await read({ series }, of)).targets[0];
  const tooLong = ({ questions }: FakeRequest) =>
    questions.some((each) => /seq_scan\[(8|4)h\]|numbackends(\{[^}]*\})?\)*\[8h/.test(each)) ? refused : undefined;
  const { fake, targets } = await read({ series, fault: tooLong }, of);
  const [target] = targets;
  // The fake does not extrapolate over the border of two parts, as Prometheus does: one minute at each of three borders.
  expect(whole?.tables[0]?.sequentialScans).toBe(479);
  expect(target?.tables[0]?.sequentialScans).toBe(476);
  expect(target?.server.connectionsPeak).toBe(whole?.server.connectionsPeak);
  expect(target?.notes.join()).toContain('added up from parts of the window');
  expect(fake.requests.length).toBeLessThanOrEqual(BUDGET);
});

test('half an increase does not pass for the whole, and an average is not put together from halves', async () => {
  const of = { window: hours, selector: '' };
  const early = end - 4 * 3600;
  const bad = (request: FakeRequest) =>
    request.questions.some(
      (each) =>
        (each.includes('increase(pg_stat_user_tables_seq_scan') &&
          (each.includes('[8h]') || Number(request.form.get('time')) <= early)) ||
        each.includes('avg_over_time(pg_stat_user_tables_n_live_tup'),
    );
  const { targets } = await read({ series: growing('a:9187'), fault: (each) => (bad(each) ? refused : undefined) }, of);
  expect(targets[0]?.tables[0]).not.toHaveProperty('sequentialScans');
  expect(targets[0]?.tables[0]).not.toHaveProperty('liveRows');
  const lost = targets[0]?.gaps.filter(({ absence }) => absence === 'unreachable').flatMap(({ measures }) => measures);
  expect(lost).toEqual(expect.arrayContaining(['sequentialScans', 'liveRows']));
});

test('all answers together have a limit, and what does not fit is a gap', async () => {
  const series = everything(['a:9187'], 50);
  const { fake } = await read({ series });
  const { targets, fake: poor } = await read({ series }, undefined, { maxTotalBytes: 40_000, maxBytes: 30_000 });
  expect(poor.requests.length).toBeLessThan(fake.requests.length);
  const reasons = targets[0]?.gaps.map(({ reason }) => reason).join() ?? '';
  expect(reasons).toMatch(/all answers together were larger than one run may load/);
});

const refusals: readonly (readonly [string, Fault])[] = [
  ['422', refused],
  ['400', { kind: 'status', status: 400, body: '{"status":"error","errorType":"bad_data","error":"too long query"}' }],
  ['413', { kind: 'status', status: 413, body: '<html>413 Request Entity Too Large</html>' }],
  ['503', { kind: 'status', status: 503, body: '{"status":"error","errorType":"timeout","error":"query timed out"}' }],
  ['504', { kind: 'status', status: 504, body: '' }],
  ['an endless answer', { kind: 'endless' }],
];
test.each(refusals)('one measure that is refused with %s is one gap, all others are there', async (_, fault) => {
  const bad = 'increase(pg_stat_user_tables_seq_scan[';
  const series = everything(['a:9187'], 1, exporters);
  const { fake, targets } = await read({ series, fault: (request) => (asks(request, bad) ? fault : undefined) });
  const whole = await read({ series });
  const lost = targets[0]?.gaps.filter(({ absence }) => absence === 'unreachable') ?? [];
  expect(lost.map(({ measures }) => measures)).toEqual([['sequentialScans']]);
  expect(lost[0]?.reason).toContain(bad);
  expect(lost[0]?.reason).not.toContain('pg_hunt');
  const { sequentialScans, ...rest } = whole.targets[0]?.tables[0] ?? {};
  expect(sequentialScans).toBeGreaterThan(0);
  expect(targets[0]?.tables).toEqual([rest]);
  expect(fake.requests.length).toBeLessThanOrEqual(BUDGET);
});

test('a gap has the words of Prometheus', async () => {
  const { targets } = await read({
    series: everything(['a:9187'], 1, exporters),
    fault: (request) => (asks(request, 'increase(pg_stat_user_tables_seq_scan[') ? refused : undefined),
  });
  expect(targets[0]?.gaps.find(({ absence }) => absence === 'unreachable')?.reason).toMatch(/too many samples/);
});

test('what is too much for all servers is asked of a few at a time, and only one that fails alone has a gap', async () => {
  const series = everything(['10.0.0.1:9187', 'b:9187', 'c:9187'], 1, exporters);
  const bad = 'increase(pg_stat_user_tables_seq_scan';
  const { fake, targets } = await read({
    series,
    fault: (request) => {
      const [question = ''] = request.questions.filter((each) => each.includes(bad));
      return question !== '' && (!question.includes('instance=~') || question.includes('b:9187')) ? refused : undefined;
    },
  });
  const byName = new Map(targets.map((target) => [target.name, target]));
  expect(byName.get('10.0.0.1:9187')?.tables[0]?.sequentialScans).toBeGreaterThan(0);
  expect(byName.get('c:9187')?.tables[0]?.sequentialScans).toBeGreaterThan(0);
  expect(byName.get('b:9187')?.tables[0]).not.toHaveProperty('sequentialScans');
  const lost = targets.map(({ gaps }) => gaps.filter(({ absence }) => absence === 'unreachable').length);
  expect(lost).toEqual([0, 1, 0]);
  expect(fake.requests.length).toBeLessThanOrEqual(BUDGET);
});

test('with a hundred servers that costs eight requests more, and none where the question itself is wrong', async () => {
  const instances = Array.from({ length: 100 }, (_, index) => `db${index}:9187`);
  const series = everything(instances, 1, exporters).filter(({ labels }) =>
    /seq_scan|max_connections/.test(labels.__name__ ?? ''),
  );
  const bad = 'increase(pg_stat_user_tables_seq_scan';
  const wrong = '{"status":"error","errorType":"execution","error":"many-to-many matching not allowed"}';
  const asked = async (body: string) => {
    const fault = (request: FakeRequest): Fault | undefined =>
      asks(request, bad) ? { kind: 'status', status: 422, body } : undefined;
    const { fake } = await read({ series, fault });
    return fake.requests.filter(({ questions }) => questions.some((each) => each.includes('instance=~'))).length;
  };
  expect(await asked(sizeError)).toBe(8);
  expect(await asked(wrong)).toBe(0);
});

test('a timeout of Prometheus is not waited for three times', async () => {
  const bad = 'increase(pg_stat_user_tables_seq_scan[';
  const body = '{"status":"error","errorType":"timeout","error":"query timed out in expression evaluation"}';
  const { fake } = await read({
    series: everything(['a:9187'], 1, exporters),
    fault: (request) => (asks(request, bad) ? { kind: 'status', status: 503, body } : undefined),
  });
  const alone = fake.requests.filter(({ questions }) => questions.length === 1 && questions[0]?.includes(bad));
  expect(alone).toHaveLength(1);
});

test('a login that is refused is asked for once a request, not once a measure', async () => {
  const series = everything(['a:9187'], 1, exporters);
  const fault = ({ method }: FakeRequest): Fault | undefined =>
    method === 'POST' ? { kind: 'status', status: 401 } : undefined;
  const fake = await startFakePrometheus({ series, fault });
  running.push(fake);
  const source = createPrometheus({ url: fake.url, retryMs: 1 });
  await expect(readPrometheus({ source, window })).rejects.toThrow(/it wants a login/);
  expect(fake.requests.length).toBeLessThanOrEqual(BUDGET);
});

function asks({ questions }: FakeRequest, part: string): boolean {
  return questions.some((question) => question.includes(part));
}
