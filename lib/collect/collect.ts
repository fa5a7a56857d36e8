/** Sources → one snapshot per target. A source that cannot be reached fails its own targets only. */
import type { CounterReading, Gap, Snapshot, SourceName, Window } from '../model/snapshot.ts';
import type { TargetRules } from '../model/target-rules.ts';
import type { CloudWatchSource } from './cloudwatch/source.ts';
import { clustersOf } from './clusters.ts';
import { join } from './join.ts';
import type { KnownNames } from './known-names.ts';
import { withMachines } from './machines.ts';
import { formerly, targetName } from './names.ts';
import { partnerOf, selected } from './partner.ts';
import { withPercentiles } from './percentiles.ts';
import { type PostgresReading, readPostgres } from './postgres/read.ts';
import type { PostgresSource } from './postgres/source.ts';
import type { PrometheusSource } from './prometheus/client.ts';
import type { OwnMetrics } from './prometheus/own.ts';
import { type PrometheusTarget, readPrometheus } from './prometheus/read.ts';
import { qualityOf } from './quality.ts';
import { groupOf, newName } from './rules.ts';
import { postgresQuality, prometheusQuality, prometheusSpan, statisticsAge } from './source-quality.ts';
import { withUnseenStandbys } from './standbys.ts';

export interface Sources {
  readonly prometheus?: PrometheusSource;
  readonly postgres?: PostgresSource;
  /** Beside one of the others. */
  readonly cloudwatch?: CloudWatchSource;
  /** Metrics of the user's own in Prometheus. */
  readonly own?: OwnMetrics;
}

export interface CollectInput extends Sources {
  readonly window: Window;
  /** Selects one of several targets, or names the only one. */
  readonly target?: string;
  readonly rules?: TargetRules;
  readonly known?: KnownNames;
  /** The counters of the last run of a target, under its name or one it had before; null when there was none. */
  readonly previous: (target: string, formerNames: readonly string[]) => Promise<CounterReading | null>;
  readonly takenAt: string;
  readonly progress: (step: string, detail?: string) => void;
}

export type Collected =
  /** `postgres`: host:port of the PostgreSQL whose catalog is joined to Prometheus in it. */
  | { readonly target: string; readonly snapshot: Snapshot; readonly postgres?: string }
  | { readonly target: string; readonly failure: string };

type Tried<Value> = { readonly value: Value } | { readonly failure: string };

export async function collect(input: CollectInput): Promise<readonly Collected[]> {
  const collected = await below(await gather(input), input);
  return collected.map((one) =>
    'snapshot' in one ? { ...one, snapshot: withPercentiles(withUnseenStandbys(one.snapshot)) } : one,
  );
}

/** With the machines that CloudWatch shows, where it may be asked. */
async function below(all: readonly Collected[], { cloudwatch, postgres }: CollectInput): Promise<readonly Collected[]> {
  if (cloudwatch === undefined) return all;
  const snapshots = all.flatMap((one) => ('snapshot' in one ? [one.snapshot] : []));
  const seen = [...(await withMachines(snapshots, cloudwatch, postgres?.name))];
  return all.map((one) => ('snapshot' in one ? { ...one, snapshot: seen.shift() ?? one.snapshot } : one));
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
  const { targets: found, failures } = clustersOf(metrics.value, input.rules ?? {});
  if (found.length === 0 && failures.length === 0 && postgres === undefined) {
    const names = metrics.value.map(({ name }) => name).join(', ');
    const failure = `targetRules leave nothing to hunt: Prometheus knows ${names}.`;
    return [{ target: targetName(input.target ?? new URL(prometheus.url).host), failure }];
  }
  const targets = selected(found, input.target);
  if ('failure' in targets) return [{ target: targetName(input.target ?? ''), failure: targets.failure }];
  if (postgres === undefined) return [...targets.value.map((each) => fromPrometheus(input, each, [])), ...failures];
  const partner = await partnerOf(targets.value, postgres, input.known?.get(postgres.name));
  const others = targets.value.filter((each) => each !== partner).map((each) => fromPrometheus(input, each, []));
  if (partner === null) return [...others, ...failures, await alone(input, postgres, targets.value)];
  const all = [...others, ...failures, await both(input, partner, postgres)];
  return all.sort((a, b) => (a.target < b.target ? -1 : 1));
}

