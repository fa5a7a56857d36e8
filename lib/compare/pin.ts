/** The pinned reference week: one small object a target, baseline/<target>.json, changed only as it was read. */
import * as z from 'zod';
import type { Objects } from '../model/objects.ts';
import { changed, type Kept, type Parsed } from './changed.ts';
import { baselineKey, HistoryError, historyKey } from './history-keys.ts';

/** `end: null`: let go. A run cannot delete. */
const pinSchema = z.object({ version: z.literal(1), target: z.string(), end: z.iso.datetime().nullable() });

/** `end`: of a week that is kept. Throws HistoryError. */
export async function pinBaseline(store: Objects, target: string, end: string): Promise<void> {
  const key = historyKey(target, end);
  if ((await store.get(key)) === null) {
    throw new HistoryError(`${key} cannot be pinned as the baseline of ${target}: there is no such history`);
  }
  await changed(store, pinOf(target), () => ({ version: 1 as const, target, end }));
}

/** False when none was pinned. */
export async function unpinBaseline(store: Objects, target: string): Promise<boolean> {
  const pin = await changed(store, pinOf(target), (was) =>
    was === null || was.end === null ? null : { ...was, end: null },
  );
  return pin !== null;
}

/** End of the pinned week; null when none is pinned. */
export async function readPinned(store: Objects, target: string): Promise<string | null> {
  const key = baselineKey(target);
  const bytes = await store.get(key);
  if (bytes === null) return null;
  const read = readPin(bytes);
  if ('value' in read) return read.value.end;
  throw new HistoryError(`${key} ${read.refused}${read.newer ? '' : ': pin a baseline again or delete it'}`);
}

function pinOf(target: string): Kept<z.infer<typeof pinSchema>> {
  return { key: baselineKey(target), read: readPin };
}

function readPin(bytes: Uint8Array): Parsed<z.infer<typeof pinSchema>> {
  try {
    const json: unknown = JSON.parse(new TextDecoder().decode(bytes));
    const { data } = pinSchema.safeParse(json);
    if (data !== undefined) return { value: data };
    const version = z.looseObject({ version: z.number().min(2) }).safeParse(json).data?.version;
    if (version !== undefined) return { refused: `was written by a newer pg-hunt (version ${version})`, newer: true };
  } catch {
    // Then it is damaged.
  }
  return { refused: 'is damaged', newer: false };
}
