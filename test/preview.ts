/**
 * `npm run preview [-- snapshot.json.gz …]`: every state of mails and pages as a folder to click through; saved
 * snapshots are hunted again, each into a folder of its own. Prints the address of the page to open.
 */
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { readConfig } from '../lib/config.ts';
import { createFolderMailbox } from '../lib/deliver/folder.ts';
import { hunt } from '../lib/hunt.ts';
import { parseSnapshot } from '../lib/model/snapshot-file.ts';
import { markup, nothing } from '../lib/report/markup.ts';
import { documentOf } from '../lib/report/render-html.ts';
import { createFolder } from '../lib/store/folder.ts';
import { filesOf } from './support/preview.ts';
import { states } from './support/states.ts';

const root = resolve('out/preview');

interface Entry {
  readonly name: string;
  readonly paths: readonly string[];
}

async function fixture([name, make]: [string, (typeof states)[string]]): Promise<Entry> {
  const files = await filesOf(make());
  for (const { path, body } of files) {
    const file = join(root, name, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, body);
  }
  return {
    name,
    paths: files.map(({ path }) => path).filter((path) => /^(index|mail\/[\w-]+)\.(html|txt)$/.test(path)),
  };
}

async function replay(file: string): Promise<Entry> {
  const bytes = await readFile(file);
  const snapshot = parseSnapshot((bytes[0] === 0x1f ? gunzipSync(bytes) : bytes).toString('utf8'));
  const name = `replay-${basename(file).replace(/\W+/g, '-')}-${snapshot.target}`;
  const now = snapshot.window.end;
  await hunt({
    config: readConfig({ env: {}, flags: { store: join(root, name) }, needsSource: false, now }),
    store: createFolder(join(root, name)),
    mailbox: createFolderMailbox(join(root, name, 'mail')),
    sources: { replay: snapshot },
    now,
    runId: 'preview',
    progress: () => {},
  });
  return { name, paths: ['index.html'] };
}

await rm(root, { recursive: true, force: true });
const entries: Entry[] = [];
for (const one of Object.entries(states)) entries.push(await fixture(one));
for (const file of process.argv.slice(2)) entries.push(await replay(file));
const items = entries.map(
  ({ name, paths }) =>
    markup`<li>${name}: ${paths.map((path, at) => markup`${at === 0 ? nothing : ', '}<a href="${name}/${path}">${path}</a>`)}</li>`,
);
const page = documentOf({
  title: 'Preview',
  header: markup`<h1>Every state</h1>`,
  contents: [],
  body: markup`<section><ul>${items}</ul></section>`,
});
await writeFile(join(root, 'index.html'), page);
process.stdout.write(`${pathToFileURL(join(root, 'index.html')).href}\n`);
