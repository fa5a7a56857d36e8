/**
 * The contract that every dialect keeps with its recording. All of them show one shop, so each measure comes out as the
 * same number in the canonical unit, whatever it is called and counted in. Where an exporter could be run, what a real
 * Prometheus answered about it is held to the same names beside that.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createPrometheus } from '../../../lib/collect/prometheus/client.ts';
import {
  type Binding,
  type BoundKind,
  boundKinds,
  type Dialect,
  rolesOf,
  type Versions,
} from '../../../lib/collect/prometheus/dialect.ts';
import { dialects, hostDialects } from '../../../lib/collect/prometheus/dialects/index.ts';
import { type PrometheusTarget, readPrometheus } from '../../../lib/collect/prometheus/read.ts';
import type { Measure } from '../../../lib/model/measure.ts';
import { measures } from '../../../lib/model/measures.ts';
import type { Gap } from '../../../lib/model/snapshot.ts';
import { documented, documentedEnd as end, documentedWindow as window } from '../../support/documented.ts';
import {
  type FakePrometheus,
  type FakeSeries,
  type Recording,
  recordingOf,
  startFakePrometheus,
} from '../../support/fake-prometheus.ts';
import { select } from '../../support/fake-promql.ts';

/** Per minute for counters, else the value. */
const shop: Readonly<Record<BoundKind | 'host', Readonly<Record<string, number>>>> = {
  server: {
    ...{ versionNum: 160_004, startedAt: end - 864_000, blockSizeBytes: 8_192, maxConnections: 200 },
    ...{ connectionsAverage: 30, connectionsPeak: 30, idleSessions: 20, activeSessions: 8, idleSeconds: 45 },
    ...{ idleInTransactionSessions: 2, idleInTransactionSeconds: 120 },
    ...{ checkpointsTimed: 0.2, checkpointsRequested: 0.1, checkpointWriteMs: 6_000, walBytes: 16_777_216 },
    ...{ checkpointSyncMs: 60, checkpointBuffersWritten: 500, backgroundBuffersWritten: 40, backgroundWriteStops: 0.5 },
    ...{ backendBuffersWritten: 30, backendFsyncs: 0.2, buffersAllocated: 700, walFullPageImages: 900 },
    ...{ walBuffersFull: 3, walArchived: 1, walArchiveFailures: 0.1, lastArchivedAt: end - 30 },
    ...{ oldestTransactionSeconds: 900, replayLagSeconds: 2 },
  },
  database: {
    ...{ sizeBytes: 5e9, connectionsAverage: 30, connectionsPeak: 30, commits: 600, rollbacks: 6 },
    ...{ blocksRead: 3_000, blocksHit: 97_000, tempFiles: 1, tempBytes: 1_048_576, deadlocks: 0.1 },
    ...{ activeTimeMs: 45_000, statsResetAt: end - 864_000, xidAge: 150e6, blockReadTimeMs: 1_500 },
    ...{ blockWriteTimeMs: 150, rowsReturned: 90_000, rowsFetched: 30_000, rowsInserted: 60, rowsUpdated: 120 },
    ...{ rowsDeleted: 6, conflicts: 0.1, connectionLimit: 50, multixactAge: 5e6, checksumFailures: 0.1 },
    ...{ sessions: 10, sessionTimeMs: 120_000, idleInTransactionTimeMs: 600, sessionsAbandoned: 0.1 },
    ...{ sessionsFatal: 0.2, sessionsKilled: 0.3 },
  },
  table: {
    ...{ liveRows: 1e6, deadRows: 2e5, modifiedSinceAnalyze: 5e4, sequentialScans: 5, sequentialRowsRead: 5e6 },
    ...{ indexScans: 1_000, indexRowsFetched: 2_000, rowsInserted: 60, rowsUpdated: 120, rowsHotUpdated: 40 },
    ...{ rowsDeleted: 6, vacuums: 0.1, autovacuums: 0.2, analyzes: 0.1, autoanalyzes: 0.2 },
    ...{ lastVacuumAt: end - 86_400, lastAutovacuumAt: end - 86_400 },
    ...{ lastAnalyzeAt: end - 86_400, lastAutoanalyzeAt: end - 86_400 },
    ...{ heapBlocksRead: 2_000, heapBlocksHit: 50_000, indexBlocksRead: 500, indexBlocksHit: 40_000 },
    ...{ heapBytes: 3e9, indexBytes: 1e9, totalBytes: 4e9, mainBytes: 2.5e9, toastBytes: 2e8 },
    ...{ toastBlocksRead: 100, toastBlocksHit: 1_500, rowsUpdatedToNewPage: 10, xidAge: 100e6 },
    ...{ vacuumTimeMs: 10, autovacuumTimeMs: 200, analyzeTimeMs: 5, autoanalyzeTimeMs: 50 },
  },
  index: {
    ...{ scans: 1_000, rowsRead: 1_100, rowsFetched: 1_000, blocksRead: 400, blocksHit: 30_000 },
    ...{ scansSinceReset: 61_000, sizeBytes: 4e8, lastScanAt: end - 30 },
  },
  statement: {
    ...{ calls: 300, totalTimeMs: 36_000, planTimeMs: 300, rows: 600, sharedBlocksHit: 9_000, sharedBlocksRead: 600 },
    ...{ tempBlocksWritten: 60, blockReadTimeMs: 1_200, walBytes: 3_000, blockWriteTimeMs: 120, tempBlocksRead: 50 },
    ...{ sharedBlocksDirtied: 70, sharedBlocksWritten: 7, minTimeMs: 1, maxTimeMs: 5_000 },
  },
  host: {
    ...{ cpuCount: 2, cpuBusyShare: 0.25, memoryBytes: 8_589_934_592, memoryAvailableBytes: 3e9 },
    ...{ diskBytes: 100e9, diskFreeBytes: 70e9, diskQueue: 0.5, readIops: 120, writeIops: 80 },
    ...{ readLatencyMs: 2, writeLatencyMs: 4 },
  },
};

