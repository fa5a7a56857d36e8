/** A year of one made-up server, week by week: statements that vary as real ones do, and a story that is known. */
import { randomNormal } from 'd3-random';
import type { Hourly, HourlyValues } from '../../../lib/model/hourly.ts';
import { mulberry32 } from '../regressions/generator.ts';

export const START = Date.parse('2026-01-05T00:00:00Z');
export const HOUR_MS = 3_600_000;
export const WEEK_MS = 168 * HOUR_MS;

export interface Event {
  readonly statement: number;
  /** Weeks since the start; `to`: when it was repaired, null: never. */
  readonly from: number;
  readonly to: number | null;
  /** Relative: 0.3 = three tenths slower. */
  readonly size: number;
}

export interface Year {
  readonly seed: number;
  readonly weeks: number;
  readonly statements: number;
  readonly events: readonly Event[];
  /** The whole database. */
  readonly wide: Omit<Event, 'statement'> | null;
  /** Weeks in which nobody hunted. */
  readonly missed: readonly number[];
  /** Hours that were not scraped, and hours in which a reset lost most of the calls. */
  readonly outages: readonly { readonly from: number; readonly hours: number }[];
  readonly resets: readonly number[];
}

/** Hours of each week, oldest first; one at a time, so that a year is not in memory. */
export function* hoursOf(year: Year): Generator<Hourly> {
  const common = mulberry32(year.seed * 7919 + 1);
  const commonNormal = randomNormal.source(common)();
  const rows = Array.from({ length: year.statements }, (_, at) => statementOf(year, at));
  for (let week = 0; week < year.weeks; week += 1) {
    const shared = commonNormal() * 0.012;
    const days = Array.from({ length: 7 }, () => commonNormal() * 0.015);
    yield {
      start: new Date(START + week * WEEK_MS).toISOString(),
      hours: 168,
      statements: rows.map((row, at) => ({
        ...{ database: 'shop', statement: `s${at}`, queryid: `${at}` },
        ...row(week, (hour) => shared + (days[Math.floor(hour / 24)] ?? 0)),
      })),
    };
  }
}

type Row = (week: number, common: (hour: number) => number) => { calls: HourlyValues; timeMs: HourlyValues };

function statementOf(year: Year, at: number): Row {
  const random = mulberry32(year.seed * 104_729 + (at + 1) * 15_485_863);
  const normal = randomNormal.source(random)();
  const logWithin = (low: number, high: number): number => low * (high / low) ** random();
  const [base, often] = [Math.log(logWithin(0.5, 100)), Math.log(logWithin(30, 3_000))];
  const [weekSd, daySd, hourSd] = [logWithin(0.008, 0.07), logWithin(0.01, 0.08), logWithin(0.03, 0.3)];
  const [amplitude, outliers, loading] = [0.1 + random(), logWithin(0.002, 0.04), 0.5 + random()];
  const planted = year.events.filter(({ statement }) => statement === at);
  let noise = 0;
  return (week, common) => {
    const weekly = normal() * weekSd;
    const daily = Array.from({ length: 7 }, () => normal() * daySd);
    const hours = Array.from({ length: 168 }, (_, hour) => {
      const whole = week * 168 + hour;
      noise = 0.8 * noise + 0.6 * hourSd * normal();
      const odd = random() < outliers ? Math.abs(normal()) * 0.8 : 0;
      const log = base + weekly + (daily[Math.floor(hour / 24)] ?? 0) + noise + odd + loading * common(hour);
      const slower = [...planted, ...(year.wide === null ? [] : [year.wide])].filter(
        ({ from, to }) => whole >= from * 168 && (to === null || whole < to * 168),
      );
      const rate = Math.exp(often + amplitude * Math.cos(((hour - 14) / 12) * Math.PI) + 0.12 * normal());
      const lost = year.resets.includes(whole) ? 0.3 : 1;
      const calls = Math.round(rate * lost);
      if (year.outages.some(({ from, hours: long }) => whole >= from && whole < from + long)) return null;
      return { calls, ms: calls * Math.exp(log) * slower.reduce((by, { size }) => by * (1 + size), 1) };
    });
    return { calls: hours.map((one) => one?.calls ?? null), timeMs: hours.map((one) => one?.ms ?? null) };
  };
}
