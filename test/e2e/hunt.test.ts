/** The CLI against Debian's PostgreSQL, a real Prometheus, and both generations of postgres_exporter. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Report, reportSchema } from '../../lib/model/report.ts';
import { legacyQueries } from './legacy-queries.ts';
import { type Server, startExporter, startLegacyExporter, startPostgres, startPrometheus } from './servers.ts';
import { buildShop, runHunt, startLoad } from './support.ts';
import { needs } from './tools.ts';

const LOAD_SECONDS = 75;
const { missing, skip } = needs('postgres', 'prometheus', 'exporter', 'exporter-legacy');

describe.skipIf(skip)('a hunt on real servers', () => {
  const folder = mkdtempSync(join(tmpdir(), 'pg-hunt-e2e-'));
  const servers: Server[] = [];
  let postgres: Server;
  let modern: Server;
  let legacy: Server;
  const started = async (server: Promise<Server>): Promise<Server> => {
    servers.unshift(await server);
    return servers[0] as Server;
  };

  beforeAll(async () => {
    expect(missing, 'tools that are missing').toEqual([]);
    postgres = await started(startPostgres(['autovacuum_naptime=600']));
    await buildShop(postgres.url);
    const queries = join(folder, 'queries.yaml');
    writeFileSync(queries, legacyQueries);
    modern = await started(startPrometheus([await started(startExporter(postgres.url))]));
    legacy = await started(startPrometheus([await started(startLegacyExporter(postgres.url, queries))]));
    const endLoad = startLoad(postgres.url);
    await sleep(LOAD_SECONDS * 1000);
    expect(await endLoad()).toBeGreaterThan(1000);
    await sleep(3000); // the last scrape
  });

  afterAll(async () => {
    for (const server of servers) await server.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  async function huntWith(
    name: string,
    ...args: readonly string[]
  ): Promise<{ report: Report; store: string; stderr: string }> {
    const store = join(folder, name);
    const ran = await runHunt(...args, '--store', store, '--json');
    expect(ran.code, ran.stderr).toBe(0);
    return { report: reportSchema.parse(JSON.parse(ran.stdout)), store, stderr: ran.stderr };
  }

  function theTarget(report: Report): Report['targets'][number] {
    expect(report.targets).toHaveLength(1);
    return report.targets[0] as Report['targets'][number];
  }

  const coverage = (report: Report) =>
    Object.fromEntries(theTarget(report).coverage.map(({ advisor, state }) => [advisor, state]));

  it.each([
    ['today’s exporter', () => modern],
    ['the exporter of 2022 with its queries file', () => legacy],
  ])('sees the load through %s alone', async (name, prometheus) => {
    const { report, store } = await huntWith(
      name.replaceAll(/\W/g, ''),
      '--prometheus',
      prometheus().url,
      '--window',
      '10m',
    );
    const target = theTarget(report);
    expect(target.quality.sources).toEqual(['prometheus']);
    const [top] = target.topStatements;
    expect(top?.calls ?? 0).toBeGreaterThan(50);
    expect(Object.values(coverage(report))).not.toContain('failed');
    expect(target.quality.gaps.every(({ reason, remedy }) => reason !== '' && remedy !== '')).toBe(true);
    expect(coverage(report)['unused-indexes']).toBe('blind');
    const tables = target.opportunities.flatMap(({ subject }) => subject.table ?? []);
    expect(tables).toContain('orders');
    expect(existsSync(join(store, 'index.html'))).toBe(true);
  });

  it('finds what was planted through the catalog alone, with DDL that can be run', async () => {
    const { report, store } = await huntWith('catalog', '--postgres', postgres.url, '--window', '10m');
    const target = theTarget(report);
    const found = (advisor: string) => target.opportunities.find((one) => one.advisor === advisor);
    expect(
      found('missing-indexes')
        ?.steps.map(({ sql }) => sql)
        .join('\n'),
    ).toMatch(/CREATE INDEX CONCURRENTLY .* ON .*orders.*\(.?reference/);
    expect(found('foreign-keys-without-index')?.subject).toMatchObject({ table: 'orders' });
    expect(found('duplicate-indexes')?.subject.index).toMatch(/^orders_total(_again)?_idx$/);
    expect(Object.values(coverage(report))).not.toContain('failed');
    const weeks = readdirSync(join(store, 'reports', target.target)).filter((name) => /^\d{4}-W\d{2}$/.test(name));
    expect(weeks).toHaveLength(1);
    const week = join(store, 'reports', target.target, weeks[0] ?? '');
    expect(readdirSync(week).sort()).toEqual([
      ...['baselines.csv', 'coverage.csv', 'digest.html', 'digest.txt', 'index.html', 'opportunities.csv'],
      ...['report.json', 'snapshot.json.gz', 'statements.csv'],
    ]);
    expect(readFileSync(join(week, 'index.html'), 'utf8')).not.toContain('<img src=x');
    expect(readdirSync(join(store, 'mail')).filter((name) => name.endsWith('.eml'))).toHaveLength(1);
    expect(readdirSync(join(store, 'history', target.target))).toHaveLength(1);
  });

  it('joins both sources into one target with statement texts', async () => {
    const { report } = await huntWith(
      'both',
      '--prometheus',
      modern.url,
      '--postgres',
      postgres.url,
      '--window',
      '10m',
    );
    const target = theTarget(report);
    expect([...target.quality.sources].sort()).toEqual(['postgres', 'prometheus']);
    expect(target.topStatements.some(({ text }) => text?.includes('reference = $1'))).toBe(true);
    expect(target.opportunities.map(({ advisor }) => advisor)).toContain('missing-indexes');
    expect(new Set(target.sources.map(({ language }) => language))).toEqual(new Set(['promql', 'sql']));
  });

  it('runs a saved snapshot again to the same report', async () => {
    const { report, store } = await huntWith('replayed', '--postgres', postgres.url, '--window', '10m');
    const target = theTarget(report).target;
    const [week] = readdirSync(join(store, 'reports', target)).filter((name) => /^\d{4}-W\d{2}$/.test(name));
    const snapshot = join(store, 'reports', target, week ?? '', 'snapshot.json.gz');
    const again = await huntWith('replay', '--replay', snapshot);
    expect(again.report).toEqual(report);
  });
});
