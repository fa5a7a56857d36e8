/** Indexes of one table chosen together: each statement is counted once, for the index that serves it. */
import type { Candidate } from './candidates.ts';
import { type Design, definitionOf, extendsDesign } from './design.ts';
import { readShare } from './reads.ts';

/** Of a statement's time; less is no reason for a second index. */
const BETTER_BY = 0.1;

export interface Ways {
  /** Likely share of a statement's time that goes away when it reads this share of the table. */
  readonly saved: (candidate: Candidate, selectivity: number) => number;
  /** What all writes in the span pay for an index, in ms. */
  readonly costMs: (design: Design) => number;
  readonly sizeBytes: (design: Design) => number;
}

export interface Served {
  readonly design: Design;
  readonly served: readonly { readonly candidate: Candidate; readonly selectivity: number }[];
}

/** What brings most per byte comes first; the next is judged by what is left. */
export function choose(candidates: readonly Candidate[], ways: Ways): readonly Served[] {
  let open = distinctDesigns(candidates).map((design) => ({
    design,
    costMs: ways.costMs(design),
    bytes: ways.sizeBytes(design),
  }));
  const now = new Map<Candidate, { readonly design: Design; readonly selectivity: number }>();
  const savedNow = (candidate: Candidate): number => {
    const current = now.get(candidate);
    return current === undefined ? 0 : ways.saved(candidate, current.selectivity);
  };
  while (open.length > 0) {
    const ranked = open
      .map((one) => {
        const helped = candidates.flatMap((candidate) => {
          const selectivity = readShare(candidate, one.design);
          if (selectivity === null) return [];
          const more = ways.saved(candidate, selectivity) - savedNow(candidate);
          const enough = more > 0 && (!now.has(candidate) || more >= BETTER_BY);
          return enough ? [{ candidate, selectivity, ms: more * (candidate.row.totalTimeMs ?? 0) }] : [];
        });
        const pays = helped.reduce((sum, { ms }) => sum + ms, 0) > 2 * one.costMs;
        // One that does not pay is kept only to say so, and takes no statement from one that does.
        const served = pays ? helped : helped.filter(({ candidate }) => !now.has(candidate));
        const net = served.reduce((sum, { ms }) => sum + ms, 0) - 2 * one.costMs;
        return { ...one, served, rank: net / one.bytes };
      })
      .filter(({ served }) => served.length > 0)
      .sort((a, b) => b.rank - a.rank || (nameOf(a.design) < nameOf(b.design) ? -1 : 1));
    const [best] = ranked;
    if (best === undefined) break;
    for (const { candidate, selectivity } of best.served) now.set(candidate, { design: best.design, selectivity });
    open = ranked.slice(1);
  }
  return gathered(now);
}

/** One that begins another one, over the same rows, is served by the longer. */
function distinctDesigns(candidates: readonly Candidate[]): readonly Design[] {
  const all = [...new Map(candidates.map(({ design }) => [nameOf(design), design])).values()];
  return all.filter((short) => !all.some((long) => long !== short && extendsDesign(long, short)));
}

function gathered(now: ReadonlyMap<Candidate, { design: Design; selectivity: number }>): readonly Served[] {
  const groups = new Map<Design, { candidate: Candidate; selectivity: number }[]>();
  for (const [candidate, { design, selectivity }] of now) {
    groups.set(design, [...(groups.get(design) ?? []), { candidate, selectivity }]);
  }
  return [...groups].map(([design, served]) => ({ design, served }));
}

function nameOf(design: Design): string {
  return definitionOf(design, { schema: '', table: '' });
}
