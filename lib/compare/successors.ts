/**
 * Statements known by their queryid only get another one with a major upgrade, and sometimes with a new table. Where one
 * ended and another began, the load tells which is which: one to one, and only where no other comes near.
 */
import { keyPart } from '../model/finding.ts';
import type { Past } from '../model/changes.ts';
import type { History } from '../model/history.ts';
import type { Series } from '../model/series.ts';
import { CALLS, unpackInto } from './detect/pack.ts';
import { WEEK_SLOTS } from './detect/series.ts';

type Row = Series['statements'][number];
export type Successor = NonNullable<History['successors']>[number];

/** Log points, and lack of correlation of the week's calls, that count as one (measured on ids that all change at once). */
const OF_CALLS = 0.1;
const OF_MEAN = 0.1;
const OF_PROFILE = 0.03;
const OF_ROWS = 0.1;
/** No match beyond, and none where the next best is not this much further. */
const FURTHEST = 5;
const CLEARER = 2;
/** Slots that both weeks must have. */
const LEAST_SLOTS = 12;
const WEEK_MS = 7 * 24 * 3_600_000;

export interface Now {
  readonly series: Series;
  /** Rows per call by database and queryid, where exported. */
  readonly rows: ReadonlyMap<string, number>;
}

/** New matches between the latest week of the past and this one; of weeks further apart nothing is guessed. */
export function successorsIn(past: Past, now: Now): readonly Successor[] {
  const [latest] = [...past.series].sort((a, b) => Date.parse(b.start) - Date.parse(a.start));
  if (latest === undefined || Date.parse(now.series.start) - Date.parse(latest.start) > 2.5 * WEEK_MS) return [];
  const earlier = past.series.filter((one) => one !== latest).flatMap(({ statements }) => statements);
  const seen = new Set([...earlier, ...latest.statements].map(idOf));
  const here = new Set(now.series.statements.map(idOf));
  const gone = latest.statements.filter((row) => isById(row) && !here.has(idOf(row)));
  const come = now.series.statements.filter((row) => isById(row) && !seen.has(idOf(row)));
  const rowsThen = rowsPerCall(past.recent[0] ?? past.previous);
  const shift = Math.round((Date.parse(now.series.start) - Date.parse(latest.start)) / (4 * 3_600_000));
  const distances = gone.map((old) =>
    come.map((one) =>
      old.database === one.database ? distance(old, one, shift) + rowsApart(old, one, rowsThen, now.rows) : Infinity,
    ),
  );
  return gone.flatMap((old, at) => {
    const mine = distances[at] ?? [];
    const best = mine.indexOf(Math.min(...mine));
    const one = come[best];
    const theirs = distances.map((row) => row[best] ?? Infinity);
    if (one === undefined || !clear(mine, best) || !clear(theirs, at)) return [];
    return [{ database: old.database, from: old.statement, to: one.statement, queryid: one.queryid }];
  });
}

/** The smallest by far. */
function clear(distances: readonly number[], best: number): boolean {
  const own = distances[best] ?? Infinity;
  return own < FURTHEST && distances.every((other, at) => at === best || other >= CLEARER * own);
}

function distance(old: Row, one: Row, shift: number): number {
  const profile = correlation(callsOf(old, shift), callsOf(one, 0));
  if (profile === null) return Infinity;
  const apart = Math.abs(one.rate - old.rate) / OF_CALLS + Math.abs(one.level - old.level) / OF_MEAN;
  return apart + (1 - profile) / OF_PROFILE;
}

function rowsApart(
  old: Row,
  one: Row,
  then: ReadonlyMap<string, number>,
  now: ReadonlyMap<string, number>,
): number {
  const [before, after] = [then.get(idOf(old)), now.get(idOf(one))];
  if (before === undefined || after === undefined) return 0;
  return Math.abs(Math.log((after + 0.01) / (before + 0.01))) / OF_ROWS;
}

export function rowsPerCall(week: Pick<History, 'statements'> | null): ReadonlyMap<string, number> {
  return new Map(
    (week?.statements ?? []).flatMap((row) => {
      const { rows, calls } = row.measures;
      return rows === undefined || calls === undefined || calls <= 0 ? [] : [[idOf(row), rows / calls] as const];
    }),
  );
}

function callsOf({ calls }: Row, shift: number): Float64Array {
  const out = new Float64Array(WEEK_SLOTS);
  unpackInto(out, calls, { scale: CALLS, level: 0, shift });
  return out;
}

function correlation(a: Float64Array, b: Float64Array): number | null {
  const pairs = [...a].flatMap((x, at): [number, number][] => {
    const y = b[at] ?? Number.NaN;
    return Number.isFinite(x) && Number.isFinite(y) ? [[x, y]] : [];
  });
  if (pairs.length < LEAST_SLOTS) return null;
  const mean = (of: 0 | 1): number => pairs.reduce((sum, pair) => sum + pair[of], 0) / pairs.length;
  const [left, right] = [mean(0), mean(1)];
  const sum = (of: (x: number, y: number) => number): number =>
    pairs.reduce((total, [x, y]) => total + of(x - left, y - right), 0);
  const spread = Math.sqrt(sum((x) => x * x) * sum((_, y) => y * y));
  // Two that never vary have the same shape.
  return spread > 0 ? sum((x, y) => x * y) / spread : 1;
}

function isById({ statement }: Row): boolean {
  return statement.startsWith('id:');
}

function idOf({ database, statement }: { readonly database: string; readonly statement: string }): string {
  return JSON.stringify([database, statement]);
}

/** The past as if the statements had always been called as they are now. */
export function underNewIds(past: Past, successors: readonly Successor[]): Past {
  if (successors.length === 0) return past;
  const next = new Map(successors.map((one) => [idOf({ database: one.database, statement: one.from }), one]));
  const row = <One extends { database: string; statement: string; queryid: string }>(one: One): One => {
    const found = next.get(idOf(one));
    return found === undefined ? one : { ...one, statement: found.to, queryid: found.queryid };
  };
  const name = (database: string | undefined, statement: string): string =>
    next.get(idOf({ database: database ?? '', statement }))?.to ?? statement;
  const key = (text: string, database: string | undefined): string =>
    text
      .split('/')
      .map((part) => keyPart(name(database, decoded(part)), part))
      .join('/');
  const history = (one: History): History => ({
    ...one,
    statements: one.statements.map(row),
    series: one.series === null ? null : series(one.series),
  });
  const series = (one: Series): Series => ({ ...one, statements: one.statements.map(row) });
  void key;
  return { ...past, previous: past.previous === null ? null : history(past.previous), series: past.series.map(series) };
}

function decoded(part: string): string {
  return decodeURIComponent(part);
}
