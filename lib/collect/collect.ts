/** Sources → one snapshot per target. A source that cannot be reached fails its own targets only. */
import type { CounterReading, Gap, Snapshot, SourceName, Window } from '../model/snapshot.ts';
import { join, windowSpan } from './join.ts';
import { targetName } from './names.ts';
import { withPercentiles } from './percentiles.ts';
import { databaseNames } from './postgres/databases.ts';
import { type PostgresReading, readPostgres } from './postgres/read.ts';
import type { PostgresSource } from './postgres/source.ts';
import type { PrometheusSource } from './prometheus/client.ts';
import { type PrometheusTarget, readPrometheus } from './prometheus/read.ts';
import { qualityOf } from './quality.ts';

export interface Sources {
  readonly prometheus?: PrometheusSource;
  readonly postgres?: PostgresSource;
}

export interface CollectInput extends Sources {
  readonly window: Window;
  /** Selects one of several targets, or names the only one. */
  readonly target?: string;
  /** The counters of the last run of a target; null when there was none. */
  readonly previous: (target: string) => Promise<CounterReading | null>;
  readonly takenAt: string;
  readonly progress: (step: string, detail?: string) => void;
}

export type Collected =
  | { readonly target: string; readonly snapshot: Snapshot }
  | { readonly target: string; readonly failure: string };

type Tried<Value> = { readonly value: Value } | { readonly failure: string };

export async function collect(input: CollectInput): Promise<readonly Collected[]> {
  const collected = await gather(input);
  return collected.map((one) => ('snapshot' in one ? { ...one, snapshot: withPercentiles(one.snapshot) } : one));
}

async function gather(input: CollectInput): Promise<readonly Collected[]> {
  const { prometheus, postgres } = input;
  if (prometheus === undefined) return postgres === undefined ? [] : [await fromPostgres(input, postgres, [])];
  const metrics = await attempt(askPrometheus(input, prometheus));
  if ('failure' in metrics) {
    const host = targetName(input.target ?? new URL(prometheus.url).host);
    if (postgres === undefined) return [{ target: host, failure: metrics.failure }];
    return [await fromPostgres(input, postgres, [unreachable('prometheus', metrics.failure)])];
  }
  const targets = selected(metrics.value, input.target);
  if ('failure' in targets) return [{ target: targetName(input.target ?? ''), failure: targets.failure }];
  if (postgres === undefined) return targets.value.map((each) => fromPrometheus(input, each, []));
  const partner = await partnerOf(targets.value, postgres);
  const others = targets.value.filter((each) => each !== partner).map((each) => fromPrometheus(input, each, []));
  if (partner === null) return [...others, await alone(input, postgres, targets.value)];
  return [...others, await both(input, partner, postgres)].sort((a, b) => (a.target < b.target ? -1 : 1));
}

async function askPrometheus(input: CollectInput, source: PrometheusSource): Promise<readonly PrometheusTarget[]> {
  const { window, progress } = input;
  const step = `Prometheus ${new URL(source.url).host}: asking`;
  progress(step);
  const told = ({ done, total }: { done: number; total: number }) => progress(step, `answer ${done} of ${total}`);
  const targets = await readPrometheus({ source, window, progress: told });
  if (targets.length === 0) throw new Error('Prometheus knows no PostgreSQL server in this window.');
  return targets;
}

/** With one target the name is only a name; with several it chooses. */
function selected(all: readonly PrometheusTarget[], target: string | undefined): Tried<readonly PrometheusTarget[]> {
  const [first, ...more] = all;
  if (first === undefined || target === undefined) return { value: all };
  if (more.length === 0) return { value: [{ ...first, name: target }] };
  const chosen = all.filter(({ name }) => name === target || targetName(name) === targetName(target));
  if (chosen.length > 0) return { value: chosen };
  const names = all.map(({ name }) => name).join(', ');
  return { failure: `Prometheus knows no target of this name; it has ${names}. Give one of these with --target.` };
}

/** Which of the targets the PostgreSQL URL leads to; null when that cannot be told. */
async function partnerOf(all: readonly PrometheusTarget[], source: PostgresSource): Promise<PrometheusTarget | null> {
  const [first, ...more] = all;
  if (first === undefined || more.length === 0) return first ?? null;
  const named = all.find(({ name }) => name === source.name);
  if (named !== undefined) return named;
  const own = await attempt(databaseNames(source));
  if ('failure' in own) return null;
  const set = (names: readonly string[]) => JSON.stringify([...new Set(names)].sort());
  // Templates and maintenance databases are in the metrics and not in our list.
  const same = all.filter(({ databases }) => {
    const theirs = databases.map((row) => row.database).filter((name) => own.value.includes(name));
    return set(theirs) === set(own.value);
  });
  return same.length === 1 ? (same[0] ?? null) : null;
}

