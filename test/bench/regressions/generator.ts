/**
 * Fifteen weeks of made-up statements, hour by hour, with what was planted in them. Noise of four kinds (the hour, the
 * day, the week, the sample) because a real week is no sample of 168 independent hours. Same seed, same bytes.
 */
import { randomNormal, randomPoisson } from 'd3-random';

export const WEEKS = 15;
export const WEEK = 168;
const HOURS = WEEKS * WEEK;
/** First week that is evaluated, 0-based; events start in the first four evaluated weeks. */
export const FIRST_EVALUATED = 8;
export const START = '2026-03-02T00:00:00Z';

export type Kind =
  | 'nothing'
  | 'step'
  | 'ramp'
  | 'spike'
  | 'went-away'
  | 'traffic'
  | 'improvement'
  | 'month-end'
  | 'gap'
  | 'wide';

export interface Truth {
  readonly kind: Kind;
  /** Relative: 0.2 = a fifth slower. */
  readonly size: number;
  readonly onsetHour: number;
}

export interface Series {
  readonly database: string;
  readonly statement: string;
  readonly start: string;
  readonly calls: (number | null)[];
  readonly timeMs: (number | null)[];
}

export interface Labelled extends Series {
  readonly truth: Truth;
}

export interface Suite {
  readonly seed: number;
  readonly databases: number;
  readonly queries: number;
  /** `mixed`: events as in the reference; `quiet`: none; `wide`: the whole database slows down once. */
  readonly events: 'mixed' | 'quiet' | 'wide';
}

type Random = () => number;

/** One database at a time, so that no suite has to be in memory. */
export function* databasesOf(suite: Suite): Generator<readonly Labelled[]> {
  for (let at = 0; at < suite.databases; at += 1) yield databaseOf(suite, at);
}

function databaseOf({ seed, queries, events }: Suite, at: number): readonly Labelled[] {
  const random = mulberry32(seed * 7919 + at * 104729 + 13);
  const { normal, within, logWithin } = draws(random);
  const common = commonFactor(random);
  const outage = random() < 0.2 ? span(random, 6, 48) : null;
  const reset = random() < 0.3 ? { hour: Math.floor(random() * HOURS), lost: within(0.1, 0.9) } : null;
  const wide = events === 'wide' ? { onset: eventHour(random), size: within(0.08, 0.25) } : null;
  return Array.from({ length: queries }, (_, query) => {
    const own = mulberry32(seed * 7919 + at * 104729 + (query + 1) * 15485863);
    const truth: Truth =
      wide !== null
        ? { kind: 'wide', size: wide.size, onsetHour: wide.onset }
        : events === 'quiet'
          ? { kind: 'nothing', size: 0, onsetHour: HOURS }
          : eventOf(own);
    const { calls, timeMs } = queryOf(own, common, truth);
    for (let hour = 0; hour < HOURS; hour += 1) {
      if (outage !== null && hour >= outage.from && hour < outage.to) blank(calls, timeMs, hour);
      if (reset !== null && hour === reset.hour) {
        calls[hour] = Math.round((calls[hour] ?? 0) * (1 - reset.lost));
        timeMs[hour] = (timeMs[hour] ?? 0) * (1 - reset.lost);
      }
    }
    return { database: `db${at}`, statement: `q${query}`, start: START, calls, timeMs, truth };
  });

  function commonFactor(source: Random): number[] {
    const weekSd = logWithin(0.006, 0.02);
    const week = Array.from({ length: WEEKS }, () => normal() * weekSd);
    const day = Array.from({ length: WEEKS * 7 }, () => normal() * 0.015);
    const hour = autoregressive(source, HOURS, 0.02, 0.85);
    return hour.map((log, h) => log + (week[Math.floor(h / WEEK)] ?? 0) + (day[Math.floor(h / 24)] ?? 0));
  }
}

function eventOf(random: Random): Truth {
  const { within, pick } = draws(random);
  const onsetHour = eventHour(random);
  const chance = random();
  const cuts: readonly (readonly [number, Kind, () => number])[] = [
    [0.15, 'step', () => pick([0.03, 0.05, 0.1, 0.2, 0.5])],
    [0.2, 'ramp', () => pick([0.1, 0.2, 0.5])],
    [0.26, 'spike', () => within(1, 9)],
    [0.32, 'went-away', () => within(0.2, 1)],
    [0.37, 'traffic', () => within(1.5, 4)],
    [0.41, 'improvement', () => -pick([0.1, 0.2, 0.4])],
    [0.44, 'month-end', () => within(0.2, 1)],
    [0.47, 'gap', () => 0],
  ];
  for (const [cut, kind, size] of cuts) if (chance < cut) return { kind, size: size(), onsetHour };
  return { kind: 'nothing', size: 0, onsetHour: HOURS };
}

