/**
 * Why a statement costs more: the change of its weekly time split with logarithmic-mean weights. The effects add up to
 * the change exactly and do not depend on an order, which "more calls at the old latency" cannot say of itself.
 */
import type { Regression } from '../model/regression.ts';
import type { Load } from './loads.ts';
import { byHowMuch, percent, round } from './words.ts';

type Cause = Regression['cause'][number];

export interface Effect {
  readonly kind: Cause['kind'];
  /** Of the change, per week; negative where it made the statement cheaper. */
  readonly msPerWeek: number;
  readonly text: string;
}

/** Misses must be worth a look before the cache is blamed. */
const MISS_SHARE_FLOOR = 0.01;
const MISS_GROWTH = 1.5;
/** Blocks per call: a megabyte, and twice what it was. */
const SPILL_FLOOR = 128;
const SPILL_GROWTH = 2;
/** Locks that others waited for explain no small slowdown. */
const WAIT_RATIO = 1.2;

/** `growth`: rows of the statement's tables now ÷ then; null when not known. `locks`: who waited for them, and did not then. */
export function attribute(
  before: Load,
  now: Load,
  growth: number | null,
  locks: string | null = null,
): readonly Effect[] {
  const then = { calls: before.calls / before.weeks, mean: before.meanMs };
  const today = { calls: now.calls / now.weeks, mean: now.meanMs };
  const calls = byHowMuch(today.calls / then.calls, 'more calls');
  if (then.mean <= 0 || today.mean <= 0) {
    // The limit of the form below: what came from nothing or went to nothing did so by its time.
    const change = today.calls * today.mean - then.calls * then.mean;
    return [{ kind: 'latency', msPerWeek: change, text: 'each call takes longer' }];
  }
  const weight = logMean(then.calls * then.mean, today.calls * today.mean);
  return [
    { kind: 'calls', msPerWeek: weight * Math.log(today.calls / then.calls), text: calls },
    ...perCall(before, now, growth, locks).map(({ log, ...cause }) => ({ ...cause, msPerWeek: weight * log })),
  ];
}

/** Shares of everything that pushed up; what pushed down has no share in an increase. */
export function causesOf(effects: readonly Effect[]): Cause[] {
  const up = effects.filter((effect) => effect.msPerWeek > 0);
  const total = up.reduce((sum, effect) => sum + effect.msPerWeek, 0);
  if (total <= 0) return [{ kind: 'unknown', share: 1, text: 'what was measured does not explain it' }];
  return up
    .map(({ kind, text, msPerWeek }) => ({ kind, share: msPerWeek / total, text }))
    .sort((a, b) => b.share - a.share || (a.kind < b.kind ? -1 : 1));
}

interface Factor {
  readonly kind: Cause['kind'];
  readonly log: number;
  readonly text: string;
}

/**
 * ln(mean now ÷ mean before) as a sum: blocks per call × time per block, of each of which more rows per call may explain
 * a part, and growth of the tables a part of the blocks that remain. Nothing explains more than there is.
 */
function perCall(before: Load, now: Load, growth: number | null, locks: string | null): readonly Factor[] {
  const whole = Math.log(now.meanMs / before.meanMs);
  const blocksKnown = positive(before.blocksPerCall) && positive(now.blocksPerCall);
  const blocks = blocksKnown ? logRatio(before.blocksPerCall, now.blocksPerCall) : 0;
  const perBlock = whole - blocks;
  const rows = logRatio(before.rowsPerCall, now.rowsPerCall);
  const rowsOfBlocks = part(rows, blocks);
  const rowsOfTime = part(rows - rowsOfBlocks, perBlock);
  const growthOfBlocks = growth === null || growth <= 0 ? 0 : part(Math.log(growth), blocks - rowsOfBlocks);
  const moreBlocks = blocks - rowsOfBlocks - growthOfBlocks;
  const rest = perBlock - rowsOfTime;
  return [
    { kind: 'rows', log: rowsOfBlocks + rowsOfTime, text: byHowMuch(Math.exp(rows), 'more rows per call') },
    { kind: 'data-growth', log: growthOfBlocks, text: `its tables hold ${byHowMuch(growth ?? 1, 'more rows')}` },
    {
      kind: replanned(before, now) ? 'plan' : 'blocks',
      log: moreBlocks,
      text: `${replanned(before, now) ? 'under another plan it ' : ''}reads ${byHowMuch(Math.exp(blocks), 'more blocks per call')}`,
    },
    { ...slower({ before, now, ratio: Math.exp(rest), blocksKnown, locks }), log: rest },
  ];
}

interface Slower {
  readonly before: Load;
  readonly now: Load;
  readonly ratio: number;
  readonly blocksKnown: boolean;
  readonly locks: string | null;
}

/** What made each block, or where blocks were not seen each call, take longer: the first of these that was seen. */
function slower({ before, now, ratio, blocksKnown, locks }: Slower): Pick<Factor, 'kind' | 'text'> {
  const { missShare: then } = before;
  const { missShare: today } = now;
  const spill = spilt(before, now);
  if (spill !== null) return { kind: 'temp-spill', text: spill };
  if (then !== null && today !== null && today >= MISS_SHARE_FLOOR && today >= MISS_GROWTH * then) {
    return { kind: 'cache', text: `misses the cache for ${percent(today)} of its blocks, ${percent(then)} before` };
  }
  if (!blocksKnown && replanned(before, now)) {
    return { kind: 'plan', text: `under another plan each call takes ${byHowMuch(ratio, 'longer')}` };
  }
  const each = blocksKnown
    ? `each block takes ${byHowMuch(ratio, 'longer')}`
    : `each call takes ${byHowMuch(ratio, 'longer')}`;
  if (locks !== null && ratio >= WAIT_RATIO) return { kind: 'lock-wait', text: `${each}; ${locks}` };
  return { kind: 'latency', text: blocksKnown ? each : `${each}; blocks per call were not seen` };
}

function replanned({ planShape: then }: Load, { planShape: today }: Load): boolean {
  return then !== null && today !== null && then !== today;
}

function spilt({ tempPerCall: then }: Load, { tempPerCall: today }: Load): string | null {
  if (then === null || today === null || today < SPILL_FLOOR || today < SPILL_GROWTH * then) return null;
  const before = then < 0.5 ? 'none' : round(then);
  return `spills ${round(today)} blocks per call into temporary files, ${before} before`;
}

function positive(value: number | null): boolean {
  return value !== null && value > 0;
}

function logRatio(before: number | null, now: number | null): number {
  if (before === null || now === null || before <= 0 || now <= 0) return 0;
  return Math.log(now) - Math.log(before);
}

/** The part of `whole` that `explanation` can account for: same sign, never more than there is. */
function part(explanation: number, whole: number): number {
  if (explanation * whole <= 0) return 0;
  return Math.abs(explanation) < Math.abs(whole) ? explanation : whole;
}

/** (b - a) / ln(b / a), steady where the two are close and where they are far apart. */
export function logMean(a: number, b: number): number {
  const low = Math.min(a, b);
  const step = (Math.max(a, b) - low) / low;
  return step < 1e-12 ? (a + b) / 2 : (low * step) / Math.log1p(step);
}