/** What each calls its server. */
const named: Readonly<Record<string, string>> = {
  percona: '10.0.0.13:42002',
  'postgres-exporter-0.12': '10.0.0.14:9187',
  'postgres-exporter': '10.0.0.16:9187',
  'queries-yaml': '10.0.0.17:5432',
  brief: '10.0.0.15:9187',
  'pg-exporter': 'pg-shop-1',
  'postgres-ai': 'shop-main',
  pgwatch: 'shop',
  pgmonitor: '10.0.0.12:9187',
  'cloudnative-pg': 'shop/shop-db-1',
  opentelemetry: 'db1:5432',
  'sql-exporter': '10.0.0.19:5432',
};

async function readAll(series: readonly FakeSeries[]): Promise<readonly PrometheusTarget[]> {
  const fake = await startFakePrometheus({ series });
  try {
    return await readPrometheus({ source: createPrometheus({ url: fake.url }), window });
  } finally {
    await fake.stop();
  }
}

async function read(series: readonly FakeSeries[]): Promise<PrometheusTarget> {
  const [target, ...others] = await readAll(series);
  if (target === undefined || others.length > 0) throw new Error(`${others.length + 1} servers`);
  return target;
}

interface Bound {
  readonly kind: BoundKind | 'host';
  readonly measure: string;
  readonly binding: Binding;
}

function rowsOf(target: PrometheusTarget, kind: Bound['kind']): readonly object[] {
  const { server, databases, tables, indexes, statements, hosts } = target;
  return { server: [server], database: databases, table: tables, index: indexes, statement: statements, host: hosts }[
    kind
  ];
}

const boundIn = (bindings: Readonly<Record<string, Readonly<Record<string, Binding>>>>): readonly Bound[] =>
  Object.entries(bindings).flatMap(([kind, all]) =>
    Object.entries(all).map(([measure, binding]) => ({ kind: kind as Bound['kind'], measure, binding })),
  );
const allBound = [
  ...dialects.map(({ id, bindings }) => ({ id, bound: boundIn(bindings) })),
  ...hostDialects.map(({ id, bindings }) => ({ id, bound: boundIn({ host: bindings }) })),
];

