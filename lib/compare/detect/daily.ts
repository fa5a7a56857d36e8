/** Seven numbers a week: how far each day lay from the statement's usual hour of the week. */
import type { Lane } from './matrix.ts';
import { middle, middleWithout, sortFirst, trimmedMean } from './median.ts';
import type { Rules } from './rules.ts';

/** Of each day, oldest first; NaN where the day or its baseline is not known. */
export interface Daily {
  readonly latency: Float64Array;
  readonly calls: Float64Array;
}

/** `usable[week]`: may it be part of the baseline; the week judged never is. */
export function dailyOf(lane: Lane, usable: readonly boolean[], rules: Rules): Daily {
  const slots = 7 * lane.slotsPerDay;
  return {
    latency: daysOf(residuals(lane.latency, slots, usable, rules), lane.slotsPerDay),
    calls: daysOf(residuals(lane.calls, slots, usable, rules), lane.slotsPerDay),
  };
}

/** Of each slot: its value less the median of that slot in the weeks that may be the baseline. */
function residuals(values: Float64Array, slots: number, usable: readonly boolean[], rules: Rules): Float64Array {
  const rest = new Float64Array(values.length).fill(Number.NaN);
  const base = new Float64Array(usable.length);
  for (let slot = 0; slot < slots; slot += 1) {
    let count = 0;
    for (let week = 0; week < usable.length; week += 1) {
      const value = values[week * slots + slot] ?? Number.NaN;
      if (!usable[week] || !Number.isFinite(value)) continue;
      base[count] = value;
      count += 1;
    }
    if (count < rules.baselineValues) continue;
    sortFirst(base, count);
    const whole = middle(base, count);
    for (let week = 0; week < usable.length; week += 1) {
      const value = values[week * slots + slot] ?? Number.NaN;
      if (!Number.isFinite(value)) continue;
      if (!usable[week]) rest[week * slots + slot] = value - whole;
      // A past week is judged by the others, or it would look quieter than the week judged.
      else if (count > rules.baselineValues) rest[week * slots + slot] = value - middleWithout(base, count, value);
    }
  }
  return rest;
}

function daysOf(rest: Float64Array, slotsPerDay: number): Float64Array {
  const days = new Float64Array(rest.length / slotsPerDay).fill(Number.NaN);
  const slots = new Float64Array(slotsPerDay);
  for (let day = 0; day < days.length; day += 1) {
    let count = 0;
    for (let slot = day * slotsPerDay; slot < (day + 1) * slotsPerDay; slot += 1) {
      const value = rest[slot] ?? Number.NaN;
      if (Number.isNaN(value)) continue;
      slots[count] = value;
      count += 1;
    }
    if (count > 0) days[day] = trimmedMean(sortFirst(slots, count), count);
  }
  return days;
}
