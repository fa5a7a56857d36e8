/** The contract every dialect keeps with its recording: found and plausible, or absent with a reason. */
import { existsSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createPrometheus } from '../../../lib/collect/prometheus/client.ts';
import { boundKinds } from '../../../lib/collect/prometheus/dialect.ts';
import { dialects } from '../../../lib/collect/prometheus/dialects/index.ts';
import { type PrometheusTarget, readPrometheus } from '../../../lib/collect/prometheus/read.ts';
import type { Measure } from '../../../lib/model/measure.ts';
import { measures } from '../../../lib/model/measures.ts';
import { type FakePrometheus, type Recording, startFakePrometheus, younger } from '../../support/fake-prometheus.ts';

function recordingOf(name: string): Recording {
  const file = new URL(`../../recordings/prometheus/${name}.json`, import.meta.url);
  return JSON.parse(readFileSync(file, 'utf8')) as Recording;
}

/** What was recorded of each dialect, and of which PostgreSQL. */
const recorded: Readonly<Record<string, Readonly<Record<string, readonly [versionNum: number, text: RegExp]>>>> = {
  'postgres-exporter': {
    'postgres-exporter': [150_020, /^PostgreSQL 15\.20/],
    'postgres-exporter-18': [180_004, /^PostgreSQL 18\.4/],
  },
  'queries-yaml': { 'queries-yaml': [150_020, /^PostgreSQL 15\.20/] },
};
const contracts = dialects.flatMap((dialect) =>
  Object.entries(recorded[dialect.id] ?? {}).map(([name, version]) => ({ name, dialect, version })),
);

function rowsOf(target: PrometheusTarget, kind: (typeof boundKinds)[number]): readonly object[] {
  const { server, databases, tables, indexes, statements } = target;
  return { server: [server], database: databases, table: tables, index: indexes, statement: statements }[kind];
}

/** The brief's sixteen expressions by what advisors compute them from (reference: metric dialects 5). */
const expressions: Readonly<Record<string, readonly [(typeof boundKinds)[number], ...string[]]>> = {
  E1: ['statement', 'totalTimeMs'],
  E2: ['statement', 'totalTimeMs', 'calls'],
  E3: ['statement', 'totalTimeMs', 'calls'],
  E4: ['statement', 'rows', 'calls'],
  E5: ['table', 'sequentialScans', 'indexScans', 'sequentialRowsRead'],
  E6: ['index', 'blocksHit', 'blocksRead'],
  E7: ['index', 'scans'],
  E8: ['index', 'rowsRead', 'scans'],
  E9: ['table', 'deadRows', 'liveRows'],
  E10: ['table', 'deadRows', 'liveRows'],
  E11: ['table', 'vacuums'],
  E12: ['table', 'autovacuums'],
  E13: ['server', 'idleSeconds', 'idleSessions', 'idleInTransactionSeconds'],
  E14: ['server', 'connectionsPeak', 'connectionsAverage', 'maxConnections'],
  E15: ['table', 'heapBlocksHit', 'heapBlocksRead'],
  E16: ['table', 'heapBlocksRead'],
};
/** What these exporters were not set up to publish when they were recorded. */
const unanswered: Readonly<Record<string, readonly string[]>> = {
  'postgres-exporter': ['E7', 'E8'],
  'queries-yaml': ['E6'],
};

/** Bound, and yet without a number: nothing was there to publish (no replica, no slot, no such query), or it is "never". */
const neither = ['server.walBytes', 'database.statsResetAt'];
const usage = ['index.scans', 'index.scansSinceReset', 'index.rowsRead', 'index.rowsFetched'];
const silent: Readonly<Record<string, readonly string[]>> = {
  'postgres-exporter': [...neither, ...usage],
  'postgres-exporter-18': [...neither, ...usage],
  'queries-yaml': [...neither, 'index.rowsFetched', 'index.blocksRead', 'index.blocksHit'],
};

