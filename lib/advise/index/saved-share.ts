/** What an index takes off a statement's time: what reading the table took, less what looking the rows up will cost. */
import type { StatementRow } from '../../model/rows.ts';
import type { Interval } from '../../model/units.ts';

/** Starting the executor and descending once, all in memory; `bench:closed-loop` measures 0.005 to 0.02. */
export const LOOKUP_MS = 0.015;
/** A block fetched for one row, against one scanned for all of its rows: from memory, and from disk in no order. */
const FETCH_CACHED = 0.25;
const FETCH_READ = 1.5;
/** Where the size of the table is not known. */
const ROWS_PER_BLOCK_ASSUMED = 50;
/**
 * What is left is known to this factor either way: where the rows lie, what is cached, how much else runs. With lookups
 * taken for twice as dear, 48 of 60 items in three runs of `bench:closed-loop` were within it, most of the others below.
 */
export const LEFT_FACTOR = 3;
/** Slower than any machine in use reads a row in memory, or a block from disk in sequence: beyond it a call does other work. */
const SLOWEST_ROW_MS = 0.002;
const SLOWEST_BLOCK_MS = 0.1;
/** From here on the counters leave no doubt that these calls made the scans. */
const CERTAIN = 0.9;
/** Part of a join's time that is this table's, where blocks do not tell. */
const SHARED = { low: 0.2, likely: 0.5, high: 0.9 };

export interface Scanned {
  readonly row: Pick<StatementRow, 'calls' | 'totalTimeMs' | 'sharedBlocksHit' | 'sharedBlocksRead'>;
  /** Share of the table's rows that is still read. */
  readonly selectivity: number;
  /** The statement reads other tables as well. */
  readonly shared: boolean;
  /** Indexes to descend into: one, or one for each partition. */
  readonly lookups: number;
  /** How far the rows lie in the index's order, 0..1; 0 where not known. */
  readonly ordered: number;
}

interface Size {
  readonly liveRows: number;
  readonly heapBytes?: number;
}

/** An 80 % interval, by judgement of what can differ. `confirmed`: part of the calls' scans that the table's counter shows. */
export function savedShare(scanned: Scanned, table: Size, confirmed: number): Interval {
  const { calls = 0, totalTimeMs = 0 } = scanned.row;
  const meanMs = calls > 0 && totalTimeMs > 0 ? totalTimeMs / calls : null;
  const left = (meanMs === null ? 0 : (LOOKUP_MS * scanned.lookups) / meanMs) + fetchedShare(scanned, table);
  const own = ownShare(scanned, table, meanMs);
  const doubt = confirmed >= CERTAIN && meanMs !== null ? 1 : 0.5;
  return {
    low: own.low * confirmed * doubt * Math.max(0, 1 - LEFT_FACTOR * left),
    likely: own.likely * confirmed * Math.max(0, 1 - left),
    high: own.high * Math.max(0, 1 - left / LEFT_FACTOR),
  };
}

/** Blocks still fetched, weighted by what one costs, as a share of scanning all; as the planner mixes both ways to lie. */
function fetchedShare({ row, selectivity, ordered }: Scanned, { liveRows, heapBytes }: Size): number {
  const perBlock = heapBytes === undefined ? ROWS_PER_BLOCK_ASSUMED : Math.max(1, (liveRows * 8192) / heapBytes);
  const scattered = 1 - (1 - Math.min(1, selectivity)) ** perBlock;
  const touched = ordered ** 2 * selectivity + (1 - ordered ** 2) * scattered;
  const { sharedBlocksHit: hit = 0, sharedBlocksRead: read = 0 } = row;
  const missed = hit + read > 0 ? read / (hit + read) : 0;
  return touched * (FETCH_CACHED * (1 - missed) + FETCH_READ * missed);
}

/** Of the statement's time, what goes into reading this table. */
function ownShare({ row, shared }: Scanned, { liveRows, heapBytes }: Size, meanMs: number | null): Interval {
  const { calls = 0, sharedBlocksHit: hit, sharedBlocksRead: read } = row;
  const known = calls > 0 && hit !== undefined && read !== undefined;
  if (shared) {
    if (!known || heapBytes === undefined || hit + read <= 0) return SHARED;
    const part = Math.min(1, (heapBytes / 8192) * (calls / (hit + read)));
    return { low: part / 2, likely: part, high: 1 - (1 - part) / 2 };
  }
  if (meanMs === null) return { low: 0.5, likely: 0.9, high: 1 };
  const blocksRead = known ? read / calls : (heapBytes ?? 0) / 8192;
  const most = Math.min(1, (liveRows * SLOWEST_ROW_MS + blocksRead * SLOWEST_BLOCK_MS) / meanMs);
  return most === 1 ? { low: 1, likely: 1, high: 1 } : { low: most / LEFT_FACTOR, likely: most, high: 1 };
}
