/** Opportunities in the order in which they should be done, and what they add up to. */
import type { Opportunity, TargetReport } from './report.ts';
import type { Interval } from './units.ts';

export interface Plan {
  readonly opportunities: readonly Opportunity[];
  /** Share of database time, on the remaining load in plan order; null when nothing can be quantified. */
  readonly estimatedImprovement: Interval | null;
  readonly effortPersonDays: number;
  readonly roadmap: TargetReport['roadmap'];
}