/** A server for machines to stand below: at the address of one in RDS, or beside node_exporter. */
const serverOf = (id: string): readonly FakeSeries[] => {
  const instance = id === 'node-exporter' ? '10.0.0.12:9187' : 'shop.c1abcdefghij.eu-west-1.rds.amazonaws.com:5432';
  return documented('brief').map((each) => ({ ...each, labels: { ...each.labels, instance } }));
};
const sceneOf = (id: string, series: readonly FakeSeries[]) =>
  hostDialects.some((host) => host.id === id) ? [...serverOf(id), ...series] : series;

const measureOf = (kind: Bound['kind'], measure: string): Measure => {
  const all: Readonly<Record<string, Measure>> = measures[kind];
  const known = all[measure];
  if (known === undefined) throw new Error(`no measure ${measure}`);
  return known;
};
const without = (series: readonly FakeSeries[], names: ReadonlySet<string>) =>
  series.filter(({ labels }) => !names.has(labels.__name__ ?? ''));
const selectorOf = (name: string, { matching }: Binding) => (matching === undefined ? name : `${name}{${matching}}`);
const gapOf = (target: PrometheusTarget, kind: string, measure: string) =>
  target.gaps.find((gap) => gap.kind === kind && gap.database === undefined && gap.measures.includes(measure));

describe.each(allBound)('$id', ({ id, bound }) => {
  const series = documented(id);
  const longest = Math.max(...bound.map(({ binding }) => binding.names.length));
  /** Exporters of each release: of a binding with several names, each has one. */
  const releases = Array.from({ length: longest }, (_, release) => release);
  const nameIn = ({ names }: Binding, release: number) => names[Math.min(release, names.length - 1)];

  test('its recording has every name that it binds, and a counter rises there, a gauge does not', () => {
    const found = bound.flatMap(({ kind, measure, binding }) =>
      binding.names.map((name) => {
        const steps = select(selectorOf(name, binding), series).map(
          ({ points }) => (points.at(-1)?.[1] ?? 0) - (points[0]?.[1] ?? 0),
        );
        // An age grows with the clock, whatever its server does.
        const rises = steps.some((step) => (binding.age === true ? step !== 0 && step !== 3_600 : step > 0));
        return [kind, measure, name, steps.length === 0 ? 'missing' : rises ? 'counter' : 'gauge'];
      }),
    );
    expect(found).toEqual(
      bound.flatMap(({ kind, measure, binding }) => binding.names.map((name) => [kind, measure, name, binding.kind])),
    );
  });

  test.each(releases)('each measure is the same number in its canonical unit, by name number %i', async (release) => {
    const kept = new Set(bound.map(({ binding }) => nameIn(binding, release)));
    const others = new Set(bound.flatMap(({ binding }) => binding.names).filter((name) => !kept.has(name)));
    const target = await read(sceneOf(id, without(series, others)));
    const there = bound.filter(({ binding }) => binding.names.length > 0);
    const found = there.map(({ kind, measure, binding }) => {
      const row = rowsOf(target, kind).find((each) => measure in each) as Readonly<Record<string, number>> | undefined;
      const asked = target.sources.some(
        ({ kind: of, measures: names, text }) =>
          of === kind && names.includes(measure) && new RegExp(`\\b${nameIn(binding, release)}\\b`).test(text),
      );
      return [kind, measure, asked ? nameIn(binding, release) : 'not asked', row?.[measure]];
    });
    expect(found).toEqual(
      there.map(({ kind, measure, binding }) => {
        // The fake sees 59 of the 60 steps of an hour.
        const { over } = measureOf(kind, measure);
        const steps = over === 'counter' ? 59 : binding.verb === 'rate' ? 59 / 60 : 1;
        const value = (shop[kind][measure] ?? Number.NaN) * steps;
        return [kind, measure, nameIn(binding, release), expect.closeTo(value, Math.abs(value) < 1e6 ? 3 : -4)];
      }),
    );
  });

  test('NaN is unknown, but where it is known to stand for none', async () => {
    // Of the server, its sessions and settings name it.
    const kept = new Set(bound.flatMap(({ kind, binding }) => (kind === 'server' ? binding.names : [])));
    const spoilt = series.map((each) =>
      kept.has(each.labels.__name__ ?? '')
        ? each
        : { ...each, points: each.points.map(([at]) => [at, Number.NaN] as const) },
    );
    const target = await read(sceneOf(id, spoilt));
    for (const { kind, measure, binding } of bound) {
      // How many series there are, their values do not say.
      if (kind === 'server' || binding.verb === 'count' || binding.names.some((name) => kept.has(name))) continue;
      const values = rowsOf(target, kind).flatMap((row) => (measure in row ? [row[measure as keyof typeof row]] : []));
      expect([kind, measure, ...values]).toEqual([kind, measure, ...(binding.nan === undefined ? [] : [binding.nan])]);
    }
  });
});

