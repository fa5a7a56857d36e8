import { describe, expect, it } from 'vitest';
import { type Scanned, savedShare } from '../../../lib/advise/index/saved-share.ts';

/** 100,000 rows, 50 in a block, read from memory in 10 ms a call for ten rows. */
const table = { liveRows: 100_000, heapBytes: 2_000 * 8192 };
const row = { calls: 100, totalTimeMs: 1_000, sharedBlocksHit: 200_000, sharedBlocksRead: 0 };
const scan: Scanned = { row, selectivity: 0.0001, shared: false, lookups: 1, ordered: 0 };
const saved = (changes: Partial<Scanned> = {}, confirmed = 1) => {
  const { low, likely, high } = savedShare({ ...scan, ...changes }, table, confirmed);
  return [low, likely, high].map((share) => Number(share.toFixed(4)));
};

describe('what an index saves', () => {
  it('is all but a lookup and the blocks of the rows, known to a factor of three', () => {
    // 0.015 of 10 ms for the lookup, and 0.5 % of the blocks at a quarter of what scanning them costs.
    expect(saved()).toEqual([0.9918, 0.9973, 0.9991]);
  });

  it('is less where the rows come from disk, and more where they lie in order', () => {
    const cold = { ...row, sharedBlocksHit: 0, sharedBlocksRead: 200_000 };
    expect(saved({ row: cold })[1]).toBeCloseTo(1 - 0.0015 - 0.005 * 1.5, 3);
    expect(saved({ ordered: 1 })[1]).toBeCloseTo(1 - 0.0015 - 0.0001 / 4, 4);
  });

  it('is nothing for scattered rows of every block on a cold disk', () => {
    const cold = { ...row, sharedBlocksHit: 0, sharedBlocksRead: 200_000 };
    expect(saved({ row: cold, selectivity: 0.05 }).slice(0, 2)).toEqual([0, 0]);
  });

  it('pays a lookup for each partition', () => {
    expect(saved({ lookups: 24 })[1]).toBeCloseTo(1 - 24 * 0.0015 - 0.00125, 3);
  });

  it('is only the table’s part of a join, by the blocks', () => {
    const join = { ...row, sharedBlocksHit: 400_000 };
    const [low, likely, high] = saved({ row: join, shared: true });
    expect([low, likely, high]).toEqual([0.2479, 0.4986, 0.7493]);
    const blind = { calls: 100, totalTimeMs: 1_000 };
    expect(saved({ row: blind, shared: true })[1]).toBeCloseTo(0.5, 2);
  });

  it('is little where a call takes longer than any machine reads the table: it waits, or does something else', () => {
    const waiting = { ...row, totalTimeMs: 100_000 };
    // 100,000 rows explain 0.2 s of a second at most.
    const [low, likely, high] = saved({ row: waiting });
    expect(low).toBeCloseTo(0.2 / 3, 3);
    expect(likely).toBeCloseTo(0.2, 2);
    expect(high).toBeGreaterThan(0.99);
  });

  it('is as unsure as the counter that should confirm the scans', () => {
    const [low, likely, high] = saved({}, 0.5);
    expect(low).toBeLessThan(0.25);
    expect(likely).toBeCloseTo(0.4986, 4);
    expect(high).toBe(0.9991);
  });
});
