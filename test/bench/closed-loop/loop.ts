/** Hunt, do what the report says, let the same week pass, hunt again: what was promised against what came. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Client } from 'pg';
import { openClients } from '../../../lib/clients.ts';
import { readConfig } from '../../../lib/config.ts';
import { weeksEarlier } from '../../../lib/demo/calendar.ts';
import { hunt } from '../../../lib/hunt.ts';
import type { Opportunity } from '../../../lib/model/opportunity.ts';
import { reportSchema } from '../../../lib/model/report.ts';
import type { Snapshot } from '../../../lib/model/snapshot.ts';
import type { Interval } from '../../../lib/model/units.ts';
import { aged, look } from '../findings/judge.ts';
import { shape } from '../findings/score.ts';
import type { Scene } from '../scenes/scene.ts';
import { setStage } from '../scenes/stage.ts';
import { type Applied, apply, choose } from './apply.ts';

const ROUNDS = 2;

export interface Item {
  readonly scene: string;
  readonly round: number;
  readonly advisor: string;
  readonly title: string;
  /** `share`: of its statements' time; `bytes`. null: only a risk, no number was promised. */
  readonly unit: 'share' | 'bytes' | null;
  readonly predicted: Interval | null;
  /** As the second report tells it. */
  readonly status: string;
  readonly realised: number | null;
  /** From pg_stat_statements by the bench itself, at the calls of the second week; share. */
  readonly direct: number | null;
  readonly failed?: string;
}

export interface Looped {
  readonly scene: string;
  readonly items: readonly Item[];
  /** Execution time of all statements, in ms: before anything was done, and after each round. */
  readonly weeks: readonly number[];
  /** Statements that take more than a tenth longer a call than before the round, and more than 1 % of all time. */
  readonly slower: readonly string[];
}

type Times = ReadonlyMap<string, { readonly calls: number; readonly ms: number }>;

