/** What several kept weeks together say: the month's and the quarter's part of the Report document. */
import * as z from 'zod';
import { interval, time, unitSchema } from './opportunity.ts';

export const reviewSchema = z.strictObject({
  /** Kept, of so many in the time; `from` and `to` are the ends of the first and the last that is kept. */
  weeks: z.number(),
  expected: z.number(),
  from: time,
  to: time,
  /** Of each week its database time; null in a week without a run or without statement statistics. */
  databaseTime: z.array(z.strictObject({ at: time, msPerWeek: z.number().nullable() })),
  /** Verdicts given in the time. */
  verdicts: z.strictObject({
    verified: z.number(),
    noEffect: z.number(),
    worse: z.number(),
    unobserved: z.number(),
    /** Database time that what was verified saves, at the calls of the week of the verdict; null: none is in time. */
    savedMsPerWeek: interval.nullable(),
    /** Disk that came back. */
    freedBytes: z.number(),
  }),
  regressions: z.strictObject({ opened: z.number(), resolved: z.number(), standing: z.number() }),
  capacity: z.array(
    z.strictObject({
      label: z.string(),
      unit: unitSchema,
      now: z.number().nullable(),
      /** Ordinary least squares over the kept weeks, 90 % interval; null with fewer than six. */
      perWeek: interval.nullable(),
      /** A quarter after the last week, if it goes on as it did: 90 % prediction interval. */
      inAQuarter: interval.nullable(),
      limit: z.number().nullable(),
      /** Whole sentence: when the limit may be reached, or why nothing can be said. */
      says: z.string(),
    }),
  ),
  /** The week that would be a better baseline than the present one; null: keep it. Absent in a month's. */
  rebaseline: z.strictObject({ end: time, why: z.string() }).nullable().optional(),
  /** Whole sentences: what is missing. */
  notes: z.array(z.string()),
});

export type Review = z.infer<typeof reviewSchema>;
export type Capacity = Review['capacity'][number];
