/**
 * Which target a PostgreSQL was joined to: `targets.json` in the store. While one of the two sources is down, nothing
 * else tells that they are one, and a second name would begin a second history.
 */
import * as z from 'zod';
import type { Objects } from '../model/objects.ts';

const key = 'targets.json';
const schema = z.object({ version: z.literal(1), postgres: z.record(z.string(), z.string()) });

/** host:port of a PostgreSQL → target. */
export type KnownNames = ReadonlyMap<string, string>;

/** Damaged or of another version is as good as none: the next run with both sources writes it again. */
export async function loadNames(store: Objects): Promise<KnownNames> {
  const bytes = await store.get(key);
  if (bytes === null) return new Map();
  try {
    return new Map(Object.entries(schema.parse(JSON.parse(new TextDecoder().decode(bytes))).postgres));
  } catch {
    return new Map();
  }
}

/** Writes only what is new. */
export async function saveNames(store: Objects, known: KnownNames, joined: KnownNames): Promise<void> {
  if ([...joined].every(([postgres, target]) => known.get(postgres) === target)) return;
  const all = [...known, ...joined].sort(([a], [b]) => (a < b ? -1 : 1));
  const body = `${JSON.stringify({ version: 1, postgres: Object.fromEntries(new Map(all)) }, null, 2)}\n`;
  await store.put(key, new TextEncoder().encode(body), 'application/json');
}
