/**
 * advise → compare → plan over a large snapshot in a process of its own: cold, then warm as the second target of a run,
 * over a snapshot of its own. Writes a line of JSON.
 */
import { readFileSync } from 'node:fs';
import { advise } from '../../lib/advise/advise.ts';
import { roster } from '../../lib/advise/index.ts';
import { loadParser } from '../../lib/advise/sql/parse.ts';
import { compare } from '../../lib/compare/compare.ts';
import type { Snapshot } from '../../lib/model/snapshot.ts';
import { plan } from '../../lib/plan/plan.ts';

const [file = '', mode = ''] = process.argv.slice(2);
/** Nothing that is kept for a snapshot is known of a second reading of it. */
const read = () => JSON.parse(readFileSync(file, 'utf8')) as Snapshot; // written by advise.ts
const past = { previous: null, pinned: null, recent: [], series: [], notes: [] };
const rss = () => process.memoryUsage().rss;

async function once() {
  const snapshot = read();
  const cpu0 = process.cpuUsage();
  const t0 = performance.now();
  const outcomes = await advise(snapshot);
  const t1 = performance.now();
  const changes = compare({ snapshot, outcomes, past });
  const t2 = performance.now();
  const planned = plan({ outcomes, changes, snapshot });
  const t3 = performance.now();
  const cpu = process.cpuUsage(cpu0);
  return {
    adviseMs: t1 - t0,
    compareMs: t2 - t1,
    planMs: t3 - t2,
    cpuMs: (cpu.user + cpu.system) / 1000,
    outcomes,
    planned,
  };
}

async function main(): Promise<void> {
  // Loading the parser's WebAssembly is the start of a process, not work on rows.
  await loadParser();
  const before = rss();
  const { outcomes, planned, ...cold } = await once();
  const peak = process.resourceUsage().maxRSS * 1024;
  const { outcomes: again, planned: plannedAgain, ...warm } = await once();
  if (again.length !== outcomes.length || plannedAgain.opportunities.length !== planned.opportunities.length) {
    throw new Error('the second run found something else');
  }
  const each: Record<string, number> = {};
  if (mode === 'each') {
    const snapshot = read();
    for (const advisor of roster) {
      const began = performance.now();
      await advise(snapshot, [advisor]);
      each[advisor.card.id] = performance.now() - began;
    }
  }
  const failed = outcomes.flatMap((one) => (one.state === 'failed' ? [`${one.card.id}: ${one.why}`] : []));
  const told = {
    cold,
    warm,
    opportunities: planned.opportunities.length,
    found: outcomes.filter((one) => one.state === 'found').length,
    failed,
    beforeBytes: before,
    peakBytes: peak,
    peakOfBothBytes: process.resourceUsage().maxRSS * 1024,
    each,
  };
  process.stdout.write(`${JSON.stringify(told)}\n`);
}

void main();
