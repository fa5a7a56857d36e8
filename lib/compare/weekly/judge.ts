/** Which rows moved: each metric is a family of tests, judged against its own weeks and against what traffic did. */
import type { Episode } from '../../model/series.ts';
import type { WeeklyValues } from '../../model/weekly.ts';
import { falseDiscovery } from '../detect/fdr.ts';
import { median } from '../detect/median.ts';
import type { Week } from '../week.ts';
import { METRICS, type Metric } from './metrics.ts';
import { growthOf, type Moved, movedIn, PAST_WEEKS } from './step.ts';
import { type Row, rowName, rowsIn, TRAFFIC, valuesIn } from './values.ts';

const WEEK_MS = 7 * 24 * 3_600_000;
const WEEKS = PAST_WEEKS + 4;
/** One run this much off its week (weeks) still speaks for it. */
const NEAR = 0.25;
const TOLD = 0.05;
const WATCHED = 0.1;
/** What one week alone must look like to be told before a second one confirms it. */
const URGENT_P = 1e-4;
/** Rows of one database from which on their median is what the database did. */
const COMMON = 20;

export interface Judged {
  readonly metric: Metric;
  readonly row: Row;
  /** ISO 8601: end of the last week that was as before; null where nothing moved. */
  readonly since: string | null;
  readonly moved: Moved | null;
  /** null: nothing to tell. */
  readonly tier: 'alert' | 'watch' | null;
  /** As the metric is compared: of this week, traffic taken out; null where it is not known. */
  readonly level: number | null;
  readonly now: number | null;
}

export interface Case {
  readonly week: Week;
  readonly weekly: readonly WeeklyValues[];
  readonly episodes: readonly Episode[];
  readonly keyOf: (metric: Metric, row: Row) => string;
}

export function judgeWeek(input: Case): readonly Judged[] {
  const weeks = gridOf(input);
  // On a first run there is nothing to hold this week against, on however many rows.
  if (input.episodes.length === 0 && weeks.slice(0, -1).every((one) => one === null)) return [];
  return METRICS.flatMap((metric) => judged(metric, weeks, input));
}

type Grid = readonly (WeeklyValues | null)[];

/** Oldest first, this week last; of each week the run that ended nearest to it. */
function gridOf({ week, weekly }: Case): Grid {
  const end = Date.parse(week.end);
  const back = (one: WeeklyValues): number => (end - Date.parse(one.end)) / WEEK_MS;
  const past = Array.from({ length: WEEKS - 1 }, (_, at) => WEEKS - 1 - at).map((weeks) => {
    const near = weekly.filter((one) => Math.abs(back(one) - weeks) <= NEAR);
    return near.sort((a, b) => Math.abs(back(a) - weeks) - Math.abs(back(b) - weeks))[0] ?? null;
  });
  return [...past, valuesIn(week)];
}

function judged(metric: Metric, weeks: Grid, { week, episodes, keyOf }: Case): readonly Judged[] {
  const rows = rowsIn(week, metric.kind);
  const raw = rows.map((row) => {
    const name = rowName(row);
    const mine = episodes.filter(({ key }) => key === keyOf(metric, row));
    return Float64Array.from(weeks, (one, at) => {
      const value = one?.values.get(metric.id)?.get(name) ?? Number.NaN;
      // Weeks of a finding are no part of what is usual.
      return at < weeks.length - 1 && one !== null && mine.some((each) => spans(each, one.end)) ? Number.NaN : value;
    });
  });
  const compared = metric.test === 'growth' ? raw : adjusted(metric, rows, raw.map(logs(metric)), weeks);
  const all = metric.test === 'growth' ? raw.map(growthOf) : movedIn(compared, metric.direction);
  const qs = falseDiscovery(all.map((one) => one?.p ?? Number.NaN));
  return rows.map((row, at) => {
    const found = all[at] ?? null;
    const level =
      metric.test === 'growth'
        ? found === null
          ? Number.NaN
          : Math.log(found.before) + found.effect
        : (compared[at]?.at(-1) ?? Number.NaN);
    const value = raw[at]?.at(-1) ?? Number.NaN;
    const moved =
      found === null || metric.test === 'growth' ? found : { ...found, before: unlogged(metric, found.before) };
    const now = metric.test === 'growth' && found !== null ? Math.exp(level) : value;
    const tier = moved === null || Number.isNaN(now) ? null : tierOf(metric, moved, { q: qs[at] ?? 1, now, row });
    const since = moved === null ? null : sinceOf(week.end, moved.weeks);
    return { metric, row, since, moved, tier, level: orNull(level), now: orNull(now) };
  });
}

function tierOf(
  metric: Metric,
  moved: Moved,
  { q, now, row }: { readonly q: number; readonly now: number; readonly row: Row },
): Judged['tier'] {
  const effect = moved.effect * metric.direction;
  const surely = Math.min(moved.low * metric.direction, moved.high * metric.direction) > 0;
  if (!(q <= WATCHED) || effect < metric.least || !surely || !metric.worth(now, moved.before, row.measures))
    return null;
  if (moved.weeks > 1) return q <= TOLD ? 'alert' : 'watch';
  return moved.p < URGENT_P && effect >= (metric.urgent ?? Number.POSITIVE_INFINITY) ? 'alert' : null;
}

const isShare = ({ unit }: Metric): boolean => unit === 'share';
const logs = (metric: Metric) => (values: Float64Array) => values.map(isShare(metric) ? Math.log : Math.log1p);
const unlogged = (metric: Metric, exp: number): number => (isShare(metric) ? exp : Math.max(0, exp - 1));

/** Less what traffic, or all rows of the database together, did in the direction that would be blamed on the row. */
function adjusted(
  metric: Metric,
  rows: readonly Row[],
  values: readonly Float64Array[],
  weeks: Grid,
): readonly Float64Array[] {
  const blame = (log: number): number =>
    Number.isNaN(log) ? 0 : metric.direction === 1 ? Math.max(0, log) : Math.min(0, log);
  const databases = [...new Set(rows.map(({ database = '' }) => database))];
  const common = new Map(
    databases.map((database) => {
      const mine = values.filter((_, at) => (rows[at]?.database ?? '') === database);
      const traffic = metric.followsTraffic
        ? about(
            Float64Array.from(weeks, (one) =>
              Math.log(one?.values.get(TRAFFIC)?.get(rowName({ database })) ?? Number.NaN),
            ),
          )
        : new Float64Array(weeks.length);
      if (mine.length < COMMON) return [database, traffic] as const;
      const each = mine.map(about);
      return [database, Float64Array.from(weeks, (_, at) => median(each.map((one) => one[at] ?? Number.NaN)))] as const;
    }),
  );
  return values.map((one, at) => {
    const out = common.get(rows[at]?.database ?? '');
    return one.map((value, week) => value - blame(out?.[week] ?? Number.NaN));
  });
}

function about(values: Float64Array): Float64Array {
  const centre = median(values);
  return values.map((value) => value - centre);
}

function spans({ onset, calmSince }: Episode, end: string): boolean {
  return Date.parse(end) > Date.parse(onset) && (calmSince === null || Date.parse(end) <= Date.parse(calmSince));
}

function sinceOf(end: string, weeks: number): string {
  return new Date(Date.parse(end) - weeks * WEEK_MS).toISOString();
}

function orNull(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
