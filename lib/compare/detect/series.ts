/** The window's hours in slots of four, small enough to keep for half a year: what the detector looks back on. */

import type { Hourly, HourlyStatement, HourlyValues } from '../../model/hourly.ts';
import type { Series } from '../../model/series.ts';
import { median } from './median.ts';
import { CALLS, LATENCY, pack } from './pack.ts';

export const SLOT_HOURS = 4;
export const DAY_SLOTS = 24 / SLOT_HOURS;
export const WEEK_SLOTS = 7 * DAY_SLOTS;
const WEEK_HOURS = 168;

/** The last seven days of the hours; null where they do not make up a day. */
export function seriesOf({ start, hours, statements }: Hourly): Series | null {
  if (hours < 24) return null;
  const skip = hours - WEEK_HOURS;
  const from = Date.parse(start) + skip * 3_600_000;
  const groups = new Map<string, HourlyStatement[]>();
  for (const row of statements) {
    const key = JSON.stringify([row.database, row.statement]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [row]);
    else group.push(row);
  }
  const rows = [...groups.values()].flatMap((group) => slotsOf(group, skip) ?? []);
  return {
    start: new Date(from).toISOString(),
    slotHours: SLOT_HOURS,
    statements: rows.sort((a, b) => order(a.database, b.database) || order(a.statement, b.statement)),
  };
}

type Row = Series['statements'][number];

/** One row of a statement that several users called. */
function slotsOf(group: readonly HourlyStatement[], skip: number): Row | null {
  const [first] = group;
  if (first === undefined) return null;
  const latency = new Float64Array(WEEK_SLOTS).fill(Number.NaN);
  const calls = new Float64Array(WEEK_SLOTS).fill(Number.NaN);
  for (let slot = 0; slot < WEEK_SLOTS; slot += 1) {
    let hours = 0;
    let count = 0;
    let ms = 0;
    for (let hour = skip + slot * SLOT_HOURS; hour < skip + (slot + 1) * SLOT_HOURS; hour += 1) {
      const seen = sumAt(group, hour);
      if (seen === null) continue;
      hours += 1;
      count += seen.calls;
      ms += seen.ms;
    }
    // Half a slot is not the same hours of the day.
    if (hours * 2 <= SLOT_HOURS) continue;
    calls[slot] = Math.log((count * SLOT_HOURS) / hours);
    if (count > 0 && ms > 0) latency[slot] = Math.log(ms / count);
  }
  const level = median(latency);
  if (Number.isNaN(level)) return null;
  const rate = median(calls.filter(Number.isFinite));
  const about = (values: Float64Array, centre: number) => values.map((value) => value - centre);
  return {
    database: first.database,
    statement: first.statement,
    queryid: first.queryid,
    level: rounded(level),
    rate: rounded(rate),
    latency: pack(about(latency, rounded(level)), LATENCY),
    calls: pack(about(calls, rounded(rate)), CALLS),
  };
}

/** null when no user's value was collected in that hour, or one reads as nonsense. */
function sumAt(group: readonly HourlyStatement[], hour: number): { calls: number; ms: number } | null {
  let calls = 0;
  let ms = 0;
  let seen = false;
  for (const row of group) {
    const count = valueAt(row.calls, hour);
    const time = valueAt(row.timeMs, hour);
    if (count === null || time === null) continue;
    seen = true;
    calls += count;
    ms += time;
  }
  return seen ? { calls, ms } : null;
}

function valueAt(values: HourlyValues, hour: number): number | null {
  const value = hour < 0 ? null : (values[hour] ?? null);
  return value === null || !Number.isFinite(value) || value < 0 ? null : value;
}

function rounded(log: number): number {
  return Math.round(log * 1000) / 1000;
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
