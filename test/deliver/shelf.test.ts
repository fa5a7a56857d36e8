import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readShelf } from '../../lib/deliver/shelf.ts';
import type { Objects } from '../../lib/model/objects.ts';
import { createFolder } from '../../lib/store/folder.ts';
import { aReport, aTargetReport } from '../support/report.ts';

let folder: string;
let store: Objects;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'pg-hunt-shelf-'));
  store = createFolder(folder);
  for (const target of ['a', 'b', 'c']) {
    for (const week of [40, 41, 42, 43]) {
      const report = aReport({ targets: [aTargetReport({ target })] });
      const body = new TextEncoder().encode(JSON.stringify(report));
      await store.put(`reports/${target}/2026-W${week}/report.json`, body, 'application/json');
    }
  }
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const shelf = async (others?: number) =>
  (await readShelf(store, ['a'], others)).map(({ target, period }) => `${target} ${period.slice(-2)}`);

const own = ['a 40', 'a 41', 'a 42', 'a 43'];

test('of a target that is not hunted, the newest report', async () => {
  expect(await shelf()).toEqual([...own, 'b 43', 'c 43']);
});

test('more of each where they are few, the same number of all, and never none', async () => {
  expect(await shelf(5)).toEqual([...own, 'b 42', 'b 43', 'c 42', 'c 43']);
  expect(await shelf(400)).toHaveLength(12);
  expect(await shelf(1)).toEqual([...own, 'b 43', 'c 43']);
});
