/** History in the store: history/<target>/<window-end>.json.gz, immutable once written, and the pin beside it. */
import { gunzipSync, gzipSync } from 'node:zlib';
import * as z from 'zod';
import type { Past } from '../model/changes.ts';
import { type History, historySchema } from '../model/history.ts';
import type { Objects } from '../model/objects.ts';
import type { Window } from '../model/snapshot.ts';

import { folderOf, HistoryError, historyKey, keyTime, lengthName, weeklyKeys } from './history-keys.ts';
import { loadWeeks } from './history-weeks.ts';
import { readPinned } from './pin.ts';

export { HistoryError, historyKey } from './history-keys.ts';
export { historyOf } from './remember.ts';

const VERSION = 2;
/** Beyond any real history; a small object must not unpack into all of the memory. */
const MAX_BYTES = 256 * 1024 * 1024;

/** Byte for byte the same for the same history. */
export function encodeHistory(history: History): Uint8Array {
  const packed = gzipSync(JSON.stringify(history, sorted), { level: 9 });
  // Byte 9 of the header names the operating system; 255 is "unknown", so that two hosts write the same bytes.
  packed[9] = 255;
  return packed;
}

export function decodeHistory(bytes: Uint8Array, key: string): History {
  const json = unpacked(bytes, key);
  const version = z.looseObject({ version: z.number() }).safeParse(json);
  if (version.success && version.data.version > VERSION) {
    throw new HistoryError(
      `${key} was written by a newer pg-hunt (version ${version.data.version}, this one reads ${VERSION}): upgrade this pg-hunt`,
    );
  }
  const parsed = historySchema.safeParse(version.success && version.data.version === 1 ? secondOf(version.data) : json);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw damaged(key, `${issue?.path.join('.') || 'the document'}: ${issue?.message ?? 'wrong shape'}`);
}

/** What version 2 added: hours, and what the detector follows. */
function secondOf(first: object): object {
  return { ...first, version: VERSION, series: null, tracked: [] };
}

/**
 * The latest usable history before the window's end, the pinned one, and the weeks that the detector looks back on; what
 * is unusable is said, not hidden.
 */
export async function loadPast(store: Objects, target: string, window: Window): Promise<Past> {
  const notes: string[] = [];
  const keys = await keysBefore(store, target, window);
  const previous = await latest(store, target, keys, notes);
  const weeks = await loadWeeks(weeklyKeys(keys, window.end), (key) => usable(store, target, key, notes));
  return { previous, pinned: await pinnedHistory(store, target, window, notes), ...weeks, notes };
}

/** Only the run before: what a source without a past of its own needs to know. */
export async function loadPrevious(store: Objects, target: string, window: Window): Promise<History | null> {
  return latest(store, target, await keysBefore(store, target, window), []);
}

/** As long as this window first, latest first; then those of a week or less. A month is never before a week. */
async function keysBefore(store: Objects, target: string, window: Window): Promise<readonly string[]> {
  const folder = folderOf(target);
  const before = `${folder}${keyTime(window.end)}`;
  const keys = await store.list(folder);
  const earlier = keys
    .filter((key) => key.slice(0, before.length) < before)
    .sort()
    .reverse();
  const alike = (name: string) => earlier.filter((key) => key.slice(before.length) === `${name}.json.gz`);
  const long = lengthName(window);
  return long === '' ? alike('') : [...alike(long), ...alike('')];
}

async function latest(
  store: Objects,
  target: string,
  keys: readonly string[],
  notes: string[],
): Promise<History | null> {
  for (const key of keys) {
    const history = await usable(store, target, key, notes);
    if (history !== null) return history;
  }
  return null;
}

async function pinnedHistory(store: Objects, target: string, window: Window, notes: string[]): Promise<History | null> {
  try {
    const end = await readPinned(store, target);
    // The pinned week compared with itself, or an older window run again: nothing to look back on.
    if (end === null || keyTime(end) >= keyTime(window.end)) return null;
    const key = historyKey(target, end);
    const said = notes.length;
    const history = await usable(store, target, key, notes);
    if (history === null && notes.length === said)
      notes.push(`The pinned baseline ${key} is not there: pin another week.`);
    return history;
  } catch (error) {
    if (!(error instanceof HistoryError)) throw error;
    notes.push(`${error.message}.`);
    return null;
  }
}

/** null when it is gone or unusable; of the second the reader is told. */
export async function usable(store: Objects, target: string, key: string, notes: string[]): Promise<History | null> {
  const bytes = await store.get(key);
  if (bytes === null) return null;
  try {
    const history = decodeHistory(bytes, key);
    if (history.target !== target) throw damaged(key, `it is of the target ${JSON.stringify(history.target)}`);
    return history;
  } catch (error) {
    if (!(error instanceof HistoryError)) throw error;
    const note = `${error.message}. It was not used.`;
    if (!notes.includes(note)) notes.push(note);
    return null;
  }
}

function unpacked(bytes: Uint8Array, key: string): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(gunzipSync(bytes, { maxOutputLength: MAX_BYTES })));
  } catch (error) {
    throw damaged(key, error instanceof Error ? error.message : String(error), error);
  }
}

function damaged(key: string, what: string, cause?: unknown): HistoryError {
  return new HistoryError(`${key} is damaged (${what}): restore an earlier version of the object or delete it`, {
    cause,
  });
}

function sorted(_key: string, value: unknown): unknown {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
