/** The constitution (lib's shape as design says it): who may import whom, and that nothing is left unregistered. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { roster } from '../lib/advise/index.ts';
import { variables } from '../lib/config.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const VERBS = ['collect', 'advise', 'compare', 'plan', 'report', 'deliver'];
const ROOMS = [...VERBS, 'store', 'model', 'demo'];
/** Package → the only place that may import it. */
const HOMES: Readonly<Record<string, RegExp>> = {
  axios: /^lib\/collect\/prometheus\//,
  pg: /^lib\/(collect\/postgres|demo)\//,
  'pg-connection-string': /^lib\/collect\/postgres\//,
  '@aws-sdk/client-s3': /^lib\/store\//,
  '@aws-sdk/client-ses': /^lib\/deliver\//,
  '@aws-sdk/client-secrets-manager': /^lib\/secrets\.ts$/,
  '@aws-sdk/client-cloudwatch': /^lib\/collect\/cloudwatch\//,
  '@aws-sdk/credential-provider-node': /^lib\/collect\/(prometheus|postgres)\//,
  '@aws-sdk/rds-signer': /^lib\/collect\/postgres\//,
  '@aws-sdk/client-lambda': /^lib\/invoke\.ts$/,
  '@smithy/signature-v4': /^lib\/collect\/prometheus\//,
  nodemailer: /^lib\/deliver\//,
  mjml: /^lib\/report\/render-mjml\.ts$/,
  'aws-cdk-lib': /^cdk\//,
  constructs: /^cdk\//,
  vitest: /^test\//,
};
/** Files that touch the outside world: clock, chance, environment, console. All else gets them as parameters. */
const EDGES =
  /^(lib\/(cli|terminal|secrets)\.ts|lib\/demo\/|lib\/store\/|lib\/deliver\/folder\.ts|lib\/collect\/prometheus\/client\.ts|lib\/model\/schema\.ts|functions\/|cdk\/)/;

function files(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    return entry.isDirectory() ? files(path) : [path];
  });
}

interface Source {
  readonly path: string;
  readonly text: string;
  readonly imports: readonly string[];
}

function read(path: string): Source {
  const text = readFileSync(join(root, path), 'utf8');
  const info = ts.preProcessFile(text, true, true);
  const imports = info.importedFiles.map(({ fileName }) =>
    fileName.startsWith('.') ? relative(root, resolve(root, dirname(path), fileName)) : fileName,
  );
  return { path, text, imports };
}

const sources = ['lib', 'functions', 'cdk']
  .flatMap(files)
  .filter((path) => path.endsWith('.ts'))
  .map(read);
const room = (path: string): string => /^lib\/([^/]+)\//.exec(path)?.[1] ?? path.split('/')[0] ?? path;
const packageOf = (name: string): string =>
  name
    .split('/')
    .slice(0, name.startsWith('@') ? 2 : 1)
    .join('/');

