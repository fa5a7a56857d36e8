/** How far one source's numbers, and a whole week, can be trusted. */
import type { RowKind } from './measures.ts';

/** Times are ISO 8601 in UTC. null is not known, never none. */
export interface SourceQuality {
  readonly source: 'prometheus' | 'postgres' | 'cloudwatch';
  /** Share of the window with samples, 0..1. */
  readonly coveredShare: number | null;
  /** Usual time between two samples. */
  readonly intervalSeconds: number | null;
  /** End of the window less the newest sample. */
  readonly newestSampleAgeSeconds: number | null;
  /** Where there was no sample for longer than usual, in order of time; a hole is at least a 168th of the window. */
  readonly holes: readonly { readonly start: string; readonly end: string }[] | null;
  /** Counter resets in the window. */
  readonly resets: number;
  /** Starts of PostgreSQL in the window. */
  readonly restarts: number | null;
  /** Its clock less ours; positive is ahead. */
  readonly clockSkewSeconds: number | null;
  /** Kinds of rows of which an export or a view leaves some out. */
  readonly truncated: readonly RowKind[];
  /** Kinds of rows of which a right is missing to see all. */
  readonly withoutRight: readonly RowKind[];
}

/** Whether the week is like the weeks before it, by transactions (else by calls) a second. Holidays show as traffic. */
export interface Traffic {
  /** `partial`: too little of a week was seen to say it of one. */
  readonly verdict: 'representative' | 'quieter' | 'busier' | 'partial' | 'unknown';
  readonly perSecond: number | null;
  /** Median of the weeks before. */
  readonly usualPerSecond: number | null;
  /** How many those are. */
  readonly weeks: number;
  readonly of: 'transactions' | 'calls' | null;
}

/** From here on two clocks tell different stories about what lies in the window. */
export const SKEW_SECONDS = 60;
/** Below this share of samples a source has seen too little of its window. */
export const ENOUGH_SAMPLES = 0.8;
