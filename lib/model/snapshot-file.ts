/** snapshot.json: a snapshot written out, read back with its shape checked, so that a replay trusts what it runs on. */
import * as z from 'zod';
import { measures, type RowKind } from './measures.ts';
import type { Snapshot } from './snapshot.ts';

export class SnapshotError extends Error {
  override readonly name = 'SnapshotError';
}

const text = z.string();
const texts = z.array(text);
const window = z.looseObject({ start: z.iso.datetime(), end: z.iso.datetime() });

/** A row: what names it, numbers where measures stand, and the facts that readers take apart. */
function row<Shape extends z.ZodRawShape>(kind: RowKind, shape: Shape) {
  const counted = Object.fromEntries(Object.keys(measures[kind]).map((name) => [name, z.number().optional()]));
  return z.looseObject({ ...counted, ...shape });
}
const optional = <Shape extends z.ZodRawShape>(shape: Shape) => z.looseObject(shape).partial().shape;
const named = z.array(z.looseObject({ name: text }));
const foreignKeys = z.array(
  z.looseObject({ columns: texts, referencedSchema: text, referencedTable: text, referencedColumns: texts }),
);

const list = (...names: readonly string[]) =>
  z.array(z.looseObject(Object.fromEntries(names.map((name) => [name, text]))));
const counted = (...names: readonly string[]) =>
  z.looseObject({ start: z.iso.datetime(), end: z.iso.datetime(), rows: list(...names) });

const cost = z.number();
const planNode: z.ZodType = z.looseObject({
  ...{ type: text, startupCost: cost, totalCost: cost, rows: cost, width: cost },
  children: z.lazy(() => z.array(planNode)),
});

const whatIf = z.looseObject({
  ...{ database: text, schema: text, table: text, columns: texts, definition: text, sizeBytes: cost },
  statements: z.array(z.looseObject({ statement: text, costBefore: cost, costAfter: cost, usesIndex: z.boolean() })),
});

const values = z.array(z.number().nullable());
const hourly = z.looseObject({
  start: z.iso.datetime(),
  hours: z.int().nonnegative(),
  statements: z.array(
    z.looseObject({
      ...{ database: text, statement: text, queryid: text, calls: values, timeMs: values },
      ...z.object({ user: text, rows: values, blocksRead: values }).partial().shape,
    }),
  ),
});

/** It becomes part of paths; collect makes no other names. */
const target = z.string().regex(/^[A-Za-z0-9_-][A-Za-z0-9._-]*$/, 'is no name of a target');

const snapshotSchema = z.looseObject({
  version: z.literal(1, { error: 'is of another version; this pg-hunt reads version 1' }),
  target,
  takenAt: z.iso.datetime(),
  window,
  server: row('server', {
    settings: z.record(text, z.looseObject({ value: z.union([z.number(), text, z.boolean()]) })),
    ...optional({
      ...{ versionText: text, extensions: texts, overrides: list('setting') },
      ...{ horizon: list('kind', 'name'), slots: list('slot', 'type'), replicas: list('name') },
      ...{ subscriptions: list('subscription', 'database'), progress: list('command') },
      waits: z.looseObject({ samples: z.number(), seconds: z.number(), events: list('type', 'event') }),
      ...{ io: counted('backendType', 'object', 'context'), slru: counted('name') },
    }),
  }),
  databases: z.array(row('database', { database: text, ...optional({ sequences: list('schema', 'sequence') }) })),
  tables: z.array(
    row('table', {
      ...{ database: text, schema: text, table: text },
      ...optional({
        ...{ columns: named, foreignKeys, storage: z.record(text, text), bounds: text, inherits: texts },
        ...{ partitioning: z.looseObject({ strategy: text, key: text }), triggers: named },
        checks: z.array(z.looseObject({ name: text, columns: texts })),
        extendedStatistics: z.array(z.looseObject({ name: text, kinds: texts, columns: texts })),
      }),
    }),
  ),
  indexes: z.array(
    row('index', {
      ...{ database: text, schema: text, table: text, index: text },
      ...optional({ definition: text, keys: named, included: texts, predicate: text, storage: z.record(text, text) }),
    }),
  ),
  statements: z.array(
    row('statement', {
      ...{ database: text, queryid: text, statement: text },
      ...optional({ user: text, text, label: text, plan: z.looseObject({ root: planNode }) }),
    }),
  ),
  hosts: z.array(row('host', { host: text })),
  userExperience: z
    .array(z.looseObject({ name: text, value: z.number().nullable(), unit: text, promql: text }))
    .optional(),
  spans: z.record(text, window),
  gaps: z.array(z.looseObject({ kind: text, measures: texts, reason: text, remedy: text })),
  quality: z.looseObject({ notes: texts, blindDatabases: texts }),
  sources: z.array(z.looseObject({ text })),
  hourly: hourly.optional(),
  whatIf: z.array(whatIf).optional(),
  nodes: z.array(z.looseObject({ name: text, main: z.boolean(), scansSeen: z.boolean() })).optional(),
  formerNames: z.array(target).optional(),
});

export function parseSnapshot(content: string): Snapshot {
  let json: unknown;
  try {
    json = JSON.parse(content);
  } catch (error) {
    throw new SnapshotError('is no JSON', { cause: error });
  }
  const parsed = snapshotSchema.safeParse(json);
  if (!parsed.success) {
    const first = parsed.error.issues[0];
    throw new SnapshotError(
      `is no snapshot: ${first?.path.join('.') || 'the document'} ${first?.message ?? ''}`.trim(),
    );
  }
  // Not parsed.data: zod sorts the keys its own way, and a replay writes the bytes that it read. The schema checks all
  // that readers take apart or count with.
  return json as Snapshot;
}
