import { describe, expect, it } from 'vitest';
import type { Candidate } from '../../../lib/advise/index/candidates.ts';
import { choose, type Ways } from '../../../lib/advise/index/chosen.ts';
import { columnsOf, plainDesign } from '../../../lib/advise/index/design.ts';
import { aStatement } from '../../support/rows.ts';

const share: Record<string, number> = { a: 0.01, b: 0.02, c: 0.03, d: 0.04 };

/** Asks for equalities on these columns; its own best index is on the first `best` of them. */
function asking(queryid: string, columns: string, { best = columns.length, totalTimeMs = 1_000 } = {}): Candidate {
  const names = [...columns];
  const own = names.slice(0, best);
  return {
    row: aStatement({ queryid, totalTimeMs }),
    design: plainDesign(own),
    selectivity: own.reduce((product, name) => product * (share[name] ?? 1), 1),
    asked: {
      equalities: names.map((column) => ({ column, share: share[column] ?? 1, factor: 1 })),
      ...{ filters: [], range: null, topN: null },
    },
    shared: false,
    lookups: 1,
  };
}

const ways = (changes: Partial<Ways> = {}): Ways => ({
  saved: (_, selectivity) => Math.max(0, 1 - 4 * selectivity),
  costMs: () => 1,
  sizeBytes: (design) => 1_000_000 * design.keys.length,
  ...changes,
});
const chosen = (candidates: readonly Candidate[], changes: Partial<Ways> = {}) =>
  choose(candidates, ways(changes)).map(({ design, served }) => [
    columnsOf(design).join(''),
    served
      .map(({ candidate }) => candidate.row.queryid)
      .sort()
      .join(),
  ]);

describe('indexes chosen together', () => {
  it('trap 47: a statement counts for one index, and a second index that adds little is not proposed', () => {
    // The second is served by (a) nearly as well as by its own (b).
    expect(chosen([asking('1', 'a'), asking('2', 'ba', { best: 1 })])).toEqual([['a', '1,2']]);
  });

  it('trap 47: what has nothing in common gets an index each', () => {
    expect(chosen([asking('1', 'a'), asking('2', 'b')]).sort()).toEqual([
      ['a', '1'],
      ['b', '2'],
    ]);
  });

  it('trap 35: of two that begin alike the longer one is built, and serves both', () => {
    expect(chosen([asking('1', 'a'), asking('2', 'ab')])).toEqual([['ab', '1,2']]);
  });

  it('trap 33: a column that leaves much is given up for one that leaves little', () => {
    const wide = { saved: (_: unknown, selectivity: number) => Math.max(0, 1 - 20 * selectivity) };
    // With (d) the second would still read a twenty-fifth; its own index on (a) is a tenth of its time and more better.
    expect(chosen([asking('1', 'd', { totalTimeMs: 9_000 }), asking('2', 'ad', { best: 1 })], wide).sort()).toEqual([
      ['a', '2'],
      ['d', '1'],
    ]);
  });

  it('trap 34: one whose writes cost more takes no statement from one that pays', () => {
    const costMs: Ways['costMs'] = (design) => (columnsOf(design).includes('b') ? 5_000 : 1);
    expect(chosen([asking('1', 'a'), asking('2', 'ba', { best: 1 })], { costMs })).toEqual([['a', '1,2']]);
  });

  it('trap 42: of two that save the same the smaller one is built', () => {
    const sizeBytes: Ways['sizeBytes'] = (design) => (columnsOf(design).includes('a') ? 1e9 : 1e6);
    const alike = { saved: () => 0.9, sizeBytes };
    expect(chosen([asking('1', 'ab', { best: 1 }), asking('2', 'ba', { best: 1 })], alike)).toEqual([['b', '1,2']]);
  });

  it('does not depend on the order of statements', () => {
    const all = [asking('1', 'ab'), asking('2', 'ba'), asking('3', 'c'), asking('4', 'cd'), asking('5', 'b')];
    expect(chosen([...all].reverse()).sort()).toEqual(chosen(all).sort());
  });
});