async function alone(
  input: CollectInput,
  source: PostgresSource,
  all: readonly PrometheusTarget[],
): Promise<Collected> {
  const names = all.map(({ name }) => name).join(', ');
  const note = `None of Prometheus's targets (${names}) could be told to be ${source.name}; to join them, name one with --target.`;
  return fromPostgres(input, source, [], [note]);
}

async function both(input: CollectInput, metrics: PrometheusTarget, source: PostgresSource): Promise<Collected> {
  const target = targetName(metrics.name);
  const catalog = await attempt(readCatalog(input, target, source));
  if ('failure' in catalog) return fromPrometheus(input, metrics, catalogGaps(catalog.failure));
  const { window, takenAt } = input;
  return { target, snapshot: join({ target, takenAt, window, prometheus: metrics, postgres: catalog.value }) };
}

async function readCatalog(input: CollectInput, target: string, source: PostgresSource): Promise<PostgresReading> {
  const { window, takenAt, progress } = input;
  return readPostgres({ source, window, takenAt, progress, previous: await input.previous(target) });
}

async function fromPostgres(
  input: CollectInput,
  source: PostgresSource,
  gaps: readonly Gap[],
  notes: readonly string[] = [],
): Promise<Collected> {
  const { window, takenAt } = input;
  // With several targets in Prometheus the name belongs to one of those.
  const target = targetName(notes.length > 0 ? source.name : (input.target ?? source.name));
  const catalog = await attempt(readCatalog(input, target, source));
  if ('failure' in catalog) {
    return { target, failure: [catalog.failure, ...gaps.map((gap) => gap.reason)].join(' ') };
  }
  const {
    name: _name,
    identities: _identities,
    resets,
    statisticsAgeSeconds,
    blindDatabases,
    ...reading
  } = catalog.value;
  const { notes: own, ...rows } = reading;
  const quality = qualityOf({
    snapshot: rows,
    window,
    sources: ['postgres'],
    coveredShare: null,
    resets,
    statisticsAgeSeconds,
    blindDatabases,
    notes: [...notes, ...own],
  });
  const all = [...gaps, ...rows.gaps];
  return { target, snapshot: { version: 1, target, takenAt, window, ...rows, gaps: all, hosts: [], quality } };
}

function fromPrometheus(input: CollectInput, metrics: PrometheusTarget, gaps: readonly Gap[]): Collected {
  const { window, takenAt } = input;
  const { name, coveredShare, resets, notes, blindDatabases, aliases: _aliases, ...rows } = metrics;
  const target = targetName(name);
  const span = windowSpan(window);
  const has = (all: readonly unknown[]) => (all.length > 0 ? span : undefined);
  const spans = Object.entries({
    server: span,
    database: has(rows.databases),
    table: has(rows.tables),
    index: has(rows.indexes),
    statement: has(rows.statements),
  }).filter(([, each]) => each !== undefined);
  const snapshot = { ...rows, spans: Object.fromEntries(spans) as Snapshot['spans'] }; // only what is known is left
  const quality = qualityOf({
    snapshot,
    window,
    sources: ['prometheus'],
    coveredShare,
    resets,
    statisticsAgeSeconds: ageOf(metrics, window),
    blindDatabases,
    notes,
  });
  const all = [...gaps, ...rows.gaps];
  return { target, snapshot: { version: 1, target, takenAt, window, ...snapshot, gaps: all, quality } };
}

/** The younger of reset and start: a lower bound that no advisor is misled by. */
function ageOf({ server, databases }: PrometheusTarget, window: Window): number | null {
  const times = [server.startedAt, ...databases.map((row) => row.statsResetAt)].filter((time) => time !== undefined);
  if (times.length === 0) return null;
  // Not as arguments of one call: a metric can have more series than a call takes.
  return Math.max(0, Date.parse(window.end) / 1000 - times.reduce((latest, time) => Math.max(latest, time)));
}

const unreachable = (source: SourceName, why: string, kind: Gap['kind'] = 'server'): Gap => ({
  kind,
  measures: [],
  source,
  absence: 'unreachable',
  reason: why,
  remedy: `Make ${source === 'prometheus' ? 'Prometheus' : 'PostgreSQL'} reachable and run again.`,
});

/** Facts that only a catalog has. */
const catalogGaps = (why: string) =>
  (['table', 'index', 'statement'] as const).map((kind) => unreachable('postgres', why, kind));

async function attempt<Value>(work: Promise<Value>): Promise<Tried<Value>> {
  try {
    return { value: await work };
  } catch (error) {
    // Expected failures say what, where and how to go on; of the others the name helps to find them.
    const expected = error instanceof Error && /^(Prometheus|Postgres)?Error$/.test(error.name);
    return { failure: expected ? error.message : String(error) };
  }
}
