/** In what order regressions are told, and how many may cry. */
import type { Regression } from '../model/regression.ts';

/** The mail asks for three decisions; what else is critical by its cost is high. */
const MOST_CRITICAL = 3;

export function isOpen({ status }: Regression): boolean {
  return status !== 'resolved';
}

/** Where everything is critical nobody knows where to begin. */
export function worstFirst(regressions: readonly Regression[]): readonly Regression[] {
  const sorted = regressions.toSorted((a, b) => b.costMsPerWeek - a.costMsPerWeek || (a.key < b.key ? -1 : 1));
  const critical = sorted.filter((one) => one.severity === 'critical' && isOpen(one)).slice(MOST_CRITICAL);
  return sorted.map((one) => (critical.includes(one) ? { ...one, severity: 'high' } : one));
}
