/** How a regression's measure went over the weeks: day by day where hours were kept, else run by run. */
import type { Past } from '../model/changes.ts';
import type { Regression, Trend } from '../model/regression.ts';
import type { Series } from '../model/series.ts';
import type { Snapshot } from '../model/snapshot.ts';
import { CALLS, LATENCY, unpackInto } from './detect/pack.ts';
import { DAY_SLOTS, seriesOf, WEEK_SLOTS } from './detect/series.ts';
import { type Load, loadsOf, statementKey } from './loads.ts';
import { type Week, weekThen } from './week.ts';

const DAY_MS = 24 * 3_600_000;
/** Six weeks: what a picture of a phone's width can show as days. */
const MOST_DAYS = 42;
/** A mean of fewer calls is noise. */
const LEAST_CALLS = 5;
/** Fewer points are the table of before and now. */
const LEAST_POINTS = 3;

interface Input {
  readonly snapshot: Snapshot;
  readonly week: Week;
  readonly past: Past;
}

interface Run {
  readonly end: string;
  readonly loads: ReadonlyMap<string, Load>;
}

/** What an earlier run drew is drawn again, longer. */
export function withTrends(regressions: readonly Regression[], { snapshot, week, past }: Input): Regression[] {
  if (regressions.length === 0) return [];
  const wanted = new Set(regressions.flatMap(({ subject }) => subject.statement ?? []));
  const hours = snapshot.hourly;
  const own = hours && seriesOf({ ...hours, statements: hours.statements.filter((row) => wanted.has(row.statement)) });
  const series = [...past.series, ...(own ? [own] : [])].sort((a, b) => Date.parse(a.start) - Date.parse(b.start));
  const runs: Run[] = [...past.recent.map(weekThen), week]
    .map((one) => ({ end: one.end, loads: loadsOf(one).byKey }))
    .sort((a, b) => Date.parse(a.end) - Date.parse(b.end));
  return regressions.map(({ trend: _, ...regression }) => {
    const trend = trendOf(regression, series, runs);
    return trend === null ? regression : { ...regression, trend };
  });
}

function trendOf(regression: Regression, series: readonly Series[], runs: readonly Run[]): Trend | null {
  const { database, statement } = regression.subject;
  if (database === undefined || statement === undefined) return null;
  const since = Date.parse(regression.since);
  const calm = runs.findLast(({ end }) => Date.parse(end) < since)?.end;
  const from = regression.onset ?? calm;
  if (from === undefined) return null;
  const days = regression.unit === 'ms/call' ? daysOf(database, statement, series) : [];
  const daily = known(days).length >= LEAST_POINTS && days.length > runs.length;
  const points = daily ? days : runs.map((run) => ({ at: run.end, value: valueIn(run, regression) }));
  if (known(points).length < LEAST_POINTS) return null;
  const usual = usualOf(points.filter(({ at }) => (daily ? Date.parse(at) < Date.parse(from) : at <= from)));
  return { unit: regression.unit, step: daily ? 'day' : 'week', points, usual, from };
}

type Point = Trend['points'][number];

const known = (points: readonly Point[]): number[] => points.flatMap(({ value }) => value ?? []);

function valueIn({ loads }: Run, { unit, subject }: Regression): number | null {
  const load = loads.get(statementKey(subject.database ?? '', subject.statement ?? ''));
  if (load === undefined) return null;
  return rounded(unit === 'ms/call' ? load.meanMs : load.totalTimeMs / load.weeks);
}

/** Days that no kept week holds are null, so that a gap stays a gap. */
function daysOf(database: string, statement: string, series: readonly Series[]): Point[] {
  const byDay = new Map<number, number | null>();
  for (const week of series) {
    const row = week.statements.find((one) => one.database === database && one.statement === statement);
    const values = row === undefined ? [] : meansOf(row);
    for (const [at, value] of values.entries()) byDay.set(Date.parse(week.start) + at * DAY_MS, value);
  }
  const last = Math.max(...byDay.keys());
  const first = Math.min(...byDay.keys());
  const count = byDay.size === 0 ? 0 : Math.min(MOST_DAYS, Math.round((last - first) / DAY_MS) + 1);
  return Array.from({ length: count }, (_, at) => {
    const day = last - (count - 1 - at) * DAY_MS;
    return { at: new Date(day).toISOString(), value: byDay.get(day) ?? null };
  });
}

/** Of each day of the week: time over calls. */
function meansOf({ latency, calls, level, rate }: Series['statements'][number]): (number | null)[] {
  const [slow, often] = [new Float64Array(WEEK_SLOTS), new Float64Array(WEEK_SLOTS)];
  unpackInto(slow, latency, { scale: LATENCY, level, shift: 0 });
  unpackInto(often, calls, { scale: CALLS, level: rate, shift: 0 });
  return Array.from({ length: WEEK_SLOTS / DAY_SLOTS }, (_, day) => {
    let [count, ms] = [0, 0];
    for (let slot = day * DAY_SLOTS; slot < (day + 1) * DAY_SLOTS; slot += 1) {
      const [l, c] = [slow[slot] ?? Number.NaN, often[slot] ?? Number.NaN];
      if (!Number.isFinite(l) || !Number.isFinite(c)) continue;
      count += Math.exp(c);
      ms += Math.exp(c + l);
    }
    return count < LEAST_CALLS ? null : rounded(ms / count);
  });
}

function rounded(ms: number): number {
  return Number(ms.toPrecision(4));
}

function usualOf(points: readonly Point[]): Trend['usual'] {
  const sorted = known(points).sort((a, b) => a - b);
  const at = (share: number): number => sorted[Math.round(share * (sorted.length - 1))] ?? 0;
  return sorted.length < LEAST_POINTS ? null : { low: at(0.1), high: at(0.9) };
}
