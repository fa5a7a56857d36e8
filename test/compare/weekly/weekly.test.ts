/** Tables, indexes, databases and the server week by week: what moved is told once, with its cause; what did not is not. */
import { randomNormal } from 'd3-random';
import { describe, expect, it } from 'vitest';
import { compare } from '../../../lib/compare/compare.ts';
import { decodeHistory, encodeHistory, historyOf } from '../../../lib/compare/history.ts';
import { weekThen } from '../../../lib/compare/week.ts';
import { valuesIn } from '../../../lib/compare/weekly/values.ts';
import type { Changes, Past } from '../../../lib/model/changes.ts';
import type { History } from '../../../lib/model/history.ts';
import type { Regression } from '../../../lib/model/regression.ts';
import type { DatabaseRow, IndexRow, ServerRow, TableRow } from '../../../lib/model/rows.ts';
import type { Snapshot } from '../../../lib/model/snapshot.ts';
import { mulberry32 } from '../../bench/regressions/generator.ts';
import { aDatabase, anIndex, aServer, aTable } from '../../support/rows.ts';
import { called, noPast, noPlan, steady, week } from '../weeks.ts';

const WEEK_MS = 7 * 24 * 3_600_000;
const START = Date.parse('2026-01-05T00:00:00Z');

interface Over {
  readonly server?: Partial<ServerRow>;
  readonly database?: Partial<DatabaseRow>;
  readonly orders?: Partial<TableRow>;
  readonly index?: Partial<IndexRow> | null;
  readonly statements?: Snapshot['statements'];
  readonly basis?: 'statistics-reset';
}

const windowOf = (at: number) => ({
  start: new Date(START + at * WEEK_MS).toISOString(),
  end: new Date(START + (at + 1) * WEEK_MS).toISOString(),
});

/** Everything wobbles by a twentieth from week to week. */
function snapshotOf(at: number, seed: number, over: Over): Snapshot {
  const normal = randomNormal.source(mulberry32(seed * 1_000 + at))();
  const about = (value: number): number => Math.round(value * Math.exp(0.05 * normal()));
  const tables = Array.from({ length: 8 }, (_, n) =>
    aTable({
      ...{
        database: 'shop',
        schema: 'public',
        table: n === 0 ? 'orders' : `t${n}`,
        liveRows: 1_000_000,
        deadRows: about(20_000),
      },
      ...{
        sequentialScans: about(100),
        sequentialRowsRead: about(10_000_000),
        autovacuums: 5,
        rowsUpdated: about(1e6),
        rowsDeleted: 1000,
      },
      ...{
        heapBlocksHit: about(50_000_000),
        heapBlocksRead: about(300_000),
        heapBytes: 1e10,
        indexBytes: 1e9,
        totalBytes: 2e10 + at * 1e8,
      },
      ...(n === 0 ? over.orders : {}),
    }),
  );
  const index = anIndex({
    database: 'shop',
    schema: 'public',
    table: 'orders',
    index: 'orders_status_idx',
    scans: about(500_000),
  });
  const other = anIndex({
    database: 'shop',
    schema: 'public',
    table: 'orders',
    index: 'orders_pkey',
    scans: about(900_000),
  });
  const built = week(windowOf(at), [...(over.statements ?? steady(6))], {
    tables,
    indexes: [...(over.index === null ? [] : [{ ...index, ...over.index }]), other],
    databases: [
      {
        ...aDatabase({
          activeTimeMs: undefined,
          commits: about(10_000_000),
          rollbacks: 0,
          blocksHit: about(400_000_000),
          blocksRead: about(2_400_000),
          tempBytes: about(1e9),
        }),
        ...over.database,
      },
    ],
    server: {
      ...aServer({ connectionsPeak: about(60), checkpointsRequested: about(40), walBytes: about(5e10) }),
      ...over.server,
    },
  });
  if (over.basis === undefined) return built;
  const span = { start: '2025-01-01T00:00:00Z', end: windowOf(at).end, source: 'postgres', basis: over.basis } as const;
  return { ...built, spans: { server: span, database: span, table: span, index: span, statement: span } };
}

interface Run {
  readonly changes: Changes;
  readonly history: History;
}

