/**
 * Statements known by their queryid only get another one with a major upgrade, and sometimes with a new table. Where one
 * ended and another began, the load tells which is which: one to one, and only where no other comes near.
 */
import type { Past } from '../model/changes.ts';
import type { History } from '../model/history.ts';
import type { Series } from '../model/series.ts';
import type { Snapshot } from '../model/snapshot.ts';
import { CALLS, unpackInto } from './detect/pack.ts';
import { SLOT_HOURS, seriesOf, WEEK_SLOTS } from './detect/series.ts';
import { type Successor, underNewIds } from './new-ids.ts';
import { weekOf } from './week.ts';

type Row = Series['statements'][number];

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

/** Kept as long as the detector looks back. */
const KEPT_WEEKS = 20;

/** The past under the ids that statements have now, by what earlier runs and this one recognised. */
export function withSuccessors(past: Past, snapshot: Snapshot): Past {
  const { end } = snapshot.window;
  const known = (past.previous?.successors ?? []).filter(
    (one) => Date.parse(end) - Date.parse(one.at) < KEPT_WEEKS * WEEK_MS,
  );
  const before = underNewIds(past, known);
  const series = snapshot.hourly === undefined ? null : seriesOf(snapshot.hourly);
  const found = series === null ? [] : successorsIn(before, { series, rows: rowsPerCall(weekOf(snapshot)) });
  const fresh = found.map((one) => ({ ...one, at: end }));
  const chained = known.map((one) => fresh.find((next) => idOf({ ...one, statement: one.to }) === fromOf(next)) ?? one);
  const successors = [
    ...chained.map((one, at) => ({ ...one, from: known[at]?.from ?? one.from, at: known[at]?.at ?? one.at })),
    ...fresh,
  ];
  if (successors.length === 0) return past;
  return { ...underNewIds(before, fresh), successors, notes: [...past.notes, ...noteOf(fresh.length)] };
}

function noteOf(found: number): string[] {
  if (found === 0) return [];
  const who = found === 1 ? '1 statement has' : `${found} statements have`;
  return [`${who} another queryid than last week, recognised by calls, time and rows; what is known of them is kept.`];
}

export interface Now {
  readonly series: Series;
  /** Rows per call by database and queryid, where exported. */
  readonly rows: ReadonlyMap<string, number>;
}

/** New matches between the latest week of the past and this one; of weeks further apart nothing is guessed. */
export function successorsIn(past: Past, now: Now): readonly Omit<Successor, 'at'>[] {
  const [latest] = [...past.series].sort((a, b) => Date.parse(b.start) - Date.parse(a.start));
  if (latest === undefined || Date.parse(now.series.start) - Date.parse(latest.start) > 2.5 * WEEK_MS) return [];
  const earlier = past.series.filter((one) => one !== latest).flatMap(({ statements }) => statements);
  const seen = new Set(earlier.map(idOf));
  const lately = new Map(latest.statements.map((row) => [idOf(row), row]));
  const here = new Set(now.series.statements.map(idOf));
  const gone = latest.statements.filter((row) => isById(row) && !here.has(idOf(row)));
  const come = now.series.statements.filter((row) => isById(row) && !seen.has(idOf(row)));
  const rowsThen = rowsPerCall(past.recent[0] ?? past.previous);
  const shift = Math.round((Date.parse(now.series.start) - Date.parse(latest.start)) / (SLOT_HOURS * 3_600_000));
  const distances = gone.map((old) =>
    come.map((one) =>
      old.database === one.database && !together(old, lately.get(idOf(one)))
        ? distance(old, one, shift) + rowsApart(old, one, rowsThen, now.rows)
        : Infinity,
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

/** Called in the same hours: two statements, not one. */
function together(old: Row, one: Row | undefined): boolean {
  if (one === undefined) return false;
  const [before, after] = [callsOf(old, 0), callsOf(one, 0)];
  const both = before.filter((value, slot) => Number.isFinite(value) && Number.isFinite(after[slot]));
  // The slot of the change itself holds both.
  return both.length > 1;
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

function rowsApart(old: Row, one: Row, then: ReadonlyMap<string, number>, now: ReadonlyMap<string, number>): number {
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

function fromOf({ database, from }: Pick<Successor, 'database' | 'from'>): string {
  return idOf({ database, statement: from });
}

function idOf({ database, statement }: { readonly database: string; readonly statement: string }): string {
  return JSON.stringify([database, statement]);
}
