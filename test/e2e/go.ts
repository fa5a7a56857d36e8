/** Go programs, built in a module of our own: `go install module@version` also asks for the version list, which a proxy may refuse. */
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { goBin } from './tools.ts';

export interface GoProgram {
  /** What the file is called. */
  readonly name: string;
  readonly module: string;
  readonly version: string;
  /** Below the module; or a file of ours that uses it. */
  readonly main: { readonly path: string } | { readonly file: string };
  readonly tags?: readonly string[];
}

/** Into our cache. Answers why it could not, or null. */
export function buildGo({ name, module, version, main, tags = [] }: GoProgram): string | null {
  mkdirSync(goBin, { recursive: true });
  const folder = mkdtempSync(join(tmpdir(), 'pg-hunt-go-'));
  try {
    writeFileSync(join(folder, 'go.mod'), `module built\n\ngo 1.24\n\nrequire ${module} ${version}\n`);
    if ('file' in main) copyFileSync(main.file, join(folder, basename(main.file)));
    const what = 'file' in main ? '.' : `${module}/${main.path}`;
    const args = ['build', '-mod=mod', '-tags', tags.join(','), '-o', join(goBin, name), what];
    const done = spawnSync('go', args, { cwd: folder, encoding: 'utf8', timeout: 1_200_000 });
    if (done.error !== undefined) return done.error.message;
    return done.status === 0 ? null : `exit ${done.status}: ${done.stderr.trim().split('\n').slice(-3).join(' | ')}`;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