describe('the house', () => {
  it('has nothing at its top level but what design and tools demand', () => {
    const allowed = new Set([
      ...['package.json', 'package-lock.json', 'cdk.json', 'README.md', 'LICENSE', 'tsconfig.json', 'biome.json'],
      ...['cdk', 'functions', 'lib', 'test', 'node_modules', 'out', 'cdk.out', 'test-results'],
    ]);
    const there = readdirSync(root).filter((name) => !name.startsWith('.') && !allowed.has(name));
    expect(there).toEqual([]);
  });

  it('lets model import only itself, zod and luxon', () => {
    const bad = sources
      .filter(({ path }) => path.startsWith('lib/model/') && path !== 'lib/model/schema.ts')
      .flatMap(({ path, imports }) => imports.map((name) => `${path} → ${name}`))
      .filter((edge) => !/ → (lib\/model\/|zod$|luxon$)/.test(edge));
    expect(bad).toEqual([]);
  });

  it('lets no room import another room than model', () => {
    const bad = sources
      .filter(({ path }) => [...VERBS, 'store'].includes(room(path)))
      .flatMap(({ path, imports }) =>
        imports
          .filter((name) => /^(lib|functions|cdk|test)\//.test(name))
          .filter((name) => room(name) !== room(path) && room(name) !== 'model')
          .map((name) => `${path} → ${name}`),
      );
    expect(bad).toEqual([]);
  });

  it('lets only hunt.ts know all verbs, and the stack only the names in config.ts', () => {
    const knowing = sources.filter(({ imports }) => VERBS.every((verb) => imports.some((name) => room(name) === verb)));
    expect(knowing.map(({ path }) => path)).toEqual(['lib/hunt.ts']);
    const stack = sources
      .filter(({ path }) => path.startsWith('cdk/'))
      .flatMap(({ path, imports }) =>
        imports.filter((name) => name.startsWith('lib/')).map((name) => `${path} → ${name}`),
      )
      .filter((edge) => !edge.endsWith(' → lib/config.ts'));
    expect(stack).toEqual([]);
  });

  it('keeps each package at home', () => {
    const bad = sources.flatMap(({ path, imports }) =>
      imports.filter((name) => !(HOMES[packageOf(name)]?.test(path) ?? true)).map((name) => `${path} → ${name}`),
    );
    expect(bad).toEqual([]);
  });

  it('imports zod as a namespace, or the bundle would have all of its languages in it', () => {
    const whole = sources
      .filter(({ text }) => /^import \{[^}]*\bz\b[^}]*\} from 'zod'/m.test(text))
      .map(({ path }) => path);
    expect(whole).toEqual([]);
  });

  it('keeps clock, chance, environment and console at the edges', () => {
    const outside =
      /\bDate\.now\(|\bnew Date\(\)|\bDateTime\.(now|utc\(\)|local\(\))|\bMath\.random\(|\brandomUUID\(|\bprocess\.env\b|\bconsole\.\w+\(/;
    const bad = sources
      .filter(({ path }) => !EDGES.test(path))
      .flatMap(({ path, text }) => text.split('\n').map((line, at) => ({ path, line, at: at + 1 })))
      .filter(({ line }) => outside.test(line.replace(/\/\/.*$|^\s*\*.*$|^\/\*\*.*$/, '')))
      .map(({ path, line, at }) => `${path}:${at} ${line.trim()}`);
    expect(bad).toEqual([]);
  });

  it('has no source file over 250 lines', () => {
    const long = sources
      .map(({ path, text }) => ({ path, lines: text.split('\n').length - 1 }))
      .filter(({ lines }) => lines > 250);
    expect(long).toEqual([]);
  });

  it('has every room it names, and no other', () => {
    const there = readdirSync(join(root, 'lib')).filter((name) => statSync(join(root, 'lib', name)).isDirectory());
    expect(there.sort()).toEqual([...ROOMS].sort());
  });
});

describe('the roster', () => {
  const advisorFiles = ['query', 'index', 'maintenance', 'system'].flatMap((area) =>
    files(`lib/advise/${area}`)
      .filter((path) => readFileSync(join(root, path), 'utf8').includes('defineAdvisor('))
      .map((path) => ({ area, path, id: /([^/]+)\.ts$/.exec(path)?.[1] ?? path })),
  );

  it('holds every file that defines an advisor, and nothing else', () => {
    expect(roster.map(({ card }) => card.id).sort()).toEqual(advisorFiles.map(({ id }) => id).sort());
  });

  it('has ids that are the file names, in the folder of their area', () => {
    const byId = new Map(advisorFiles.map(({ id, area }) => [id, area]));
    expect(roster.filter(({ card }) => byId.get(card.id) !== card.area).map(({ card }) => card.id)).toEqual([]);
  });

  it('has at least three advisors in each area', () => {
    for (const area of ['query', 'index', 'maintenance', 'system']) {
      expect(roster.filter(({ card }) => card.area === area).length, area).toBeGreaterThanOrEqual(3);
    }
  });

  it('has a test for every advisor', () => {
    const tests = new Set(files('test/advise'));
    const untested = advisorFiles.filter(({ area, id }) => !tests.has(`test/advise/${area}/${id}.test.ts`));
    expect(untested.map(({ id }) => id)).toEqual([]);
  });

  it('has cards with words within length and a source', () => {
    for (const { card } of roster) {
      expect(card.title.length, card.id).toBeLessThanOrEqual(70);
      expect(card.why.length, card.id).toBeLessThanOrEqual(300);
      expect(card.source, card.id).not.toBe('');
      expect(
        card.thresholds.every(({ reason }) => reason !== ''),
        card.id,
      ).toBe(true);
    }
  });

  it('is the advisor catalogue of README', () => {
    const readme = readFileSync(join(root, 'README.md'), 'utf8');
    const listed = [...readme.matchAll(/^\| `([a-z-]+)` \| (\w+) \| (.+?) \|$/gm)].map(([, id, area, title]) => ({
      id,
      area,
      title,
    }));
    expect(listed).toEqual(roster.map(({ card }) => ({ id: card.id, area: card.area, title: card.title })));
  });
});

describe('the settings', () => {
  it('are all set by the stack', () => {
    const stack = sources
      .filter(({ path }) => path.startsWith('cdk/'))
      .map(({ text }) => text)
      .join('\n');
    expect(Object.keys(variables).filter((name) => !stack.includes(name))).toEqual([]);
  });

  it('stand all in README', () => {
    const readme = readFileSync(join(root, 'README.md'), 'utf8');
    expect(Object.keys(variables).filter((name) => !readme.includes(`\`${name}\``))).toEqual([]);
  });
});
