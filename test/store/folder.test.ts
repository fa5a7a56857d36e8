import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { link, open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, describe, expect, test, vi } from 'vitest';
import { StoreError } from '../../lib/store/error.ts';
import { createFolder } from '../../lib/store/folder.ts';
import { contract } from './contract.ts';

// Spies that call the real thing; single tests make them fail as a full disk or a file system without links does.
vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof import('node:fs/promises')>();
  return { ...real, open: vi.fn(real.open), link: vi.fn(real.link) };
});

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});
afterEach(() => {
  vi.mocked(open).mockClear();
});

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'pg-hunt-store-'));
  folders.push(made);
  return join(made, 'out');
}

contract('a folder', async () => {
  const path = folder();
  return {
    store: createFolder(path),
    other: createFolder(path),
    seed: (key, body) => {
      const file = join(path, ...key.split('/'));
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, body);
    },
  };
});

const body = new TextEncoder().encode('body');
const fail = (code: string) => async () => {
  throw Object.assign(new Error(`${code}: injected`), { code });
};

describe('a folder', () => {
  test('that does not exist is empty, and is made by the first write only', async () => {
    const path = folder();
    expect(await createFolder(path).list('')).toEqual([]);
    expect(await createFolder(path).get('a')).toBeNull();
    expect(readdirSync(dirname(path))).toEqual([]);
    await createFolder(path).put('a/b', body, 'text/plain');
    expect(readdirSync(path)).toEqual(['a']);
  });

  test.skipIf(process.platform !== 'linux')('where nothing can be made fails at once', async () => {
    const put = createFolder('/proc/pg-hunt/out').put('a/b', body, 'text/plain');
    await expect(put).rejects.toThrow(/cannot write \/proc\/pg-hunt\/out\/a\/b: no folder can be made there.*ENOENT/);
  });

  test('leaves no temporary file behind, neither after success nor after a lost race', async () => {
    const path = folder();
    const store = createFolder(path);
    await store.put('a', body, 'text/plain');
    await Promise.all(Array.from({ length: 8 }, () => store.putIfAbsent('b', body, 'text/plain')));
    expect(readdirSync(path).sort()).toEqual(['a', 'b']);
  });

  test('does not list what a killed run left half-written', async () => {
    const path = folder();
    await createFolder(path).put('a', body, 'text/plain');
    writeFileSync(join(path, '.tmp-0b5c'), 'half');
    expect(await createFolder(path).list('')).toEqual(['a']);
  });

  test('on a full disk names the file and the remedy, keeps the old body and no temporary file', async () => {
    const path = folder();
    const store = createFolder(path);
    await store.put('report.json', body, 'text/plain');
    const real = vi.mocked(open).getMockImplementation();
    vi.mocked(open).mockImplementationOnce(async (...args) => {
      const handle = await real?.(...args);
      if (handle === undefined) throw new Error('no implementation');
      await handle.writeFile('ha');
      handle.writeFile = fail('ENOSPC');
      return handle;
    });
    const writing = store.put('report.json', new Uint8Array(100), 'text/plain');
    await expect(writing).rejects.toThrow(StoreError);
    await expect(writing).rejects.toThrow(new RegExp(`${path}/report.json: the disk is full: free some space`));
    expect(readdirSync(path)).toEqual(['report.json']);
    expect(Buffer.from((await store.get('report.json')) ?? []).toString()).toBe('body');
  });

  test.each([
    ['EACCES', /no permission: give this user the right/],
    ['EROFS', /read-only: choose another store/],
    ['EMFILE', /too many open files/],
    ['EIO', /EIO: injected/],
  ])('that answers %s says so with the path', async (code, words) => {
    const path = folder();
    vi.mocked(open).mockImplementationOnce(fail(code));
    const writing = createFolder(path).putIfAbsent('x/y', body, 'text/plain');
    await expect(writing).rejects.toThrow(words);
    await expect(writing).rejects.toThrow(join(path, 'x/y'));
  });

  test('that is a file is refused by name, for reading too', async () => {
    const path = folder();
    writeFileSync(path, 'a file');
    const store = createFolder(path);
    for (const doing of [
      () => store.get('a/b'),
      () => store.put('a/b', body, 'text/plain'),
      () => store.put('a', body, 'text/plain'),
      () => store.putIfAbsent('a', body, 'text/plain'),
      () => store.list(''),
    ]) {
      await expect(doing).rejects.toThrow(/a part of this path is a file and no folder/);
    }
  });

  test('answers null for a key that is only the beginning of others', async () => {
    const store = createFolder(folder());
    await store.put('a/b', body, 'text/plain');
    expect(await store.get('a')).toBeNull();
    await expect(store.put('a', body, 'text/plain')).rejects.toThrow(/there is a folder of this name/);
  });

  test('on a file system without hard links still lets one of 8 writers win', async () => {
    const path = folder();
    const store = createFolder(path);
    const real = vi.mocked(link).getMockImplementation();
    vi.mocked(link).mockImplementation(fail('EPERM'));
    try {
      const won = await Promise.all(
        Array.from({ length: 8 }, (_, index) => store.putIfAbsent('claim', Buffer.from(`${index}`), 'text/plain')),
      );
      expect(won.filter(Boolean)).toHaveLength(1);
      expect(readdirSync(path)).toEqual(['claim']);
      expect(Buffer.from((await store.get('claim')) ?? []).toString()).toBe(`${won.indexOf(true)}`);
    } finally {
      if (real !== undefined) vi.mocked(link).mockImplementation(real);
    }
  });
});
