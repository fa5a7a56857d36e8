/**
 * `npm run test:e2e`: gets what the tests need (apt-get as root, go install for anybody), says aloud what it could not
 * get and why, then runs them. In CI a missing part fails the run.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DEBIAN_PACKAGES, EXPORTER_MODULE, EXPORTER_VERSIONS, find, goBin, type ToolName } from './tools.ts';

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

installDebian();
installExporter();
for (const tool of TOOLS)
  say(`${tool}: ${find(tool) ?? 'MISSING; the tests that need it are skipped, and fail in CI'}`);

const given = process.argv.slice(2);
if (!given.includes('--get-only')) {
  const args = ['vitest', 'run', '--config', 'test/e2e/vitest.config.ts', ...given];
  process.exitCode = spawnSync('npx', args, { stdio: 'inherit' }).status ?? 1;
}
