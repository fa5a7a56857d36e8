/** What one run leaves for later runs: history/<target>/<window-end>.json.gz, immutable once written. */
import * as z from 'zod';
import { rememberedDecision } from './decision.ts';
import type { DoneSign, Gain } from './finding.ts';
import { subjectSchema } from './opportunity.ts';
import { progressSchema, regressionSchema } from './regression.ts';
import { episodeSchema, seriesSchema, trackedSchema } from './series.ts';
import type { CounterReading } from './snapshot.ts';

const numbers = z.record(z.string(), z.number());
const identified = <Shape extends z.ZodRawShape>(shape: Shape) => z.object({ ...shape, measures: numbers });
const span = z.object({
  start: z.string(),
  end: z.string(),
  source: z.enum(['prometheus', 'postgres', 'cloudwatch']),
  basis: z.enum(['window', 'previous-run', 'statistics-reset']),
});
const interval = z.object({ low: z.number(), likely: z.number(), high: z.number() });

const table = { database: z.string(), schema: z.string(), table: z.string() };
const done: z.ZodType<DoneSign> = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('index-created'),
    ...table,
    columns: z.array(z.string()),
    partial: z.boolean().optional(),
  }),
  z.object({ kind: z.literal('index-dropped'), database: z.string(), schema: z.string(), index: z.string() }),
  z.object({
    kind: z.literal('setting-changed'),
    setting: z.string(),
    from: z.union([z.number(), z.string(), z.boolean(), z.null()]),
  }),
  z.object({ kind: z.literal('storage-changed'), ...table, parameter: z.string(), from: z.string().nullable() }),
  z.object({ kind: z.literal('measure-moved') }),
]);
const gain: z.ZodType<Gain> = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('statement-time'), statements: z.array(z.string()) }),
  z.object({ kind: z.literal('table-measure'), ...table, measure: z.enum(['deadRows', 'modifiedSinceAnalyze']) }),
  z.object({
    kind: z.literal('server-measure'),
    measure: z.enum(['connectionsPeak', 'idleInTransactionSeconds', 'checkpointsRequested']),
  }),
  z.object({ kind: z.literal('object-gone') }),
]);
const readings = z.record(z.string(), numbers);
const reading = z.object({
  at: z.iso.datetime(),
  since: z.string().nullable(),
  startedAt: z.number().nullable(),
  server: numbers,
  databases: readings,
  tables: readings,
  indexes: readings,
  statements: readings,
});

export const historySchema = z.object({
  version: z.literal(2),
  target: z.string(),
  takenAt: z.string(),
  window: z.object({ start: z.string(), end: z.string() }),
  spans: z.partialRecord(z.enum(['server', 'database', 'table', 'index', 'statement', 'host']), span),
  /** Numbers of the executive summary, by label. */
  headline: z.object({
    databaseTimeMsPerWeek: z.number().nullable(),
    opportunities: z.number(),
    statements: z.number(),
  }),
  /** Of this week and those before it, oldest first; absent in histories of older versions. */
  traffic: z
    .array(z.object({ end: z.string(), perSecond: z.number(), of: z.enum(['transactions', 'calls']) }))
    .optional(),
  server: numbers,
  settings: z.record(z.string(), z.union([z.number(), z.string(), z.boolean()])),
  /** Machines; absent in histories of older versions. */
  hosts: z.array(identified({ host: z.string() })).optional(),
  databases: z.array(identified({ database: z.string() })),
  tables: z.array(identified({ database: z.string(), schema: z.string(), table: z.string() })),
  indexes: z.array(identified({ database: z.string(), schema: z.string(), table: z.string(), index: z.string() })),
  /** How applications fared, by the user's own expressions. */
  userExperience: z
    .array(
      z.object({
        name: z.string(),
        unit: z.enum(['s', 'ms', 'share', 'count']),
        promql: z.string(),
        value: z.number(),
      }),
    )
    .optional(),
  statements: z.array(
    identified({ database: z.string(), statement: z.string(), queryid: z.string(), user: z.string().optional() }),
  ),
  // Checked, but kept as it is: a database called `__proto__` would get lost in a copy.
  counters: z.custom<CounterReading>((value) => reading.safeParse(value).success).nullable(),
  /** Every finding of the run and every earlier one whose fate is still open. */
  findings: z.array(
    z.object({
      key: z.string(),
      advisor: z.string(),
      title: z.string(),
      subject: subjectSchema,
      done,
      gain,
      /** `share`: reduction of what `gain` is about; `bytes`: space; null: nothing was promised in numbers. */
      predicted: interval
        .extend({
          unit: z.enum(['share', 'bytes']),
          confidence: z.enum(['low', 'medium', 'high']).optional(),
          /** Before earlier outcomes corrected it; absent where none did. */
          raw: interval.optional(),
        })
        .nullable(),
      rollback: z.array(z.string()),
      firstSeen: z.string(),
      lastSeen: z.string(),
      /** `open`: advised, not seen done; `done`: seen done, verdict follows; `closed`: verdict given or given up. */
      state: z.enum(['open', 'done', 'closed']),
      doneAt: z.string().nullable(),
      /** While the verdict is still to come: how its statements were before, and how far the rest has moved since. */
      before: z
        .object({
          end: z.string(),
          statements: z.array(identified({ database: z.string(), statement: z.string(), queryid: z.string() })),
          /** Median log-ratio of the untouched statements since; null when there were too few to tell. */
          drift: z.number().nullable(),
        })
        .optional(),
    }),
  ),
  regressions: z.array(regressionSchema),
  /** By regression key: how bad it was when it opened, which decides when it is over. */
  openings: numbers,
  progress: z.array(progressSchema),
  /** The week's hours, from a source that has them. Version 1 had none. */
  series: seriesSchema.nullable(),
  /** What the detector follows. */
  tracked: z.array(trackedSchema),
  /** What people have decided, so that a decision about nothing can be named. */
  decisions: z.array(rememberedDecision).optional(),
  /** The same of tables, indexes, databases and the server; absent in histories of older versions. */
  episodes: z.array(episodeSchema).optional(),
  /** Statements that got another id, as they were recognised; `at`: end of the run that did. */
  successors: z
    .array(
      z.object({
        database: z.string(),
        from: z.string(),
        to: z.string(),
        queryid: z.string(),
        at: z.string(),
      }),
    )
    .optional(),
});

export type History = z.infer<typeof historySchema>;
export type HistoryFinding = History['findings'][number];
