/** What stays from one run to the next: a finding is told once, followed until it is over, and over only once. */
import type { Tracked } from '../../model/series.ts';
import type { Rules } from './rules.ts';

const WEEK_MS = 7 * 24 * 3_600_000;

export type Tier = Tracked['tier'];
export type Direction = Tracked['direction'];

/** `effect`: this week's, log points in the finding's direction; null where the week cannot tell. */
export function follow<One extends Pick<Tracked, 'onset' | 'opening' | 'calmSince' | 'calmWeeks' | 'closed'>>(
  tracked: One,
  week: { readonly start: string; readonly end: string; readonly effect: number | null },
  rules: Rules,
): { readonly state: 'open' | 'recovering' | 'resolved' | 'accepted' | 'unseen'; readonly next: One } {
  const weeksOpen = (Date.parse(week.end) - Date.parse(tracked.onset)) / WEEK_MS;
  // No data is not recovery, and no reason to forget.
  if (week.effect === null) return { state: 'unseen', next: tracked };
  const over = week.effect < Math.max(Math.log1p(rules.recoveredWithin), rules.recoveredPart * tracked.opening);
  if (over) {
    const calmSince = tracked.calmSince ?? week.start;
    // By the clock, not by runs: two runs on one day are not two calm weeks.
    const calmWeeks = Math.floor((Date.parse(week.end) - Date.parse(calmSince)) / WEEK_MS + 0.1);
    const closed = calmWeeks >= rules.recoveredWeeks;
    return { state: closed ? 'resolved' : 'recovering', next: { ...tracked, calmWeeks, calmSince, closed } };
  }
  const next = { ...tracked, calmWeeks: 0, calmSince: null };
  return weeksOpen > rules.normalWeeks ? { state: 'accepted', next } : { state: 'open', next };
}
