/**
 * What advice did to its statements: their time per call now against before, less what the untouched statements did
 * meanwhile (difference in differences). At today's calls, so that more traffic never hides a success.
 */
import type { HistoryFinding } from '../model/history.ts';
import type { Interval } from '../model/units.ts';
import { type Control, withNoise, Z90 } from './control.ts';
import { counterpart, type Load, type Loads } from './loads.ts';
import { byHowMuch, percent } from './words.ts';

/** Of the statements together, on either side. */
const MIN_CALLS = 30;
/** Smaller gains are not told from nothing. */
const MIN_EFFECT = 0.05;
/** One week against one cannot tell less than about 8 % from noise; an interval within this is called no effect. */
const NO_EFFECT = 0.1;
/** Deviation of one call ÷ mean where the source keeps none: calls of skewed data vary about threefold. */
const ASSUMED_VARIATION = 3;

export interface Gained {
  readonly verdict: 'verified' | 'no-effect' | 'worse' | 'unclear' | 'too-few' | 'unknown';
  readonly realised: Interval | null;
  /** What came of it, as the end of a sentence. */
  readonly words: string;
  /** Whole sentences on how far to trust it. */
  readonly notes: readonly string[];
}

type Before = NonNullable<HistoryFinding['before']>;

export interface Compared {
  readonly statements: readonly string[];
  readonly database: string | undefined;
  readonly before: Loads;
  readonly now: Loads;
  readonly drift: Before['drift'];
  readonly control: Control | null;
}

export function statementGain({ statements, database, before, now, drift, control }: Compared): Gained {
  const mine = (load: Load): boolean =>
    statements.includes(load.statement) && (database === undefined || load.database === database);
  const then = [...before.byKey.values()].filter(mine);
  if (then.length === 0) {
    return { verdict: 'unknown', realised: null, words: 'how its statements were before is not known', notes: [] };
  }
  const pairs = then.flatMap((old) => {
    const today = counterpart(old, now);
    return today === undefined ? [] : [{ old, today }];
  });
  const calls = (of: (pair: (typeof pairs)[number]) => Load): number => pairs.reduce((sum, p) => sum + of(p).calls, 0);
  if (calls((p) => p.today) < MIN_CALLS || calls((p) => p.old) < MIN_CALLS) {
    const words = `its statements were called fewer than ${MIN_CALLS} times, too few to measure`;
    return { verdict: 'too-few', realised: null, words, notes: [] };
  }
  const actual = pairs.reduce((sum, { today }) => sum + today.totalTimeMs, 0);
  const expected = pairs.reduce((sum, { old, today }) => sum + old.meanMs * today.calls, 0);
  if (actual <= 0 || expected <= 0) {
    return { verdict: 'unknown', realised: null, words: 'its statements took no measurable time', notes: [] };
  }
  const variance =
    pairs.reduce((sum, { today }) => sum + today.calls * spread(today) ** 2, 0) / actual ** 2 +
    pairs.reduce((sum, { old, today }) => sum + (today.calls * spread(old)) ** 2 / old.calls, 0) / expected ** 2;
  const log = Math.log(actual / expected) - (drift ?? 0);
  const margin = Z90 * Math.hypot(withNoise(variance), drift === null ? 0 : (control?.error ?? 0));
  const realised = {
    low: 1 - Math.exp(log + margin),
    likely: 1 - Math.exp(log),
    high: 1 - Math.exp(log - margin),
  };
  const assumed = pairs.some(({ old, today }) => old.stddevTimeMs === null || today.stddevTimeMs === null);
  return { verdict: verdictOf(realised), realised, words: wordsOf(realised), notes: notesOf(drift, assumed) };
}

function spread(load: Load): number {
  return load.stddevTimeMs ?? ASSUMED_VARIATION * load.meanMs;
}

function verdictOf({ low, likely, high }: Interval): Gained['verdict'] {
  if (likely >= MIN_EFFECT && low > 0) return 'verified';
  if (likely <= -MIN_EFFECT && high < 0) return 'worse';
  return low >= -NO_EFFECT && high <= NO_EFFECT ? 'no-effect' : 'unclear';
}

function wordsOf({ low, likely, high }: Interval): string {
  const interval = `90 % interval ${percent(low)} to ${percent(high)} less`;
  return likely >= 0
    ? `its statements take ${percent(likely)} less time per call (${interval})`
    : `its statements are ${byHowMuch(1 - likely, 'slower')} per call (90 % interval ${percent(-high)} to ${percent(-low)} more)`;
}

function notesOf(drift: number | null, assumed: boolean): string[] {
  const rest =
    drift === null
      ? 'It is not adjusted for the rest of the workload: fewer than 5 other statements could be compared.'
      : Math.abs(drift) < 0.025
        ? null
        : `The rest of the workload got ${percent(Math.abs(Math.exp(drift) - 1))} ${drift > 0 ? 'slower' : 'faster'} per call meanwhile; that is taken out.`;
  return [
    ...(rest === null ? [] : [rest]),
    ...(assumed ? ['The source keeps no deviation; the interval assumes that single calls vary threefold.'] : []),
  ];
}
