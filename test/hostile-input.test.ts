/** What a run reads back: metrics of a Prometheus that lies, and its own store after somebody was at it. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { collect } from '../lib/collect/collect.ts';
import type { PrometheusSource } from '../lib/collect/prometheus/client.ts';
import { parseAnswer } from '../lib/collect/prometheus/response.ts';
import { readConfig } from '../lib/config.ts';
import { createFolderMailbox } from '../lib/deliver/folder.ts';
import { hunt } from '../lib/hunt.ts';
import { historySchema } from '../lib/model/history.ts';
import { type Report, reportSchema } from '../lib/model/report.ts';
import { renderFeed } from '../lib/report/feed.ts';
import { renderIndex } from '../lib/report/index-page.ts';
import { renderPage } from '../lib/report/page.ts';
import { renderTargetIndex } from '../lib/report/target-index.ts';
import { weekSummary } from '../lib/report/week-summary.ts';
import { createFolder } from '../lib/store/folder.ts';
import { noNav } from './support/report.ts';
import { spoilt } from './support/spoilt.ts';

const folder = mkdtempSync(join(tmpdir(), 'pg-hunt-input-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const WEEKS = ['2026-11-15T06:00:00.000Z', '2026-11-22T06:00:00.000Z', '2026-11-29T06:00:00.000Z'] as const;
const METRICS = [
  'pg_stat_statements_calls_total',
  'pg_stat_statements_seconds_total',
  'pg_stat_statements_rows_total',
  'pg_stat_statements_query_id',
  'pg_stat_user_tables_n_live_tup',
  'pg_stat_user_tables_n_dead_tup',
  'pg_stat_user_tables_n_mod_since_analyze',
  'pg_stat_user_tables_seq_scan',
  'pg_stat_user_tables_seq_tup_read',
  'pg_stat_user_tables_last_autovacuum',
  'pg_stat_user_tables_last_autoanalyze',
  'pg_stat_database_numbackends',
  'pg_stat_database_xact_commit',
  'pg_stat_database_stats_reset',
  'pg_database_size_bytes',
  'pg_settings_max_connections',
  'pg_settings___proto__',
  'pg_postmaster_start_time_seconds',
];

type Line = readonly [labels: Readonly<Record<string, string>>, value: string];

/** Every question gets the same answer, as text, so that JSON can say what objects cannot. */
function answering(lines: (promql: string) => readonly Line[]): PrometheusSource {
  return {
    url: 'http://metrics.example',
    names: async () => ({ names: METRICS, warnings: [], partial: false }),
    requestsLeft: () => 45,
    queryRange: async () => parseAnswer({ status: 'success', data: { resultType: 'matrix', result: [] } }),
    query: async (promql) => {
      const about = METRICS.find((name) => promql.includes(name)) ?? '';
      const result = lines(promql).map(([labels, value]) => {
        const all = { instance: 'db:9187', datname: 'shop', schemaname: 'public', relname: 't', user: 'u', ...labels };
        const metric = Object.entries({ __name__: about, queryid: '1', ...all });
        const pairs = metric.map(([name, text]) => `${JSON.stringify(name)}:${JSON.stringify(text)}`);
        return `{"metric":{${pairs.join(',')}},"value":[1,${JSON.stringify(value)}]}`;
      });
      const isRange = promql.endsWith(']') || promql.includes('] offset');
      const data = isRange
        ? '{"resultType":"matrix","result":[]}'
        : `{"resultType":"vector","result":[${result.join(',')}]}`;
      return parseAnswer(JSON.parse(`{"status":"success","data":${data}}`));
    },
  };
}

async function run(store: string, prometheus: PrometheusSource, now: string): Promise<Report> {
  const config = readConfig({ env: {}, flags: { prometheus: { url: 'http://metrics.example' }, store }, now });
  const clients = { store: createFolder(store), mailbox: createFolderMailbox(join(store, 'mail')) };
  return (await hunt({ ...clients, config, sources: { prometheus }, now, runId: now, progress: () => {} })).report;
}

const filesIn = (store: string, ending: string) =>
  readdirSync(store, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith(ending))
    .map((name) => join(store, name));

/** Two runs that worked, and left what later runs can read. */
async function twoWeeks(name: string, prometheus: PrometheusSource): Promise<Report> {
  const store = join(folder, name);
  await run(store, prometheus, WEEKS[0]);
  const report = await run(store, prometheus, WEEKS[1]);
  for (const file of filesIn(store, 'report.json')) {
    expect(reportSchema.safeParse(JSON.parse(readFileSync(file, 'utf8'))).error?.issues ?? []).toEqual([]);
  }
  for (const file of filesIn(store, '.json.gz').filter((each) => each.includes('/history/'))) {
    const past: unknown = JSON.parse(gunzipSync(readFileSync(file)).toString());
    expect(historySchema.safeParse(past).error?.issues ?? []).toEqual([]);
  }
  expect(report.targets.flatMap(({ coverage }) => coverage.filter(({ state }) => state === 'failed'))).toEqual([]);
  expect(Object.keys(Object.prototype)).toEqual([]);
  expect(({} as Record<string, unknown>).value).toBeUndefined();
  return report;
}

const rows = (value: string, count = 3): readonly Line[] =>
  Array.from({ length: count }, (_, at) => [{ relname: `t${at}`, queryid: `${at}` }, value] as const);

