import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { clearEarlier } from '../../lib/demo/leftovers.ts';

/** The beginning of the sha256 of `["demo-shop"]`, as the store has it. */
const demoShop = '8cb30bb5051f77c5';

const theirs = [
  'history/demo-shop/2026-11-15T00:00:00Z.json.gz',
  'reports/demo-shop/2026-W47/index.html',
  'baseline/demo-shop.json',
  `claims/weekly/${demoShop}/20261122T120000Z/digest-2026-W47-b.json`,
  'mail/digest-2026-W47-b.eml',
];
const ours = [
  'history/prod/2026-11-15T00:00:00Z.json.gz',
  'reports/demo-shop-2/2026-W47/index.html',
  'claims/weekly/0123456789abcdef/20261122T110000Z/digest-2026-W47-a.json',
  'mail/digest-2026-W47-a.eml',
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
