/** The Lambda's code, made by esbuild on this machine: no Docker, no network. The stack and its test use the same. */

import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Metafile, type Plugin } from 'esbuild';

const here = (file: string) => fileURLToPath(new URL(file, import.meta.url));

const unused = [
  // Parts of mjml and axios that minify, beautify, fetch, inline or guess: the report asks for none of it.
  'htmlnano',
  'cssnano-preset-lite',
  'js-beautify',
  'undici',
  'encoding-sniffer',
  'mime-types',
  'web-resource-inliner',
  'cheerio',
  'juice',
  // Ways to credentials that a Lambda does not go: its own come as variables.
  '@aws-sdk/credential-provider-cognito-identity',
  '@aws-sdk/credential-provider-ini',
  '@aws-sdk/credential-provider-login',
  '@aws-sdk/credential-provider-process',
  '@aws-sdk/credential-provider-sso',
  '@aws-sdk/credential-provider-web-identity',
  '@aws-sdk/credential-providers',
  '@smithy/credential-provider-imds',
  // Tells browsers apart.
  'bowser',
  // Forms, photographs and fonts: axios and pureimage could.
  'form-data',
  'jpeg-js',
  'opentype.js',
];

const unusedComponents = ['mjml-accordion', 'mjml-carousel', 'mjml-hero', 'mjml-navbar', 'mjml-social'];

/** Files inside of packages, which an alias does not reach. */
const tables: Plugin = {
  name: 'tables',
  setup({ onResolve }) {
    onResolve({ filter: /^\.\/mime-types\.js$/ }, ({ importer }) =>
      importer.includes('nodemailer') ? { path: here('mime-types.mjs') } : undefined,
    );
    // HTML's 2,231 named characters, for a parser that is told to leave them alone; XML's five stay.
    onResolve({ filter: /generated\/decode-data-html\.js$/ }, ({ path, resolveDir }) => ({
      path: join(resolveDir, path.replace('html', 'xml')),
    }));
    onResolve({ filter: /^lodash$/ }, () => ({ path: here('lodash.cjs') }));
    // What nobody here asks for: axios has Node's http, pg its own protocol, a mail has no links to fetch.
    const stubs: readonly (readonly [RegExp, RegExp, string])[] = [
      [/^\.\/(fetch|xhr)\.js$/, /\/axios\/lib\/adapters\//, 'no-adapter.mjs'],
      [/^\.\/native$/, /\/pg\//, 'stub.cjs'],
      [/^\.\.\/fetch\/index\.js$/, /\/nodemailer\//, 'stub.cjs'],
      [/(json-schema-processors|to-json-schema)\.js$/, /\/zod\/v4\/classic\/schemas\.js$/, 'json-schema-unused.mjs'],
    ];
    for (const [filter, owner, stub] of stubs)
      onResolve({ filter }, ({ importer }) => (owner.test(importer) ? { path: here(stub) } : undefined));
    onResolve({ filter: /generated\/encode-html\.js$/ }, () => ({ path: here('stub.cjs') }));
  },
};

/** Names of the handler as Lambda wants it: file, then export. */
export const handlerName = 'index.handler';
/** What a file of the bundle that is code ends in. */
export const codeSuffix = '.mjs';

/** Modules, so that what is imported when needed is a file of its own and costs nothing before. */
export async function bundle(folder: string): Promise<Metafile> {
  mkdirSync(folder, { recursive: true });
  const { metafile } = await build({
    absWorkingDir: here('..'),
    entryPoints: { index: 'functions/hunt.ts' },
    outdir: folder,
    outExtension: { '.js': codeSuffix },
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node22',
    mainFields: ['module', 'main'],
    minify: true,
    charset: 'utf8',
    legalComments: 'external',
    sourcemap: true,
    sourcesContent: false,
    alias: {
      ...Object.fromEntries(unused.map((name) => [name, here('stub.cjs')])),
      ...Object.fromEntries(unusedComponents.map((name) => [name, here('mjml-unused.cjs')])),
      'lodash/fp': here('lodash-fp.cjs'),
      debug: here('debug.cjs'),
      'd3-interpolate': here('d3-interpolate.mjs'),
    },
    // What is no module yet asks for these; the SQL parser finds its .wasm by the second.
    banner: {
      js: "import{createRequire as makeRequire_}from'node:module';const require=makeRequire_(import.meta.url),__dirname=import.meta.dirname,__filename=import.meta.filename;",
    },
    plugins: [tables],
    metafile: true,
    logLevel: 'error',
  });
  const parser = dirname(createRequire(import.meta.url).resolve('libpg-query'));
  copyFileSync(join(parser, 'libpg-query.wasm'), join(folder, 'libpg-query.wasm'));
  return metafile;
}

/** For the toolkit, which does not wait: the same in a process of its own. */
export function bundleNow(folder: string): void {
  const code = `import { bundle } from ${JSON.stringify(import.meta.url)}; await bundle(${JSON.stringify(folder)});`;
  const child = spawnSync(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', code], {
    cwd: here('..'),
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  if (child.status !== 0) throw new Error('the function could not be bundled');
}