describe('metrics that lie', () => {
  it.each(['1.7e308', '1e999', '9e18', '-9e18', '5e-324', '-1', 'NaN', 'seven'])(
    'make a report and a history that can be read again when most values are %j',
    async (value) => {
      const twice: readonly Line[] = rows(value).map(([labels]) => [{ ...labels, user: 'v' }, value]);
      const sound: Line = [{ relname: 'sound', queryid: '7' }, '5'];
      await twoWeeks(
        `value ${value}`,
        answering(() => [sound, ...rows(value), ...twice]),
      );
    },
  );

  it.each(['__proto__', 'constructor', 'a\udc00b', '\u0000', '../..', '%zz', ''])(
    'name everything %j and pollute nothing',
    async (name) => {
      const labels = { datname: name, schemaname: name, relname: name, queryid: name, user: name, [name]: name };
      const lines: readonly Line[] = [
        [{ ...labels, instance: name, server: name }, '5'],
        [labels, '9000000'],
      ];
      await twoWeeks(
        `name ${encodeURIComponent(name.replace(/\p{Cs}/gu, 'half'))}`,
        answering(() => lines),
      );
    },
  );

  it('may not make a page of a megabyte with one name', async () => {
    const long = 'x'.repeat(200_000);
    const lines: readonly Line[] = [...rows('50000'), [{ relname: long, datname: long, queryid: long }, '50000']];
    const report = await twoWeeks(
      'long',
      answering(() => lines),
    );
    expect(JSON.stringify(report).length).toBeLessThan(200_000);
    expect(report.targets[0]?.quality.notes.join()).toMatch(/1 series have labels of more than 1000 characters/);
  });

  it('are collected however many databases they name', async () => {
    const lines: readonly Line[] = Array.from({ length: 130_000 }, (_, at) => [{ datname: `d${at}` }, '1700000000']);
    const prometheus = answering((promql) => (promql.includes('stats_reset') ? lines : rows('5')));
    const window = { start: WEEKS[0], end: WEEKS[1] };
    const [only] = await collect({
      prometheus,
      window,
      takenAt: WEEKS[1],
      previous: async () => null,
      progress: () => {},
    });
    expect(only).toHaveProperty('snapshot');
  });

  it('give no literal away with a text of several statements, nor with one that does not parse', async () => {
    const texts = [
      "SELECT 1; DROP TABLE canary; SELECT 'canary'",
      "SELECT 'canary",
      "SELECT 'canary' /* canary */ FROM t",
    ];
    const lines = texts.map((query, at): Line => [{ query, queryid: `${at}`, relname: `t${at}` }, '900000']);
    const report = await twoWeeks(
      'texts',
      answering(() => lines),
    );
    const steps = report.targets[0]?.opportunities.flatMap((one) => one.steps.flatMap(({ sql }) => sql ?? [])) ?? [];
    expect(steps.filter((sql) => /DROP TABLE/.test(sql))).toEqual([]);
    for (const file of filesIn(join(folder, 'texts'), '')) {
      if (/\.(html|json|txt|eml)$/.test(file)) expect(readFileSync(file, 'utf8')).not.toContain("'canary");
    }
  });
});

describe('a store that somebody was at', () => {
  const good = answering(() => rows('900000'));
  const store = join(folder, 'store');

  it.each<readonly [string, Buffer]>([
    ['no JSON', Buffer.from('<script>')],
    ['no text', Buffer.from([0xff, 0xfe, 0x00, 0x80])],
    ['another shape', Buffer.from('{"version":1,"targets":{"__proto__":[]}}')],
    ['brackets a million deep', Buffer.from('['.repeat(1_000_000))],
    ['ten megabytes', Buffer.from(JSON.stringify({ version: 1, targets: 'x'.repeat(10_000_000) }))],
    ['nothing', Buffer.alloc(0)],
  ])('costs no run when report, history and pin hold %s', async (name, bytes) => {
    const place = `${store} ${name}`;
    await run(place, good, WEEKS[0]);
    await run(place, good, WEEKS[1]);
    const [history] = filesIn(place, '.json.gz').filter((file) => file.includes('/history/'));
    for (const file of filesIn(place, 'report.json')) writeFileSync(file, bytes);
    writeFileSync(history ?? expect.fail('no history'), gzipSync(bytes));
    mkdirSync(join(place, 'baseline'), { recursive: true });
    writeFileSync(join(place, 'baseline', 'db-9187.json'), bytes);
    mkdirSync(join(place, 'reports', '..odd', "x'><script>"), { recursive: true });
    writeFileSync(join(place, 'reports', '..odd', "x'><script>", 'report.json'), bytes);
    const report = await run(place, good, WEEKS[2]);
    expect(report.targets).toHaveLength(1);
    expect(readFileSync(join(place, 'index.html'), 'utf8')).not.toContain('<script');
  });

  it('gives pages without harm for every report that still fits the schema', async () => {
    const whole = await run(
      `${store} whole`,
      answering(() => rows('900000', 1)),
      WEEKS[0],
    );
    const nav = noNav;
    let accepted = 0;
    for (const [what, document] of spoilt(whole)) {
      const { data } = reportSchema.safeParse(document);
      const [target] = data?.targets ?? [];
      if (data === undefined || target === undefined) continue;
      accepted += 1;
      expect(() => {
        const weeks = [weekSummary(data, target)];
        const pages = [renderPage(data, target, nav), renderTargetIndex(target.target, weeks)];
        const all = [{ target: target.target, weeks }];
        return [...pages, renderIndex(all, data.generatedAt), renderFeed(all, { title: 'pg-hunt', root: '' })];
      }, what).not.toThrow();
    }
    expect(accepted).toBeGreaterThan(300);
  });
});
