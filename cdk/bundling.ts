/** The Lambda's code, made by esbuild on this machine: no Docker, no network. The stack and its test use the same. */
import { copyFileSync, mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync, type Metafile } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
const stub = fileURLToPath(new URL('stub.cjs', import.meta.url));

/** Parts of mjml, axios and pureimage that minify, beautify, fetch, inline, guess or set type: the report asks for none of it. 2.6 MB. */
const unused = [
  'htmlnano',
  'cssnano-preset-lite',
  'js-beautify',
  'undici',
  'encoding-sniffer',
  'mime-types',
  'web-resource-inliner',
  'cheerio',
  'juice',
  'opentype.js',
  'jpeg-js',
];

/** Names of the handler as Lambda wants it: file, then export. */
export const handlerName = 'index.handler';

export function bundle(folder: string): Metafile {
  mkdirSync(folder, { recursive: true });
  const { metafile } = buildSync({
    absWorkingDir: root,
    entryPoints: ['functions/hunt.ts'],
    outfile: join(folder, 'index.cjs'),
    bundle: true,
    platform: 'node',
    target: 'node20',
    // CommonJS: the SQL parser finds its .wasm beside itself by __dirname.
    format: 'cjs',
    mainFields: ['module', 'main'],
    minify: true,
    keepNames: true,
    sourcemap: true,
    sourcesContent: false,
    alias: Object.fromEntries(unused.map((name) => [name, stub])),
    external: ['pg-native'],
    metafile: true,
    logLevel: 'error',
  });
  const parser = dirname(createRequire(import.meta.url).resolve('libpg-query'));
  copyFileSync(join(parser, 'libpg-query.wasm'), join(folder, 'libpg-query.wasm'));
  return metafile;
}
