/** How much a statement's days and weeks vary by themselves; what few weeks cannot tell is borrowed from all statements. */
import { known, median } from './median.ts';
import type { Rules } from './rules.ts';
import { digamma, trigamma, trigammaInverse } from './trigamma.ts';

export interface Own {
  /** Variance of a day about its week. */
  readonly day: number;
  /** Variance of the weekly means before the scan; null with fewer than three of them. */
  readonly week: number | null;
  readonly weekDf: number;
}

export interface Noise {
  readonly day: number;
  /** The part of a week's variance that its days do not explain. */
  readonly week: number;
  readonly df: number;
}

/** Days pulled in to so many robust deviations about their week's median: a step stays, a lone bad day does not. */
export function winsorised(days: Float64Array, rules: Rules): Float64Array {
  const about = days.slice();
  for (let from = 0; from < days.length; from += 7) {
    const centre = median(days.subarray(from, from + 7));
    for (let day = from; day < from + 7; day += 1) about[day] = (days[day] ?? Number.NaN) - centre;
  }
  const most = rules.winsor * 1.4826 * median(about.map(Math.abs));
  if (!(most > 0)) return days.slice();
  return days.map((value, day) => {
    const off = about[day] ?? Number.NaN;
    return Math.abs(off) > most ? value - off + Math.sign(off) * most : value;
  });
}

/** `calm`: whole weeks at the start that the scan cannot touch. */
export function ownNoise(days: Float64Array, calm: number): Own | null {
  let squares = 0;
  let df = 0;
  const means: number[] = [];
  for (let week = 0; week < days.length / 7; week += 1) {
    const values = known(days.subarray(week * 7, week * 7 + 7));
    if (values.length === 0) continue;
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    if (week < calm) {
      squares += values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
      df += values.length - 1;
    }
    if (week < calm && values.length >= 3) means.push(mean);
  }
  if (df < 7) return null;
  const day = Math.max(squares / df, 1e-8);
  if (means.length < 3) return { day, week: null, weekDf: 0 };
  const mean = means.reduce((sum, value) => sum + value, 0) / means.length;
  const week = means.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (means.length - 1);
  return { day, week: Math.max(week, 1e-8), weekDf: means.length - 1 };
}

/** Empirical Bayes over all statements of the run: the week's variance as the day's predicts it, and how sure that is. */
export function shrink(owns: readonly Own[], rules: Rules): (own: Own) => Noise {
  const prior = priorOf(owns);
  return ({ day, week, weekDf }) => {
    const expected = prior.variance(day);
    const total = week === null ? expected : (prior.df * expected + weekDf * week) / (prior.df + weekDf);
    return { day, week: Math.max(total - day / 7, rules.weekShare * total), df: prior.df + weekDf };
  };
}

const MOST_DF = 20;
const LEAST_DF = 2;

function priorOf(owns: readonly Own[]): { variance: (day: number) => number; df: number } {
  const seen = owns.flatMap(({ day, week, weekDf }) =>
    week === null ? [] : [{ x: Math.log(day), y: Math.log(week) - digamma(weekDf / 2) + Math.log(weekDf / 2), weekDf }],
  );
  // Too few to learn from: weeks vary as days do, and little is made of that.
  if (seen.length < 10) return { variance: (day) => day / 2, df: LEAST_DF };
  const mean = (value: (one: (typeof seen)[number]) => number): number =>
    seen.reduce((sum, one) => sum + value(one), 0) / seen.length;
  const x = mean((one) => one.x);
  const y = mean((one) => one.y);
  const spread = mean((one) => (one.x - x) ** 2);
  const slope = spread > 0 ? Math.min(1.2, Math.max(0, mean((one) => (one.x - x) * (one.y - y)) / spread)) : 0;
  const rest = mean((one) => (one.y - y - slope * (one.x - x)) ** 2) * (seen.length / (seen.length - 2));
  const excess = rest - mean((one) => trigamma(one.weekDf / 2));
  const df = excess > 0 ? Math.min(MOST_DF, Math.max(LEAST_DF, 2 * trigammaInverse(excess))) : MOST_DF;
  const correction = digamma(df / 2) - Math.log(df / 2);
  return { variance: (day) => Math.exp(y + slope * (Math.log(day) - x) + correction), df };
}
