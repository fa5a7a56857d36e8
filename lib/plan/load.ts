/** What each statement costs, and what is left of it once earlier items of the plan are done. */
import { databaseTimeMs, type Snapshot, spanSeconds } from '../model/snapshot.ts';
import { type Interval, WEEK_SECONDS } from '../model/units.ts';
import type { Candidate } from './candidate.ts';
import type { Doubt } from './doubt.ts';

/** One statement in one database: the same text in two databases is two loads. */
export type Place = string;

export interface Load {
  /** Milliseconds in the span. */
  readonly placeMs: ReadonlyMap<Place, number>;
  readonly databasesOf: ReadonlyMap<string, readonly string[]>;
  /** All of the span's database time; null when unknown or nothing ran. */
  readonly totalMs: number | null;
  /** Factor from the span to a week; null when the span is unknown. */
  readonly perWeek: number | null;
  readonly spanSeconds: number | null;
  readonly doubt?: Doubt;
  /** Filled by placesOf: ranking asks for the same candidate's places many times. */
  readonly known: WeakMap<Candidate, readonly Place[]>;
}

/** Share of a place's time still there, had each earlier reduction come out at its low, likely or high end. */
export type Remaining = ReadonlyMap<Place, Interval>;

const untouched: Interval = { low: 1, likely: 1, high: 1 };

export function loadOf(snapshot: Snapshot): Load {
  const placeMs = new Map<Place, number>();
  const databasesOf = new Map<string, string[]>();
  for (const row of snapshot.statements) {
    if (row.totalTimeMs === undefined || !(row.totalTimeMs >= 0)) continue;
    const place = placeOf(row.database, row.statement);
    if (!placeMs.has(place)) {
      const databases = databasesOf.get(row.statement) ?? [];
      databases.push(row.database);
      databasesOf.set(row.statement, databases);
    }
    placeMs.set(place, (placeMs.get(place) ?? 0) + row.totalTimeMs);
  }
  const total = databaseTimeMs(snapshot);
  const seconds = spanSeconds(snapshot, 'statement');
  return {
    placeMs,
    databasesOf,
    totalMs: total !== null && total > 0 ? total : null,
    perWeek: seconds === null ? null : WEEK_SECONDS / seconds,
    spanSeconds: seconds,
    known: new WeakMap(),
  };
}

/** The part of the load that a time finding touches: its statements, in its own database where it names one. */
export function placesOf(candidate: Candidate, load: Load): readonly Place[] {
  const known = load.known.get(candidate);
  if (known !== undefined) return known;
  const { benefit, subject } = candidate.finding;
  const only = subject.database;
  const places = [...new Set(benefit.kind === 'time' ? benefit.statements : [])].flatMap((statement) =>
    (load.databasesOf.get(statement) ?? [])
      .filter((database) => only === undefined || database === only)
      .map((database) => placeOf(database, statement)),
  );
  load.known.set(candidate, places);
  return places;
}

/** Span milliseconds saved on what is left; null when the finding is not about time or its statements were not seen. */
export function savedMs(candidate: Candidate, load: Load, remaining: Remaining): Interval | null {
  const { benefit } = candidate.finding;
  const places = placesOf(candidate, load);
  if (benefit.kind !== 'time' || places.length === 0) return null;
  const reduces = orderly(benefit.reduces);
  const saved = { low: 0, likely: 0, high: 0 };
  for (const place of places) {
    const ms = load.placeMs.get(place) ?? 0;
    const left = remaining.get(place) ?? untouched;
    // The pessimist assumes that earlier items took the most and this one brings the least.
    saved.low += ms * left.high * reduces.low;
    saved.likely += ms * left.likely * reduces.likely;
    saved.high += ms * left.low * reduces.high;
  }
  return saved;
}

/**
 * Leaves in `left` what is left after the candidate too. An investigation leaves all as it was: looking saves nothing. A
 * low-confidence item may save its high end; the low and the likely scenario do without it.
 */
export function take(candidate: Candidate, load: Load, left: Map<Place, Interval>): void {
  const { benefit, work } = candidate.finding;
  if (benefit.kind !== 'time' || work === 'investigate') return;
  const reduces = orderly(benefit.reduces);
  const trusted = benefit.confidence === 'low' ? { low: 0, likely: 0, high: reduces.high } : reduces;
  for (const place of placesOf(candidate, load)) {
    const before = left.get(place) ?? untouched;
    left.set(place, {
      low: before.low * (1 - trusted.low),
      likely: before.likely * (1 - trusted.likely),
      high: before.high * (1 - trusted.high),
    });
  }
}

/** Of the candidate's own places only. */
export function leftFor(candidate: Candidate, load: Load, left: Remaining): Remaining {
  return new Map(placesOf(candidate, load).map((place) => [place, left.get(place) ?? untouched]));
}

/** Shares within 0..1 and in order, whatever an advisor computed. */
export function orderly(interval: Interval): Interval {
  const likely = clamp(interval.likely);
  return { low: Math.min(clamp(interval.low), likely), likely, high: Math.max(clamp(interval.high), likely) };
}

function clamp(share: number): number {
  return Number.isFinite(share) ? Math.min(1, Math.max(0, share)) : 0;
}

export function placeOf(database: string, statement: string): Place {
  return JSON.stringify([database, statement]);
}
