import { describe, expect, it } from 'vitest';
import { join } from '../../lib/collect/join.ts';
import type { PostgresReading } from '../../lib/collect/postgres/read.ts';
import type { PrometheusTarget } from '../../lib/collect/prometheus/read.ts';
import type { Gap, Span } from '../../lib/model/snapshot.ts';

const window = { start: '2026-11-15T00:00:00.000Z', end: '2026-11-22T00:00:00.000Z' };
const sinceReset: Span = {
  start: '2026-01-01T00:00:00.000Z',
  end: window.end,
  source: 'postgres',
  basis: 'statistics-reset',
};
const lastRun: Span = { ...window, source: 'postgres', basis: 'previous-run' };
const spans = (span: Span) => ({ server: span, database: span, table: span, index: span, statement: span });

const orders = { database: 'shop', schema: 'public', table: 'orders' };
const key = { ...orders, index: 'orders_pkey' };
const text = 'SELECT $1';

const catalog = (parts: Partial<PostgresReading> = {}): PostgresReading => ({
  name: 'db:5432',
  server: { versionNum: 180004, role: 'primary', connectionsPeak: 3, settings: { a: { value: 1, source: 'default' } } },
  databases: [{ database: 'shop', commits: 1_000_000, sizeBytes: 50 }],
  tables: [{ ...orders, columns: [], liveRows: 10, sequentialScans: 900, rowsInserted: 800 }],
  indexes: [{ ...key, definition: 'CREATE …', scans: 700, scansSinceReset: 700 }],
  statements: [
    { database: 'shop', queryid: '1', statement: 'f1', text, calls: 5000, totalTimeMs: 9000, stddevTimeMs: 7, rows: 3 },
  ],
  identities: new Map([
    ['["shop","1"]', { statement: 'f1', text }],
    ['["shop","2"]', { statement: 'f1', text }],
    ['["shop","3"]', { statement: 'f3', text: 'SELECT a' }],
    ['["shop","9"]', null],
  ]),
  spans: spans(sinceReset),
  gaps: [],
  sources: [{ source: 'postgres', language: 'sql', kind: 'table', measures: [], text: 'SELECT', rows: 1 }],
  load: { postgres: { queries: 1, ms: 1, budgetMs: 1 } },
  resets: 2,
  statisticsAgeSeconds: 86_400,
  blindDatabases: [],
  skewSeconds: 0,
  notes: ['From PostgreSQL.'],
  counters: {
    at: window.end,
    since: null,
    startedAt: null,
    server: {},
    databases: {},
    tables: {},
    indexes: {},
    statements: {},
  },
  ...parts,
});

const statement = (queryid: string, calls: number, totalTimeMs: number) => ({
  database: 'shop',
  queryid,
  statement: `id:${queryid}`,
  calls,
  totalTimeMs,
});
const metrics = (parts: Partial<PrometheusTarget> = {}): PrometheusTarget => ({
  hosts: [{ host: 'db', cpuCount: 4 }],
  name: 'db:5432',
  server: { versionNum: 180000, connectionsPeak: 80, settings: { a: { value: 2 }, b: { value: 3 } } },
  databases: [
    { database: 'shop', commits: 70, connectionsPeak: 60 },
    { database: 'template1', commits: 1 },
  ],
  tables: [
    { ...orders, liveRows: 12, sequentialScans: 9 },
    { ...orders, table: 'dropped', sequentialScans: 1 },
  ],
  indexes: [],
  statements: [
    statement('1', 50, 100),
    statement('2', 5, 20),
    statement('3', 1, 2),
    statement('4', 2, 3),
    statement('9', 9, 9),
  ],
  gaps: [],
  sources: [{ source: 'prometheus', language: 'promql', kind: 'table', measures: [], text: 'increase(…)', rows: 2 }],
  coveredShare: 0.99,
  resets: 1,
  presence: null,
  samples: {
    ...{ coveredShare: 0.99, intervalSeconds: 60, newestSampleAgeSeconds: 20, holes: [], resets: 2, restarts: 0 },
    clockSkewSeconds: 0,
  },
  notes: ['From Prometheus.'],
  blindDatabases: [],
  aliases: [],
  formerNames: [],
  cluster: null,
  system: null,
  standbys: [],
  ...parts,
});

const joined = (postgres: PostgresReading = catalog(), prometheus: PrometheusTarget = metrics()) =>
  join({ target: 'db', takenAt: window.end, window, prometheus, postgres });

const gap = (parts: Partial<Gap>): Gap => ({
  kind: 'table',
  measures: [],
  source: 'prometheus',
  absence: 'not-exported',
  reason: 'Because.',
  remedy: 'Do it.',
  ...parts,
});