/** What ten minutes of a small pgbench can come to; a wrong factor of 1000 or 8192 falls out. */
const plausible: Readonly<Record<Measure['unit'], readonly [low: number, high: number]>> = {
  ms: [0, 10 * 600_000],
  s: [0, 86_400],
  bytes: [0, 2e9],
  share: [0, 1],
  count: [0, 1e6],
  rows: [0, 1e8],
  blocks: [0, 1e7],
  'unix-s': [1.6e9, 2e9],
  xids: [0, 2e9],
  'ms/week': [0, 0],
  'ms/call': [0, 0],
  'rows/call': [0, 0],
  'blocks/call': [0, 0],
  'calls/week': [0, 0],
};

describe.each(contracts)('$name', ({ name, dialect, version }) => {
  const recording = recordingOf(name);
  let fake: FakePrometheus;
  let target: PrometheusTarget;
  let targets = 0;

  beforeAll(async () => {
    fake = await startFakePrometheus({ recording });
    const all = await readPrometheus({
      source: createPrometheus({ url: fake.url }),
      window: recording.window,
      selector: recording.selector,
    });
    targets = all.length;
    target = all[0] as PrometheusTarget;
  });
  afterAll(() => fake.stop());

  test('the recording holds every question that is asked', () => {
    const asked = new Set(fake.requests.flatMap(({ questions }) => questions));
    const missing = [...asked].filter((promql) => recording.answers[promql] === undefined);
    expect(missing.filter((promql) => !younger.test(promql))).toEqual([]);
    expect(asked.size).toBeGreaterThan(40);
    expect(asked.size).toBeLessThan(100);
  });

  test('one exporter is one target, whichever labels its series have', () => {
    expect(targets).toBe(1);
    // The PostgreSQL, not the exporter.
    expect(target.name).toMatch(/^127\.0\.0\.1:\d+$/);
    expect(recording.selector).not.toContain(target.name);
  });

  test.each(boundKinds)('each %s measure has numbers or a gap that says why and what to do', (kind) => {
    const rows = rowsOf(target, kind);
    const gaps = target.gaps.filter((gap) => gap.kind === kind && gap.database === undefined);
    for (const measure of Object.keys(measures[kind])) {
      const found = rows.some((row) => measure in row);
      const missed = gaps.filter((gap) => gap.measures.includes(measure) && gap.absence !== 'truncated');
      const isBound = measure in dialect.bindings[kind];
      // Never reset and never vacuumed by hand are answers without a number.
      const mayBeNever = measure === 'statsResetAt';
      expect([measure, found || mayBeNever, missed.length]).toEqual([measure, missed.length === 0, missed.length]);
      if (!isBound && !found) expect(missed[0]?.absence).toBe('unsupported');
      for (const gap of missed) {
        expect(gap.reason).toMatch(/^[A-Z].*\.$/);
        expect(gap.remedy).toMatch(/^[A-Z].*\.$/);
      }
    }
  });

  // A name misspelt in the dialect would otherwise pass as a gap.
  test('every measure that the dialect binds has numbers, but for those known to be silent', () => {
    const without = boundKinds.flatMap((kind) =>
      Object.keys(dialect.bindings[kind])
        .filter((measure) => !rowsOf(target, kind).some((row) => measure in row))
        .map((measure) => `${kind}.${measure}`),
    );
    expect(without).toEqual(silent[name]);
  });

  test('each of the sixteen expressions is bound, and answered or known to be missing', () => {
    const bound = Object.entries(expressions).filter(([, [kind, ...names]]) =>
      names.every((name) => name in dialect.bindings[kind]),
    );
    expect(bound.map(([id]) => id)).toEqual(Object.keys(expressions));
    const open = Object.entries(expressions).filter(
      ([, [kind, ...names]]) => !rowsOf(target, kind).some((row) => names.every((name) => name in row)),
    );
    expect(open.map(([id]) => id)).toEqual(unanswered[dialect.id]);
  });

  test.each(boundKinds)('every number of a %s is plausible in its unit', (kind) => {
    for (const row of rowsOf(target, kind)) {
      for (const [name, measure] of Object.entries<Measure>(measures[kind])) {
        const value = (row as Readonly<Record<string, unknown>>)[name];
        if (value === undefined) continue;
        const [low, high] = plausible[measure.unit];
        expect([name, value]).toEqual([name, expect.any(Number)]);
        expect(value, name).toBeGreaterThanOrEqual(low);
        expect(value, name).toBeLessThanOrEqual(high);
      }
    }
  });

  test('every label resolves', () => {
    expect(target.tables.map(({ database, schema, table }) => `${database}.${schema}.${table}`)).toEqual([
      'shop.public.note',
      'shop.public.pgbench_accounts',
      'shop.public.pgbench_branches',
      'shop.public.pgbench_history',
      'shop.public.pgbench_tellers',
    ]);
    expect(target.indexes.map(({ database, table, index }) => `${database}.${table}.${index}`)).toEqual([
      'shop.pgbench_accounts.pgbench_accounts_pkey',
      'shop.pgbench_branches.pgbench_branches_pkey',
      'shop.pgbench_tellers.pgbench_tellers_pkey',
    ]);
    expect(target.databases.map(({ database }) => database)).toEqual(['blind', 'postgres', 'shop']);
    expect(target.blindDatabases).toEqual(['blind', 'postgres']);
    for (const { queryid, statement, database } of target.statements) {
      expect(queryid).toMatch(/^-?\d+$/);
      expect(statement).toBe(`id:${queryid}`);
      expect(['postgres', 'shop']).toContain(database);
    }
    const count = (database: string) => target.statements.filter((row) => row.database === database).length;
    expect(count('shop')).toBeGreaterThan(10);
    expect(count('postgres')).toBeLessThan(10);
  });

  test('statement time and the time of their database are in the same unit', () => {
    const statements = target.statements.reduce((sum, row) => sum + (row.totalTimeMs ?? 0), 0);
    const active = target.databases.find(({ database }) => database === 'shop')?.activeTimeMs ?? 0;
    // One session sleeps all the time by select pg_sleep(1): about 600,000 ms in ten minutes.
    expect(active).toBeGreaterThan(500_000);
    expect(statements / active).toBeGreaterThan(0.8);
    expect(statements / active).toBeLessThan(1.1);
  });

  test('a table without an index has no index scans, one with an index has', () => {
    const scans = Object.fromEntries(target.tables.map(({ table, indexScans }) => [table, indexScans]));
    expect(scans.note).toBe(0);
    expect(scans.pgbench_accounts).toBeGreaterThan(1_000);
  });

  test('the server is known: version, role, settings in bytes and milliseconds, sessions', () => {
    const { server } = target;
    const [versionNum, versionText] = version;
    expect(server).toMatchObject({ versionNum, role: 'primary', blockSizeBytes: 8_192, maxConnections: 100 });
    expect(server.versionText).toMatch(versionText);
    expect(server.reservedConnections).toBe(3);
    expect(server.settings).toMatchObject({
      shared_buffers: { value: 134_217_728, unit: 'bytes' },
      autovacuum_naptime: { value: 15_000, unit: 'ms' },
      autovacuum_vacuum_cost_limit: { value: -1 },
      log_min_duration_statement: { value: -1, unit: 'ms' },
      autovacuum: { value: true },
      'pg_stat_statements.max': { value: 5_000 },
    });
    // One session for good, and now and then one of the three of pgbench.
    expect(server.idleInTransactionSessions).toBeGreaterThanOrEqual(1);
    expect(server.idleInTransactionSessions).toBeLessThanOrEqual(4);
    expect(server.idleInTransactionSeconds).toBeGreaterThan(600);
    expect(server.connectionsPeak).toBeGreaterThanOrEqual(server.connectionsAverage ?? Number.NaN);
  });

  test('the whole window was covered, without a reset', () => {
    expect(target.coveredShare).toBeGreaterThan(0.98);
    expect(target.resets).toBe(0);
    expect(target.notes).toEqual([]);
  });

  test('most of the provenance names this dialect', () => {
    const named = target.sources.filter((source) => source.dialect !== undefined);
    expect(named.every((source) => source.dialect === dialect.id)).toBe(true);
  });
});

test('every dialect was recorded, or written from its documentation', () => {
  const documented = (id: string) =>
    existsSync(new URL(`../../recordings/prometheus/documented/${id}.prom`, import.meta.url));
  expect(dialects.filter(({ id }) => !documented(id)).map(({ id }) => id)).toEqual(Object.keys(recorded));
});

test('no two dialects have the same id', () => {
  expect(new Set(dialects.map(({ id }) => id)).size).toBe(dialects.length);
});
