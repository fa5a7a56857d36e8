/** Where storage, connections and database time are going, with an interval that grows with the distance. */
import tQuantile from '@stdlib/stats-base-dists-t-quantile';
import type { BaselineNumber } from '../model/report.ts';
import type { Capacity } from '../model/review.ts';

/** A line through fewer has no error to speak of. */
const LEAST_WEEKS = 6;
const QUARTER_WEEKS = 13;
/** Two-sided 90 %. */
const UPPER = 0.95;
const WEEK_MS = 7 * 24 * 3_600_000;

export interface Measured {
  readonly end: string;
  readonly numbers: readonly BaselineNumber[];
  readonly maxConnections: number | null;
}

const kinds = [
  { label: 'Database size', limit: () => null },
  { label: 'Disk in use, fullest machine', limit: () => 1 },
  { label: 'Connections at the peak', limit: ({ maxConnections }: Measured) => maxConnections },
  { label: 'Database time', limit: () => null },
] as const;

/** `weeks`: oldest first. What was never measured is left out. */
export function capacityOf(weeks: readonly Measured[]): readonly Capacity[] {
  const last = weeks.at(-1);
  if (last === undefined) return [];
  return kinds.flatMap(({ label, limit }) => {
    const points = weeks.flatMap(({ end, numbers }) => {
      const value = numbers.find((one) => one.label === label)?.now ?? null;
      return value === null ? [] : [{ x: (Date.parse(end) - Date.parse(last.end)) / WEEK_MS, value }];
    });
    const unit = last.numbers.find((one) => one.label === label)?.unit;
    if (unit === undefined || points.length === 0) return [];
    const now = points.at(-1)?.x === 0 ? (points.at(-1)?.value ?? null) : null;
    const most = limit(last);
    const fit = fitOf(points);
    const inAQuarter = fit === null ? null : fit.at(QUARTER_WEEKS);
    return [
      { label, unit, now, perWeek: fit?.slope ?? null, inAQuarter, limit: most, says: says(points.length, fit, most) },
    ];
  });
}

interface Fit {
  readonly slope: NonNullable<Capacity['perWeek']>;
  readonly at: (x: number) => NonNullable<Capacity['inAQuarter']>;
}

/** null with too few points. */
export function fitOf(points: readonly { readonly x: number; readonly value: number }[]): Fit | null {
  const n = points.length;
  if (n < LEAST_WEEKS) return null;
  const meanX = points.reduce((sum, { x }) => sum + x, 0) / n;
  const meanY = points.reduce((sum, { value }) => sum + value, 0) / n;
  const spread = points.reduce((sum, { x }) => sum + (x - meanX) ** 2, 0);
  if (spread <= 0) return null;
  const slope = points.reduce((sum, { x, value }) => sum + (x - meanX) * (value - meanY), 0) / spread;
  const rest = points.reduce((sum, { x, value }) => sum + (value - meanY - slope * (x - meanX)) ** 2, 0);
  const deviation = Math.sqrt(rest / (n - 2));
  const t = tQuantile(UPPER, n - 2);
  const around = (likely: number, error: number) => ({ low: likely - t * error, likely, high: likely + t * error });
  return {
    slope: around(slope, deviation / Math.sqrt(spread)),
    // None of these can fall below nothing.
    at: (x) => {
      const raw = around(meanY + slope * (x - meanX), deviation * Math.sqrt(1 + 1 / n + (x - meanX) ** 2 / spread));
      return { low: Math.max(0, raw.low), likely: Math.max(0, raw.likely), high: Math.max(0, raw.high) };
    },
  };
}

function says(weeks: number, fit: Fit | null, limit: number | null): string {
  if (fit === null) return `Only ${weeks} weeks are known; a trend needs ${LEAST_WEEKS}.`;
  const { low, high } = fit.slope;
  const trend = low > 0 ? 'It grows.' : high < 0 ? 'It shrinks.' : 'No trend can be told from its ups and downs.';
  if (limit === null) return `${trend} No limit is known here.`;
  const reached = (end: 'high' | 'likely') => {
    for (let week = 1; week <= 2 * QUARTER_WEEKS; week += 1) if (fit.at(week)[end] >= limit) return week;
    return null;
  };
  const [soonest, likely] = [reached('high'), reached('likely')];
  if (soonest === null) return `${trend} The limit is not within reach of half a year.`;
  return `${trend} The limit may be reached in ${soonest} weeks${likely === null ? ', though not by the middle of the interval in half a year' : `, by the middle of the interval in ${likely}`}.`;
}
