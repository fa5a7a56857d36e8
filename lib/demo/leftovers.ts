/** Makes room for a fresh demo: only what an earlier demo wrote goes, everything else in the store is the user's. */
import { readdir, rm } from 'node:fs/promises';
import path from 'node:path';

export async function clearEarlier(store: string, target: string): Promise<void> {
  const own = [path.join('history', target), path.join('reports', target), path.join('baseline', `${target}.json`)];
  for (const each of own) await rm(path.join(store, each), { recursive: true, force: true });
  for (const folder of ['claims', 'mail']) {
    const at = path.join(store, folder);
    const named = (await list(at)).filter((name) => belongsTo(name, target));
    for (const name of named) await rm(path.join(at, name), { recursive: true, force: true });
  }
}

/** `weekly-demo-shop-2026-W47.eml` is ours, `demo-shopping.eml` is not. */
function belongsTo(name: string, target: string): boolean {
  const at = name.indexOf(target);
  if (at < 0) return false;
  const around = [name[at - 1], name[at + target.length]];
  return around.every((character) => character === undefined || !/[a-z0-9]/i.test(character));
}

async function list(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
}
