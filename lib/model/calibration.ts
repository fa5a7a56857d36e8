/** What was promised and what came of it: calibration/<target>.json, and its summary in the Report document. */
import * as z from 'zod';
import { interval, share, time } from './opportunity.ts';
import { progressSchema } from './regression.ts';

const status = progressSchema.shape.status.exclude(['too-early']);

const predictionSchema = z.object({
  /** Of the finding; with `firstSeen` the identity of the promise. */
  key: z.string(),
  firstSeen: z.string(),
  advisor: z.string(),
  area: z.string(),
  /** How sure the advisor was of what it rests on; unknown where only the outcome was kept. */
  basis: z.enum(['low', 'medium', 'high', 'unknown']),
  unit: progressSchema.shape.unit,
  /** As it was told last, and as it was before earlier outcomes corrected it. */
  predicted: interval,
  raw: interval,
  /** End of the run that told it last. */
  at: z.string(),
  /** null: not seen done, or no verdict yet. `unobserved` counts as not verifiable. */
  outcome: z.object({ status, realised: interval.nullable(), at: z.string() }).nullable(),
});

export const calibrationSchema = z.object({
  version: z.literal(1),
  target: z.string(),
  /** Begun or reset. */
  since: z.string(),
  /** End of the latest run whose promises and outcomes are in it; null: none yet. */
  through: z.string().nullable(),
  predictions: z.array(predictionSchema),
});

export type Calibration = z.infer<typeof calibrationSchema>;
export type Prediction = Calibration['predictions'][number];

const score = z.strictObject({
  by: z.enum(['all', 'advisor', 'area', 'basis']),
  name: z.string(),
  predictions: z.number(),
  /** With a measured gain. */
  outcomes: z.number(),
  /** Seen done, or gone, without a gain that could be measured. */
  unverifiable: z.number(),
  /** Of the outcomes, how many lay inside what was promised, with the 95 % interval of that share (Wilson). */
  coverage: z.strictObject({ inside: z.number(), share, low: share, high: share }).nullable(),
  /** Median of realised ÷ promised gain; 1 = as promised, less = promised too much. */
  bias: z.number().nullable(),
  /** Mean squared error of the promised probability that the gain is 5 % or more; 0 is best, 0.25 is a coin. */
  brier: z.number().nullable(),
  /** 1 − Brier ÷ that of always saying the base rate; more than 0 is of use. null below ten outcomes. */
  skill: z.number().nullable(),
});

export const calibrationSummarySchema = z.strictObject({
  since: time,
  /** All together first, then by class. */
  scores: z.array(score),
});

export type Score = z.infer<typeof score>;
export type CalibrationSummary = z.infer<typeof calibrationSummarySchema>;
