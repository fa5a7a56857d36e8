/**
 * A level that moved, seen once a week: moderated t of the last one to three weeks against those before, the variance of
 * few weeks shrunken towards that of all rows. Growth: the slope of the last weeks against the usual one.
 */
import tCdf from '@stdlib/stats-base-dists-t-cdf';
import tQuantile from '@stdlib/stats-base-dists-t-quantile';
import { median } from '../detect/median.ts';
import { digamma, trigamma, trigammaInverse } from '../detect/trigamma.ts';

/** Weeks before that are looked at, and without which nothing is said. */
export const PAST_WEEKS = 8;
const LEAST_WEEKS = 4;
/** The change may lie so many weeks back; each place looked at is another chance to be wrong. */
const SCAN_WEEKS = 3;
/** Rows that make a variance to borrow from; where there are fewer, little is made of a guess. */
const FAMILY = 10;
const ALONE = { variance: 0.1 ** 2, df: 2 };
const MOST_DF = 20;
const LEAST_DF = 1;
/** No week is the same as another to less than this. */
const LEAST_DEVIATION = 0.03;

export interface Moved {
  /** Weeks since, this one included. */
  readonly weeks: number;
  /** Log points, and the 90 % interval. */
  readonly effect: number;
  readonly low: number;
  readonly high: number;
  readonly p: number;
  /** Of the weeks before, not logarithmic. */
  readonly before: number;
}

interface Split {
  readonly weeks: number;
  readonly effect: number;
  readonly before: readonly number[];
  readonly after: readonly number[];
}

/** `rows`: of each the logarithms, oldest first, the week judged last; NaN where not known. */
export function movedIn(rows: readonly Float64Array[], direction: 1 | -1): readonly (Moved | null)[] {
  const own = rows.map((values) => varianceOf(known(values.subarray(0, -SCAN_WEEKS))));
  const prior = priorOf(own.flatMap((one) => one ?? []));
  return rows.map((values, at) => {
    const mine = own[at] ?? { variance: 0, df: 0 };
    const df = prior.df + mine.df;
    const deviation = Math.max(LEAST_DEVIATION, Math.sqrt((prior.df * prior.variance + mine.df * mine.variance) / df));
    const tested = splitsOf(values).map((split) => {
      const error = deviation * Math.sqrt(1 / split.after.length + 1 / split.before.length);
      return { ...split, error, t: (split.effect * direction) / error };
    });
    const best = tested.filter((one) => lasts(one, direction)).sort((a, b) => b.t - a.t)[0];
    if (best === undefined) return null;
    const margin = tQuantile(0.95, df) * best.error;
    const { weeks, effect } = best;
    const p = Math.min(1, SCAN_WEEKS * tCdf(-best.t, df));
    return { weeks, effect, low: effect - margin, high: effect + margin, p, before: Math.exp(mean(best.before)) };
  });
}

/** Empirical Bayes: what variances have in common, and how much each may be its own. */
function priorOf(seen: readonly { readonly variance: number; readonly df: number }[]): {
  variance: number;
  df: number;
} {
  if (seen.length < FAMILY) return ALONE;
  const logs = seen.map(({ variance, df }) => Math.log(Math.max(variance, 1e-6)) - digamma(df / 2) + Math.log(df / 2));
  const centre = mean(logs);
  const spread = logs.reduce((sum, log) => sum + (log - centre) ** 2, 0) / (logs.length - 1);
  const excess = spread - mean(seen.map(({ df }) => trigamma(df / 2)));
  const df = excess > 0 ? Math.min(MOST_DF, Math.max(LEAST_DF, 2 * trigammaInverse(excess))) : MOST_DF;
  return { variance: Math.exp(centre + digamma(df / 2) - Math.log(df / 2)), df };
}

/** Bytes gained a week lately against before, by Theil and Sen; `sizes` as `rows` above, not logarithmic. */
export function growthOf(sizes: Float64Array): Moved | null {
  const from = sizes.length - SCAN_WEEKS;
  const usual = slopes(sizes.subarray(0, from + 1));
  const lately = median(slopes(sizes.subarray(from)));
  if (known(sizes.subarray(0, from)).length < LEAST_WEEKS || Number.isNaN(lately) || !(lately > 0)) return null;
  const size = median(sizes);
  // A size that stood still grows infinitely faster: what a thousandth part a week would be is the least to compare with.
  const before = Math.max(median(usual), size / 1000);
  const spread = Math.max(1.4826 * median(usual.map((slope) => Math.abs(slope - median(usual)))), before / 4);
  const df = usual.length > 0 ? PAST_WEEKS - 2 : 1;
  const effect = Math.log(lately / before);
  const margin = tQuantile(0.95, df) * (spread / before);
  const p = tCdf(-(lately - before) / spread, df);
  return { weeks: SCAN_WEEKS - 1, effect, low: effect - margin, high: effect + margin, p, before };
}

function slopes(values: Float64Array): number[] {
  return [...values.keys()].flatMap((a) =>
    [...values.keys()].flatMap((b) => {
      const slope = ((values[b] ?? Number.NaN) - (values[a] ?? Number.NaN)) / (b - a);
      return b > a && Number.isFinite(slope) ? [slope] : [];
    }),
  );
}

function splitsOf(values: Float64Array): readonly Split[] {
  return Array.from({ length: SCAN_WEEKS }, (_, at) => at + 1).flatMap((weeks) => {
    const from = values.length - weeks;
    const [before, after] = [
      known(values.subarray(Math.max(0, from - PAST_WEEKS), from)),
      known(values.subarray(from)),
    ];
    if (before.length < LEAST_WEEKS || Number.isNaN(values.at(-1) ?? Number.NaN) || after.length * 2 <= weeks)
      return [];
    return [{ weeks, effect: mean(after) - mean(before), before, after }];
  });
}

/** Each of the weeks since shows at least half of it: what comes and goes is no step. */
function lasts({ effect, before, after }: Split, direction: 1 | -1): boolean {
  return after.every((value) => (value - mean(before)) * direction >= (effect * direction) / 2);
}

function varianceOf(values: readonly number[]): { variance: number; df: number } | null {
  if (values.length < 2) return null;
  const centre = mean(values);
  const variance = values.reduce((sum, value) => sum + (value - centre) ** 2, 0) / (values.length - 1);
  return { variance, df: values.length - 1 };
}

function known(values: Float64Array): number[] {
  return [...values].filter((value) => !Number.isNaN(value));
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
