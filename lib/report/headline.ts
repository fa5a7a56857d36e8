/** The verdict in one sentence: what got worse and why; else the biggest gain; else steady, and how sure we are. */

import type { Opportunity } from '../model/opportunity.ts';
import type { Plan } from '../model/plan.ts';
import { isStanding, type Regression } from '../model/regression.ts';
import type { TargetReport } from '../model/report.ts';
import { between, fromTo, many, words } from './format.ts';
import { oneLine } from './markup.ts';

export interface Verdict {
  readonly opportunities: readonly Opportunity[];
  readonly regressions: readonly Regression[];
  readonly coverage: TargetReport['coverage'];
  readonly baselines: TargetReport['baselines'];
  readonly plan: Pick<Plan, 'estimatedImprovement' | 'top'>;
}

const order: readonly Regression['severity'][] = ['critical', 'high', 'medium', 'low'];

/** What is worse now, worst first. */
export function standing(regressions: readonly Regression[]): readonly Regression[] {
  return regressions
    .filter(isStanding)
    .toSorted(
      (a, b) =>
        order.indexOf(a.severity) - order.indexOf(b.severity) ||
        b.costMsPerWeek - a.costMsPerWeek ||
        (a.key < b.key ? -1 : 1),
    );
}

/** What was worse and is not any more, for good or so far. */
export function calm(regressions: readonly Regression[]): readonly Regression[] {
  return regressions.filter((one) => !isStanding(one));
}

/** Whether «nothing got worse» can be said: statement time must have been seen in both runs. */
export function comparison({ previousEnd, numbers }: TargetReport['baselines']): 'done' | 'first' | 'blind' {
  if (previousEnd === null) return 'first';
  const load = numbers.find(({ unit }) => unit === 'ms/week');
  return load === undefined || load.now === null || load.previous === null ? 'blind' : 'done';
}

export const nothingWorse = {
  done: 'Nothing got worse.',
  first: 'First hunt, nothing to compare with yet.',
  blind: 'Whether something got worse cannot be told: statement time was not seen in both runs.',
} as const;

export function headline({ opportunities, regressions, coverage, baselines, plan }: Verdict): string {
  const unseen = coverage.filter(({ state }) => state === 'blind' || state === 'failed').length;
  const worse = standing(regressions);
  const [worst] = worse;
  if (worst !== undefined) {
    const others = worse.length === 1 ? '' : ` ${many(worse.length - 1, 'more regression')}.`;
    return `${regressionSentence(worst)}${others}`;
  }
  const [back] = calm(regressions);
  const nothing = `${back === undefined ? '' : `${unpunctuated(back.title)}. `}${nothingWorse[comparison(baselines)]}`;
  // As the first of the recommendations below it, not the first of the page.
  const first = opportunities.find(({ key }) => key === plan.top[0]) ?? opportunities[0];
  if (first !== undefined) {
    const all = plan.estimatedImprovement;
    const gain = all === null ? '' : `, worth ${between(all, 'share')} of database time together`;
    return `${many(opportunities.length, 'opportunity', 'opportunities')}${gain}; first: ${oneLine(first.title)}. ${nothing}`;
  }
  if (coverage.length > 0 && unseen === coverage.length) {
    return 'Cannot tell: not one check could look. See what is missing below.';
  }
  if (2 * unseen > coverage.length) {
    return `Little could be seen: ${unseen} of ${many(coverage.length, 'check')} could not look, the others found nothing. ${nothing}`;
  }
  const sure = unseen === 0 ? '' : ` ${unseen} of ${many(coverage.length, 'check')} could not look.`;
  return `Steady: nothing worth doing was found. ${nothing}${sure}`;
}

/** What, by how much, and why, in one sentence; the title has said how much worse. Of what is over, why it was is past. */
export function regressionSentence(regression: Regression): string {
  const { title, before, cause } = regression;
  const size = before === 0 ? '' : `, ${numbers(regression)}`;
  return `${unpunctuated(title)}${size}${isStanding(regression) ? because(cause) : ''}.`;
}

/** Before and now; words stay where the unit is no quantity. */
export function numbers(regression: Regression): string {
  const { before, now, unit } = regression;
  if (unit === 'unix-s') return `${words(before, unit)}, then ${words(now, unit)}`;
  return `${wholeWindow(regression)}${fromTo(before, now, unit)}`;
}

/** Rounding apart. */
const APART = Math.log(1.03);

/**
 * Where it began within the window, its days before are in every mean, which so says less than the title: that is about
 * the days since.
 */
export function wholeWindow(
  regression: Pick<Regression, 'onset' | 'before' | 'now' | 'change' | 'status' | 'recovering'>,
): string {
  const { onset, before, now, change } = regression;
  if (onset === undefined || !isStanding(regression) || before <= 0 || now <= 0 || change.estimate <= -1) return '';
  return Math.abs(Math.log(now / before / (1 + change.estimate))) > APART ? 'over the whole window ' : '';
}

/** The same without the numbers, which the mail's head has told. */
export function shortSentence(regression: Regression): string {
  const why = isStanding(regression) ? because(regression.cause, wholeWindow(regression)) : '';
  return `${unpunctuated(regression.title)}${why}.`;
}

function because([first]: Regression['cause'], over = ''): string {
  return first === undefined || first.kind === 'new-statement' ? '' : `: ${over}${unpunctuated(first.text)}`;
}

/** And no line breaks before a percent sign. */
export function unpunctuated(text: string): string {
  return oneLine(text)
    .replace(/[.;:,]+$/, '')
    .replace(/(\d) %/g, '$1\u00A0%');
}
