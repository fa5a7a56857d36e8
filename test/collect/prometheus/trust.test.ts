/** What is known of how far the numbers reach: holes, resets, few samples, clocks; and the four ways of being absent. */
import { afterEach, describe, expect, it, test } from 'vitest';
import { collect } from '../../../lib/collect/collect.ts';
import { createPrometheus } from '../../../lib/collect/prometheus/client.ts';
import type { Dialect } from '../../../lib/collect/prometheus/dialect.ts';
import { postgresExporter } from '../../../lib/collect/prometheus/dialects/postgres-exporter.ts';
import { trustQuestions } from '../../../lib/collect/prometheus/quality.ts';
import { type PrometheusTarget, readPrometheus } from '../../../lib/collect/prometheus/read.ts';
import { trustRows } from '../../../lib/collect/prometheus/row-trust.ts';
import type { Joined, Row } from '../../../lib/collect/prometheus/rows.ts';
import type { Snapshot } from '../../../lib/model/snapshot.ts';
import {
  type FakeOptions,
  type FakePrometheus,
  type FakeSeries,
  startFakePrometheus,
} from '../../support/fake-prometheus.ts';

const HOUR = 3_600;
const DAYS = 7;
const end = Date.UTC(2026, 10, 22) / 1000;
const start = end - DAYS * 24 * HOUR;
const iso = (seconds: number) => new Date(seconds * 1000).toISOString();
const window = { start: iso(start), end: iso(end) };
const running: FakePrometheus[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map((fake) => fake.stop()));
});

/** A sample every ten minutes; `when` tells in which hours of the window there are any. */
function line(
  name: string,
  labels: Readonly<Record<string, string>>,
  value: (step: number) => number,
  when: (hour: number) => boolean = () => true,
): FakeSeries {
  const all = Array.from({ length: DAYS * 144 + 1 }, (_, step) => [start + step * 600, step] as const);
  const points = all
    .filter(([at]) => when(Math.ceil((at - start) / HOUR) - 1))
    .map(([at, step]) => [at, value(step)] as const);
  return { labels: { __name__: name, instance: 'db1:9187', ...labels }, points };
}
const shop = { datname: 'shop' };
const orders = { ...shop, schemaname: 'public', relname: 'orders' };
const base = (when?: (hour: number) => boolean): readonly FakeSeries[] => [
  line('pg_settings_max_connections', {}, () => 100, when),
  line('pg_stat_database_numbackends', shop, () => 9, when),
  line('pg_stat_database_xact_commit', shop, (step) => step, when),
  line('pg_stat_user_tables_seq_scan', orders, (step) => step, when),
];
const calls = (
  queryid: string,
  value: (step: number) => number,
  when?: (hour: number) => boolean,
): readonly FakeSeries[] => [
  line('pg_stat_statements_calls_total', { ...shop, user: 'app', queryid }, value, when),
  line('pg_stat_statements_seconds_total', { ...shop, user: 'app', queryid }, (step) => value(step) / 10, when),
];

async function one(series: readonly FakeSeries[], options: FakeOptions = {}): Promise<PrometheusTarget> {
  const fake = await startFakePrometheus({ series, ...options });
  running.push(fake);
  const source = createPrometheus({ url: fake.url, retryMs: 1 });
  const [target] = await readPrometheus({ source, window });
  if (target === undefined) throw new Error('no target');
  return target;
}

async function snapshotOf(series: readonly FakeSeries[], options: FakeOptions = {}): Promise<Snapshot> {
  const fake = await startFakePrometheus({ series, ...options });
  running.push(fake);
  const prometheus = createPrometheus({ url: fake.url, retryMs: 1 });
  const progress = () => {};
  const [found] = await collect({ prometheus, window, previous: async () => null, takenAt: window.end, progress });
  if (found === undefined || 'failure' in found) throw new Error(found?.failure ?? 'nothing');
  return found.snapshot;
}