const flagWords = ({ source }: Binding) => source?.name ?? '';
const rangeWords = (range: Versions['exporter']) => (range ?? []).flatMap((each) => each ?? []);

describe.each(dialects.map((dialect) => [dialect.id, dialect] as const))('%s', (id, dialect) => {
  const series = documented(id);
  const bound = boundIn(dialect.bindings);
  let target: PrometheusTarget;

  beforeAll(async () => {
    target = await read(series);
  });

  test('is one server under its name', () => {
    expect(target.name).toBe(named[id]);
  });

  test('every label arrives, and no object is there twice', () => {
    const wanted = { database: 'shop', schema: 'public', table: 'orders', index: 'orders_pkey', queryid: '4711' };
    for (const kind of ['database', 'table', 'index', 'statement'] as const) {
      const roles = rolesOf[kind].filter((role): role is Exclude<typeof role, 'user'> => role !== 'user');
      const rows = rowsOf(target, kind) as readonly Readonly<Record<string, string>>[];
      const found = rows.map((row) => roles.map((role) => row[role])).filter((names) => !names.includes('never'));
      const isBound = Object.keys(dialect.bindings[kind]).length > 0;
      expect([kind, ...found]).toEqual([kind, ...(isBound ? [roles.map((role) => wanted[role])] : [])]);
    }
  });

  test('1970 is never, not a time', async () => {
    const times = bound.filter(
      ({ kind, measure, binding }) => measureOf(kind, measure).unit === 'unix-s' && binding.age !== true,
    );
    const names = new Set(times.flatMap(({ binding }) => binding.names));
    const never = await read(
      series.map((each) =>
        names.has(each.labels.__name__ ?? '') ? { ...each, points: each.points.map(([at]) => [at, 0] as const) } : each,
      ),
    );
    for (const { kind, measure } of times) {
      const found = rowsOf(never, kind as BoundKind).some((row) => measure in row);
      expect([kind, measure, found, gapOf(never, kind, measure)]).toEqual([kind, measure, false, undefined]);
    }
  });

  test.each(boundKinds)('an absent %s measure is a gap with the names, versions and flag to look for', async (kind) => {
    const { some = [], not = [] } = dialect.signs ?? {};
    const kept = new Set([
      ...some,
      ...not,
      ...bound.flatMap(({ measure, binding }) => (measure === 'maxConnections' ? binding.names : [])),
    ]);
    const gone = bound.filter((each) => each.kind === kind).flatMap(({ binding }) => binding.names);
    const blind = await read(without(series, new Set(gone.filter((name) => !kept.has(name)))));
    const { versionNum } = blind.server;
    const major = versionNum === undefined ? null : Math.floor(versionNum / 10_000);
    for (const { measure, binding } of bound.filter((each) => each.kind === kind)) {
      if (rowsOf(blind, kind).some((row) => measure in row)) {
        expect(binding.names.some((name) => kept.has(name)) || measure === 'versionNum').toBe(true);
        continue;
      }
      const gap = gapOf(blind, kind, measure);
      const possible = binding.names.filter((name) => {
        const [from = null, to] = binding.versions?.[name]?.postgres ?? [];
        return major === null || ((from === null || major >= from) && (to === undefined || major <= to));
      });
      const absence = possible.length === 0 ? 'unsupported' : 'not-exported';
      expect([id, measure, gap?.absence, gap?.remedy]).toEqual([
        id,
        measure,
        absence,
        expect.stringMatching(/^[A-Z].*\.$/),
      ]);
      if (possible.length === 0) continue;
      expect([measure, gap?.remedy]).toEqual([measure, binding.remedy]);
      for (const name of possible) {
        const words = [name, ...rangeWords(binding.versions?.[name]?.exporter)];
        expect(gap?.reason).toMatch(new RegExp(words.map((word) => word.replaceAll('.', '\\.')).join('[^,]*?')));
      }
      expect(`${gap?.reason}`).toContain(flagWords(binding));
    }
  });

  test('what it does not bind is a gap with reason and remedy', () => {
    for (const kind of boundKinds) {
      const rows = rowsOf(target, kind);
      const missing = Object.keys(measures[kind]).filter((measure) => !rows.some((row) => measure in row));
      for (const measure of missing) {
        const gap = gapOf(target, kind, measure);
        const words = [expect.stringMatching(/^[A-Z].*\w.*\.$/), expect.stringMatching(/^[A-Z].*\.$/)];
        expect([kind, measure, gap?.reason, gap?.remedy]).toEqual([kind, measure, ...words]);
      }
    }
    expect(JSON.stringify(target.gaps)).not.toMatch(/named \.|undefined/);
  });

  const limits = new Set(bound.flatMap(({ binding }) => binding.limit ?? []));
  test.runIf(limits.size > 0)('as many rows as it publishes are a lower bound, of what comes with them', async () => {
    for (const limit of limits) {
      const { rows, flag, order } = limit;
      const own = bound.filter(({ binding }) => binding.limit === limit);
      const kind = own[0]?.kind ?? 'host';
      const role = kind === 'statement' ? 'queryid' : kind === 'table' ? 'table' : 'index';
      const label = dialect.labels[role][0] ?? '';
      const counter = own.find(({ binding }) => binding.verb === 'increase')?.binding;
      if (counter === undefined) throw new Error(`no counter of a ${kind}`);
      const [first] = select(selectorOf(counter.names[0] ?? '', counter), series);
      if (first === undefined) throw new Error('no series');
      const rowsOver = (count: number) =>
        Array.from({ length: count }, (_, at) => ({
          // Two samples are an increase.
          points: first.points.slice(-2),
          labels: { ...first.labels, [label]: `${first.labels[label]}${at}` },
        }));
      const cut = async (count: number) =>
        (await read([...series, ...rowsOver(count)])).gaps.find(
          (gap) => gap.kind === kind && gap.absence === 'truncated' && gap.remedy.includes(flag),
        );
      // With the one that was there already.
      expect(await cut(rows - 2)).toBeUndefined();
      const gap = await cut(rows - 1);
      expect(gap?.reason).toMatch(new RegExp(`publishes ${rows} .*lower bound`));
      expect(gap?.reason).toContain(order);
      expect([...(gap?.measures ?? [])].sort()).toEqual(own.map(({ measure }) => measure).sort());
    }
  });

  test('the provenance names this dialect, and the whole hour is covered', () => {
    const sources = target.sources.filter((source) => source.dialect !== undefined);
    // postgres_ai shows one table under pgwatch's names as well.
    expect(sources.filter((source) => source.dialect !== id).map(({ text }) => text)).toEqual(
      id === 'postgres-ai' ? [expect.stringContaining('pgwatch_table_stats_seq_scan')] : [],
    );
    expect(sources.length).toBeGreaterThan(5);
    expect(target).toMatchObject({ coveredShare: 1, resets: 0, notes: [] });
  });
});

