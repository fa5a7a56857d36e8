/**
 * The Report document, version 1 (design.md, part 5): the one thing every rendering and every other program reads.
 * One zod schema types the code and makes report.schema.json (`npm run schema`). Shares are 0..1, sizes bytes,
 * times what their name says, timestamps ISO 8601 in UTC.
 */
import { z } from 'zod';
import { measures } from './measures.ts';

const interval = z.object({ low: z.number(), likely: z.number(), high: z.number() });
const time = z.iso.datetime();
const share = z.number().min(0).max(1);

export const unitSchema = z.enum([
  'ms',
  's',
  'bytes',
  'share',
  'count',
  'rows',
  'blocks',
  'unix-s',
  'xids',
  'ms/week',
  'ms/call',
  'rows/call',
  'blocks/call',
  'calls/week',
]);

export const subjectSchema = z.strictObject({
  database: z.string().optional(),
  schema: z.string().optional(),
  table: z.string().optional(),
  index: z.string().optional(),
  queryid: z.string().optional(),
  setting: z.string().optional(),
  statement: z.string().optional(),
});

const evidence = z.strictObject({
  label: z.string(),
  value: z.union([z.number(), z.string()]),
  unit: unitSchema.optional(),
  source: z.string(),
});

const step = z.strictObject({
  sql: z.string().optional(),
  text: z.string(),
  lock: z.string().optional(),
  blocks: z.string().optional(),
  inTransaction: z.boolean().optional(),
  durationEstimate: interval.extend({ unit: z.literal('s') }).optional(),
  diskBytes: z.number().optional(),
});

export const opportunitySchema = z.strictObject({
  key: z.string(),
  advisor: z.string(),
  area: z.enum(['query', 'index', 'maintenance', 'system']),
  horizon: z.enum(['quick-win', 'medium', 'long-term']),
  title: z.string(),
  subject: subjectSchema,
  evidence: z.array(evidence),
  approach: z.string(),
  /** `time`: unit ms/week; `space`: bytes; `risk`: no number is invented, all three are null. */
  benefit: z.strictObject({
    kind: z.enum(['time', 'space', 'risk']),
    low: z.number().nullable(),
    likely: z.number().nullable(),
    high: z.number().nullable(),
    unit: z.enum(['ms/week', 'bytes', 'none']),
    shareOfDbTime: interval.optional(),
    /** What the change does to the statements it touches, alone: share of their time that goes away. */
    reduces: interval.optional(),
    statements: z.array(z.string()).optional(),
    basis: z.string(),
    confidence: z.enum(['low', 'medium', 'high']),
  }),
  effort: z.strictObject({ engineerHours: z.number(), machineMinutes: z.number().optional() }),
  /** Database-hours saved in a quarter per engineer-hour; null where the benefit is not time. */
  roi: z.number().nullable(),
  risk: z.strictObject({
    level: z.enum(['low', 'medium', 'high']),
    technical: z.string(),
    business: z.string(),
    performance: z.string(),
    mitigation: z.string(),
    rollback: z.array(z.string()),
  }),
  steps: z.array(step),
  maintenanceWindow: z.string(),
  acceptance: z.string(),
  firstSeen: time,
  status: z.enum(['new', 'persisting', 'worse', 'better']),
});

export const causeKinds = [
  'calls',
  'latency',
  'rows',
  'blocks',
  'data-growth',
  'cache',
  'plan',
  'new-statement',
  'unknown',
] as const;

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
  status: z.enum(['new', 'open', 'resolved']),
  /** Table of the alert: what a call looked like before and now. */
  facts: z.array(
    z.strictObject({ label: z.string(), unit: unitSchema, before: z.number().nullable(), now: z.number().nullable() }),
  ),
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

const number = z.strictObject({
  label: z.string(),
  unit: unitSchema,
  now: z.number().nullable(),
  previous: z.number().nullable(),
  pinned: z.number().nullable(),
  why: z.string().optional(),
});

export const targetReportSchema = z.strictObject({
  target: z.string(),
  server: z.strictObject({
    version: z.string().nullable(),
    role: z.string().nullable(),
    platform: z.string().nullable(),
  }),
  quality: z.strictObject({
    sources: z.array(z.enum(['prometheus', 'postgres'])),
    coveredShare: z.number().nullable(),
    resets: z.number(),
    statementCoverage: z.number().nullable(),
    statisticsAgeSeconds: z.number().nullable(),
    blindDatabases: z.array(z.string()),
    notes: z.array(z.string()),
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
    quickWins: z.number(),
    newSinceLast: z.number(),
    goneSinceLast: z.number(),
    top: z.array(z.string()).max(3),
  }),
  opportunities: z.array(opportunitySchema),
  regressions: z.array(regressionSchema),
  progress: z.array(progressSchema),
  /** What improvement will be measured against; `then` is the last run, `pinned` the pinned week. */
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
export type Opportunity = z.infer<typeof opportunitySchema>;
export type Regression = z.infer<typeof regressionSchema>;
export type Progress = z.infer<typeof progressSchema>;
export type BaselineNumber = z.infer<typeof number>;
export type TopStatement = TargetReport['topStatements'][number];
export type Cadence = Report['cadence'];
