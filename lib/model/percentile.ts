/**
 * Percentiles of execution times from what pg_stat_statements keeps: calls, mean, standard deviation, shortest and longest
 * call of each statement. The estimate is a mixture of log-normals fitted by the moments and cut at these two; the bounds
 * hold whatever the distributions are. Pure.
 */

/** A percentile nobody timed call by call. `low`..`high` is certain for the calls that were counted, unless a source erred. */
export interface Percentile {
  readonly ms: number;
  readonly low: number;
  readonly high: number;
  readonly basis: 'mixture';
}

/** Times in ms over one span; the deviation is that of the population, as in stddev_exec_time. */
export interface Timed {
  readonly calls: number;
  readonly meanMs: number;
  readonly stddevMs: number;
  /** No call was shorter, or longer; of a longer time they are as true of this one, and only wider. */
  readonly minMs?: number;
  readonly maxMs?: number;
}

/** `since`: start of the span, ISO 8601. null where a row lacks what it takes. */
export function timedOf(
  row: {
    readonly calls?: number;
    readonly totalTimeMs?: number;
    readonly stddevTimeMs?: number;
    readonly minTimeMs?: number;
    readonly maxTimeMs?: number;
    readonly minMaxSinceAt?: number;
  },
  since?: string,
): Timed | null {
  const { calls = 0, totalTimeMs, stddevTimeMs, minTimeMs, maxTimeMs, minMaxSinceAt } = row;
  if (calls <= 0 || totalTimeMs === undefined || stddevTimeMs === undefined) return null;
  const one = { calls, meanMs: totalTimeMs / calls, stddevMs: stddevTimeMs };
  // They can be reset by themselves (17+); then calls before that may have been shorter or longer.
  const covers = minMaxSinceAt !== undefined && since !== undefined && minMaxSinceAt * 1000 <= Date.parse(since);
  if (!covers || minTimeMs === undefined || maxTimeMs === undefined) return one;
  return isPossible(one, minTimeMs, maxTimeMs) ? { ...one, minMs: minTimeMs, maxMs: maxTimeMs } : one;
}

/** Rounding in a source, far below any bound. */
const ROUNDING = 1e-6;

/** Bhatia and Davis: no values between the two have this mean and a larger deviation. Else they are of other calls. */
function isPossible({ meanMs, stddevMs }: Timed, minMs: number, maxMs: number): boolean {
  const slack = ROUNDING * maxMs;
  const room = Math.max(0, maxMs - meanMs + slack) * Math.max(0, meanMs - minMs + slack);
  return minMs <= meanMs + slack && meanMs <= maxMs + slack && stddevMs ** 2 <= room + slack ** 2;
}

/** `share`: 0.95 for the 95th percentile. null where nothing was called. */
export function mixturePercentile(all: readonly Timed[], share: number): Percentile | null {
  const known = all.filter(({ calls, meanMs, stddevMs }) => calls > 0 && meanMs >= 0 && Number.isFinite(stddevMs));
  const total = known.reduce((sum, { calls }) => sum + calls, 0);
  if (total <= 0 || !(share > 0 && share < 1)) return null;
  // A mixture's percentile lies below the largest of its parts', and theirs below Cantelli's bound.
  const spread = Math.sqrt(share / (1 - share));
  const most = known.reduce(
    (top, { meanMs, stddevMs, maxMs = Number.POSITIVE_INFINITY }) =>
      Math.max(top, Math.min(maxMs, meanMs + spread * stddevMs)),
    0,
  );
  const at = <One extends { readonly calls: number }>(parts: readonly One[], below: (one: One, ms: number) => number) =>
    firstReaching(most, (ms) => {
      let sum = 0;
      for (const one of parts) {
        sum += one.calls * below(one, ms);
        if (sum / total >= share) return true;
      }
      return false;
    });
  const low = at(known, mostBelow);
  const high = at(known, leastBelow);
  const ms = at(known.map(logNormal), belowOf);
  return { ms: Math.min(high, Math.max(low, ms)), low, high, basis: 'mixture' };
}

interface Fitted {
  readonly calls: number;
  readonly middle: number;
  readonly deviation: number;
  /** Equal where every call took the same. */
  readonly minMs: number;
  readonly maxMs: number;
}

/** As if its times were log-normal. */
function logNormal({ calls, meanMs, stddevMs, minMs = 0, maxMs = Number.POSITIVE_INFINITY }: Timed): Fitted {
  if (meanMs <= 0 || stddevMs <= 0) return { calls, middle: 0, deviation: 0, minMs: meanMs, maxMs: meanMs };
  const variance = Math.log1p((stddevMs / meanMs) ** 2);
  return { calls, middle: Math.log(meanMs) - variance / 2, deviation: Math.sqrt(variance), minMs, maxMs };
}

/** Share of the calls that took at most `ms`. */
function belowOf({ middle, deviation, minMs, maxMs }: Fitted, ms: number): number {
  if (ms >= maxMs) return 1;
  return ms < minMs || ms <= 0 ? 0 : normal((Math.log(ms) - middle) / deviation);
}

/** Cantelli's inequality, and Markov's below the longest call: no distribution with these moments has more of itself below. */
function mostBelow(one: Timed, ms: number): number {
  if (ms < (one.minMs ?? 0)) return 0;
  const { meanMs, stddevMs, maxMs = Number.POSITIVE_INFINITY } = one;
  if (ms >= meanMs) return 1;
  const markov = maxMs === Number.POSITIVE_INFINITY ? 1 : (maxMs - meanMs) / (maxMs - ms);
  return Math.min(stddevMs ** 2 / (stddevMs ** 2 + (meanMs - ms) ** 2), markov);
}

/** Cantelli's inequality, and Markov's above the shortest call, or above nothing: none has less of itself below. */
function leastBelow(one: Timed, ms: number): number {
  const { meanMs, stddevMs, minMs = 0, maxMs = Number.POSITIVE_INFINITY } = one;
  if (ms >= maxMs || (ms >= meanMs && stddevMs === 0)) return 1;
  if (ms <= meanMs) return 0;
  const markov = 1 - Math.max(0, meanMs - minMs) / (ms - minMs);
  return Math.max(1 - stddevMs ** 2 / (stddevMs ** 2 + (ms - meanMs) ** 2), markov);
}

/** The smallest value that is enough; `most` surely is, and what is more than enough too. */
function firstReaching(most: number, isEnough: (ms: number) => boolean): number {
  let low = 0;
  let high = most;
  // Sums of floating-point numbers may stay a hair below at `most` itself.
  for (let step = 0; step < 80 && high - low > 1e-9 * high; step += 1) {
    const middle = (low + high) / 2;
    if (isEnough(middle)) high = middle;
    else low = middle;
  }
  return high;
}

/** Standard normal distribution (Abramowitz and Stegun 7.1.26: off by less than 1.5e-7). */
function normal(z: number): number {
  const x = Math.abs(z) / Math.SQRT2;
  const t = 1 / (1 + 0.3275911 * x);
  const series = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  const tail = (series * Math.exp(-x * x)) / 2;
  return z < 0 ? tail : 1 - tail;
}
