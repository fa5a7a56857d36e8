/** Makes room for a fresh demo: only what an earlier demo wrote goes, everything else in the store is the user's. */
import { readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { hashOf } from '../deliver/name.ts';

export async function clearEarlier(store: string, target: string): Promise<void> {
  const own = [path.join('history', target), path.join('reports', target), path.join('baseline', `${target}.json`)];
  for (const each of own) await rm(path.join(store, each), { recursive: true, force: true });
  // A mail's name does not tell its target; the claims do, which are kept by target and named like the mails.
  const targets = hashOf(JSON.stringify([target]), 16);
  for (const cadence of await list(path.join(store, 'claims'))) {
    const claims = path.join(store, 'claims', cadence, targets);
    for (const end of await list(claims)) {
      for (const claim of await list(path.join(claims, end))) {
        await rm(path.join(store, 'mail', claim.replace(/\.json$/, '.eml')), { force: true });
      }
    }
    await rm(claims, { recursive: true, force: true });
  }
}

/** Names in a folder, sorted; none where there is no such folder. */
export async function list(folder: string): Promise<readonly string[]> {
  try {
    return (await readdir(folder)).sort();
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : null;
    if (code === 'ENOENT' || code === 'ENOTDIR') return [];
    throw error;
  }
}
