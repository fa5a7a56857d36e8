/** A small object that several runs may change: written only over what was read, and never over what cannot be read. */
import { createHash } from 'node:crypto';
import type { Objects } from '../model/objects.ts';
import { HistoryError } from './history-keys.ts';

/** As many runs may come first; more is no chance. */
const MOST_TRIES = 10;

export type Parsed<Value> =
  | { readonly value: Value }
  /** Why not, as the end of a sentence that begins with the key. */
  | { readonly refused: string; readonly newer: boolean };

export interface Kept<Value> {
  /** Ends in `.json`. */
  readonly key: string;
  readonly read: (bytes: Uint8Array) => Parsed<Value>;
}

/**
 * What stands there now; null when `change` gave null, which leaves it as it was. A damaged object is copied aside first
 * (`….set-aside-<hash>.json`), one of a newer version is refused: HistoryError.
 */
export async function changed<Value>(
  store: Objects,
  { key, read }: Kept<Value>,
  change: (was: Value | null) => Value | null,
): Promise<Value | null> {
  for (let tries = 0; tries < MOST_TRIES; tries += 1) {
    const bytes = await store.get(key);
    const was = bytes === null ? null : read(bytes);
    if (was !== null && 'refused' in was && was.newer) {
      throw new HistoryError(`${key} ${was.refused}: upgrade this pg-hunt`);
    }
    const next = change(was === null || 'refused' in was ? null : was.value);
    if (next === null) return null;
    if (bytes !== null && was !== null && 'refused' in was) await setAside(store, key, bytes);
    const body = new TextEncoder().encode(`${JSON.stringify(next, null, 1)}\n`);
    const done =
      bytes === null
        ? await store.putIfAbsent(key, body, 'application/json')
        : await store.putIfSame(key, body, bytes, 'application/json');
    if (done) return next;
  }
  throw new HistoryError(`${key} is changed by others all the time: run again`);
}

/** A copy under a name of its own, the same for the same bytes. Its key. */
export async function setAside(store: Objects, key: string, bytes: Uint8Array): Promise<string> {
  const hash = createHash('sha256').update(bytes).digest('hex').slice(0, 12);
  const aside = key.replace(/\.json$/, `.set-aside-${hash}.json`);
  await store.putIfAbsent(aside, bytes, 'application/json');
  return aside;
}