async function askPrometheus(input: CollectInput, source: PrometheusSource): Promise<readonly PrometheusTarget[]> {
  const { window, progress } = input;
  const step = `Prometheus ${new URL(source.url).host}: asking`;
  progress(step);
  const told = ({ done, total }: { done: number; total: number }) => progress(step, `answer ${done} of ${total}`);
  const groupOfName = (name: string) => groupOf(input.rules ?? {}, [name]);
  const own = input.own === undefined ? {} : { own: input.own };
  const targets = await readPrometheus({ source, window, progress: told, groupOf: groupOfName, ...own });
  if (targets.length === 0) throw new Error('Prometheus knows no PostgreSQL server in this window.');
  return targets;
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
  const catalog = await attempt(readCatalog(input, target, metrics.formerNames, source));
  if ('failure' in catalog) return fromPrometheus(input, metrics, catalogGaps(catalog.failure));
  const { window, takenAt } = input;
  const snapshot = join({ target, takenAt, window, prometheus: metrics, postgres: catalog.value });
  return { target, snapshot, postgres: source.name };
}

async function readCatalog(
  input: CollectInput,
  target: string,
  formerNames: readonly string[],
  source: PostgresSource,
): Promise<PostgresReading> {
  const { window, takenAt, progress } = input;
  return readPostgres({
    source,
    window,
    takenAt,
    progress,
    previous: await input.previous(target, formerNames.map(targetName)),
  });
}

async function fromPostgres(
  input: CollectInput,
  source: PostgresSource,
  gaps: readonly Gap[],
  notes: readonly string[] = [],
): Promise<Collected> {
  const { window, takenAt } = input;
  const known = input.known?.get(source.name);
  const own = newName(input.rules ?? {}, known === undefined ? [source.name] : [known, source.name]);
  // With several targets in Prometheus the name that was given belongs to one of those, and so did the known one.
  const target = targetName(own ?? (notes.length > 0 ? source.name : (input.target ?? known ?? source.name)));
  const formerNames = [known, source.name].filter(
    (name) => name !== undefined && targetName(name) !== target,
  ) as string[];
  const catalog = await attempt(readCatalog(input, target, formerNames, source));
  if ('failure' in catalog) {
    return { target, failure: [catalog.failure, ...gaps.map((gap) => gap.reason)].join(' ') };
  }
  const {
    name: _name,
    identities: _identities,
    skewSeconds: _skew,
    resets,
    statisticsAgeSeconds,
    blindDatabases,
    ...reading
  } = catalog.value;
  const { notes: said, ...rows } = reading;
  const quality = qualityOf({
    snapshot: rows,
    window,
    sources: ['postgres'],
    coveredShare: null,
    resets,
    statisticsAgeSeconds,
    blindDatabases,
    bySource: [postgresQuality(catalog.value)],
    notes: [...notes, ...said],
  });
  const all = [...gaps, ...rows.gaps];
  return {
    target,
    snapshot: { version: 1, target, ...formerly(formerNames), takenAt, window, ...rows, gaps: all, hosts: [], quality },
  };
}

function fromPrometheus(input: CollectInput, metrics: PrometheusTarget, gaps: readonly Gap[]): Collected {
  const { window, takenAt } = input;
  const { name, coveredShare, resets, notes, blindDatabases, ...rest } = metrics;
  const { aliases: _aliases, cluster: _cluster, system: _system, standbys: _standbys, formerNames, ...other } = rest;
  const { presence: _presence, samples: _samples, ...rows } = other;
  const target = targetName(name);
  const { databases, tables, indexes, statements } = rows;
  const all = { server: [rows.server], database: databases, table: tables, index: indexes, statement: statements };
  const seen = (Object.keys(all) as (keyof typeof all)[]).filter((kind) => all[kind].length > 0); // the keys above
  const spans: Snapshot['spans'] = Object.fromEntries(
    seen.map((kind) => [kind, prometheusSpan(kind, metrics, window)]),
  );
  const snapshot = { ...rows, spans };
  const quality = qualityOf({
    snapshot,
    window,
    sources: ['prometheus'],
    coveredShare,
    resets,
    statisticsAgeSeconds: statisticsAge(metrics, window),
    blindDatabases,
    bySource: [prometheusQuality(metrics)],
    notes,
  });
  const open = [...gaps, ...rows.gaps];
  return {
    target,
    snapshot: { version: 1, target, ...formerly(formerNames), takenAt, window, ...snapshot, gaps: open, quality },
  };
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