describe('joining on the first run, when the catalog counts since a reset', () => {
  it('takes facts from the catalog and increases of the window from Prometheus, never both in a row', () => {
    const snapshot = joined();
    expect(snapshot.tables).toEqual([{ ...orders, columns: [], liveRows: 12, sequentialScans: 9 }]);
    expect(snapshot.spans.table).toEqual({ ...window, source: 'prometheus', basis: 'window' });
    expect(snapshot.databases).toEqual([{ database: 'shop', sizeBytes: 50, commits: 70, connectionsPeak: 60 }]);
  });

  it('takes no numbers for the root of partitions, which pgwatch shows beside them with their sums', () => {
    const leaf = { ...orders, table: 'orders_1', partitionOf: 'public.orders' };
    const tables = [{ ...orders, partitioned: true }, leaf];
    const counted = [
      { ...orders, liveRows: 12, sequentialScans: 9 },
      { ...orders, table: 'orders_1', liveRows: 12, sequentialScans: 9 },
    ];
    expect(joined(catalog({ tables }), metrics({ tables: counted })).tables).toEqual([
      { ...orders, partitioned: true },
      { ...leaf, liveRows: 12, sequentialScans: 9 },
    ]);
  });

  it('calls a counter that only the catalog has a gap until the next run, and only then takes it', () => {
    const open = joined().gaps.filter(({ absence }) => absence === 'no-history');
    expect(open.map(({ kind, measures }) => [kind, measures])).toEqual([['table', ['rowsInserted']]]);
    const next = joined(catalog({ spans: spans(lastRun) }));
    expect(next.gaps).toEqual([]);
    expect(next.tables[0]?.rowsInserted).toBe(800);
    expect(next.quality.notes.join()).not.toContain('calls of the window');
  });

  it('keeps the machine, which no catalog shows', () => {
    expect(joined().hosts).toEqual([{ host: 'db', cpuCount: 4 }]);
  });

  it('takes increases from the catalog where Prometheus has none of that kind', () => {
    const snapshot = joined();
    expect(snapshot.indexes).toEqual([{ ...key, definition: 'CREATE …', scans: 700, scansSinceReset: 700 }]);
    expect(snapshot.spans.index).toEqual(sinceReset);
  });

  it('keeps exact facts of the server and the peak that only history knows', () => {
    expect(joined().server).toEqual({
      versionNum: 180004,
      role: 'primary',
      connectionsPeak: 80,
      settings: { a: { value: 1, source: 'default' }, b: { value: 3 } },
    });
  });

  it('finds statements by their id, gives them the text of the catalog, adds up those of one text, drops our own', () => {
    expect(joined().statements).toEqual([
      { database: 'shop', queryid: '1', statement: 'f1', text, calls: 55, totalTimeMs: 120, rows: (3 * 55) / 5000 },
      { database: 'shop', queryid: '3', statement: 'f3', text: 'SELECT a', calls: 1, totalTimeMs: 2 },
      { database: 'shop', queryid: '4', statement: 'id:4', calls: 2, totalTimeMs: 3 },
    ]);
  });

  it('keeps how times spread beside the counters of the same span only, and adds no spreads up', () => {
    const spread = { stddevTimeMs: 7, minTimeMs: 1, maxTimeMs: 30, minMaxSinceAt: 9 };
    const planning = { stddevPlanTimeMs: 2, minPlanTimeMs: 0.1, maxPlanTimeMs: 4 };
    const [own] = catalog().statements;
    const statements = own === undefined ? [] : [{ ...own, plans: 50, ...spread, ...planning }];
    const names = [...Object.keys(spread), ...Object.keys(planning)];
    const kept = (snapshot: ReturnType<typeof joined>) =>
      names.filter((name) => Object.hasOwn(snapshot.statements[0] ?? {}, name));
    expect(kept(joined(catalog({ statements })))).toEqual([]);
    expect(kept(joined(catalog({ statements, spans: spans(lastRun) })))).toEqual(names);
    const exported = ['1', '2'].map((queryid) => ({ ...statement(queryid, 5, 20), ...spread, ...planning }));
    expect(kept(joined(catalog(), metrics({ statements: exported.slice(0, 1) })))).toEqual(names);
    expect(kept(joined(catalog(), metrics({ statements: exported })))).toEqual([]);
  });

  it('gives the hours the same names, adds up those of one text hour by hour, and leaves out our own', () => {
    const hour = (queryid: string, calls: readonly (number | null)[], timeMs = calls, rows = calls) => ({
      ...{ database: 'shop', statement: `id:${queryid}`, queryid, calls, timeMs, rows },
    });
    const { rows: _rows, ...withoutRows } = hour('2', [5, 5, null, null]);
    const statements = [hour('1', [1, null, 3, null]), withoutRows, hour('4', [7, 7, 7, 7]), hour('9', [1, 1, 1, 1])];
    const hourly = { start: window.start, hours: 4, statements };
    const all = [6, 5, 3, null];
    expect(joined(catalog(), metrics({ hourly })).hourly).toEqual({
      ...{ start: window.start, hours: 4 },
      statements: [
        { database: 'shop', statement: 'f1', queryid: '2', calls: all, timeMs: all },
        hour('4', [7, 7, 7, 7]),
      ],
    });
    expect(joined()).not.toHaveProperty('hourly');
  });

  it('keeps provenance, the reading for the next run and the words of both', () => {
    const snapshot = joined();
    expect(snapshot.sources.map((source) => source.language)).toEqual(['sql', 'promql']);
    expect(snapshot.counters).toBe(snapshot.counters);
    expect(snapshot.counters?.at).toBe(window.end);
    expect(snapshot.quality).toMatchObject({ sources: ['prometheus', 'postgres'], coveredShare: 0.99, resets: 3 });
    expect(snapshot.quality.notes.slice(-3)).toEqual([
      'From Prometheus.',
      'From PostgreSQL.',
      expect.stringMatching(/^Prometheus has no rows of statements; .* since 2026-01-01 .* calls of the window\.$/),
    ]);
  });
});

