import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { clearEarlier } from '../../lib/demo/leftovers.ts';

const theirs = [
  'history/demo-shop/2026-11-15T00:00:00Z.json.gz',
  'reports/demo-shop/2026-W47/index.html',
  'baseline/demo-shop.json',
  'claims/weekly-demo-shop-2026-W47.json',
  'mail/weekly-demo-shop-2026-W47.eml',
];
const ours = [
  'history/prod/2026-11-15T00:00:00Z.json.gz',
  'reports/demo-shop-2/2026-W47/index.html',
  'mail/weekly-prod-2026-W47.eml',
  'mail/weekly-demo-shopping-2026-W47.eml',
  'notes.txt',
];

test('only what an earlier demo wrote is removed', async () => {
  const store = await mkdtemp(path.join(tmpdir(), 'leftovers-'));
  try {
    for (const file of [...theirs, ...ours]) {
      await mkdir(path.join(store, path.dirname(file)), { recursive: true });
      await writeFile(path.join(store, file), '');
    }
    await clearEarlier(store, 'demo-shop');
    const left = await readdir(store, { recursive: true, withFileTypes: true });
    const files = left
      .filter((entry) => entry.isFile())
      .map((entry) => path.relative(store, path.join(entry.parentPath, entry.name)));
    expect(files.sort()).toEqual([...ours].sort());
  } finally {
    await rm(store, { recursive: true });
  }
});

test('a store that does not exist yet is no error', async () => {
  await expect(clearEarlier(path.join(tmpdir(), 'no-such-store'), 'demo-shop')).resolves.toBeUndefined();
});
