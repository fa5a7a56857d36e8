/** Calendar names of a window's end, in UTC so that two hosts never disagree about the week. */
import { DateTime } from 'luxon';
import type { Cadence } from './report.ts';

/** `2026-W47`, `2026-11`, `2026-Q4`; on demand, the moment itself: `2026-W47-on-demand-20261122T153000Z`. */
export function periodName(cadence: Cadence, end: string): string {
  const at = DateTime.fromISO(end, { zone: 'utc' });
  const week = at.toFormat("kkkk-'W'WW");
  switch (cadence) {
    case 'weekly':
      return week;
    case 'monthly':
      return at.toFormat('yyyy-MM');
    case 'quarterly':
      return at.toFormat("yyyy-'Q'q");
    case 'on-demand':
      return `${week}-on-demand-${at.toFormat("yyyyMMdd'T'HHmmss'Z'")}`;
    default:
      throw new Error(`unknown cadence ${cadence satisfies never}`);
  }
}
