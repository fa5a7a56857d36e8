/** Why a table, an index, a database or the server is worse, from the rows of this week and of the week before it began. */
import type { RowKind } from '../../model/measures.ts';
import type { Regression } from '../../model/regression.ts';
import type { Snapshot } from '../../model/snapshot.ts';
import { causesOf, logMean } from '../attribution.ts';
import type { Week } from '../week.ts';
import { byHowMuch, percent, round, statementName } from '../words.ts';
import type { Metric } from './metrics.ts';
import { type Row, rowName, rowsIn, weeksOfKind } from './values.ts';

type Cause = Regression['cause'];
type Kind = Cause[number]['kind'];

type Lengths = readonly [then: number, now: number];

export interface Scene {
  readonly snapshot: Snapshot;
  readonly week: Week;
  /** The last week that was as before. */
  readonly earlier: Week;
}

export function causeOf(metric: Metric, row: Row, scene: Scene): Cause {
  const then = rowsIn(scene.earlier, metric.kind).find((one) => rowName(one) === rowName(row));
  const weeks = lengthsOf(scene, metric.kind);
  const level = (name: string): readonly [number, number] | null => {
    const [before, now] = [then?.measures[name], row.measures[name]];
    return before === undefined || now === undefined ? null : [before, now];
  };
  /** Of counters, whose spans need not be of one length. */
  const pair = (name: string): readonly [number, number] | null => {
    const both = level(name);
    return both === null ? null : [both[0] / weeks[0], both[1] / weeks[1]];
  };
  const one = (kind: Kind, text: string | null): Cause => (text === null ? unknown() : [{ kind, share: 1, text }]);
  switch (metric.id) {
    case 'wal-rate':
      return one(
        'writes',
        moreOf(writesIn(scene.earlier, weeks[0]), writesIn(scene.week, weeks[1]), 'more rows written'),
      );
    case 'checkpoint-rate':
      return one('writes', grown(pair('walBytes'), 'more WAL'));
    case 'cache-misses':
      return one(
        'cache',
        most(
          tableReads(scene, row, lengthsOf(scene, 'table')),
          ({ name, share }) => `${share} of the additional reads are of ${name}`,
        ),
      );
    case 'temp-spill':
      return one(
        'temp-spill',
        most(
          spills(scene, row, lengthsOf(scene, 'statement')),
          ({ name, share }) => `${share} of it comes from ${name}`,
        ),
      );
    case 'table-cache-misses':
      return one('data-growth', grown(level('heapBytes'), 'more bytes in the table'));
    case 'sequential-reads':
      return product(pair('sequentialScans'), pair('sequentialRowsRead'));
    case 'dead-rows':
      return deadRows(then, row, weeks);
    case 'growth':
      return one('writes', grown(pair('rowsInserted'), 'more rows inserted'));
    case 'index-scans':
      return one('index', takenOver(scene, row, weeks));
    default:
      return unknown();
  }
}

/** Weeks that the counters of the kind cover, then and now. */
function lengthsOf({ earlier, week }: Scene, kind: RowKind): Lengths {
  return [weeksOfKind(earlier, kind) ?? 1, weeksOfKind(week, kind) ?? 1];
}

function unknown(): Cause {
  return [{ kind: 'unknown', share: 1, text: 'what was measured does not explain it' }];
}

function grown(pair: readonly [number, number] | null, what: string): string | null {
  return pair === null ? null : moreOf(pair[0], pair[1], what);
}

/** A tenth more explains nothing. */
function moreOf(before: number, now: number, what: string): string | null {
  return before > 0 && now / before >= 1.1 ? byHowMuch(now / before, what) : null;
}

function writesIn({ databases }: Week, weeks: number): number {
  const sum = (name: string) => databases.reduce((all, { measures }) => all + (measures[name] ?? 0), 0);
  return (sum('rowsInserted') + sum('rowsUpdated') + sum('rowsDeleted')) / weeks;
}

