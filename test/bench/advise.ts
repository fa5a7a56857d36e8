/**
 * `npm run bench:advise [each]`: what advise → compare → plan costs for a very large server, in a fresh process per run.
 * The budget is 500 ms and 256 MiB for 5,000 statements, 2,000 tables and 6,000 indexes, and time linear in rows. It is
 * held against the second target of a process: a run meets up to a thousand targets in one process, and the first of them
 * alone pays for compiling. What the first costs stands beside it.
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

interface Took {
  readonly adviseMs: number;
  readonly compareMs: number;
  readonly planMs: number;
  /** Of all threads, the garbage collector's and the compiler's too; unlike wall time it does not grow with other load. */
  readonly cpuMs: number;
}

interface Told {
  readonly cold: Took;
  readonly warm: Took;
  readonly opportunities: number;
  readonly found: number;
  readonly failed: readonly string[];
  readonly beforeBytes: number;
  readonly peakBytes: number;
  /** With what the second run left to the garbage collector. */
  readonly peakOfBothBytes: number;
  readonly each: Readonly<Record<string, number>>;
}

const here = import.meta.dirname;
// Beside the source, so that the packages are found.
const folder = mkdtempSync(path.join(tmpdir(), 'pg-hunt-advise-'));
const bundle = path.join(here, `.advise-child.${process.pid}.mjs`);
const total = (took: Took) => took.adviseMs + took.compareMs + took.planMs;
const shown = (took: Took) =>
  `${Math.round(total(took))} ms (advise ${Math.round(took.adviseMs)}, compare ${Math.round(took.compareMs)}, plan ${Math.round(took.planMs)}; processor time ${Math.round(took.cpuMs)} ms)`;
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
    const median = (all: readonly Took[]) => all.toSorted((a, b) => total(a) - total(b))[Math.floor(RUNS / 2)];
    const [cold, warm] = [median(runs.map((one) => one.cold)), median(runs.map((one) => one.warm))];
    const [one] = runs;
    if (cold === undefined || warm === undefined || one === undefined) throw new Error('no run');
    medians.push(warm.cpuMs);
    const peak = Math.max(...runs.map((one) => one.peakBytes));
    const peakOfBoth = Math.max(...runs.map(({ peakOfBothBytes }) => peakOfBothBytes));
    const growth =
      medians.length < 2 ? '' : `; ${((medians.at(-1) ?? 0) / (medians.at(-2) ?? 1)).toFixed(2)} times the half`;
    say(
      `${size.statements} statements, ${size.tables} tables, ${size.indexes} indexes: first ${shown(cold)}; second ${shown(warm)}${growth}; medians of ${RUNS} processes; ` +
        `peak ${mib(peak)} MiB of the whole process after the first, ${mib(peakOfBoth)} after both (${mib(one.beforeBytes)} before), ${one.found} advisors found, ${one.opportunities} opportunities`,
    );
    for (const failure of one.failed) say(`  FAILED ${failure}`);
    if (part !== 1) continue;
    const verdict = (fine: boolean) => (fine ? 'within' : 'OVER');
    say(
      `time of the second ${verdict(total(warm) <= BUDGET_MS)} ${BUDGET_MS} ms (processor time ${verdict(warm.cpuMs <= BUDGET_MS)}), of the first ${verdict(total(cold) <= BUDGET_MS)} (processor time ${verdict(cold.cpuMs <= BUDGET_MS)}); memory ${verdict(peak <= BUDGET_BYTES)} ${mib(BUDGET_BYTES)} MiB`,
    );
    const slowest = Object.entries(runs.at(-1)?.each ?? {}).sort((a, b) => b[1] - a[1]);
    for (const [id, ms] of slowest.slice(0, 16)) say(`${String(Math.round(ms)).padStart(7)} ms  ${id}`);
  }
} finally {
  rmSync(folder, { recursive: true });
  rmSync(bundle, { force: true });
}