export async function loop(scene: Scene): Promise<Looped> {
  const folder = mkdtempSync(join(tmpdir(), 'pg-hunt-loop-'));
  const stage = await setStage(scene);
  try {
    const observe = async (week: number, previous: Snapshot): Promise<{ snapshot: Snapshot; times: Times }> => {
      const before = await timesOf(stage.admin, scene);
      await stage.week(week);
      const snapshot = await look(stage.url, scene.name, previous);
      return { snapshot, times: difference(before, await timesOf(stage.admin, scene)) };
    };
    // A week that nobody counts, so that caches are as warm in the first as in the second.
    await stage.week(1);
    let last = await observe(2, await look(stage.url, scene.name, null));
    let report = await huntIn(folder, scene, last.snapshot, 0);
    const items: Item[] = [];
    const weeks = [totalOf(last.times)];
    const slower: string[] = [];
    for (let round = 1; round <= ROUNDS; round += 1) {
      const applied: Applied[] = [];
      for (const one of choose(report.opportunities)) applied.push(await apply(stage.admin, one));
      if (applied.length === 0) break;
      // Building an index reads tables; what it did to the counters is no part of the week.
      const next = await observe(round + 2, await look(stage.url, scene.name, last.snapshot));
      report = await huntIn(folder, scene, next.snapshot, round);
      const texts = new Map(next.snapshot.statements.map((row) => [row.statement, shape(row.text ?? '')]));
      const progress = new Map(report.progress.map((one) => [one.key, one]));
      for (const { opportunity, failed } of applied) {
        const told = progress.get(opportunity.key);
        items.push({
          scene: scene.name,
          round,
          advisor: opportunity.advisor,
          title: opportunity.title,
          ...promised(opportunity),
          status: told?.status ?? 'not told',
          realised: told?.realised?.likely ?? null,
          direct: gain(opportunity, texts, last.times, next.times),
          ...(failed === undefined ? {} : { failed }),
        });
      }
      slower.push(...slowed(last.times, next.times).map((text) => `${scene.name}, round ${round}: ${text}`));
      weeks.push(totalOf(next.times));
      last = next;
    }
    return { scene: scene.name, items, weeks, slower };
  } finally {
    await stage.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The report as it was written to the archive. Dates are moved so that each look is a week's. */
async function huntIn(folder: string, scene: Scene, seen: Snapshot, round: number) {
  const snapshot = weeksEarlier(aged(scene.doctor?.(seen) ?? seen, 60), ROUNDS - round);
  const flags = { postgres: { url: 'postgres://nobody@localhost/none' }, targets: [scene.name], store: folder };
  const config = { ...readConfig({ env: {}, flags, now: snapshot.takenAt }), send: false };
  const { store, mailbox } = await openClients(config);
  await hunt({
    config,
    store,
    mailbox,
    sources: { replay: snapshot },
    now: snapshot.takenAt,
    runId: `round ${round}`,
    progress: () => {},
  });
  const reports = join(folder, 'reports', scene.name);
  const latest = readdirSync(reports, { withFileTypes: true })
    .flatMap((entry) => (entry.isDirectory() ? [entry.name] : []))
    .sort()
    .at(-1);
  const [target] = reportSchema.parse(
    JSON.parse(readFileSync(join(reports, latest ?? '', 'report.json'), 'utf8')),
  ).targets;
  if (target === undefined) throw new Error(`the report of ${scene.name} has no target`);
  return target;
}

function promised({ benefit }: Opportunity): Pick<Item, 'unit' | 'predicted'> {
  if (benefit.kind === 'time') return { unit: 'share', predicted: benefit.reduces ?? null };
  const { low, likely, high } = benefit;
  if (benefit.kind !== 'space' || low === null || likely === null || high === null)
    return { unit: null, predicted: null };
  return { unit: 'bytes', predicted: { low, likely, high } };
}

/** Of the scene's own statements; the hunt's are not the load. */
async function timesOf(client: Client, { ops }: Scene): Promise<Times> {
  const own = new Set(ops.map((op) => shape(op.sql)));
  const { rows } = await client.query<{ query: string; calls: string; ms: number }>(
    'SELECT query, calls, total_exec_time AS ms FROM pg_stat_statements s JOIN pg_database d ON d.oid = s.dbid WHERE d.datname = current_database()',
  );
  const times = new Map<string, { calls: number; ms: number }>();
  for (const { query, calls, ms } of rows) {
    const key = shape(query);
    if (!own.has(key)) continue;
    const known = times.get(key) ?? { calls: 0, ms: 0 };
    times.set(key, { calls: known.calls + Number(calls), ms: known.ms + ms });
  }
  return times;
}

function difference(before: Times, after: Times): Times {
  const all = [...after].map(([key, { calls, ms }]) => {
    const then = before.get(key) ?? { calls: 0, ms: 0 };
    return [key, { calls: calls - then.calls, ms: ms - then.ms }] as const;
  });
  return new Map(all.filter(([, { calls }]) => calls > 0));
}

const totalOf = (times: Times): number => [...times.values()].reduce((sum, { ms }) => sum + ms, 0);

function gain(
  { benefit }: Opportunity,
  texts: ReadonlyMap<string, string>,
  before: Times,
  after: Times,
): number | null {
  let [expected, actual] = [0, 0];
  for (const statement of benefit.statements ?? []) {
    const key = texts.get(statement) ?? '';
    const [then, now] = [before.get(key), after.get(key)];
    if (then === undefined || now === undefined) continue;
    expected += (then.ms / then.calls) * now.calls;
    actual += now.ms;
  }
  return expected > 0 ? 1 - actual / expected : null;
}

function slowed(before: Times, after: Times): readonly string[] {
  const total = totalOf(before);
  return [...after].flatMap(([key, now]) => {
    const then = before.get(key);
    if (then === undefined || now.calls < 5) return []; // one call says nothing
    const [was, is] = [then.ms / then.calls, now.ms / now.calls];
    const felt = (is - was) * now.calls > 0.01 * total;
    return felt && is > 1.1 * was ? [`${key}: ${was.toFixed(2)} → ${is.toFixed(2)} ms`] : [];
  });
}