describe('a hole in the samples', () => {
  it('is not there where nothing is missing', async () => {
    const target = await one(base());
    expect(target.samples).toMatchObject({
      coveredShare: 1,
      intervalSeconds: 600,
      newestSampleAgeSeconds: 0,
      holes: [],
    });
    expect(target.presence).toMatchObject({ first: window.start, last: window.end });
    expect(target.notes).toEqual([]);
  });

  it('in the middle is named, and takes nothing from counters', async () => {
    const snapshot = await snapshotOf(base((hour) => hour < 24 || hour >= 72));
    const [prometheus] = snapshot.quality.bySource ?? [];
    expect(prometheus?.holes).toEqual([{ start: '2026-11-16T00:00:00.000Z', end: '2026-11-18T00:00:00.000Z' }]);
    expect(prometheus?.coveredShare).toBeCloseTo(5 / 7, 2);
    expect(snapshot.quality.notes.join()).toMatch(
      /only 71 % has samples \(none from 2026-11-16 00:00 to 2026-11-18 00:00; UTC\); averages and peaks know nothing of the rest/,
    );
    expect(snapshot.databases[0]?.commits).toBeCloseTo(DAYS * 144, -1);
    expect(snapshot.spans.database).toMatchObject(window);
  });

  it('at the beginning shortens what the counters cover, so that rates are not too small', async () => {
    const snapshot = await snapshotOf(base((hour) => hour >= 48));
    expect(snapshot.spans.database).toMatchObject({
      start: '2026-11-17T00:00:00.000Z',
      end: window.end,
      basis: 'window',
    });
  });

  it('at the end is the age of the newest sample', async () => {
    const target = await one(base((hour) => hour < 7 * 24 - 10));
    expect(target.samples.newestSampleAgeSeconds).toBe(10 * HOUR);
    expect(target.presence?.last).toBe(iso(end - 10 * HOUR));
    const { quality } = await snapshotOf(base((hour) => hour < 7 * 24 - 10));
    expect(quality.notes).toContain(
      'The newest sample of Prometheus is 10 hours older than the end of the window; what happened since is in no number.',
    );
  });

  it('of a server that is scraped every two hours is none', async () => {
    const target = await one(
      base((hour) => hour % 2 === 0).map((each) => ({ ...each, points: each.points.filter((_, at) => at % 6 === 0) })),
    );
    expect(target.presence).toMatchObject({ holes: [], intervalSeconds: 7_200 });
  });

  it('is not known where ranges are refused, which costs nothing else', async () => {
    const fault: FakeOptions['fault'] = ({ path }) =>
      path.endsWith('query_range') ? { kind: 'status', status: 403 } : undefined;
    const target = await one(base(), { fault });
    expect(target.samples).toMatchObject({ holes: null, coveredShare: null });
    expect(target.presence).toBeNull();
    expect(target.databases[0]?.commits).toBeGreaterThan(1_000);
  });
});

