/** What got worse, and what came of earlier advice, as the Report document has them. */
import * as z from 'zod';
import { interval, share, subjectSchema, time, unitSchema } from './opportunity.ts';

export const causeKinds = [
  'calls',
  'latency',
  'rows',
  'blocks',
  'data-growth',
  'cache',
  'plan',
  'temp-spill',
  'lock-wait',
  'writes',
  'vacuum',
  'index',
  'new-statement',
  'unknown',
] as const;

/** How the measure went before and since, oldest first; a point nobody measured is null. */
const trendSchema = z.strictObject({
  unit: unitSchema,
  step: z.enum(['day', 'week']),
  /** `at`: start of the day, or end of the week. */
  points: z.array(z.strictObject({ at: time, value: z.number().nullable() })),
  /** Eight of ten points before `from` lie between them; null with fewer than three. */
  usual: z.strictObject({ low: z.number(), high: z.number() }).nullable(),
  /** Where it got worse: the day it began, else the end of the last run that did not tell it. */
  from: time,
});

export const regressionSchema = z.strictObject({
  key: z.string(),
  title: z.string(),
  subject: subjectSchema,
  measure: z.string(),
  unit: unitSchema,
  before: z.number(),
  now: z.number(),
  /** Relative: 0.5 = half as much again. low and high: 90 % interval, null where the sources cannot bear one. */
  change: z.strictObject({ estimate: z.number(), low: z.number().nullable(), high: z.number().nullable() }),
  /** Shares of the increase, largest first; they add up to 1. */
  cause: z.array(z.strictObject({ kind: z.enum(causeKinds), share: z.number(), text: z.string() })),
  /** Database time it costs more a week. */
  costMsPerWeek: z.number(),
  shareOfDbTime: share.nullable(),
  severity: z.enum(['critical', 'high', 'medium', 'low']),
  since: time,
  /** The day it began, where hours tell; `since` is the run that first told it. */
  onset: time.optional(),
  status: z.enum(['new', 'open', 'resolved']),
  /** Still open, though this week was calm again: one calm week may be luck. */
  recovering: z.literal(true).optional(),
  /** Of one that is calm: what changed before it was, in words. Beside it, so it may be why. */
  fixedBy: z.string().optional(),
  /** Table of the alert: what a call looked like before and now. */
  facts: z.array(
    z.strictObject({ label: z.string(), unit: unitSchema, before: z.number().nullable(), now: z.number().nullable() }),
  ),
  trend: trendSchema.optional(),
  text: z.string().optional(),
  /** When advice of ours that was carried out in this window touches it. */
  suspect: z.strictObject({ key: z.string(), title: z.string(), rollback: z.array(z.string()) }).optional(),
});

export const progressSchema = z.strictObject({
  key: z.string(),
  title: z.string(),
  status: z.enum(['verified', 'no-effect', 'worse', 'too-early', 'unobserved']),
  /** In the unit given: `share` = relative reduction of what the advice was about. */
  unit: z.enum(['share', 'bytes']),
  predicted: interval.nullable(),
  realised: interval.nullable(),
  /** One sentence: what was seen to be done and what came of it. */
  sentence: z.string(),
  since: time,
});

/** Told in one line: faster than before, or not sure enough to be called a regression. */
export const movementSchema = z.strictObject({
  key: z.string(),
  title: z.string(),
  subject: subjectSchema,
  change: z.strictObject({ estimate: z.number(), low: z.number().nullable(), high: z.number().nullable() }),
  /** The day it began, as far as it is known. */
  onset: time,
  /** Of database time now, what it costs or saves; null where that is not known. */
  shareOfDbTime: share.nullable(),
});

export type Movement = z.infer<typeof movementSchema>;
export type Regression = z.infer<typeof regressionSchema>;
export type Trend = z.infer<typeof trendSchema>;
export type Progress = z.infer<typeof progressSchema>;

/** Worse now: neither over nor calm this week. */
export function isStanding({ status, recovering }: Pick<Regression, 'status' | 'recovering'>): boolean {
  return status !== 'resolved' && recovering !== true;
}