/** Each run looks back through the bytes that the ones before it wrote. */
function hunts(weeks: number, over: (at: number) => Over | null, seed = 1): (Run | null)[] {
  const kept: History[] = [];
  return Array.from({ length: weeks }, (_, at) => {
    const changed = over(at);
    if (changed === null) return null;
    const snapshot = snapshotOf(at, seed, changed);
    const past: Past = {
      ...noPast,
      previous: kept.at(-1) ?? null,
      recent: kept.slice(-4).reverse(),
      weekly: kept.slice(-14).map((one) => valuesIn(weekThen(one))),
    };
    const changes = compare({ snapshot, outcomes: [], past });
    const history = historyOf({ snapshot, outcomes: [], plan: noPlan, changes, past });
    kept.push(decodeHistory(encodeHistory(history), 'k'));
    return { changes, history };
  });
}

const told = (runs: readonly (Run | null)[]): (Regression & { week: number })[] =>
  runs.flatMap((run, at) => (run?.changes.regressions ?? []).map((one) => ({ ...one, week: at })));
const lines = (runs: readonly (Run | null)[]): string[] =>
  told(runs).map(
    ({ week: at, key, status, recovering }) => `${at} ${key} ${recovering === true ? 'recovering' : status}`,
  );

describe('quiet weeks', () => {
  it('tell nothing, whatever the seed', () => {
    const all = [1, 2, 3, 4, 5].flatMap((seed) => lines(hunts(14, () => ({}), seed)));
    expect(all).toEqual([]);
  });

  it('a single bad week is not told', () => {
    expect(lines(hunts(14, (at) => (at === 10 ? { orders: { sequentialRowsRead: 300_000_000 } } : {})))).toEqual([]);
  });

  it('counters since a reset are no week: they are neither judged nor a baseline', () => {
    const big = { sequentialRowsRead: 5_000_000_000, heapBlocksRead: 90_000_000 };
    const runs = hunts(13, (at) =>
      at >= 10
        ? { basis: 'statistics-reset', orders: big, database: { blocksRead: 900_000_000 }, server: { walBytes: 9e13 } }
        : {},
    );
    expect(lines(runs)).toEqual([]);
  });
});