describe('a row with few samples', () => {
  it('has no increase where there is only one, and that is a gap', async () => {
    const single = calls('9', (step) => step).map((each) => ({ ...each, points: each.points.slice(-1) }));
    const target = await one([...base(), ...calls('1', (step) => step), ...single]);
    expect(target.statements.find(({ queryid }) => queryid === '1')?.calls).toBeGreaterThan(900);
    expect(target.statements.find(({ queryid }) => queryid === '9')).toBeUndefined();
    expect(target.gaps.find(({ absence }) => absence === 'no-history')).toMatchObject({
      kind: 'statement',
      reason: '1 statements have a single sample in the window, from which no increase can be told.',
    });
  });

  it('loses the increase that VictoriaMetrics makes of one sample, and keeps what is no increase', () => {
    const row = (id: string): [string, Row] => [
      JSON.stringify(['shop', id]),
      { identity: {}, values: new Map([['calls', 500]]), users: new Set(), present: false },
    ];
    const tableKey = JSON.stringify(['shop', 'public', 'orders']);
    const values = new Map([
      ['sequentialScans', 80],
      ['liveRows', 9],
    ]);
    const table: Row = { identity: {}, values, users: new Set(), present: true };
    const joined = {
      rows: { statement: new Map([row('1'), row('9')]), table: new Map([[tableKey, table]]), index: new Map() },
    };
    const asked = (kind: 'statement' | 'table', rows: readonly (readonly [object, number])[]) => ({
      question: {
        about: 'row-samples',
        promql: kind,
        of: { kind, dialect: postgresExporter, measures: ['calls', 'sequentialScans'] },
      },
      answer: { samples: rows.map(([labels, value]) => ({ labels, value })) },
    });
    const all = [
      asked('statement', [
        [{ ...shop, queryid: '1' }, 700],
        [{ ...shop, queryid: '9' }, 1],
      ]),
      asked('table', [
        [orders, 1],
        [{ ...orders, relname: 'other' }, 700],
      ]),
    ];
    const servers = { names: ['db1'], of: () => 'db1', ambiguous: [], aliases: new Map(), systems: new Map() };
    // Only what the function reads of the answers.
    const { gaps } = trustRows(
      'db1',
      joined as unknown as Joined,
      servers,
      all as unknown as Parameters<typeof trustRows>[3],
    );
    expect([...joined.rows.statement.values()].map((each) => each.values.get('calls'))).toEqual([500, undefined]);
    expect([...values]).toEqual([['liveRows', 9]]);
    expect(gaps.map(({ kind, absence }) => [kind, absence])).toEqual([
      ['statement', 'no-history'],
      ['table', 'no-history'],
    ]);
  });

  it('is known by each query of its exporter: blocks that stop half way say nothing against scans', async () => {
    const half = (hour: number) => hour < 2 * 24;
    const blocks = line('pg_statio_user_tables_heap_blocks_read', orders, (step) => step * 9, half);
    const other = { ...orders, relname: 'other' };
    const target = await one([
      ...base(),
      line('pg_stat_user_tables_seq_scan', other, (step) => step),
      line('pg_statio_user_tables_heap_blocks_read', other, (step) => step * 9),
      blocks,
    ]);
    expect(target.tables.map(({ table, seenShare }) => [table, seenShare])).toEqual([
      ['orders', undefined],
      ['other', undefined],
    ]);
    expect(target.notes).toEqual([
      '1 of 2 tables had samples of heapBlocksRead in less than half of the window, because they are new or the exporter left them out at times; their numbers say at least.',
    ]);
  });

  it('loses only the increases of the query that has one sample of it', async () => {
    const single = line('pg_statio_user_tables_heap_blocks_read', orders, (step) => step * 9);
    const other = { ...orders, relname: 'other' };
    const target = await one([
      ...base(),
      line('pg_stat_user_tables_seq_scan', other, (step) => step),
      line('pg_statio_user_tables_heap_blocks_read', other, (step) => step * 9),
      { ...single, points: single.points.slice(-1) },
    ]);
    const [row] = target.tables;
    expect(row?.sequentialScans).toBeGreaterThan(900);
    expect(row?.heapBlocksRead).toBeUndefined();
    expect(target.gaps.find(({ absence }) => absence === 'no-history')).toMatchObject({
      kind: 'table',
      measures: ['heapBlocksRead'],
    });
  });

  it('of the server that began again is told of by its counters', async () => {
    const reset = (step: number) => (step < 500 ? step : step - 500);
    const target = await one([...base(), line('pg_stat_bgwriter_buffers_alloc_total', {}, reset)]);
    expect(target.notes).toEqual([
      'Counters of the server (buffersAllocated) began again in the window; what they counted between the last sample and that is lost.',
    ]);
  });

  it('that came late is marked and told of, and keeps its numbers', async () => {
    const target = await one([
      ...base(),
      ...calls('1', (step) => step),
      ...calls(
        '2',
        (step) => step,
        (hour) => hour >= 120,
      ),
    ]);
    const [whole, late] = ['1', '2'].map((id) => target.statements.find(({ queryid }) => queryid === id));
    expect(whole).not.toHaveProperty('seenShare');
    expect(late?.seenShare).toBeCloseTo(2 / 7, 1);
    expect(late?.calls).toBeCloseTo(2 * 144, -1);
    expect(target.notes).toEqual([
      expect.stringMatching(/^1 of 2 statements had samples in less than half of the window/),
    ]);
  });

  it('of a collector switched on in midweek shortens the span of all of its kind', async () => {
    const series = [
      ...base(),
      ...calls(
        '1',
        (step) => step,
        (hour) => hour >= 72,
      ),
    ];
    const { spans } = await snapshotOf(series);
    expect(spans.statement?.start).toBe('2026-11-18T00:00:00.000Z');
    expect(spans.database?.start).toBe(window.start);
  });

  it('that began again is counted', async () => {
    const target = await one([...base(), ...calls('1', (step) => step % 500)]);
    expect(target.notes).toEqual([expect.stringMatching(/^Counters of 1 statements began again in the window/)]);
  });
});

