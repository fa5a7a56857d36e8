/** Weeks of statements for the detector: quiet unless told otherwise, the same for the same seed. */
import { randomNormal } from 'd3-random';
import { seriesOf } from '../../../lib/compare/detect/series.ts';
import type { Hourly, HourlyStatement } from '../../../lib/model/hourly.ts';
import type { Series } from '../../../lib/model/series.ts';
import { mulberry32 } from '../../bench/regressions/generator.ts';

export const START = '2026-01-05T00:00:00.000Z';
const HOUR_MS = 3_600_000;

export interface Shop {
  readonly weeks: number;
  readonly statements: number;
  readonly seed?: number;
  readonly database?: string;
  /** Log points on top, by statement and hour since START. */
  readonly slower?: (statement: number, hour: number) => number;
  /** Not collected. */
  readonly missing?: (statement: number, hour: number) => boolean;
  /** Log points of calls on top. */
  readonly busier?: (statement: number, hour: number) => number;
  readonly name?: (statement: number, week: number) => string;
}

export const week = (at: number): number => at * 168;
export const isoOf = (hour: number): string => new Date(Date.parse(START) + hour * HOUR_MS).toISOString();

/** Each week's hours, as a source that keeps them would give them. */
export function hoursOfShop(shop: Shop): Hourly[] {
  const { weeks, statements, seed = 1, database = 'shop' } = shop;
  const rows: HourlyStatement[][] = Array.from({ length: weeks }, () => []);
  for (let at = 0; at < statements; at += 1) {
    const normal = randomNormal.source(mulberry32(seed * 1009 + at * 7717))();
    for (let w = 0; w < weeks; w += 1) {
      const weekly = normal() * 0.015;
      const daily = Array.from({ length: 7 }, () => normal() * 0.03);
      const hours = Array.from({ length: 168 }, (_, hour) => {
        const whole = w * 168 + hour;
        const noise = normal() * 0.05;
        if (shop.missing?.(at, whole) === true) return { calls: null, timeMs: null };
        const more = shop.busier?.(at, whole) ?? 0;
        const calls = Math.round(500 * Math.exp(0.5 * Math.cos((hour / 24) * 2 * Math.PI) + more));
        const log = weekly + (daily[Math.floor(hour / 24)] ?? 0) + noise + (shop.slower?.(at, whole) ?? 0);
        return { calls, timeMs: calls * (1 + at) * Math.exp(log) };
      });
      rows[w]?.push({
        ...{ database, statement: shop.name?.(at, w) ?? `s${at}`, queryid: `${at}` },
        calls: hours.map(({ calls }) => calls),
        timeMs: hours.map(({ timeMs }) => timeMs),
      });
    }
  }
  return rows.map((all, w) => ({ start: isoOf(w * 168), hours: 168, statements: all }));
}

export function weeksOfShop(shop: Shop): Series[] {
  return hoursOfShop(shop).flatMap((hours) => seriesOf(hours) ?? []);
}
