/** The store in a folder. Every file appears whole or not at all: written beside its place, flushed, then moved. */
import { randomUUID } from 'node:crypto';
import { link, mkdir, open, readdir, readFile, rename, unlink } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { Objects } from '../model/objects.ts';
import { StoreError } from './error.ts';
import { byUtf8, checkKey, checkPrefix, TEMPORARY } from './key.ts';
import { locked } from './lock.ts';

const CODES_WITHOUT_LINKS = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'];

/** The folder is made by the first write. */
export function createFolder(path: string): Objects {
  const root = resolve(path);
  const place = (key: string): string => join(root, ...checkKey(key).split('/'));

  return {
    location: root,

    async get(key) {
      const file = place(key);
      try {
        return await readFile(file);
      } catch (error) {
        // A key may be the beginning of others, as in S3; here that is a folder of the name.
        if (codeOf(error) === 'ENOENT' || codeOf(error) === 'EISDIR') return null;
        throw failure('read', file, error);
      }
    },

    async put(key, body) {
      const file = place(key);
      await write(file, body, (temporary) => rename(temporary, file));
    },

    async putIfAbsent(key, body) {
      const file = place(key);
      return write(file, body, (temporary) => linkOrCreate(temporary, file, body));
    },

    async putIfSame(key, body, was) {
      const file = place(key);
      const change = async () => {
        const there = await this.get(key);
        if (there === null || Buffer.compare(there, was) !== 0) return false;
        await write(file, body, (temporary) => rename(temporary, file));
        return true;
      };
      try {
        return await locked(file, change);
      } catch (error) {
        throw error instanceof StoreError ? error : failure('write', file, error);
      }
    },

    async list(prefix) {
      checkPrefix(prefix);
      const within = prefix.slice(0, prefix.lastIndexOf('/') + 1);
      const keys = await keysUnder(root, within);
      return keys.filter((key) => key.startsWith(prefix)).sort(byUtf8);
    },
  };
}

async function write<Result>(
  file: string,
  body: Uint8Array,
  place: (temporary: string) => Promise<Result>,
): Promise<Result> {
  const folder = dirname(file);
  const temporary = join(folder, `${TEMPORARY}${randomUUID()}`);
  try {
    await makeFolder(folder);
    try {
      await flush(temporary, body);
      const result = await place(temporary);
      await flushFolder(folder);
      return result;
    } finally {
      // Gone already after a rename; what else stands in the way was reported by the write itself.
      await unlink(temporary).catch(() => {});
    }
  } catch (error) {
    throw failure('write', file, error);
  }
}

/** Not mkdir's own recursion: where nothing can be made, as below /proc or an automounter's folder, it never ends. */
async function makeFolder(folder: string): Promise<void> {
  const made = (error: unknown) => {
    if (codeOf(error) !== 'EEXIST') throw error; // if it is a file, the write says so
  };
  try {
    await mkdir(folder).catch(made);
  } catch (error) {
    if (codeOf(error) !== 'ENOENT' || dirname(folder) === folder) throw error;
    await makeFolder(dirname(folder));
    await mkdir(folder).catch(made);
  }
}

async function flush(file: string, body: Uint8Array): Promise<void> {
  const handle = await open(file, 'wx');
  try {
    await handle.writeFile(body);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Makes the new name itself survive a power cut, where the system lets a folder be flushed (Windows does not). */
async function flushFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r').catch(() => null);
  if (handle === null) return;
  await handle.sync().catch(() => {});
  await handle.close();
}

/** A hard link fails when the name exists, atomically. FAT and some network drives have none: there, first come. */
async function linkOrCreate(temporary: string, file: string, body: Uint8Array): Promise<boolean> {
  try {
    await link(temporary, file);
    return true;
  } catch (error) {
    // Only here does "it exists" mean that another writer was first; from mkdir it means a file in the way.
    if (codeOf(error) === 'EEXIST') return false;
    if (!CODES_WITHOUT_LINKS.includes(codeOf(error) ?? '')) throw error;
    return create(file, body);
  }
}

async function create(file: string, body: Uint8Array): Promise<boolean> {
  try {
    await flush(file, body);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    await unlink(file).catch(() => {});
    throw error;
  }
}

async function keysUnder(root: string, within: string): Promise<string[]> {
  const folder = join(root, ...within.split('/'));
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return [];
    throw failure('list', folder, error);
  });
  const keys = await Promise.all(
    entries
      .filter(({ name }) => !name.startsWith(TEMPORARY))
      .map((entry) => {
        if (entry.isDirectory()) return keysUnder(root, `${within}${entry.name}/`);
        return entry.isFile() ? [`${within}${entry.name}`] : [];
      }),
  );
  return keys.flat();
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

const remedies: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full: free some space or choose another store',
  EDQUOT: 'the quota of the disk is used up: free some space or choose another store',
  EACCES: 'no permission: give this user the right to it, or choose another store',
  EPERM: 'no permission: give this user the right to it, or choose another store',
  EROFS: 'the file system is read-only: choose another store',
  ENOTDIR: 'a part of this path is a file and no folder: move the file away or choose another store',
  EEXIST: 'a part of this path is a file and no folder: move the file away or choose another store',
  EISDIR: 'there is a folder of this name: move it away or choose another store',
  ENAMETOOLONG: 'the name is too long for this file system',
  ENOENT: 'no folder can be made there: choose another store',
  EMFILE: 'too many open files: raise the limit (ulimit -n)',
};

function failure(verb: string, file: string, error: unknown): StoreError {
  const code = codeOf(error);
  const why =
    (code === undefined ? undefined : remedies[code]) ?? (error instanceof Error ? error.message : `${error}`);
  return new StoreError(`cannot ${verb} ${file}: ${why}${code === undefined ? '' : ` (${code})`}`, { cause: error });
}
