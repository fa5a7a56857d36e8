/** What stays from one run to the next: a finding is told once, followed until it is over, and over only once. */
import type { Rules } from './rules.ts';

export type Tier = 'confirmed' | 'alert' | 'watch';
export type Direction = 'slower' | 'faster';

/** Kept in history. `statement: null` is the whole database. */
export interface Tracked {
  readonly database: string;
  readonly statement: string | null;
  readonly direction: Direction;
  readonly tier: Tier;
  /** ISO 8601: where the step was placed; the baseline is frozen from its week on. */
  readonly onset: string;
  /** End of the week that first told it. */
  readonly firstSeen: string;
  /** Log points when it was first told: what recovery is measured against. */
  readonly opening: number;
  /** Start of the calm weeks so far; null while it lasts. */
  readonly calmSince: string | null;
  readonly calmWeeks: number;
  /** Over: kept as long as its days would spoil a baseline. */
  readonly closed: boolean;
}

/** `effect`: this week's, log points in the finding's direction; null where the week cannot tell. */
export function follow(
  tracked: Tracked,
  week: { readonly start: string; readonly end: string; readonly effect: number | null },
  rules: Rules,
): { readonly state: 'open' | 'recovering' | 'resolved' | 'accepted' | 'unseen'; readonly next: Tracked } {
  const weeksOpen = (Date.parse(week.end) - Date.parse(tracked.onset)) / (7 * 24 * 3_600_000);
  // No data is not recovery, and no reason to forget.
  if (week.effect === null) return { state: 'unseen', next: tracked };
  const over = week.effect < Math.max(Math.log1p(rules.recoveredWithin), rules.recoveredPart * tracked.opening);
  if (over) {
    const calmWeeks = tracked.calmWeeks + 1;
    const closed = calmWeeks >= rules.recoveredWeeks;
    const calmSince = tracked.calmSince ?? week.start;
    return { state: closed ? 'resolved' : 'recovering', next: { ...tracked, calmWeeks, calmSince, closed } };
  }
  const next = { ...tracked, calmWeeks: 0, calmSince: null };
  return weeksOpen > rules.normalWeeks ? { state: 'accepted', next } : { state: 'open', next };
}