test('dialects that ask the same of a row ask it for the measures of all', () => {
  const some: Dialect = { ...postgresExporter, id: 'some', bindings: { ...postgresExporter.bindings, table: {} } };
  const { sequentialScans, liveRows } = postgresExporter.bindings.table;
  if (sequentialScans === undefined || liveRows === undefined) throw new Error('not bound');
  const few: Dialect = { ...some, bindings: { ...some.bindings, table: { sequentialScans, liveRows } } };
  const names = new Set(['pg_stat_user_tables_seq_scan', 'pg_stat_user_tables_idx_scan']);
  const measured = (dialects: readonly Dialect[]) =>
    trustQuestions(dialects, names, { seconds: 604_800, selector: '' })
      .filter(({ about }) => about === 'row-samples')
      .map(({ of }) => of?.measures);
  expect(measured([few])).toEqual([['sequentialScans']]);
  expect(measured([postgresExporter, few])).toEqual(measured([postgresExporter]));
  expect(measured([postgresExporter, few])).toEqual([['sequentialScans', 'indexScans']]);
});

describe('clocks, starts and age', () => {
  it('a Prometheus whose clock is behind ours is told of, with the number', async () => {
    const target = await one(base(), { clockSkewSeconds: -600 });
    expect(target.samples.clockSkewSeconds).toBeGreaterThanOrEqual(-602);
    expect(target.samples.clockSkewSeconds).toBeLessThanOrEqual(-598);
    expect(target.notes.filter((note) => note.includes('its clock is 10 min behind'))).toHaveLength(1);
    expect(Math.abs((await one(base())).samples.clockSkewSeconds ?? Number.NaN)).toBeLessThan(5);
  });

  it('starts of PostgreSQL in the window are counted', async () => {
    const started = line('pg_postmaster_start_time_seconds', {}, (step) => start - 100 + (step > 300 ? 400_000 : 0));
    const { quality } = await snapshotOf([...base(), started]);
    expect(quality.bySource?.[0]?.restarts).toBe(1);
    expect(quality.notes.join()).toContain('PostgreSQL was started once in the time covered');
  });

  it.each([
    ['never reset (exported as 0), start known: since the start', 0, end - 3 * 86_400, 3 * 86_400],
    ['never reset, start not exported: as long as we have watched', 0, null, DAYS * 86_400],
    ['reset a day ago', end - 86_400, end - 30 * 86_400, 86_400],
  ])('statistics %s', async (_, reset, started, age) => {
    const series = [
      ...base(),
      line('pg_stat_database_stats_reset', shop, () => reset),
      ...(started === null ? [] : [line('pg_postmaster_start_time_seconds', {}, () => started)]),
    ];
    expect((await snapshotOf(series)).quality.statisticsAgeSeconds).toBe(age);
  });
});

describe('absence from Prometheus', () => {
  const gapsOf = ({ gaps }: Pick<Snapshot, 'gaps'>, measure: string) =>
    gaps.filter(({ measures }) => measures.includes(measure)).map(({ absence }) => absence);

  test('zero: a table that nobody scanned has no scans, and that is no gap', async () => {
    const snapshot = await snapshotOf([...base(), line('pg_stat_user_tables_idx_scan', orders, () => 5)]);
    expect(snapshot.tables[0]?.indexScans).toBe(0);
    expect(gapsOf(snapshot, 'indexScans')).toEqual([]);
  });

  test('not exported: no series has the name', async () => {
    const snapshot = await snapshotOf(base());
    expect(snapshot.tables[0]).not.toHaveProperty('heapBlocksRead');
    expect(gapsOf(snapshot, 'heapBlocksRead')).toEqual(['not-exported']);
  });

  test('truncated: the export is as long as its limit, so what is not in it is not zero', async () => {
    const lastDay = (hour: number) => hour >= (DAYS - 1) * 24; // a week of a hundred statements takes the fake ten seconds
    const many = Array.from({ length: 100 }, (_, id) => calls(String(id), (step) => step, lastDay)).flat();
    const snapshot = await snapshotOf([...base(), ...many]);
    expect(gapsOf(snapshot, 'calls')).toEqual(['truncated']);
    expect(snapshot.quality.bySource?.[0]?.truncated).toEqual(['statement']);
    const few = await snapshotOf([...base(), ...many.slice(0, 20)]);
    expect(gapsOf(few, 'calls')).toEqual([]);
  });

  test('unreachable: it is exported, and the question failed', async () => {
    const fault: FakeOptions['fault'] = ({ promql }) =>
      promql.includes('increase(pg_stat_user_tables_seq_scan') ? { kind: 'status', status: 422 } : undefined;
    const snapshot = await snapshotOf([...base(), line('pg_stat_user_tables_n_live_tup', orders, () => 7)], { fault });
    expect(snapshot.tables[0]).not.toHaveProperty('sequentialScans');
    expect(gapsOf(snapshot, 'sequentialScans')).toEqual(['unreachable']);
  });
});
