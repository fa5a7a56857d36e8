/** Did the whole database move? The same scan as for a statement, on what its workload did day by day. */
import { interval, type Verdict } from './judge.ts';
import { type Noise, ownNoise } from './noise.ts';
import type { Rules } from './rules.ts';
import { scan, stepAt, upperTail } from './scan.ts';

export interface Wide {
  readonly noise: Noise;
  readonly verdict: Verdict | null;
}

/** `days`: the workload's residuals, voided ones NaN. null: too few weeks to tell. */
export function wideOf(days: Float64Array, rules: Rules): Wide | null {
  const calm = Math.max(rules.leastWeeks, days.length / 7 - Math.ceil(rules.scanDays / 7));
  const own = ownNoise(days, calm);
  if (own === null || own.week === null) return null;
  // Databases are too few to borrow a variance from each other.
  const week = Math.max(own.week - own.day / 7, rules.weekShare * own.week);
  const noise = { day: own.day, week, df: own.weekDf };
  for (const direction of [1, -1] as const) {
    const onset = scan(days, noise, direction, rules.scanDays);
    const refit = onset === null ? null : stepAt(days, onset.day, noise);
    if (onset === null || refit === null || days.length - onset.day < rules.urgentDays) continue;
    const p = rules.lookElsewhere * upperTail(onset.t * direction, noise.df);
    if (!(p < rules.wideP) || refit.effect * direction < rules.wideEffect) continue;
    const effect = { effect: refit.effect, ...interval(refit, noise, rules) };
    return { noise, verdict: { direction, onset, p, q: p, ...effect, closed: null } };
  }
  return { noise, verdict: null };
}
