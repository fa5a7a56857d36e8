/** One scene through collect, advise, compare and plan, held against its truth. */
import { advise } from '../../../lib/advise/advise.ts';
import { collect } from '../../../lib/collect/collect.ts';
import { createPostgres } from '../../../lib/collect/postgres/source.ts';
import { compare } from '../../../lib/compare/compare.ts';
import type { Opportunity } from '../../../lib/model/opportunity.ts';
import type { Snapshot } from '../../../lib/model/snapshot.ts';
import { plan } from '../../../lib/plan/plan.ts';
import type { Scene } from '../scenes/scene.ts';
import { setStage } from '../scenes/stage.ts';
import { type Found, type Score, score, shape } from './score.ts';

const DAY = 24 * 3600;

export async function look(url: string, target: string, previous: Snapshot | null): Promise<Snapshot> {
  const takenAt = new Date().toISOString();
  const [one] = await collect({
    postgres: createPostgres({ url }),
    window: { start: new Date(Date.parse(takenAt) - 7 * DAY * 1000).toISOString(), end: takenAt },
    target,
    previous: async () => previous?.counters ?? null,
    takenAt,
    progress: () => {},
  });
  if (one === undefined || !('snapshot' in one)) throw new Error(one?.failure ?? 'nothing was collected');
  return one.snapshot;
}

/** As if the statistics had begun so long ago. Rates stay those of the seconds that were watched. */
export function aged(snapshot: Snapshot, days: number): Snapshot {
  return { ...snapshot, quality: { ...snapshot.quality, statisticsAgeSeconds: days * DAY } };
}

export async function opportunitiesOf(snapshot: Snapshot): Promise<readonly Opportunity[]> {
  const outcomes = await advise(snapshot);
  const failed = outcomes.flatMap((one) => (one.state === 'failed' ? [`${one.card.id}: ${one.why}`] : []));
  if (failed.length > 0) throw new Error(failed.join('\n'));
  const past = { previous: null, pinned: null, recent: [], series: [], notes: [] };
  return plan({ outcomes, changes: compare({ snapshot, outcomes, past }), snapshot }).opportunities;
}

/** Statements by the scene's names for them. */
export function foundIn(opportunities: readonly Opportunity[], snapshot: Snapshot, scene: Scene): readonly Found[] {
  const names = new Map(scene.ops.map((op) => [shape(op.sql), op.name]));
  return opportunities.map(({ advisor, title, subject }) => {
    const text = snapshot.statements.find((row) => row.statement === subject.statement)?.text;
    return {
      advisor,
      title,
      ...{ schema: subject.schema, table: subject.table, index: subject.index, setting: subject.setting },
      statement: text === undefined ? subject.statement : (names.get(shape(text)) ?? text),
    };
  });
}

export interface Judged {
  readonly scene: Scene;
  readonly score: Score;
  readonly seconds: number;
}

export async function judge(scene: Scene): Promise<Judged> {
  const began = performance.now();
  const stage = await setStage(scene);
  try {
    const first = await look(stage.url, scene.name, null);
    const leave = await scene.beside?.(stage.url);
    await stage.week(1);
    const seen = aged(await look(stage.url, scene.name, first), 60);
    await leave?.();
    const snapshot = scene.doctor?.(seen) ?? seen;
    const found = foundIn(await opportunitiesOf(snapshot), snapshot, scene);
    return { scene, score: score(found, scene), seconds: (performance.now() - began) / 1000 };
  } finally {
    await stage.close();
  }
}
