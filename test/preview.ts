/**
 * `npm run preview [-- snapshot.json.gz …]`: every state of mails and pages as a folder to click through; saved
 * snapshots are hunted again, each into a folder of its own. Prints the address of the page to open.
 */
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { readConfig } from '../lib/config.ts';
import { createFolderMailbox } from '../lib/deliver/folder.ts';
import { hunt } from '../lib/hunt.ts';
import { parseSnapshot } from '../lib/model/snapshot-file.ts';
import { markup } from '../lib/report/markup.ts';
import { documentOf } from '../lib/report/render-html.ts';
import { createFolder } from '../lib/store/folder.ts';
import { filesOf } from './support/preview.ts';
import { described } from './support/states.ts';

const root = resolve('out/preview');

interface Entry {
  readonly name: string;
  readonly about: string;
  readonly paths: readonly string[];
}

async function fixture([name, { about, make }]: [string, (typeof described)[string]]): Promise<Entry> {
  const files = await filesOf(make());
  for (const { path, body } of files) {
    const file = join(root, name, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, body);
  }
  return { name, about, paths: toOpen(files.map(({ path }) => path)) };
}

/** Mails in each form, the indexes, and of the first target its weeks and all of its newest folder. */
function toOpen(paths: readonly string[]): readonly string[] {
  const [home = ''] = paths.flatMap((path) => /^reports\/[^/]+\/index\.html$/.exec(path)?.[0].slice(0, -10) ?? []);
  const newest = paths.flatMap((path) =>
    path.startsWith(home) ? (/^\d{4}-[^/]+/.exec(path.slice(home.length)) ?? []) : [],
  );
  const folder = `${home}${newest.toSorted().at(-1)}/`;
  return [
    ...paths.filter((path) => path.startsWith('mail/')),
    ...paths.filter((path) => !path.includes('/')),
    ...(home === '' ? [] : paths.filter((path) => path === `${home}index.html` || path.startsWith(folder))),
  ];
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
  return { name, about: `${basename(file)}, hunted again`, paths: toOpen(await list(join(root, name))) };
}

/** Every file below, as paths from there. */
async function list(folder: string): Promise<readonly string[]> {
  const found = await readdir(folder, { recursive: true, withFileTypes: true });
  return found
    .flatMap((one) => (one.isFile() ? [relative(folder, join(one.parentPath, one.name)).split(sep).join('/')] : []))
    .sort();
}

await rm(root, { recursive: true, force: true });
const entries: Entry[] = [];
for (const one of Object.entries(described)) entries.push(await fixture(one));
for (const file of process.argv.slice(2)) entries.push(await replay(file));
const parts = entries.map(({ name, about, paths }) => {
  const items = paths.map((path) => markup`<li><a href="${name}/${path}">${path}</a></li>`);
  return markup`<section><h2 id="${name}">${about}</h2><ul>${items}</ul></section>`;
});
const page = documentOf({
  title: 'Preview',
  header: markup`<h1>Every state</h1>`,
  contents: entries.map(({ name }) => ({ text: name, to: `#${name}` })),
  body: markup`${parts}`,
});
await writeFile(join(root, 'index.html'), page);
process.stdout.write(`${pathToFileURL(join(root, 'index.html')).href}\n`);