describe('what moved', () => {
  it('sequential reads: told with the split of scans and rows, recovering, resolved once', () => {
    const runs = hunts(16, (at) =>
      at >= 9 && at < 12 ? { orders: { sequentialScans: 5_000, sequentialRowsRead: 500_000_000 } } : {},
    );
    const all = lines(runs);
    expect(all).toEqual([
      '9 sequential-reads:shop/public/orders new',
      '10 sequential-reads:shop/public/orders open',
      '11 sequential-reads:shop/public/orders open',
      '12 sequential-reads:shop/public/orders recovering',
      '13 sequential-reads:shop/public/orders resolved',
    ]);
    const [first] = told(runs);
    expect(first?.title).toMatch(/^Table orders has (4|5)\d times the rows read by sequential scans a week$/);
    expect(first?.cause[0]).toMatchObject({
      kind: 'plan',
      text: expect.stringMatching(/times more sequential scans$/),
    });
    expect(first?.change.low).toBeLessThan(49);
    expect(first?.change.high).toBeGreaterThan(49);
  });

  it('a smaller step waits for its second week', () => {
    const runs = hunts(13, (at) =>
      at >= 9 ? { orders: { sequentialScans: 100, sequentialRowsRead: 130_000_000 } } : {},
    );
    const [first] = told(runs);
    expect(first).toMatchObject({ key: 'sequential-reads:shop/public/orders', status: 'new' });
    expect(first?.cause[0]).toMatchObject({ kind: 'data-growth', text: expect.stringContaining('each reads') });
  });

  it('the share of blocks not in the cache, with the table that reads them', () => {
    const runs = hunts(12, (at) =>
      at >= 9
        ? { database: { blocksRead: 24_000_000 }, orders: { heapBlocksRead: 20_000_000, heapBlocksHit: 900 } }
        : {},
    );
    const first = told(runs).find(({ key }) => key === 'cache-misses:shop');
    expect(first?.title).toMatch(/^Database shop misses the cache \d+(\.\d)? times as often$/);
    expect(first?.cause[0]).toMatchObject({
      kind: 'cache',
      text: expect.stringContaining('of the additional reads are of orders'),
    });
    expect(lines(runs).filter((line) => line.includes('cache-misses:shop new'))).toHaveLength(1);
  });

  it.each([
    ['wal-rate:server', { server: { walBytes: 1.5e11 } }, /^The server writes (2|3)(\.\d)? times the WAL a week$/],
    ['checkpoint-rate:server', { server: { checkpointsRequested: 400 } }, /asked for \d+(\.\d)? times the checkpoints/],
    [
      'connections:server',
      { server: { connectionsPeak: 150, maxConnections: 200 } },
      /times the connections at its peak$/,
    ],
    ['temp-spill:shop', { database: { tempBytes: 9e11 } }, /spills \d+ times the bytes/],
    [
      'dead-rows:shop/public/orders',
      { orders: { deadRows: 600_000, autovacuums: 0 } },
      /holds \d+ times the dead rows$/,
    ],
    ['table-cache-misses:shop/public/orders', { orders: { heapBlocksRead: 9_000_000 } }, /is missed in the cache/],
  ] as const)('%s', (key, over, title) => {
    const runs = hunts(12, (at) => (at >= 9 ? over : {}));
    expect(new Set(told(runs).map((one) => one.key))).toEqual(new Set([key]));
    expect(told(runs)[0]?.title).toMatch(title);
    expect(told(runs).filter(({ status }) => status === 'new')).toHaveLength(1);
  });

  it('dead rows name autovacuum when nothing more is written', () => {
    const runs = hunts(12, (at) => (at >= 9 ? { orders: { deadRows: 600_000, autovacuums: 0 } } : {}));
    expect(told(runs)[0]?.cause[0]).toMatchObject({
      kind: 'vacuum',
      text: 'autovacuum did not run this week, 5 times then',
    });
  });

  it('a table that grows faster than it did, not one that is large', () => {
    const grown = (at: number) => 2e10 + Math.min(at, 9) * 1e8 + Math.max(0, at - 9) * 4e9;
    const runs = hunts(14, (at) => ({ orders: { totalBytes: grown(at), rowsInserted: at > 9 ? 9e6 : 1e6 } }));
    expect(new Set(told(runs).map((one) => one.key))).toEqual(new Set(['growth:shop/public/orders']));
    expect(told(runs)[0]?.cause[0]).toMatchObject({ kind: 'writes', text: '9 times more rows inserted' });
  });

  it('more traffic is no reason to tell of rates', () => {
    const busy = { database: { commits: 40_000_000 }, server: { walBytes: 2e11, checkpointsRequested: 160 } };
    expect(lines(hunts(13, (at) => (at >= 9 ? busy : {})))).toEqual([]);
  });

  it('an index that is no longer scanned is told when its table is read instead, with what was dropped', () => {
    const gone = { index: { scans: 0 }, orders: { sequentialScans: 500_000, sequentialRowsRead: 9e11 } };
    const runs = hunts(12, (at) => (at >= 9 ? gone : {}));
    const keys = told(runs).map(({ key, status }) => `${key} ${status}`);
    expect(keys[0]).toBe('sequential-reads:shop/public/orders new');
    expect(told(runs)[0]?.cause[0]?.text).toContain('also index orders_status_idx is hardly scanned any more');
    expect(new Set(told(runs).map((one) => one.key)).size).toBe(1);
    expect(lines(hunts(12, (at) => (at >= 9 ? { index: { scans: 0 } } : {})))).toEqual([]);
  });

  it('what a statement on the table tells already is said there', () => {
    const statements = (meanMs: number) => [...steady(6), called('status', { meanMs })];
    const runs = hunts(12, (at) =>
      at >= 9
        ? { orders: { sequentialScans: 90_000, sequentialRowsRead: 9e10 }, statements: statements(40) }
        : { statements: statements(4) },
    );
    const [first] = told(runs);
    expect(new Set(told(runs).map(({ key }) => key))).toEqual(new Set(['mean-time:shop/status']));
    expect(first?.cause[0]?.text).toContain('also table orders has');
  });

  it('a missing week tells nothing twice, and a table that is gone is forgotten', () => {
    const runs = hunts(15, (at) =>
      at === 11
        ? null
        : at >= 9
          ? {
              orders: {
                sequentialScans: 5_000,
                sequentialRowsRead: 500_000_000,
                table: at >= 13 ? 'elsewhere' : 'orders',
              },
            }
          : {},
    );
    const all = lines(runs).filter((line) => line.includes('/orders'));
    expect(all.filter((line) => line.endsWith('new'))).toHaveLength(1);
    expect(runs.at(-1)?.history.regressions.filter(({ key }) => key.endsWith('/orders'))).toEqual([]);
  });

  it('after eight weeks it is how it is now, and is no longer told', () => {
    const runs = hunts(22, (at) =>
      at >= 8 ? { orders: { sequentialScans: 5_000, sequentialRowsRead: 500_000_000 } } : {},
    );
    const all = lines(runs);
    expect(all.at(-1)).toMatch(/^1[567] sequential-reads:shop\/public\/orders open$/);
    expect(all.filter((line) => line.endsWith('new'))).toHaveLength(1);
    expect(runs.at(-1)?.history.regressions).toEqual([]);
  });
});
