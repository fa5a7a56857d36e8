/** Runs week after week whose source keeps hours: the detector decides, and history carries what it said. */
import { describe, expect, it } from 'vitest';
import { compare } from '../../lib/compare/compare.ts';
import { decodeHistory, encodeHistory, historyOf } from '../../lib/compare/history.ts';
import type { Changes, Past } from '../../lib/model/changes.ts';
import type { History } from '../../lib/model/history.ts';
import type { Hourly } from '../../lib/model/hourly.ts';
import type { Regression } from '../../lib/model/regression.ts';
import type { Snapshot } from '../../lib/model/snapshot.ts';
import { week as hoursAt, hoursOfShop, isoOf, type Shop } from './detect/weeks.ts';
import { called, noPast, noPlan, week } from './weeks.ts';

/** The week's totals are those of its hours. */
function snapshotOf(hourly: Hourly, over: Partial<Snapshot> = {}): Snapshot {
  const window = { start: hourly.start, end: new Date(Date.parse(hourly.start) + 168 * 3_600_000).toISOString() };
  const sum = (values: readonly (number | null)[]): number =>
    values.reduce<number>((all, value) => all + (value ?? 0), 0);
  const rows = hourly.statements.map(({ statement, queryid, database, calls, timeMs }) => {
    const [count, ms] = [sum(calls), sum(timeMs)];
    return called(statement, { database, queryid, calls: count, meanMs: count > 0 ? ms / count : 0, rows: count });
  });
  return {
    ...week(
      window,
      rows.filter(({ calls = 0 }) => calls > 0),
      over,
    ),
    hourly,
  };
}

interface Run {
  readonly changes: Changes;
  readonly history: History;
}

/** Each run looks back on what the ones before it wrote, through the bytes. */
function hunts(snapshots: readonly (Snapshot | null)[]): (Run | null)[] {
  const kept: History[] = [];
  return snapshots.map((snapshot) => {
    if (snapshot === null) return null;
    const past: Past = {
      ...noPast,
      previous: kept.at(-1) ?? null,
      recent: kept.slice(-4).reverse(),
      series: kept.slice(-14).flatMap(({ series }) => series ?? []),
    };
    const changes = compare({ snapshot, outcomes: [], past });
    const history = historyOf({ snapshot, outcomes: [], plan: noPlan, changes, past });
    kept.push(decodeHistory(encodeHistory(history), 'k'));
    return { changes, history };
  });
}

const shop = (over: Partial<Shop>): Snapshot[] =>
  hoursOfShop({ weeks: 12, statements: 30, ...over }).map((hours) => snapshotOf(hours));
const step =
  (of: number, from: number, size: number, to = Number.POSITIVE_INFINITY): NonNullable<Shop['slower']> =>
  (at, hour) =>
    at === of && hour >= from && hour < to ? Math.log1p(size) : 0;
const told = (runs: readonly (Run | null)[], key = 's3'): (Regression & { week: number })[] =>
  runs.flatMap((run, at) =>
    (run?.changes.regressions ?? []).filter((one) => one.key.endsWith(key)).map((one) => ({ ...one, week: at })),
  );

