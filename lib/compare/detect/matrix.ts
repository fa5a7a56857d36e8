/** The weeks' series side by side: for each statement a row of slots a week, aligned by the hour of the week. */
import type { Series } from '../../model/series.ts';
import { median } from './median.ts';
import { CALLS, LATENCY, unpackInto } from './pack.ts';
import type { Rules } from './rules.ts';
import { DAY_SLOTS, SLOT_HOURS, WEEK_SLOTS } from './series.ts';

const WEEK_MS = 7 * 24 * 3_600_000;
const SLOT_MS = SLOT_HOURS * 3_600_000;

/** Oldest first; the last is the week judged. A week nobody hunted in is null. */
export type Weeks = readonly (Series | null)[];

/** One statement: `slots` values a week (42, 21 or 7), week after week. NaN: not collected or too few calls. */
export interface Lane {
  readonly database: string;
  readonly statement: string;
  readonly queryid: string;
  readonly slotsPerDay: number;
  /** ln(ms per call). */
  readonly latency: Float64Array;
  /** ln(calls in the slot). */
  readonly calls: Float64Array;
  readonly weekCalls: number;
}

/** Series laid out week by week, back from the latest; one that overlaps a later one is left out. */
export function weeksOf(series: readonly Series[], most: number): Weeks {
  const sorted = [...series].sort((a, b) => Date.parse(b.start) - Date.parse(a.start));
  const [latest] = sorted;
  if (latest === undefined) return [];
  const weeks: (Series | null)[] = [latest];
  for (const one of sorted.slice(1)) {
    const back = Math.round((Date.parse(latest.start) - Date.parse(one.start)) / WEEK_MS);
    if (back >= weeks.length && back <= most) {
      while (weeks.length < back) weeks.push(null);
      weeks.push(one);
    }
  }
  return weeks.reverse();
}

export function lanesOf(weeks: Weeks, rules: Rules): Lane[] {
  const latest = weeks.at(-1);
  if (latest === undefined || latest === null) return [];
  const rowsOf = weeks.map((week) => new Map(week?.statements.map((row) => [keyOf(row), row])));
  // Slots are moved to the hours of the week that the latest series has; days lie as they lay.
  const shifts = weeks.map((week) =>
    week === null ? 0 : Math.round((Date.parse(latest.start) - Date.parse(week.start)) / SLOT_MS),
  );
  return latest.statements.map((row) => {
    const latency = new Float64Array(weeks.length * WEEK_SLOTS).fill(Number.NaN);
    const calls = new Float64Array(weeks.length * WEEK_SLOTS).fill(Number.NaN);
    for (const [week, rows] of rowsOf.entries()) {
      const then = rows.get(keyOf(row));
      if (then === undefined) continue;
      const shift = shifts[week] ?? 0;
      const at = week * WEEK_SLOTS;
      unpackInto(latency.subarray(at, at + WEEK_SLOTS), then.latency, { scale: LATENCY, level: then.level, shift });
      unpackInto(calls.subarray(at, at + WEEK_SLOTS), then.calls, { scale: CALLS, level: then.rate, shift });
    }
    let weekCalls = 0;
    for (const log of calls.subarray(-WEEK_SLOTS)) if (!Number.isNaN(log)) weekCalls += Math.exp(log);
    const { database, statement, queryid } = row;
    return { database, statement, queryid, weekCalls, ...widened(latency, calls, rules) };
  });
}

/** The shortest slots (4, 8 or 24 hours) that mostly hold enough calls for a mean to mean something. */
function widened(
  latency: Float64Array,
  calls: Float64Array,
  rules: Rules,
): Pick<Lane, 'slotsPerDay' | 'latency' | 'calls'> {
  for (const joined of [1, 2, DAY_SLOTS]) {
    const lane = joined === 1 ? { latency: latency.slice(), calls: calls.slice() } : join(latency, calls, joined);
    const busy = median(lane.calls.map((log) => (log === Number.NEGATIVE_INFINITY ? Number.NaN : log)));
    if (busy < Math.log(rules.callsPerSlot) && joined < DAY_SLOTS) continue;
    const least = Math.log(rules.leastCalls);
    for (let slot = 0; slot < lane.calls.length; slot += 1) {
      if (!((lane.calls[slot] ?? Number.NaN) >= least)) lane.latency[slot] = Number.NaN;
    }
    return { slotsPerDay: DAY_SLOTS / joined, ...lane };
  }
  throw new Error('unreachable: the day is the last slot length');
}

function join(latency: Float64Array, calls: Float64Array, joined: number): Pick<Lane, 'latency' | 'calls'> {
  const length = latency.length / joined;
  const out = { latency: new Float64Array(length).fill(Number.NaN), calls: new Float64Array(length).fill(Number.NaN) };
  for (let slot = 0; slot < length; slot += 1) {
    let parts = 0;
    let count = 0;
    let ms = 0;
    for (let at = slot * joined; at < (slot + 1) * joined; at += 1) {
      const log = calls[at] ?? Number.NaN;
      if (Number.isNaN(log)) continue;
      parts += 1;
      const slow = latency[at] ?? Number.NaN;
      if (Number.isNaN(slow)) continue;
      count += Math.exp(log);
      ms += Math.exp(log + slow);
    }
    if (parts * 2 <= joined) continue;
    out.calls[slot] = Math.log((count * joined) / parts);
    if (count > 0) out.latency[slot] = Math.log(ms / count);
  }
  return out;
}

/** `statement: null` is the whole database. The length keeps two names from running into one. */
export function keyOf({
  database,
  statement,
}: {
  readonly database: string;
  readonly statement: string | null;
}): string {
  return statement === null ? `${database.length}:${database}` : `${database.length}:${database}/${statement}`;
}
