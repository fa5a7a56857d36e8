/** A year's story, drawn: statements that get slower and are repaired, one bad week of the whole database, and what goes wrong. */
import { mulberry32 } from '../regressions/generator.ts';
import type { Year } from './shop.ts';

export function storyOf(
  seed: number,
  { weeks, statements }: { readonly weeks: number; readonly statements: number },
): Year {
  const random = mulberry32(seed * 31_337 + 7);
  const between = (low: number, high: number): number => low + random() * (high - low);
  const pick = <One>(ones: readonly One[]): One | undefined => ones[Math.floor(random() * ones.length)];
  const wideFrom = Math.floor(between(10, weeks - 8));
  const events = Array.from({ length: Math.max(2, Math.round(statements / 8)) }, (_, at) => {
    const from = between(9, weeks - 6);
    const size = pick([0.1, 0.2, 0.3, 0.5, 1]) ?? 0.5;
    // A third is never repaired; the rest within weeks, as people do who were told.
    const to = random() < 0.35 ? null : from + between(2, 6);
    return { statement: at * 8, from, to, size };
  });
  return {
    ...{ seed, weeks, statements, events },
    wide: { from: wideFrom, to: wideFrom + 5, size: between(0.1, 0.25) },
    missed: [1, 2, 3].map(() => Math.floor(between(5, weeks))),
    outages: [1, 2, 3].map(() => ({ from: Math.floor(between(0, weeks * 168)), hours: Math.floor(between(6, 48)) })),
    resets: [1, 2, 3].map(() => Math.floor(between(0, weeks * 168))),
  };
}
