/** One writer at a time to a file of the folder store, across processes: a file beside it that only one can create. */
import { open, stat, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { StoreError } from './error.ts';
import { TEMPORARY } from './key.ts';

/** A change is one read and one write; a lock that old was left by a run that was killed. */
const STALE_MS = 10_000;
const PAUSE_MS = 20;
const PATIENCE_MS = 30_000;

export async function locked<Result>(file: string, work: () => Promise<Result>): Promise<Result> {
  const lock = join(dirname(file), `${TEMPORARY}lock-${basename(file)}`);
  for (let waited = 0; !(await taken(lock)); waited += PAUSE_MS) {
    if (waited >= PATIENCE_MS) {
      throw new StoreError(`cannot write ${file}: another run holds ${lock}; if there is none, delete it`);
    }
    await sleep(PAUSE_MS);
  }
  try {
    return await work();
  } finally {
    await unlink(lock).catch(() => {});
  }
}

async function taken(lock: string): Promise<boolean> {
  try {
    await (await open(lock, 'wx')).close();
    return true;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    // Without the folder there is nothing to change either; the reader finds that out.
    if (code === 'ENOENT') return true;
    if (code !== 'EEXIST') throw error;
    const since = await stat(lock).catch(() => null);
    if (since !== null && Date.now() - since.mtimeMs > STALE_MS) await unlink(lock).catch(() => {});
    return false;
  }
}