test('all of them beside each other are as many servers, each wholly covered', async () => {
  const targets = await readAll(dialects.flatMap(({ id }) => documented(id)));
  expect(targets.map(({ name }) => name)).toEqual(Object.values(named).sort());
  expect(targets.map(({ coveredShare }) => coveredShare)).toEqual(targets.map(() => 1));
});

/** No recording has answers over time. */
const isRange = (path: string) => path.endsWith('query_range');

/** As Prometheus answers an instant query. */
interface Wire {
  readonly result: readonly {
    readonly metric: Readonly<Record<string, string>>;
    readonly value: readonly [number, string];
  }[];
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
const never = ['database.statsResetAt', 'database.connectionLimit'];
const usage = ['index.scans', 'index.scansSinceReset', 'index.rowsRead', 'index.rowsFetched'];
const silent: Readonly<Record<string, readonly string[]>> = {
  // The whole size of a table went with 0.18, what backends write with PostgreSQL 17.
  'postgres-exporter': ['server.walBytes', 'server.lastArchivedAt', ...never, 'table.totalBytes', ...usage],
  'postgres-exporter-18': [
    ...['server.walBytes', 'server.lastArchivedAt', 'server.backendBuffersWritten', 'server.backendFsyncs'],
    ...[...never, 'table.totalBytes', ...usage],
  ],
  // Backends of clients have a name from 0.17 on; checksums are off, so that they fail NULL times.
  'queries-yaml': [
    ...['server.oldestTransactionSeconds', 'server.walBytes', 'server.lastArchivedAt', 'database.statsResetAt'],
    ...['database.checksumFailures', 'index.rowsFetched', 'index.blocksRead', 'index.blocksHit'],
  ],
};

const few = (count: string) =>
  `${count} statements had samples in less than half of the window, because they are new or the exporter left them out at times; their numbers say at least.`;
/** pgbench had just begun, and the exporter shows what took most time so far. */
const said: Readonly<Record<string, readonly string[]>> = {
  'postgres-exporter': [few('3 of 60')],
  'postgres-exporter-18': [few('2 of 54')],
  'queries-yaml': [],
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

/** Rows against answers; gives how many numbers were compared. */
function compare(dialect: Dialect, target: PrometheusTarget, recording: Recording): number {
  const said = target.sources.flatMap(({ kind, measures: names, text }) =>
    names.map((measure) => ({ kind, measure, text })),
  );
  let compared = 0;
  for (const { kind, measure, binding } of boundIn(dialect.bindings)) {
    if (kind === 'host') continue;
    const rows = rowsOf(target, kind) as readonly Readonly<Record<string, number | string>>[];
    const texts = said.filter((each) => each.kind === kind && each.measure === measure).map(({ text }) => text);
    if (texts.length !== 1) continue;
    const answer = recording.answers[texts[0] ?? ''] as Wire;
    const labelled = rolesOf[kind].filter((role) => role !== 'user');
    for (const row of rows.filter((each) => measure in each)) {
      const own = answer.result.filter(({ metric }) =>
        labelled.every((role) => {
          const label = dialect.labels[role].find((each) => metric[each] !== undefined);
          // What an index's exporter does not label, its other series tell.
          return label === undefined ? kind === 'index' : metric[label] === row[role];
        }),
      );
      const values = own.map(({ value: [, value] }) => Number(value)).filter((value) => !Number.isNaN(value));
      const sum = values.length === 0 ? binding.nan : values.reduce((all, value) => all + value, 0);
      expect([kind, measure, row[measure]]).toEqual([kind, measure, (sum ?? Number.NaN) * (binding.factor ?? 1)]);
      compared += 1;
    }
  }
  return compared;
}

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
    const asked = new Set(fake.requests.flatMap(({ path, questions }) => (isRange(path) ? [] : questions)));
    const missing = [...asked].filter((promql) => recording.answers[promql] === undefined);
    expect(missing).toEqual([]);
    expect(asked.size).toBeGreaterThan(40);
    expect(asked.size).toBeLessThan(130);
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
      // Cut lists and single samples are of some rows.
      const ofRows = (gap: Gap) => gap.absence === 'truncated' || gap.absence === 'no-history';
      const missed = gaps.filter((gap) => gap.measures.includes(measure) && !ofRows(gap));
      const isBound = measure in dialect.bindings[kind];
      // Never reset, never archived and no limit are answers without a number.
      const mayBeNever = isBound && ['statsResetAt', 'lastArchivedAt', 'connectionLimit'].includes(measure);
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

  test('each number is what the recording says, times the factor of its unit', () => {
    expect(compare(dialect, target, recording)).toBeGreaterThan(100);
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
    expect(target.notes).toEqual(said[name]);
  });

  test('most of the provenance names this dialect', () => {
    const named = target.sources.filter((source) => source.dialect !== undefined);
    expect(named.every((source) => source.dialect === dialect.id)).toBe(true);
  });
});

