/** What the detector keeps of a week, and what it keeps of its own findings from run to run. */
import * as z from 'zod';

/** The hours of one week in slots: the letters are those of compare/detect/pack.ts, one a slot. */
export const seriesSchema = z.object({
  /** ISO 8601, a whole hour in UTC; seven days from there. */
  start: z.iso.datetime(),
  slotHours: z.literal(4),
  statements: z.array(
    z.object({
      database: z.string(),
      statement: z.string(),
      queryid: z.string(),
      /** Medians of the slots: ln(ms per call) and ln(calls). */
      level: z.number(),
      rate: z.number(),
      /** Log points about them. */
      latency: z.string(),
      calls: z.string(),
    }),
  ),
});

/** A finding that was told and must be followed. */
export const trackedSchema = z.object({
  database: z.string(),
  /** null: the whole database. */
  statement: z.string().nullable(),
  direction: z.enum(['slower', 'faster']),
  tier: z.enum(['confirmed', 'alert', 'watch']),
  /** Where the step was placed; the baseline is frozen from its week on. */
  onset: z.iso.datetime(),
  /** End of the week that first told it. */
  firstSeen: z.iso.datetime(),
  /** Log points when it was first told: what recovery is measured against. */
  opening: z.number(),
  /** Start of the calm weeks so far; null while it lasts. */
  calmSince: z.iso.datetime().nullable(),
  calmWeeks: z.number(),
  /** Over: kept as long as its days would spoil a baseline. */
  closed: z.boolean(),
});

/** A finding about a table, an index, a database or the server that was told and must be followed. */
export const episodeSchema = z.object({
  /** Of the regression. */
  key: z.string(),
  /** End of the last week that was as before. */
  onset: z.iso.datetime(),
  firstSeen: z.iso.datetime(),
  /** What it was before, as its metric is compared (log points), and how far it had moved when it was told. */
  level: z.number(),
  opening: z.number(),
  calmSince: z.iso.datetime().nullable(),
  calmWeeks: z.number(),
  closed: z.boolean(),
});

export type Episode = z.infer<typeof episodeSchema>;
export type Series = z.infer<typeof seriesSchema>;
export type Tracked = z.infer<typeof trackedSchema>;