/** Rows read = scans × rows a scan reads: exact, as of statements. */
function product(scans: readonly [number, number] | null, rows: readonly [number, number] | null): Cause {
  if (scans === null || rows === null || scans[0] <= 0 || scans[1] <= 0 || rows[0] <= 0 || rows[1] <= 0)
    return unknown();
  const weight = logMean(rows[0], rows[1]);
  const more = scans[1] / scans[0];
  const each = rows[1] / rows[0] / more;
  return causesOf([
    { kind: 'plan', msPerWeek: weight * Math.log(more), text: byHowMuch(more, 'more sequential scans') },
    { kind: 'data-growth', msPerWeek: weight * Math.log(each), text: `each reads ${byHowMuch(each, 'more rows')}` },
  ]);
}

function deadRows(then: Row | undefined, row: Row, weeks: readonly [number, number]): Cause {
  const count = (measures: Row['measures'] | undefined, ...names: string[]): number | null =>
    names.some((name) => measures?.[name] === undefined)
      ? null
      : names.reduce((sum, name) => sum + (measures?.[name] ?? 0), 0);
  const [before, now] = [count(then?.measures, 'autovacuums'), count(row.measures, 'autovacuums')];
  const changed = ['rowsUpdated', 'rowsDeleted'] as const;
  const [wrote, writes] = [count(then?.measures, ...changed), count(row.measures, ...changed)];
  const more =
    wrote === null || writes === null
      ? null
      : moreOf(wrote / weeks[0], writes / weeks[1], 'more rows updated and deleted');
  if (more !== null) return [{ kind: 'writes', share: 1, text: more }];
  if (before === null || now === null) return unknown();
  const ran = now === 0 ? 'autovacuum did not run' : `autovacuum ran ${round(now)} times`;
  return [{ kind: 'vacuum', share: 1, text: `${ran} this week, ${round(before)} times then` }];
}

interface Part {
  readonly name: string;
  readonly more: number;
}

function most(parts: readonly Part[], say: (part: { name: string; share: string }) => string): string | null {
  const up = parts.filter(({ more }) => more > 0);
  const total = up.reduce((sum, { more }) => sum + more, 0);
  const [first] = [...up].sort((a, b) => b.more - a.more || (a.name < b.name ? -1 : 1));
  return first === undefined ? null : say({ name: first.name, share: percent(first.more / total) });
}

function tableReads({ week, earlier }: Scene, { database }: Row, [then, now]: Lengths): readonly Part[] {
  const reads = ({ measures }: Row) => (measures.heapBlocksRead ?? Number.NaN) + (measures.indexBlocksRead ?? 0);
  const before = new Map(rowsIn(earlier, 'table').map((row) => [rowName(row), reads(row) / then]));
  return rowsIn(week, 'table')
    .filter((row) => row.database === database)
    .flatMap((row) => {
      const more = reads(row) / now - (before.get(rowName(row)) ?? Number.NaN);
      return Number.isNaN(more) ? [] : [{ name: row.table ?? '', more }];
    });
}

function spills({ snapshot, earlier }: Scene, { database }: Row, [then, now]: Lengths): readonly Part[] {
  const before = new Map(
    earlier.statements.map((row) => [
      JSON.stringify([row.database, row.statement]),
      (row.measures.tempBlocksWritten ?? 0) / then,
    ]),
  );
  return snapshot.statements
    .filter((row) => row.database === database)
    .flatMap((row) =>
      row.tempBlocksWritten === undefined
        ? []
        : [
            {
              name: statementName(row, snapshot.tables),
              more: row.tempBlocksWritten / now - (before.get(JSON.stringify([row.database, row.statement])) ?? 0),
            },
          ],
    );
}

/** Another index of the table that is scanned as much more. */
function takenOver({ week, earlier }: Scene, row: Row, [then, now]: Lengths): string | null {
  const scans = new Map(rowsIn(earlier, 'index').map((one) => [rowName(one), (one.measures.scans ?? 0) / then]));
  const more = rowsIn(week, 'index').flatMap((one) => {
    const before = scans.get(rowName(one)) ?? 0;
    const same = one.database === row.database && one.schema === row.schema && one.table === row.table;
    return same && one.measures.scans !== undefined && one.index !== row.index
      ? [{ name: one.index ?? '', more: one.measures.scans / now - before }]
      : [];
  });
  const lost = (scans.get(rowName(row)) ?? 0) - (row.measures.scans ?? 0) / now;
  const [best] = more.sort((a, b) => b.more - a.more || (a.name < b.name ? -1 : 1));
  return best !== undefined && best.more >= lost / 2 ? `the index ${best.name} is scanned instead` : null;
}
