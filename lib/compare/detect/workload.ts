/** What the rest of the database did on each day: taken out of every statement, so that one slow disk is one finding. */
import { known, middle } from './median.ts';
import type { Rules } from './rules.ts';

/** Median over the database's statements by day; NaN where too few were seen to tell. */
export function workloadOf(residuals: readonly Float64Array[], days: number, rules: Rules): Float64Array {
  const out = new Float64Array(days).fill(Number.NaN);
  if (residuals.length < rules.controlStatements) return out;
  const column = new Float64Array(residuals.length);
  for (let day = 0; day < days; day += 1) {
    for (const [at, one] of residuals.entries()) column[at] = one[day] ?? Number.NaN;
    const values = known(column);
    if (values.length >= rules.controlValues) out[day] = middle(values);
  }
  return out;
}

/** A day whose workload is not known stays as it is. */
export function less(residuals: Float64Array, workload: Float64Array): Float64Array {
  return residuals.map((value, day) => {
    const common = workload[day] ?? Number.NaN;
    return Number.isFinite(common) ? value - common : value;
  });
}