describe('sql_exporter and node_exporter, both as Debian has them', () => {
  const recording = recordingOf('sql-exporter');
  const sql = dialects.find(({ id }) => id === 'sql-exporter') as Dialect;
  let fake: FakePrometheus;
  let target: PrometheusTarget;

  beforeAll(async () => {
    fake = await startFakePrometheus({ recording });
    const source = createPrometheus({ url: fake.url });
    const [first, ...others] = await readPrometheus({ source, ...recording });
    expect(others).toEqual([]);
    target = first as PrometheusTarget;
  });
  afterAll(() => fake.stop());

  test('the recording holds every question that is asked', () => {
    const asked = new Set(fake.requests.flatMap(({ path, questions }) => (isRange(path) ? [] : questions)));
    expect([...asked].filter((promql) => recording.answers[promql] === undefined)).toEqual([]);
    expect(asked.size).toBeGreaterThan(50);
  });

  test('every measure has numbers, and they are what the recording says', () => {
    const open = boundIn(sql.bindings).filter(
      ({ kind, measure }) => !rowsOf(target, kind).some((row) => measure in row),
    );
    expect(open).toEqual([]);
    expect(compare(sql, target, recording)).toBeGreaterThan(100);
  });

  test('labels, settings and role arrive', () => {
    expect(target.name).toMatch(/^127\.0\.0\.1:\d+$/);
    expect(target.databases.map(({ database }) => database)).toEqual(['blind', 'postgres', 'shop']);
    expect(target.blindDatabases).toEqual(['blind', 'postgres']);
    expect(target.tables.map(({ database, schema, table }) => `${database}.${schema}.${table}`)).toEqual(
      ['note', 'pgbench_accounts', 'pgbench_branches', 'pgbench_history', 'pgbench_tellers'].map(
        (table) => `shop.public.${table}`,
      ),
    );
    // A NULL is not published: of a table without an index it is not known how often one was used.
    expect(target.tables[0]).not.toHaveProperty('indexScans');
    expect(target.server).toMatchObject({ versionNum: 150_020, role: 'primary', maxConnections: 100 });
    expect(target.server.settings).toMatchObject({
      shared_buffers: { value: 134_217_728, unit: 'bytes' },
      autovacuum_naptime: { value: 15_000, unit: 'ms' },
    });
    expect(target).toMatchObject({ resets: 0, notes: [] });
    expect(target.coveredShare).toBeGreaterThan(0.98);
  });

  test('the machine has every number that node_exporter binds, in its unit', () => {
    const [host] = target.hosts;
    const node = hostDialects.find(({ id }) => id === 'node-exporter');
    expect(Object.keys(node?.bindings ?? {}).filter((measure) => host === undefined || !(measure in host))).toEqual([]);
    const said = (measure: string, name: RegExp) => {
      const text = target.sources.find(
        ({ kind, measures: names, text: asked }) => kind === 'host' && names.includes(measure) && name.test(asked),
      )?.text;
      return Number((recording.answers[text ?? ''] as Wire).result[0]?.value[1]);
    };
    expect(host).toMatchObject({
      cpuCount: 2,
      memoryBytes: said('memoryBytes', /MemTotal/),
      memoryAvailableBytes: said('memoryAvailableBytes', /MemAvailable/),
      diskBytes: said('diskBytes', /size_bytes/),
      diskFreeBytes: said('diskFreeBytes', /avail_bytes/),
      readIops: said('readIops', /reads_completed/),
      diskQueue: said('diskQueue', /weighted/),
      // Seconds in the exporter.
      readLatencyMs: said('readLatencyMs', /read_time_seconds/) * 1000,
      writeLatencyMs: said('writeLatencyMs', /write_time_seconds/) * 1000,
    });
    expect(host?.cpuBusyShare).toBeLessThanOrEqual(1);
  });
});

test('each was recorded from a running exporter, or is known to be written from its names alone', () => {
  const ran = Object.keys(recorded);
  expect(dialects.map(({ id }) => id).filter((id) => ran.includes(id))).toEqual(ran);
});

test('no two dialects have the same id', () => {
  expect(new Set(allBound.map(({ id }) => id)).size).toBe(allBound.length);
});
