/** An opportunity as the Report document has it, and the pieces it shares with other parts of the document. */
import * as z from 'zod';
import { moneySchema } from './money.ts';

export const interval = z.object({ low: z.number(), likely: z.number(), high: z.number() });
export const time = z.iso.datetime();
export const share = z.number().min(0).max(1);

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
  /** At most. */
  walBytes: z.number().optional(),
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
    /** false: it only looks; what a change may bring afterwards is not in summary.estimatedImprovement. */
    counted: z.boolean().optional(),
    basis: z.string(),
    confidence: z.enum(['low', 'medium', 'high']),
  }),
  /** `analysis`, `review` and `rollout` add up to `engineerHours`; absent in reports of older versions. */
  effort: z.strictObject({
    engineerHours: z.number(),
    analysis: z.number().optional(),
    review: z.number().optional(),
    rollout: z.number().optional(),
    machineMinutes: z.number().optional(),
  }),
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
  /** What shows whether it worked; absent in reports of older versions. */
  measuredBy: z
    .strictObject({
      language: z.enum(['sql', 'promql']),
      query: z.string(),
      now: z.number().optional(),
      target: z.number().optional(),
      unit: unitSchema.optional(),
    })
    .optional(),
  /** How to try it and how to bring it out; absent in reports of older versions. */
  notes: z.strictObject({ test: z.string(), rollout: z.string() }).optional(),
  firstSeen: time,
  status: z.enum(['new', 'persisting', 'worse', 'better']),
  /** Absent where nobody configured prices. */
  money: moneySchema.optional(),
  /** A decision about it that has run out. */
  ranOut: z.strictObject({ decision: z.enum(['mute', 'accept']), reason: z.string(), until: z.iso.date() }).optional(),
});

export type Opportunity = z.infer<typeof opportunitySchema>;
