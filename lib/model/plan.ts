/** Opportunities in the order in which they should be done, and what they add up to. */
import type { Decided } from './decision.ts';
import type { Money } from './money.ts';
import type { Opportunity } from './opportunity.ts';
import type { TargetReport } from './report.ts';
import type { Interval } from './units.ts';

export interface Plan {
  readonly opportunities: readonly Opportunity[];
  /** Keys of the three with the highest expected impact, whatever they cost: what a lead should decide about. */
  readonly top: readonly string[];
  /** Share of database time, on the remaining load in plan order; null when nothing can be quantified. */
  readonly estimatedImprovement: Interval | null;
  readonly effortPersonDays: number;
  readonly roadmap: TargetReport['roadmap'];
  /** What people have decided about findings, each with what it was about this time. */
  readonly decided: readonly Decided[];
  /** Of all together; absent where nothing has a price. */
  readonly money?: Money;
}
