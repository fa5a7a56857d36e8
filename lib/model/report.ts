/**
 * The Report document, version 1 (design.md, part 5): the one thing every rendering and every other program reads.
 * One zod schema types the code and makes report.schema.json (`npm run schema`). Shares are 0..1, sizes bytes,
 * times what their name says, timestamps ISO 8601 in UTC.
 */
import * as z from 'zod';
import { calibrationSummarySchema } from './calibration.ts';
import { decidedSchema } from './decision.ts';
import { measures } from './measures.ts';
import { moneySchema } from './money.ts';
import { interval, opportunitySchema, time, unitSchema } from './opportunity.ts';
import { movementSchema, progressSchema, regressionSchema } from './regression.ts';
import { reviewSchema } from './review.ts';

const number = z.strictObject({
  label: z.string(),
  unit: unitSchema,
  now: z.number().nullable(),
  previous: z.number().nullable(),
  pinned: z.number().nullable(),
  /** Of `now`, where it is an estimate: it surely lies between them. */
  low: z.number().optional(),
  high: z.number().optional(),
  why: z.string().optional(),
});

/** In ms. */
const percentile = z.strictObject({
  ms: z.number(),
  low: z.number(),
  high: z.number(),
  basis: z.enum(['mixture']),
});

export const targetReportSchema = z.strictObject({
  target: z.string(),
  server: z.strictObject({
    version: z.string().nullable(),
    role: z.string().nullable(),
    platform: z.string().nullable(),
  }),
  quality: z.strictObject({
    sources: z.array(z.enum(['prometheus', 'postgres', 'cloudwatch'])),
    coveredShare: z.number().nullable(),
    resets: z.number(),
    statementCoverage: z.number().nullable(),
    statisticsAgeSeconds: z.number().nullable(),
    blindDatabases: z.array(z.string()),
    notes: z.array(z.string()),
    /** Each source by itself; null is not known, never none. */
    bySource: z
      .array(
        z.strictObject({
          source: z.enum(['prometheus', 'postgres', 'cloudwatch']),
          coveredShare: z.number().nullable(),
          intervalSeconds: z.number().nullable(),
          newestSampleAgeSeconds: z.number().nullable(),
          holes: z.array(z.strictObject({ start: time, end: time })).nullable(),
          resets: z.number(),
          restarts: z.number().nullable(),
          /** Its clock less ours. */
          clockSkewSeconds: z.number().nullable(),
          truncated: z.array(z.string()),
          withoutRight: z.array(z.string()),
        }),
      )
      .optional(),
    /** What the hunt itself asked of each source it counts for; `ms` waited for answers. */
    load: z
      .array(
        z.strictObject({
          source: z.enum(['prometheus', 'postgres', 'cloudwatch']),
          queries: z.number(),
          ms: z.number(),
          budgetMs: z.number(),
        }),
      )
      .optional(),
    /** Whether the week is like the weeks before it, by traffic. */
    traffic: z
      .strictObject({
        verdict: z.enum(['representative', 'quieter', 'busier', 'partial', 'unknown']),
        perSecond: z.number().nullable(),
        usualPerSecond: z.number().nullable(),
        weeks: z.number(),
        of: z.enum(['transactions', 'calls']).nullable(),
      })
      .optional(),
    /** What the counters of each kind of row really cover; from a catalog that need not be the window. */
    spans: z
      .array(
        z.strictObject({
          kind: z.enum(Object.keys(measures) as [keyof typeof measures, ...(keyof typeof measures)[]]),
          start: time,
          end: time,
          source: z.enum(['prometheus', 'postgres', 'cloudwatch']),
          basis: z.enum(['window', 'previous-run', 'statistics-reset']),
        }),
      )
      .optional(),
    gaps: z.array(
      z.strictObject({
        kind: z.enum(Object.keys(measures) as [keyof typeof measures, ...(keyof typeof measures)[]]),
        measures: z.array(z.string()),
        source: z.string(),
        absence: z.string(),
        reason: z.string(),
        remedy: z.string(),
        database: z.string().optional(),
      }),
    ),
  }),
  summary: z.strictObject({
    headline: z.string(),
    opportunities: z.number(),
    /** Share of database time, computed on the remaining load in plan order; null when nothing can be quantified. */
    estimatedImprovement: interval.nullable(),
    effortPersonDays: z.number(),
    /** Of all opportunities together, nothing counted twice; absent where nobody configured prices. */
    money: moneySchema.optional(),
    quickWins: z.number(),
    newSinceLast: z.number(),
    goneSinceLast: z.number(),
    top: z.array(z.string()).max(3),
  }),
  opportunities: z.array(opportunitySchema),
  regressions: z.array(regressionSchema),
  /** What may be getting worse, and what got better since last time; costliest first, absent where there is none. */
  watch: z.array(movementSchema).optional(),
  improvements: z.array(movementSchema).optional(),
  progress: z.array(progressSchema),
  /** How good earlier promises were, as of this run; absent where none was made. */
  calibration: calibrationSummarySchema.optional(),
  /** What improvement will be measured against; `then` is the last run, `pinned` the pinned week. */
  /** Only in what is made from several kept weeks, monthly and quarterly. */
  review: reviewSchema.optional(),
  baselines: z.strictObject({ previousEnd: time.nullable(), pinnedEnd: time.nullable(), numbers: z.array(number) }),
  roadmap: z.array(
    z.strictObject({
      phase: z.string(),
      weeks: z.string(),
      items: z.array(z.string()),
      resources: z.string(),
      successMetrics: z.array(z.string()),
      mitigation: z.string(),
    }),
  ),
  risks: z.array(
    z.strictObject({
      key: z.string(),
      title: z.string(),
      level: z.enum(['low', 'medium', 'high']),
      technical: z.string(),
      business: z.string(),
      performance: z.string(),
      mitigation: z.string(),
      rollback: z.array(z.string()),
    }),
  ),
  /** What people have decided about findings; absent where nothing is configured. */
  decisions: z.array(decidedSchema).optional(),
  coverage: z.array(
    z.strictObject({
      advisor: z.string(),
      area: z.string(),
      state: z.enum(['found', 'clear', 'blind', 'failed']),
      why: z.string(),
    }),
  ),
  /** The statements that cost most, for the table of the digest and the page. */
  topStatements: z.array(
    z.strictObject({
      statement: z.string(),
      queryid: z.string(),
      database: z.string(),
      text: z.string().nullable(),
      totalTimeMs: z.number(),
      share: z.number(),
      calls: z.number().nullable(),
      meanMs: z.number().nullable(),
      rowsPerCall: z.number().nullable(),
      meanMsThen: z.number().nullable(),
      /** Estimates with the bounds that are certain; absent where they cannot be known. */
      median: percentile.optional(),
      p95: percentile.optional(),
    }),
  ),
  /** What was really asked of the sources, so that a reader can ask again. */
  sources: z.array(
    z.strictObject({
      source: z.string(),
      language: z.string(),
      kind: z.string(),
      measures: z.array(z.string()),
      dialect: z.string().optional(),
      text: z.string(),
      rows: z.number(),
    }),
  ),
});

export const reportSchema = z.strictObject({
  version: z.literal(1),
  generatedAt: time,
  cadence: z.enum(['weekly', 'monthly', 'quarterly', 'on-demand']),
  window: z.strictObject({ start: time, end: time }),
  targets: z.array(targetReportSchema),
  /** Targets that could not be hunted, and why. */
  failures: z.array(z.strictObject({ target: z.string(), why: z.string() })),
});

export type Report = z.infer<typeof reportSchema>;
export type TargetReport = z.infer<typeof targetReportSchema>;
/** Begins the label of a baseline number that a user's own expression gave. */
export const EXPERIENCE = 'User experience: ';

export type BaselineNumber = z.infer<typeof number>;
export type TopStatement = TargetReport['topStatements'][number];
export type Cadence = Report['cadence'];
