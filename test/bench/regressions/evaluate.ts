/** Week after week through the product's detector: each sees what had happened by its end, and what it said before. */
import { detect } from '../../../lib/compare/detect/detect.ts';
import type { Tier } from '../../../lib/compare/detect/states.ts';
import type { Series, Tracked } from '../../../lib/model/series.ts';

export const FIRST_EVALUATED = 8;

export interface Alert {
  readonly database: string;
  readonly statement: string | null;
  readonly week: number;
  readonly tier: Tier;
  readonly direction: 'slower' | 'faster';
  /** Relative: 0.2 = a fifth slower; low and high are its 90 % interval. */
  readonly effect: number;
  readonly low: number;
  readonly high: number;
  /** ISO 8601. */
  readonly onset: string;
}

export function alertsOf(series: readonly Series[]): Alert[] {
  const alerts: Alert[] = [];
  let tracked: readonly Tracked[] = [];
  for (let week = FIRST_EVALUATED; week < series.length; week += 1) {
    const detection = detect({ series: series.slice(0, week + 1), tracked });
    tracked = detection.tracked;
    for (const { database, statement, state, tier, direction, effect, low, high, onset } of detection.findings) {
      if (state !== 'new' && state !== 'open') continue;
      alerts.push({ database, statement, week, tier, direction, effect, low, high, onset });
    }
  }
  return alerts;
}
