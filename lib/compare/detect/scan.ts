/** The best day for a step: generalised least squares of the days on (constant, step), week by week correlated. */
import tCdf from '@stdlib/stats-base-dists-t-cdf';
import type { Noise } from './noise.ts';

export interface Step {
  /** Log points. */
  readonly effect: number;
  readonly error: number;
  readonly t: number;
  /** Before the step. */
  readonly level: number;
}

export interface Onset extends Step {
  readonly day: number;
}

/** Step at that day of the whole series; null where one side has no days. */
export function stepAt(days: Float64Array, onset: number, { day: sD2, week: sW2 }: Noise): Step | null {
  // Sums of 1'V⁻¹1, 1'V⁻¹s, s'V⁻¹s, 1'V⁻¹y, s'V⁻¹y over the weeks' blocks.
  let [cc, cs, ss, cy, sy] = [0, 0, 0, 0, 0];
  for (let from = 0; from < days.length; from += 7) {
    let [n, after, sum, sumAfter] = [0, 0, 0, 0];
    for (let day = from; day < from + 7; day += 1) {
      const value = days[day] ?? Number.NaN;
      if (Number.isNaN(value)) continue;
      n += 1;
      sum += value;
      if (day >= onset) {
        after += 1;
        sumAfter += value;
      }
    }
    if (n === 0) continue;
    const shared = sW2 / (sD2 + n * sW2);
    cc += (n - shared * n * n) / sD2;
    cs += (after - shared * n * after) / sD2;
    ss += (after - shared * after * after) / sD2;
    cy += (sum - shared * n * sum) / sD2;
    sy += (sumAfter - shared * after * sum) / sD2;
  }
  const determinant = cc * ss - cs * cs;
  if (!(ss > 0) || !(determinant > 1e-9 * cc * ss)) return null;
  const effect = (cc * sy - cs * cy) / determinant;
  const error = Math.sqrt(cc / determinant);
  return { effect, error, t: effect / error, level: (ss * cy - cs * sy) / determinant };
}

/** Largest t in the direction (1 slower, -1 faster) among the last days as onset. */
export function scan(days: Float64Array, noise: Noise, direction: 1 | -1, scanDays: number): Onset | null {
  return bestOf(days, noise, direction, { from: Math.max(1, days.length - scanDays), to: days.length });
}

/**
 * The onset again on days that nothing was pulled in of. Where a step begins on a week's fourth day, the three before it
 * are the odd ones out: pulled in they look slow, too, and a step fitted from there is too small.
 */
export function refined(
  days: Float64Array,
  noise: Noise,
  direction: 1 | -1,
  { day }: Onset,
  near: number,
): Onset | null {
  return bestOf(days, noise, direction, { from: Math.max(1, day - near), to: Math.min(days.length, day + near + 1) });
}

function bestOf(
  days: Float64Array,
  noise: Noise,
  direction: 1 | -1,
  { from, to }: { readonly from: number; readonly to: number },
): Onset | null {
  let best: Onset | null = null;
  for (let day = from; day < to; day += 1) {
    const step = stepAt(days, day, noise);
    // Days that nobody saw fit alike; the last of them is the first that was seen.
    if (step !== null && (best === null || step.t * direction >= best.t * direction)) best = { ...step, day };
  }
  return best;
}

/** Upper tail of Student's t. */
export function upperTail(t: number, df: number): number {
  return tCdf(-t, df);
}
