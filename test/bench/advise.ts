/**
 * `npm run bench:advise [each]`: what advise → compare → plan costs for a very large server, in a fresh process per run.
 * The budget is 500 ms and 256 MiB for 5,000 statements, 2,000 tables and 6,000 indexes, and time linear in rows.
 * `each` shows the costliest advisors as well, each alone.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { buildSync } from 'esbuild';
import { largeSnapshot } from './large-snapshot.ts';

const FULL = { statements: 5_000, tables: 2_000, indexes: 6_000 };
const PARTS = [4, 2, 1];
const RUNS = 5;
const BUDGET_MS = 500;
const BUDGET_BYTES = 256 * 2 ** 20;
const each = process.argv[2] === 'each';
const say = (line: string): void => void process.stdout.write(`${line}\n`);

interface Told {
  readonly adviseMs: number;
  readonly compareMs: number;
  readonly planMs: number;
  /** Of all threads, the garbage collector's and the compiler's too; unlike wall time it does not grow with other load. */
  readonly cpuMs: number;
  readonly opportunities: number;
  readonly found: number;
  readonly failed: readonly string[];
  readonly beforeBytes: number;
  readonly peakBytes: number;
  readonly each: Readonly<Record<string, number>>;
}

const here = import.meta.dirname;
// Beside the source, so that the packages are found.
const folder = mkdtempSync(path.join(tmpdir(), 'pg-hunt-advise-'));
const bundle = path.join(here, `.advise-child.${process.pid}.mjs`);
const total = (told: Told) => told.adviseMs + told.compareMs + told.planMs;
const mib = (bytes: number) => Math.round(bytes / 2 ** 20);

try {
  // Bundled as the Lambda is: a TypeScript loader is neither its memory nor its time.
  buildSync({
    entryPoints: [path.join(here, 'advise-child.ts')],
    outfile: bundle,
    bundle: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
  });
  const medians: number[] = [];
  for (const part of PARTS) {
    const size = {
      statements: FULL.statements / part,
      tables: FULL.tables / part,
      indexes: FULL.indexes / part,
    };
    const file = path.join(folder, `${part}.json`);
    writeFileSync(file, JSON.stringify(largeSnapshot(size)));
    const runs = Array.from({ length: RUNS }, (_, run) => {
      const mode = each && part === 1 && run === RUNS - 1 ? 'each' : '';
      return JSON.parse(execFileSync(process.execPath, [bundle, file, mode], { encoding: 'utf8' })) as Told; // its only line
    });
    const median = [...runs].sort((a, b) => total(a) - total(b))[Math.floor(RUNS / 2)];
    if (median === undefined) throw new Error('no run');
    medians.push(total(median));
    const peak = Math.max(...runs.map((one) => one.peakBytes));
    const growth =
      medians.length < 2 ? '' : `; ${((medians.at(-1) ?? 0) / (medians.at(-2) ?? 1)).toFixed(2)} times the half`;
    say(
      `${size.statements} statements, ${size.tables} tables, ${size.indexes} indexes: median ${Math.round(total(median))} ms of ${RUNS} cold runs ` +
        `(advise ${Math.round(median.adviseMs)}, compare ${Math.round(median.compareMs)}, plan ${Math.round(median.planMs)}; fastest ${Math.round(Math.min(...runs.map(total)))}; processor time ${Math.round(median.cpuMs)} ms), ` +
        `peak ${mib(peak)} MiB of the whole process (${mib(median.beforeBytes)} before), ${median.found} advisors found, ${median.opportunities} opportunities${growth}`,
    );
    for (const failure of median.failed) say(`  FAILED ${failure}`);
    if (part !== 1) continue;
    const verdict = (fine: boolean) => (fine ? 'within' : 'OVER');
    say(
      `time ${verdict(total(median) <= BUDGET_MS)} ${BUDGET_MS} ms, memory ${verdict(peak <= BUDGET_BYTES)} ${mib(BUDGET_BYTES)} MiB`,
    );
    const slowest = Object.entries(runs.at(-1)?.each ?? {}).sort((a, b) => b[1] - a[1]);
    for (const [id, ms] of slowest.slice(0, 16)) say(`${String(Math.round(ms)).padStart(7)} ms  ${id}`);
  }
} finally {
  rmSync(folder, { recursive: true });
  rmSync(bundle, { force: true });
}
