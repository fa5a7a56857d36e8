/** What a significant change must still pass before anybody is told. */
import type { Noise } from './noise.ts';
import type { Rules } from './rules.ts';
import type { Onset } from './scan.ts';

export type Gate = 'effect' | 'interval' | 'provisional' | 'went-away' | 'load';

export interface Candidate {
  readonly direction: 1 | -1;
  /** After traffic and workload were taken out. */
  readonly days: Float64Array;
  readonly callsResiduals: Float64Array;
  /** Fitted on the days as they were. */
  readonly onset: Onset;
  readonly p: number;
  readonly low: number;
  readonly high: number;
  readonly noise: Noise;
}

/** The first gate that does not open; null when all do. */
export function closedGate(candidate: Candidate, rules: Rules): Gate | null {
  const { direction, days, onset, p, low, high, noise } = candidate;
  const effect = onset.effect * direction;
  if (effect < rules.leastEffect) return 'effect';
  if (Math.min(low * direction, high * direction) <= 0) return 'interval';
  const lasted = days.length - onset.day;
  if (lasted < (p < rules.urgentP ? rules.urgentDays : rules.leastDays)) return 'provisional';
  const since = [...days.subarray(onset.day)]
    .filter((day) => !Number.isNaN(day))
    .map((day) => (day - onset.level) * direction);
  const last = since.at(-1) ?? Number.NaN;
  if (!(last >= effect / 2 - Math.sqrt(noise.day))) return 'went-away';
  const there = since.filter((day) => day > effect / 2).length;
  if (there < rules.stillThere * since.length) return 'went-away';
  return isLoad(candidate, effect, rules) ? 'load' : null;
}

/** More calls than usual, and slower by no more than so many calls explain. */
function isLoad({ callsResiduals, onset }: Candidate, effect: number, rules: Rules): boolean {
  const mean = (values: Float64Array): number => {
    const known = values.filter(Number.isFinite);
    return known.reduce((sum, value) => sum + value, 0) / known.length;
  };
  const more = mean(callsResiduals.subarray(onset.day)) - mean(callsResiduals.subarray(0, onset.day));
  return more > rules.loadCalls && effect < rules.loadElasticity * more;
}
