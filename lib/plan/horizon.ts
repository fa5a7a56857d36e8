/** When it can be done, from effort and risk alone: the brief's quick wins, 1–5 days, and a week or more. */
import type { Risk } from '../model/finding.ts';
import type { Opportunity } from '../model/opportunity.ts';
import { HOURS_PER_DAY } from './effort.ts';

export function horizonOf(engineerHours: number, risk: Risk['level']): Opportunity['horizon'] {
  if (engineerHours >= 5 * HOURS_PER_DAY) return 'long-term';
  // What can hurt needs a rehearsal, however few hours it takes.
  return engineerHours <= HOURS_PER_DAY && risk !== 'high' ? 'quick-win' : 'medium';
}