function queryOf(random: Random, common: readonly number[], truth: Truth): Pick<Series, 'calls' | 'timeMs'> {
  const { normal, within, logWithin } = draws(random);
  const baseMs = Math.log(logWithin(0.2, 300));
  const traffic = trafficOf(random, truth);
  const loading = within(0.5, 1.5);
  const elasticity = random() < 0.6 ? 0 : within(0.02, 0.15);
  const hourNoise = autoregressive(random, HOURS, logWithin(0.03, 0.3), within(0.5, 0.95));
  const daySd = logWithin(0.01, 0.08);
  const weekSd = logWithin(0.008, 0.07);
  const day = Array.from({ length: WEEKS * 7 }, () => normal() * daySd);
  const week = Array.from({ length: WEEKS }, () => normal() * weekSd);
  const nightly = random() < 0.2 ? { hour: Math.floor(random() * 5), log: within(0.1, 0.7) } : null;
  const outliers = logWithin(0.002, 0.04);
  const callSd = within(0.4, 1.5);
  const spread = Math.exp(callSd ** 2) - 1;
  const gaps = random() < 0.25 ? logWithin(0.005, 0.05) : 0;
  const event = latencyEvent(random, truth);
  const away =
    truth.kind === 'gap' ? { from: truth.onsetHour, to: truth.onsetHour + Math.round(within(24, 96)) } : null;

  const calls: (number | null)[] = new Array(HOURS).fill(null);
  const timeMs: (number | null)[] = new Array(HOURS).fill(null);
  for (let hour = 0; hour < HOURS; hour += 1) {
    const { count, surplus } = traffic(hour);
    const skipped = random() < gaps || (away !== null && hour >= away.from && hour < away.to);
    const odd = random() < outliers ? Math.abs(normal()) * 0.8 : 0;
    const sampling = count > 0 ? normal() * Math.sqrt(Math.log1p(spread / count)) - Math.log1p(spread / count) / 2 : 0;
    if (skipped) continue;
    const log =
      baseMs +
      loading * (common[hour] ?? 0) +
      elasticity * surplus +
      (hourNoise[hour] ?? 0) +
      (day[Math.floor(hour / 24)] ?? 0) +
      (week[Math.floor(hour / WEEK)] ?? 0) +
      (nightly !== null && hour % 24 === nightly.hour ? nightly.log : 0) +
      odd +
      sampling +
      event(hour);
    calls[hour] = count;
    timeMs[hour] = Math.round(count * Math.exp(log) * 1e3) / 1e3;
  }
  return { calls, timeMs };
}

function trafficOf(random: Random, truth: Truth): (hour: number) => { count: number; surplus: number } {
  const { normal, within, logWithin } = draws(random);
  const base = Math.log(logWithin(3, 30_000));
  const amplitude = within(0.1, 1.1);
  const phase = within(12, 17);
  const weekend = Math.log(within(0.3, 1));
  const week = Array.from({ length: WEEKS }, () => normal() * 0.07);
  const growth = within(-0.005, 0.015);
  const noise = autoregressive(random, HOURS, 0.12, 0.7);
  const only = random() < 0.12 ? { from: Math.floor(random() * 24), hours: 2 + Math.floor(random() * 6) } : null;
  const poisson = randomPoisson.source(random);
  return (hour) => {
    if (only !== null && (((hour - only.from) % 24) + 24) % 24 >= only.hours) return { count: 0, surplus: 0 };
    const surge = truth.kind === 'traffic' && hour >= truth.onsetHour ? Math.log(truth.size) : 0;
    const surplus =
      amplitude * Math.cos(((hour - phase) / 24) * 2 * Math.PI) +
      (Math.floor(hour / 24) % 7 >= 5 ? weekend : 0) +
      (week[Math.floor(hour / WEEK)] ?? 0) +
      (growth * hour) / WEEK +
      (noise[hour] ?? 0) +
      surge;
    const rate = Math.exp(base + surplus);
    const count = rate < 50 ? poisson(rate)() : Math.max(0, Math.round(rate + Math.sqrt(rate) * normal()));
    return { count, surplus };
  };
}

/** Log points to add in each hour. */
function latencyEvent(random: Random, { kind, size, onsetHour }: Truth): (hour: number) => number {
  const { within } = draws(random);
  const up = Math.log1p(size);
  const lasting = (hours: number) => (hour: number) => (hour >= onsetHour && hour < onsetHour + hours ? up : 0);
  switch (kind) {
    case 'step':
    case 'improvement':
    case 'wide':
      return lasting(HOURS);
    case 'ramp':
      return (hour) => up * Math.min(1, Math.max(0, (hour - onsetHour) / (3 * WEEK)));
    case 'spike':
      return lasting(Math.round(within(2, 12)));
    case 'went-away':
      return lasting(Math.round(within(24, 72)));
    case 'month-end': {
      const from = Math.floor(onsetHour / 24) * 24;
      return (hour) => (hour >= from && hour < from + 24 ? up : 0);
    }
    case 'nothing':
    case 'traffic':
    case 'gap':
      return () => 0;
    default:
      throw new Error(`unknown event ${kind satisfies never}`);
  }
}

function eventHour(random: Random): number {
  return FIRST_EVALUATED * WEEK + Math.floor(random() * 4 * WEEK);
}

/** Stationary, so `sd` is that of each value. */
function autoregressive(random: Random, length: number, sd: number, phi: number): number[] {
  const normal = randomNormal.source(random)();
  let value = normal() * sd;
  return Array.from({ length }, () => {
    value = phi * value + Math.sqrt(1 - phi * phi) * sd * normal();
    return value;
  });
}

function span(random: Random, least: number, most: number): { from: number; to: number } {
  const from = Math.floor(random() * HOURS);
  return { from, to: from + Math.round(least + random() * (most - least)) };
}

function blank(calls: (number | null)[], timeMs: (number | null)[], hour: number): void {
  calls[hour] = null;
  timeMs[hour] = null;
}

function draws(random: Random) {
  const normal = randomNormal.source(random)();
  const within = (low: number, high: number): number => low + random() * (high - low);
  const logWithin = (low: number, high: number): number => Math.exp(within(Math.log(low), Math.log(high)));
  const pick = (values: readonly number[]): number => values[Math.floor(random() * values.length)] ?? Number.NaN;
  return { normal, within, logWithin, pick };
}

/** A 32-bit generator that starts well from any whole seed, which d3's linear one does not. */
export function mulberry32(seed: number): Random {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
