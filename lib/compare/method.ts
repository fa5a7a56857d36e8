/** What the method page says about regressions, from the numbers that decide. */
import type { Method } from '../model/archive.ts';
import { RULES } from './detect/rules.ts';
import { MIN_CHANGE, MIN_CHANGE_WITHOUT_INTERVAL, MIN_SHARE } from './regressions.ts';

const percent = (share: number): string => `${Math.round(share * 1000) / 10} %`;
/** Log points as the change they are. */
const grown = (log: number): string => percent(Math.expm1(log));

export const regressionRules: Method['regressions'] = [
  {
    name: 'weeks of hours before the detector decides',
    value: `≥ ${RULES.leastWeeks}, of ${RULES.pastWeeks} at most`,
    reason: 'a week is held against the same hours of the weeks before; fewer make no baseline',
  },
  {
    name: 'calls of a statement in the week',
    value: `≥ ${RULES.weekCalls} on ${RULES.weekDays} days or more`,
    reason: 'below, one slow call is the mean',
  },
  {
    name: 'change of the mean time of a call',
    value: `≥ ${grown(RULES.leastEffect)}`,
    reason: 'after the change of the whole workload and of the statement’s own traffic is taken out',
  },
  {
    name: 'false discovery rate of what is told',
    value: `${percent(RULES.confirmed)} confirmed, ${percent(RULES.alert)} alert`,
    reason: 'thousands of statements are judged at once; by Benjamini and Hochberg',
  },
  {
    name: 'days it must have lasted',
    value: `≥ ${RULES.leastDays}, or ${RULES.urgentDays} at p ≤ ${RULES.urgentP}`,
    reason: 'most of what goes away by itself goes within a week',
  },
  {
    name: 'change of the whole database',
    value: `≥ ${grown(RULES.wideEffect)} at p ≤ ${RULES.wideP}`,
    reason: 'told as one regression and taken out of the statements',
  },
  {
    name: 'recovered',
    value: `${RULES.recoveredWeeks} weeks below a third of the change, or ${grown(RULES.recoveredWithin)}`,
    reason: 'one calm week may be luck',
  },
  {
    name: 'accepted as the new normal',
    value: `after ${RULES.normalWeeks} weeks`,
    reason: 'the baseline moves on, so that something new can be seen on top of it',
  },
  {
    name: 'without hours: change of the mean against the last or the pinned run',
    value: `≥ ${percent(MIN_CHANGE)}; ${percent(MIN_CHANGE_WITHOUT_INTERVAL)} where no interval can be given`,
    reason: 'smaller changes of a weekly mean are everyday',
  },
  {
    name: 'share of database time that the change costs',
    value: `≥ ${percent(MIN_SHARE)}`,
    reason: 'below, nobody would act on it',
  },
];
