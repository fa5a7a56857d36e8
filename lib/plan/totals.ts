/**
 * What the whole plan brings. Shares of overlapping items are never added: each item takes its share of what the items
 * before it left of each statement, so the sum cannot exceed the load.
 * Investigations do not count, whatever their confidence: looking saves nothing until it ends in a change, and that
 * change will be a finding of its own. Other low-confidence items count at the high end only (load.ts).
 */
import type { Interval } from '../model/units.ts';
import type { Candidate } from './candidate.ts';
import { type Load, type Place, placesOf, take } from './load.ts';

/** Share of database time; null when no counted item has a load that was seen. */
export function estimatedImprovement(planned: readonly Candidate[], load: Load): Interval | null {
  const counted = planned.filter((one) => one.finding.work !== 'investigate' && placesOf(one, load).length > 0);
  if (counted.length === 0 || load.totalMs === null) return null;
  const remaining = new Map<Place, Interval>();
  for (const one of counted) take(one, load, remaining);
  const saved = { low: 0, likely: 0, high: 0 };
  for (const [place, left] of remaining) {
    const ms = load.placeMs.get(place) ?? 0;
    saved.low += ms * (1 - left.low);
    saved.likely += ms * (1 - left.likely);
    saved.high += ms * (1 - left.high);
  }
  const total = load.totalMs;
  // min: adding floating-point parts of a whole can end a hair above it.
  const share = (ms: number) => Math.min(1, ms / total);
  return { low: share(saved.low), likely: share(saved.likely), high: share(saved.high) };
}
