/** What part of a statement's work its own result does not explain. The only ground to promise anything before a plan was seen. */
import type { FindingBenefit } from '../../model/finding.ts';
import type { Interval } from '../../model/units.ts';
import { LEFT_FACTOR, LOOKUP_MS } from '../index/saved-share.ts';
import { about, percent } from '../words.ts';
import type { Load } from './workload.ts';

/** Blocks an index descent of four levels touches. */
const DESCENT_BLOCKS = 4;
/** Below this there is nothing to promise from block counts. */
const WASTE_FLOOR = 0.5;

export function benefitOf(load: Load): FindingBenefit {
  const waste = wasteOf(load);
  if (waste === null || load.rows === undefined || load.blocks === undefined) {
    return {
      kind: 'risk',
      confidence: 'low',
      basis:
        'What can be saved is not measured here: it takes a plan. The counters show neither rows nor blocks out of proportion.',
    };
  }
  const perCall = { blocks: load.blocks / load.calls, rows: load.rows / load.calls };
  return {
    kind: 'time',
    statements: [load.statement],
    reduces: { low: 0, likely: waste / 2, high: waste },
    confidence: 'low',
    basis:
      `Model from block counts: a call touches ${about(perCall.blocks)} blocks for ${about(perCall.rows)} rows, where direct access ` +
      `would touch about ${about(DESCENT_BLOCKS + perCall.rows)}. At most ${percent(waste)} can go; nothing, if the plan needs ` +
      'those blocks; half is taken as likely. A plan is needed to know.',
  };
}

/** An update also touches what it adds to the indexes. */
const WRITE_FACTOR = 2;

/** It reads hardly more of its one table than its rows need, so no other plan is to be had; null where nobody can tell. */
export function readsDirectly({ calls, rows, blocks, parsed }: Load): boolean | null {
  if (rows === undefined || blocks === undefined || parsed === null || parsed.aggregatesOnly || parsed.grouped)
    return null;
  if (parsed.tables.length !== 1) return null;
  // It reads nothing but the indexes it adds to, and its plan has no choice.
  if (parsed.kind === 'insert') return true;
  const needed = DESCENT_BLOCKS * calls + rows;
  return blocks <= needed * (parsed.kind === 'select' ? 1 : WRITE_FACTOR);
}

/** null when unknown, small, or when the result is a summary of what must be read anyway. */
export function wasteOf({ calls, rows, blocks, parsed }: Load): number | null {
  if (rows === undefined || blocks === undefined || blocks <= 0) return null;
  if (parsed === null || parsed.aggregatesOnly || parsed.grouped) return null;
  const mentions = Math.max(1, parsed.tables.length);
  const waste = 1 - (mentions * (DESCENT_BLOCKS * calls + rows)) / blocks;
  return waste >= WASTE_FLOOR ? waste : null;
}

/** Reads far more than its rows need. Where blocks were not exported, only its time speaks. */
const BUSY_BLOCKS = 200;
const SLOW_MS = 20;

export function readsTooMuch(load: Load): boolean {
  const { blocks, rows, calls, meanMs } = load;
  if (blocks === undefined) return meanMs >= SLOW_MS;
  if (blocks / calls < BUSY_BLOCKS) return false;
  return rows === undefined || blocks / calls >= 2 * (DESCENT_BLOCKS + rows / calls);
}

export const tooMuchThreshold = {
  name: 'blocks per call',
  value: '≥ 200, and ≥ 2 × the rows returned; where blocks are not known, ≥ 20 ms',
  reason: 'a form alone costs nothing; the reads it causes do',
} as const;

/** What goes if the statement reads only what it returns; null where that was not measured. */
export function gainFromWaste(load: Load): { readonly reduces: Interval | null; readonly basis: string } {
  const { blocks, rows, calls } = load;
  if (blocks === undefined || rows === undefined || blocks <= 0) {
    return { reduces: null, basis: 'What can be saved is not measured here: it takes the blocks read, or a plan.' };
  }
  const waste = Math.max(0, 1 - (DESCENT_BLOCKS + rows / calls) / (blocks / calls));
  return {
    reduces: { low: 0, likely: waste / 2, high: waste },
    basis: `Model from block counts: a call touches ${about(blocks / calls)} blocks for ${about(rows / calls)} rows; what direct access to the rows would not touch, ${percent(waste)}, is the most that can go; half of it is taken as likely, and nothing goes if the plan needs those blocks.`,
  };
}

/** Chance that an index made for the very condition is used by most of its calls; the rest have values it does not help. */
export type Fit = 'exact' | 'depends-on-values';

/**
 * What goes with an index made for the statement's condition. Scattered rows lie in a block each, rows written together
 * share blocks; `rowsPerBlock` is the table's.
 */
export function gainFromIndex(load: Load, fit: Fit, rowsPerBlock: number): ReturnType<typeof gainFromWaste> {
  const { blocks, rows, calls, meanMs } = load;
  const known = gainFromWaste(load);
  if (blocks === undefined || rows === undefined || known.reduces === null) return known;
  const without = (needed: number) => Math.max(0, 1 - (DESCENT_BLOCKS + needed) / (blocks / calls));
  const scattered = without(rows / calls);
  const together = without(rows / calls / rowsPerBlock);
  const lookup = Math.min(1, LOOKUP_MS / meanMs);
  const likely = Math.max(0, scattered - lookup);
  return {
    reduces: {
      low: fit === 'exact' ? Math.max(0, likely - LEFT_FACTOR * (1 - likely)) : 0,
      likely,
      high: 1 - (1 - together + lookup) / LEFT_FACTOR,
    },
    basis: `Model from block counts: a call touches ${about(blocks / calls)} blocks for ${about(rows / calls)} rows; with the index it touches a few blocks and one for each row, fewer where rows lie together: ${percent(scattered)} to ${percent(together)} can go.`,
  };
}