describe('joining when the catalog knows the same week', () => {
  it('takes its increases, which are complete', () => {
    const snapshot = joined(catalog({ spans: spans(lastRun) }));
    expect(snapshot.tables).toEqual([
      { ...orders, columns: [], liveRows: 12, sequentialScans: 900, rowsInserted: 800 },
    ]);
    expect(snapshot.statements).toEqual([
      {
        database: 'shop',
        queryid: '1',
        statement: 'f1',
        text,
        calls: 5000,
        totalTimeMs: 9000,
        stddevTimeMs: 7,
        rows: 3,
      },
    ]);
    expect(snapshot.spans).toEqual(spans(lastRun));
    expect(snapshot.quality.resets).toBe(2);
  });

  it('does not when the last run was two weeks ago', () => {
    const old = { ...lastRun, start: '2026-11-08T00:00:00.000Z' };
    expect(joined(catalog({ spans: spans(old) })).spans.table?.source).toBe('prometheus');
  });
});

describe('what only one of them saw', () => {
  it('stays where the catalog could not look, and is gone where it looked', () => {
    const there = { ...orders, database: 'closed', sequentialScans: 4 };
    const postgres = catalog({ databases: [{ database: 'shop' }, { database: 'closed' }], blindDatabases: ['closed'] });
    const snapshot = joined(postgres, metrics({ tables: [...metrics().tables, there] }));
    expect(snapshot.tables.map((row) => `${row.database}.${row.table}`)).toEqual(['shop.orders', 'closed.orders']);
    expect(snapshot.quality.blindDatabases).toEqual(['closed']);
  });

  it('closes gaps of the other, measure by measure', () => {
    const gaps = (postgres: readonly Gap[], prometheus: readonly Gap[]) =>
      joined(catalog({ gaps: postgres }), metrics({ gaps: prometheus })).gaps.filter(
        ({ absence }) => absence !== 'no-history',
      );
    expect(gaps([], [gap({ measures: ['rowsInserted', 'heapBytes'] })])).toEqual([gap({ measures: ['heapBytes'] })]);
    expect(gaps([], [gap({ kind: 'index' })])).toEqual([]);
    const noTimes = gap({ kind: 'statement', source: 'postgres', measures: [] });
    expect(gaps([noTimes], [])).toEqual([]);
    const noColumns = gap({ source: 'postgres', absence: 'no-right' });
    expect(gaps([noColumns], [])).toEqual([noColumns]);
    const elsewhere = gap({ database: 'closed', measures: ['rowsInserted'] });
    expect(gaps([], [elsewhere])).toEqual([elsewhere]);
  });

  it('keeps a cut list a gap while its numbers are used', () => {
    const cut = gap({ kind: 'statement', measures: ['calls'], absence: 'truncated' });
    expect(joined(catalog(), metrics({ gaps: [cut] })).gaps).toContainEqual(cut);
    expect(joined(catalog({ spans: spans(lastRun) }), metrics({ gaps: [cut] })).gaps).toEqual([]);
  });
});