describe('with hours of enough weeks', () => {
  it('a slowdown of an eighth is told with the day it began, its interval, its cause and its cost', () => {
    const runs = hunts(shop({ slower: step(20, hoursAt(9) + 24, 0.13) }));
    const [first, ...later] = told(runs, 's20');
    expect(first).toMatchObject({
      status: 'new',
      measure: 'meanTimeMs',
      subject: { statement: 's20', database: 'shop' },
    });
    expect(Math.abs(Date.parse(first?.onset ?? '') - Date.parse(isoOf(hoursAt(9) + 24)))).toBeLessThanOrEqual(
      2 * 86_400_000,
    );
    expect(first?.change.low).toBeLessThan(0.13);
    expect(first?.change.high).toBeGreaterThan(0.13);
    expect(first?.title).toMatch(/is 1\d % slower per call$/);
    expect(first?.cause[0]?.kind).toBe('latency');
    expect(first?.costMsPerWeek).toBeGreaterThan(0);
    expect(later.map(({ status }) => status)).toEqual(later.map(() => 'open'));
    // The plain rule asks for 20 % and would have been silent.
    expect(
      told(hunts(shop({ slower: step(20, hoursAt(9), 0.13) }).map(({ hourly: _, ...rest }) => rest)), 's20'),
    ).toEqual([]);
  });

  it('a bad day that the plain rule would tell is not told', () => {
    const bad: Shop['slower'] = (at, hour) =>
      at === 20 && hour >= hoursAt(10) && hour < hoursAt(10) + 48 ? Math.log(3) : 0;
    const snapshots = shop({ slower: bad });
    expect(told(hunts(snapshots), 's20')).toEqual([]);
    const plain = told(hunts(snapshots.map(({ hourly: _, ...rest }) => rest)), 's20');
    expect(plain.map(({ status, week: at }) => [at, status])).toEqual([
      [10, 'new'],
      [11, 'resolved'],
    ]);
  });

  it('a recovery is told once, and the statement may be told again when it is slower again', () => {
    const slower: Shop['slower'] = (at, hour) =>
      step(20, hoursAt(8), 0.5, hoursAt(12))(at, hour) + step(20, hoursAt(20), 0.5)(at, hour);
    const states = told(hunts(shop({ weeks: 23, slower })), 's20').map(({ status }) => status);
    expect(states.filter((status) => status === 'new')).toHaveLength(2);
    expect(states.filter((status) => status === 'resolved')).toHaveLength(1);
    expect(states[0]).toBe('new');
  });

  it('a missing week, a rerun and a week without hours tell nothing twice', () => {
    const snapshots = shop({ weeks: 20, slower: step(20, hoursAt(8), 0.5, hoursAt(14)) });
    const bare = snapshots.map((one, at) => {
      const { hourly: _, ...rest } = one;
      return at === 11 ? null : at === 12 ? rest : one;
    });
    const runs = hunts(bare);
    const states = told(runs, 's20').map(({ status }) => status);
    expect(states.filter((status) => status === 'new')).toHaveLength(1);
    expect(states.filter((status) => status === 'resolved')).toHaveLength(1);
    expect(hunts(bare)).toEqual(runs);
  });

  it('after a week that saw nothing what is slower now is held against the week before that one', () => {
    const snapshots = shop({ slower: step(20, hoursAt(11), 0.5) });
    const blind = snapshots.map(({ hourly, ...rest }, at) =>
      at === 10 || hourly === undefined ? { ...rest, statements: [], spans: {} } : { ...rest, hourly },
    );
    const [first] = told(hunts(blind), 's20');
    expect(first).toMatchObject({ week: 11, status: 'new' });
    expect(first?.cause[0]?.kind).toBe('latency');
    expect(first?.onset).toBe(isoOf(hoursAt(11)));
  });

  it('a slowdown of the whole database is one regression of no statement', () => {
    const runs = hunts(shop({ weeks: 13, slower: (_, hour) => (hour >= hoursAt(10) ? Math.log(1.2) : 0) }));
    const all = runs.flatMap((run) => run?.changes.regressions ?? []);
    expect(all.map(({ key, status }) => `${key} ${status}`)).toEqual([
      'database-time:shop new',
      'database-time:shop open',
      'database-time:shop open',
    ]);
    expect(all[0]?.title).toMatch(/^All of shop is \d+ % slower per call$/);
    expect(all[0]?.subject).toEqual({ database: 'shop' });
  });

  it('a statement of which nobody would notice the time is followed, not told', () => {
    const runs = hunts(shop({ slower: step(0, hoursAt(9), 0.5) }));
    expect(told(runs, '/s0')).toEqual([]);
    expect(runs.at(-1)?.history.tracked).toMatchObject([{ statement: 's0', direction: 'slower' }]);
  });
});

describe('one line each', () => {
  it('a statement that got faster is told once as faster, never as worse', () => {
    const runs = hunts(shop({ slower: step(20, hoursAt(9), -0.3) }));
    const lines = runs.flatMap((run, at) => (run?.changes.improvements ?? []).map((one) => ({ ...one, at })));
    expect(lines.map(({ key }) => key)).toEqual(['mean-time:shop/s20']);
    expect(lines[0]?.title).toMatch(/^SELECT on orders is 4\d % faster per call$/);
    expect(lines[0]?.change.low).toBeLessThan(-0.3);
    expect(lines[0]?.change.high).toBeGreaterThan(-0.3);
    expect(told(runs, 's20')).toEqual([]);
  });

  it('what is not sure enough to be told is watched: no regression, and nothing is followed', () => {
    // Six statements are no workload to hold one against.
    const runs = hunts(shop({ statements: 6, slower: step(5, hoursAt(9), 0.25) }));
    const watched = runs.flatMap((run) => (run?.changes.watch ?? []).map(({ title }) => title));
    expect(watched.length).toBeGreaterThan(0);
    expect(new Set(watched.map((title) => title.replace(/\d+/, 'n')))).toEqual(
      new Set(['SELECT on orders is n % slower per call']),
    );
    expect(told(runs, 's5')).toEqual([]);
    expect(runs.at(-1)?.history.tracked).toEqual([]);
  });
});

describe('with hours of fewer weeks', () => {
  it('the plain rule stands, and the reader is told so', () => {
    const runs = hunts(shop({ weeks: 4, slower: step(20, hoursAt(3), 0.5) }));
    expect(told(runs, 's20').map(({ week: at, status }) => [at, status])).toEqual([[3, 'new']]);
    expect(runs[3]?.changes.notes).toContain(
      'Statements were compared with one earlier week only: the detector is learning, 3 of 4 weeks of hours are there.',
    );
  });
});
