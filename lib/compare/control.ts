/** Per-call time of two spans as a log-ratio, and what the rest of the workload did meanwhile. */
import { counterpart, type Load, type Loads } from './loads.ts';

/** Two-sided 90 % of the normal distribution. */
export const Z90 = 1.645;
/** Below that a mean is a handful of calls; pganalyze's slow-query check asks for as many. */
export const MIN_CALLS = 50;
/** A median of fewer is moved by the very statements it should judge. */
export const MIN_COMPARABLE = 5;
/**
 * Standard deviation of a statement's weekly mean that more calls do not remove (log points): typical value of twenty
 * real latency series. Without it, a million calls would make every wobble significant.
 */
const WEEK_NOISE = 0.035;

export interface Pair {
  readonly now: Load;
  readonly before: Load;
  /** ln(mean now / mean before). */
  readonly log: number;
  /** Standard error of `log`; null where a source keeps no deviation. */
  readonly error: number | null;
}

export interface Control {
  readonly log: number;
  readonly error: number;
  readonly statements: number;
  /** 90 % interval of the median by order statistics: no assumption on the shape. */
  readonly low: number;
  readonly high: number;
}

export function pairOf(before: Load, now: Load): Pair | null {
  if (before.meanMs <= 0 || now.meanMs <= 0) return null;
  const variances = [before, now].map((load) =>
    load.stddevTimeMs === null ? null : (load.stddevTimeMs / load.meanMs) ** 2 / load.calls,
  );
  const [a, b] = variances;
  const known = a !== null && a !== undefined && b !== null && b !== undefined;
  return { before, now, log: Math.log(now.meanMs / before.meanMs), error: known ? withNoise(a + b) : null };
}

export function withNoise(samplingVariance: number): number {
  return Math.sqrt(samplingVariance + 2 * WEEK_NOISE ** 2);
}

/** Every statement with enough calls now that was called before, in the order of their keys. */
export function pairsOf(before: Loads, now: Loads): readonly Pair[] {
  return [...now.byKey.values()]
    .filter((load) => load.calls >= MIN_CALLS)
    .flatMap((load) => {
      const then = counterpart(load, before);
      return then === undefined ? [] : (pairOf(then, load) ?? []);
    })
    .sort((a, b) => (a.now.key < b.now.key ? -1 : 1));
}

/** With enough calls then, too. */
export function comparable({ before }: Pair): boolean {
  return before.calls >= MIN_CALLS;
}

/** ln(time a week now / then). */
export function totalLog({ now, before }: Pair): number {
  return Math.log(now.totalTimeMs / now.weeks / (before.totalTimeMs / before.weeks));
}

/** null when there are too few to tell drift from chance. */
export function controlOf(logs: readonly number[]): Control | null {
  if (logs.length < MIN_COMPARABLE) return null;
  const sorted = [...logs].sort((a, b) => a - b);
  const middle = median(sorted);
  const deviation = 1.4826 * median(sorted.map((log) => Math.abs(log - middle)).sort((a, b) => a - b));
  const rank = Math.max(0, Math.floor((sorted.length - Z90 * Math.sqrt(sorted.length)) / 2));
  return {
    log: middle,
    // 1.2533 = sqrt(pi / 2): what the median pays for its robustness
    error: (1.2533 * deviation) / Math.sqrt(sorted.length),
    statements: sorted.length,
    low: sorted[rank] ?? middle,
    high: sorted[sorted.length - 1 - rank] ?? middle,
  };
}

function median(sorted: readonly number[]): number {
  const half = sorted.length / 2;
  const upper = sorted[Math.floor(half)] ?? 0;
  return Number.isInteger(half) ? ((sorted[half - 1] ?? 0) + upper) / 2 : upper;
}
