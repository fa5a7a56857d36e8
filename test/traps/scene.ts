/** The hunt itself on a real server, up to the plan; and what it printed, for a test to look through. */
import { advise } from '../../lib/advise/advise.ts';
import { collect } from '../../lib/collect/collect.ts';
import { createPostgres } from '../../lib/collect/postgres/source.ts';
import { compare } from '../../lib/compare/compare.ts';
import type { Opportunity } from '../../lib/model/opportunity.ts';
import type { KeyedFinding, Outcome } from '../../lib/model/outcome.ts';
import type { Plan } from '../../lib/model/plan.ts';
import type { StatementRow } from '../../lib/model/rows.ts';
import type { Snapshot } from '../../lib/model/snapshot.ts';
import { plan } from '../../lib/plan/plan.ts';

const DAY = 24 * 3600;

/** One look at the server. `previous`: the run before, from which counters are subtracted. */
export async function look(url: string, previous: Snapshot | null = null): Promise<Snapshot> {
  const takenAt = new Date().toISOString();
  const window = { start: new Date(Date.parse(takenAt) - 7 * DAY * 1000).toISOString(), end: takenAt };
  const [one] = await collect({
    postgres: createPostgres({ url }),
    window,
    target: 'traps',
    previous: async () => previous?.counters ?? null,
    takenAt,
    progress: () => {},
  });
  if (one === undefined || !('snapshot' in one)) throw new Error(one?.failure ?? 'nothing was collected');
  return one.snapshot;
}

/** Rows and bytes as if there were so many times as much: thresholds of size are met without gigabytes. */
export function enlarged(snapshot: Snapshot, times = 1000): Snapshot {
  const more = (value: number | undefined) => (value === undefined ? {} : value * times);
  const grown = <Row extends object>(row: Row, names: readonly (keyof Row)[]): Row => ({
    ...row,
    ...Object.fromEntries(
      names.filter((name) => row[name] !== undefined).map((name) => [name, more(Number(row[name]))]),
    ),
  });
  return {
    ...snapshot,
    tables: snapshot.tables.map((row) =>
      grown(row, ['liveRows', 'heapBytes', 'mainBytes', 'totalBytes', 'indexBytes']),
    ),
    indexes: snapshot.indexes.map((row) => grown(row, ['sizeBytes', 'pages', 'estimatedRows'])),
  };
}

/** As if the statistics had begun so long ago: no test waits five weeks. */
export function aged(snapshot: Snapshot, days: number): Snapshot {
  return { ...snapshot, quality: { ...snapshot.quality, statisticsAgeSeconds: days * DAY } };
}

export interface Judged {
  readonly outcomes: readonly Outcome[];
  readonly plan: Plan;
}

export async function judged(snapshot: Snapshot): Promise<Judged> {
  const outcomes = await advise(snapshot);
  const failed = outcomes.flatMap((one) => (one.state === 'failed' ? [`${one.card.id}: ${one.why}`] : []));
  if (failed.length > 0) throw new Error(failed.join('\n'));
  const past = { previous: null, pinned: null, recent: [], series: [], notes: [] };
  return { outcomes, plan: plan({ outcomes, changes: compare({ snapshot, outcomes, past }), snapshot }) };
}

export function outcome({ outcomes }: Judged, advisor: string): Outcome {
  const one = outcomes.find(({ card }) => card.id === advisor);
  if (one === undefined) throw new Error(`there is no advisor ${advisor}`);
  return one;
}

export function caveats(judged: Judged, advisor: string): string {
  const one = outcome(judged, advisor);
  return 'caveats' in one ? one.caveats.join('\n') : one.why;
}

/** What is advised about one schema, in the order of the plan. */
export function advised({ plan: { opportunities } }: Judged, schema: string, advisor?: string): readonly Opportunity[] {
  return opportunities.filter((one) => one.subject.schema === schema && (advisor ?? one.advisor) === one.advisor);
}

export function printed(opportunities: readonly Opportunity[]): readonly string[] {
  return opportunities.flatMap(({ steps }) => steps.flatMap(({ sql }) => (sql === undefined ? [] : [sql])));
}

/** Names of the indexes that the plan drops in a schema. */
export function dropped(judged: Judged, schema: string): readonly string[] {
  return advised(judged, schema)
    .filter((one) => printed([one]).some((sql) => /^DROP INDEX/.test(sql)))
    .map(({ subject }) => subject.index ?? '')
    .sort();
}

/** The statements that create indexes, as printed. */
export function created(judged: Judged, schema: string): readonly string[] {
  return printed(advised(judged, schema)).filter((sql) => /^CREATE (UNIQUE )?INDEX/.test(sql));
}

/** The statements whose text matches, as if nothing else had run; `changes`: counters changed where hours would have to pass. */
export function focused(snapshot: Snapshot, pattern: RegExp, changes: Partial<StatementRow> = {}): Snapshot {
  const statements = snapshot.statements
    .filter(({ text = '' }) => pattern.test(text))
    .map((row) => ({ ...row, ...changes }));
  if (statements.length === 0) throw new Error(`no statement matches ${pattern}`);
  const databases = snapshot.databases.map(({ activeTimeMs: _, ...row }) => row);
  return { ...snapshot, statements, databases };
}

export function findings(judged: Judged, advisor: string): readonly KeyedFinding[] {
  const one = outcome(judged, advisor);
  return one.state === 'found' ? one.findings : [];
}
