/** An HA pair of Prometheus, two kinds of exporters and a streaming standby: everything is counted once. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Collected, collect } from '../../lib/collect/collect.ts';
import { createPrometheus } from '../../lib/collect/prometheus/client.ts';
import type { Snapshot } from '../../lib/model/snapshot.ts';
import type { TargetRules } from '../../lib/model/target-rules.ts';
import { legacyQueries } from './legacy-queries.ts';
import {
  type Server,
  startExporter,
  startHttp,
  startLegacyExporter,
  startPostgres,
  startPrometheus,
  startStandby,
} from './servers.ts';
import { needs } from './tools.ts';

const CALLS = 3_000;
/** Marked by their columns, and not the same tree, or they would have the same id. */
const ON_PRIMARY = 'SELECT count(*) AS on_primary FROM generate_series(1, 2000)';
const ON_STANDBY = 'SELECT max(n) AS on_standby FROM generate_series(1, 2000) AS n';
const { missing, skip } = needs('postgres', 'prometheus', 'exporter', 'exporter-legacy');
const victoria = needs('victoria-metrics');

describe.skipIf(skip)('who is who, on real servers', () => {
  const folder = mkdtempSync(join(tmpdir(), 'pg-hunt-e2e-'));
  const servers: Server[] = [];
  const started = async (server: Promise<Server>): Promise<Server> => {
    servers.unshift(await server);
    return servers[0] as Server;
  };
  let primary: Server;
  let standby: Server;
  let modern: Server;
  let legacy: Server;
  let ofStandby: Server;
  let pair: readonly Server[];
  let federating: Server;
  let receiving: Server | null = null;

  async function onServer<Answer>(server: Server, work: (client: pg.Client) => Promise<Answer>): Promise<Answer> {
    const client = new pg.Client({ connectionString: server.url });
    await client.connect();
    try {
      return await work(client);
    } finally {
      await client.end();
    }
  }
  const repeat = (server: Server, sql: string, times: number) =>
    onServer(server, async (client) => {
      for (let turn = 0; turn < times; turn += 1) {
        await client.query(sql);
        if (turn % 100 === 0) await sleep(500); // over many scrapes
      }
    });
  /** What PostgreSQL itself has counted. */
  const truth = (server: Server, marker: string) =>
    onServer(server, async (client) => {
      const sql = 'SELECT calls::int, queryid::text FROM pg_stat_statements WHERE query LIKE $1';
      const { rows } = await client.query<{ calls: number; queryid: string }>(sql, [`%AS ${marker} FROM%`]);
      return rows[0] ?? { calls: 0, queryid: '' };
    });

  beforeAll(async () => {
    expect(missing, 'tools that are missing').toEqual([]);
    primary = await started(startPostgres(['wal_level=replica']));
    await onServer(primary, (client) =>
      client.query(
        'CREATE EXTENSION pg_stat_statements; CREATE TABLE orders (id int PRIMARY KEY); CREATE SCHEMA audit; CREATE TABLE audit.orders (id int PRIMARY KEY)',
      ),
    );
    standby = await started(startStandby(primary));
    await repeat(primary, ON_PRIMARY, 1);
    await repeat(standby, ON_STANDBY, 1);
    const queries = join(folder, 'queries.yaml');
    writeFileSync(queries, legacyQueries);
    modern = await started(startExporter(primary.url));
    legacy = await started(startLegacyExporter(primary.url, queries));
    ofStandby = await started(startExporter(standby.url));
    if (!victoria.skip) {
      receiving = await started(
        startHttp('victoria-metrics', '/health', (data, port) => [
          `-storageDataPath=${data}`,
          `-httpListenAddr=127.0.0.1:${port}`,
          '-search.latencyOffset=1s', // else all that is younger than 30 s
        ]),
      );
    }
    const settings = (replica: string) => ({ replica, ...(receiving === null ? {} : { writeTo: receiving }) });
    const scraped = [modern, legacy, ofStandby];
    pair = [
      await started(startPrometheus(scraped, settings('a'))),
      await started(startPrometheus(scraped, settings('b'))),
    ];
    federating = await started(startPrometheus(pair, { federates: true }));
    await sleep(4_000);
    await Promise.all([repeat(primary, ON_PRIMARY, CALLS), repeat(standby, ON_STANDBY, CALLS)]);
    // An increase is stretched by half an interval at each end: the longer the series, the less that is of it.
    await sleep(25_000);
    await sleep(4_000);
  }, 180_000);

  afterAll(async () => {
    for (const server of servers) await server.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  async function seen(prometheus: Server, rules: TargetRules = {}): Promise<readonly Snapshot[]> {
    const now = Date.now();
    const window = { start: new Date(now - 600_000).toISOString(), end: new Date(now).toISOString() };
    const all: readonly Collected[] = await collect({
      prometheus: createPrometheus({ url: prometheus.url }),
      window,
      rules,
      takenAt: window.end,
      previous: async () => null,
      progress: () => {},
    });
    return all.map((one) => {
      if (!('snapshot' in one)) throw new Error(one.failure);
      return one.snapshot;
    });
  }
  const callsOf = (snapshot: Snapshot | undefined, queryid: string) =>
    snapshot?.statements.filter((row) => row.queryid === queryid).map((row) => row.calls ?? Number.NaN) ?? [];

  it('the two of the pair really doubled the series', async () => {
    for (const server of [federating, ...(receiving === null ? [] : [receiving])]) {
      const query = `count(pg_stat_database_xact_commit{datname="postgres",instance="127.0.0.1:${modern.port}"})`;
      const response = await fetch(`${server.url}/api/v1/query?query=${encodeURIComponent(query)}`);
      const body = (await response.json()) as { data: { result: { value: [number, string] }[] } };
      expect(body.data.result[0]?.value[1], server === federating ? 'federation' : 'VictoriaMetrics').toBe('2');
    }
  });

  it.each([
    ['one Prometheus of the pair', () => pair[0] as Server],
    ['a Prometheus that federates both', () => federating],
    ['VictoriaMetrics, to which both write', () => receiving],
  ])('through %s, calls are those of pg_stat_statements, and two exporters are one server', async (_, through) => {
    const server = through();
    if (server === null) {
      expect(victoria.skip).toBe(true);
      return;
    }
    const { calls, queryid } = await truth(primary, 'on_primary');
    expect(calls).toBe(CALLS + 1);
    const snapshots = await seen(server);
    expect(snapshots.map(({ server: { role } }) => role).sort()).toEqual(['primary', 'standby']);
    const main = snapshots.find((each) => each.server.role === 'primary');
    const [counted = 0, ...more] = callsOf(main, queryid);
    expect(more).toEqual([]);
    expect(counted / CALLS).toBeGreaterThan(0.95);
    expect(counted / CALLS).toBeLessThan(1.05);
    expect(main?.databases.filter(({ database }) => database === 'postgres')).toHaveLength(1);
    expect(main?.tables.map(({ schema, table }) => `${schema}.${table}`).sort()).toEqual([
      'audit.orders',
      'public.orders',
    ]);
    // Both exporters of the primary say in `server` which it is.
    expect(main?.target).toBe(`127.0.0.1-${primary.port}`);
    // Prometheus knows of the standby, and nothing says that it is this one.
    expect(main?.nodes?.map(({ main: isMain, scansSeen }) => [isMain, scansSeen])[1]).toEqual([false, false]);
  });

  it('a primary and its standby in one group are one target, and their statements are not added up', async () => {
    const [target, ...others] = await seen(federating, { groups: { shop: ['127.0.0.1:*'] } });
    expect(others).toEqual([]);
    expect(target?.target).toBe('shop');
    expect(target?.nodes?.map(({ role, main }) => [role, main])).toEqual([
      ['primary', true],
      ['standby', false],
    ]);
    const there = await truth(standby, 'on_standby');
    expect(there.calls).toBe(CALLS + 1);
    expect(callsOf(target, there.queryid)).toEqual([]);
    const apart = target?.nodes?.[1]?.calls ?? 0;
    expect(apart / CALLS).toBeGreaterThan(0.95);
    const own = target?.statements.reduce((sum, row) => sum + (row.calls ?? 0), 0);
    expect(target?.nodes?.[0]?.calls).toBe(own);
    const size = await onServer(primary, async (client) => {
      const { rows } = await client.query<{ size: number }>("SELECT pg_database_size('postgres')::float8 AS size");
      return rows[0]?.size ?? 0;
    });
    const [row, ...twice] = target?.databases.filter(({ database }) => database === 'postgres') ?? [];
    expect(twice).toEqual([]);
    expect((row?.sizeBytes ?? 0) / size).toBeCloseTo(1, 1);
    expect(target?.quality.notes.join()).toMatch(/% ran on the standby/);
  });

  it('a server can be left out and another be renamed', async () => {
    const rules = { exclude: [`127.0.0.1:${standby.port}`], rename: { [`127.0.0.1:${primary.port}`]: 'orders' } };
    const [target, ...others] = await seen(federating, rules);
    expect([target?.target, others.length]).toEqual(['orders', 0]);
  });
});
