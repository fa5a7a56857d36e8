/** snapshot.json: a snapshot written out, read back with its shape checked, so that a replay trusts what it runs on. */
import { z } from 'zod';
import type { Snapshot } from './snapshot.ts';

export class SnapshotError extends Error {
  override readonly name = 'SnapshotError';
}

const row = <Shape extends z.ZodRawShape>(shape: Shape) => z.looseObject(shape);
const window = z.looseObject({ start: z.iso.datetime(), end: z.iso.datetime() });

const snapshotSchema = z.looseObject({
  version: z.literal(1, { error: 'is of another version; this pg-hunt reads version 1' }),
  target: z.string(),
  takenAt: z.iso.datetime(),
  window,
  server: row({ settings: z.record(z.string(), z.looseObject({ value: z.unknown() })) }),
  databases: z.array(row({ database: z.string() })),
  tables: z.array(row({ database: z.string(), schema: z.string(), table: z.string() })),
  indexes: z.array(row({ database: z.string(), schema: z.string(), table: z.string(), index: z.string() })),
  statements: z.array(row({ database: z.string(), queryid: z.string(), statement: z.string() })),
  hosts: z.array(row({ host: z.string() })),
  spans: z.record(z.string(), window),
  gaps: z.array(row({ kind: z.string(), measures: z.array(z.string()), reason: z.string(), remedy: z.string() })),
  quality: row({ notes: z.array(z.string()), blindDatabases: z.array(z.string()) }),
  sources: z.array(row({ text: z.string() })),
});

export function parseSnapshot(text: string): Snapshot {
  let json: unknown;
  try {
    json = JSON.parse(text);
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
  // The schema checks the frame that readers walk; the measures inside are optional numbers by design.
  return parsed.data as unknown as Snapshot;
}
