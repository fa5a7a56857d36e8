/** How far one server's numbers can be trusted: share of the window with samples, and counter resets. */
import { ENOUGH_SAMPLES, type SourceQuality } from '../../model/quality.ts';
import type { Window } from '../../model/snapshot.ts';
import { type Binding, type BindingsOf, type BoundKind, boundKinds, type Dialect, rolesOf } from './dialect.ts';
import { type Naming, namingLabels } from './naming.ts';
import { alwaysThere, firstOf, holeWords, type Presence } from './presence.ts';
import { duration, type Scope, selector, serverLabels } from './promql.ts';
import type { Answer } from './response.ts';
import type { Servers } from './servers.ts';
import { replicaMark } from './telling.ts';

/** Wide enough for two samples at the slowest usual scrape interval. */
const INTERVAL_SECONDS = 600;

export interface TrustQuestion {
  readonly about: 'count' | 'interval' | 'interval-before' | 'resets' | 'restarts' | 'row-samples' | 'row-resets';
  /** Of the last two: whose rows, as this dialect names them, and which counters come with the one that is asked about. */
  readonly of?: { readonly kind: BoundKind; readonly dialect: Dialect; readonly measures: readonly string[] };
  readonly promql: string;
  /** The same question in another scope. */
  readonly promqlIn: (scope: Scope) => string;
  readonly naming: Naming;
}

export interface Trust {
  /** 0..1; null when the scrape interval could not be inferred. */
  readonly coveredShare: number | null;
  readonly intervalSeconds: number | null;
  /** Unix seconds, of what was asked in the last minutes of the window. */
  readonly newestAt: number | null;
  readonly resets: number;
  readonly restarts: number | null;
}

/** Of each dialect one series that is published at every scrape while PostgreSQL answers, and two that reset. */
export function trustQuestions(
  dialects: readonly Dialect[],
  names: ReadonlySet<string>,
  scope: Scope,
): readonly TrustQuestion[] {
  const all = dialects.flatMap((dialect) => trustIn(dialect, names, scope));
  // Most dialects of one exporter ask the same, and not all of the same measures.
  const questions = new Map<string, TrustQuestion>();
  for (const question of all) {
    const { of } = questions.get(question.promql) ?? question;
    const measures = [...new Set([...(of?.measures ?? []), ...(question.of?.measures ?? [])])];
    questions.set(question.promql, { ...question, ...(of === undefined ? {} : { of: { ...of, measures } }) });
  }
  return [...questions.values()];
}

function trustIn(dialect: Dialect, names: ReadonlySet<string>, scope: Scope): readonly TrustQuestion[] {
  const questions: TrustQuestion[] = [];
  const ask = (about: TrustQuestion['about'], promqlIn: (each: Scope) => string, of?: TrustQuestion['of']) =>
    questions.push({ about, promql: promqlIn(scope), promqlIn, naming: dialect, ...(of === undefined ? {} : { of }) });
  const by = [...serverLabels(scope), ...namingLabels(dialect)].join(', ');
  const withClusters = [by, ...(scope.clusters ?? [])].join(', ');
  const window = duration(scope.seconds);
  const { server, database } = dialect.bindings;
  const always = alwaysThere(dialect, names);
  if (always !== undefined) {
    const series = (each: Scope) => selector(always.name, always.binding?.matching, each);
    const recent = duration(Math.min(scope.seconds, INTERVAL_SECONDS));
    ask('count', (each) => `max by (${withClusters}) (count_over_time(${series(each)}[${window}]))`);
    ask('interval', (each) => `${series(each)}[${recent}]`);
    // The exporter may be down at the end of the window, and only there.
    const middle = duration(Math.floor(scope.seconds / 2));
    ask('interval-before', (each) => `${series(each)}[${recent}] offset ${middle}`);
  }
  const started = firstOf([server.startedAt], names);
  if (started !== undefined && started.binding?.age !== true) {
    ask(
      'restarts',
      (each) => `max by (${by}) (changes(${selector(started.name, started.binding?.matching, each)}[${window}]))`,
    );
  }
  const commits = firstOf([database.commits], names);
  if (commits !== undefined) {
    const [label, ...others] = dialect.labels.database;
    // Shared objects, which have no name, are reset on their own.
    const named = label === undefined || others.length > 0 ? '' : `${label}!=""`;
    const matching = [commits.binding?.matching ?? '', named].filter((part) => part !== '').join(',');
    ask('resets', (each) => `max by (${by}) (resets(${selector(commits.name, matching, each)}[${window}]))`);
  }
  for (const kind of boundKinds) {
    const roles = rolesOf[kind].flatMap((role) => dialect.labels[role]);
    const row = [...new Set([...serverLabels(scope), ...namingLabels(dialect), ...roles])].join(', ');
    for (const { name, binding, measures } of leadsOf(dialect.bindings[kind], names)) {
      const over = (how: string) => (each: Scope) =>
        `max by (${row}) (${how}(${selector(name, binding.matching, each)}[${window}]))`;
      const of = { kind, dialect, measures };
      ask('row-samples', over('count_over_time'), of);
      ask('row-resets', over('resets'), of);
    }
  }
  return questions;
}

interface LeadOf {
  readonly name: string;
  readonly binding: Binding;
  readonly measures: readonly string[];
}

/** What one query or collector publishes comes and goes together, so one of its counters tells for all of them. */
function leadsOf(bindings: BindingsOf<BoundKind>, names: ReadonlySet<string>): readonly LeadOf[] {
  const groups = new Map<string, { name: string; binding: Binding; measures: string[] }>();
  for (const [measure, binding] of Object.entries(bindings) as [string, Binding][]) {
    const name = binding.verb === 'increase' ? binding.names.find((each) => names.has(each)) : undefined;
    if (name === undefined) continue;
    const key = `${binding.source?.name} ${binding.remedy}`;
    const group = groups.get(key) ?? { name, binding, measures: [] };
    group.measures.push(measure);
    groups.set(key, group);
  }
  return [...groups.values()];
}

export function trustOf(
  target: string,
  servers: Servers,
  asked: readonly { readonly question: TrustQuestion; readonly answer: Answer }[],
  scope: Scope,
  presence: Presence | null = null,
): Trust {
  const largest = (about: TrustQuestion['about']): number | null => {
    const values = asked
      .filter(({ question }) => question.about === about)
      .flatMap(({ answer }) => answer.samples.filter(({ labels }) => servers.of(labels) === target))
      .map(({ value }) => value);
    return values.length === 0 ? null : values.reduce((most, value) => Math.max(most, value));
  };
  const times = asked.flatMap(({ question, answer }) =>
    answer.series
      .filter(({ labels }) => servers.of(labels) === target)
      .map((series) => ({ about: question.about, times: series.times })),
  );
  const interval = median(times.flatMap((each) => differences(each.times))) ?? presence?.intervalSeconds ?? null;
  const recent = times.flatMap((each) => (each.about === 'interval' ? (each.times.at(-1) ?? []) : []));
  const count = largest('count');
  // Rounded down: whether a sample on the very edge counts differs between Prometheus 2 and 3 (4.4).
  const expected = interval === null ? null : Math.max(1, Math.floor(scope.seconds / interval));
  return {
    coveredShare: count === null || expected === null ? null : Math.min(1, count / expected),
    intervalSeconds: interval,
    newestAt: recent.length === 0 ? null : recent.reduce((newest, at) => Math.max(newest, at)),
    resets: largest('resets') ?? 0,
    restarts: largest('restarts'),
  };
}

/** What is said of Prometheus as a source, but for its rows. */
export type Samples = Pick<
  SourceQuality,
  'coveredShare' | 'intervalSeconds' | 'newestSampleAgeSeconds' | 'holes' | 'resets' | 'restarts' | 'clockSkewSeconds'
>;

export function samplesOf(
  { coveredShare, intervalSeconds, newestAt, resets, restarts }: Trust,
  presence: Presence | null,
  { window, skewSeconds }: { readonly window: Window; readonly skewSeconds: number | null },
): Samples {
  const end = Date.parse(window.end) / 1000;
  // Without a sample in the last minutes, the end of the last hour that has one: it is at least as old.
  const newest = newestAt ?? (presence === null ? null : Date.parse(presence.last) / 1000);
  return {
    coveredShare,
    intervalSeconds,
    newestSampleAgeSeconds: newest === null ? null : Math.max(0, end - newest),
    holes: presence?.holes ?? null,
    resets,
    restarts,
    clockSkewSeconds: skewSeconds,
  };
}

/** How many samples a replica of Prometheus has of a server: of two that hold one series, the fuller one counts. */
export function replicaSamples(
  asked: readonly { readonly question: TrustQuestion; readonly answer: Answer }[],
  servers: Servers,
): (server: string, replica: string) => number {
  const samples = new Map<string, number>();
  for (const { question, answer } of asked) {
    if (question.about !== 'count') continue;
    for (const { labels, value } of answer.samples) {
      const key = JSON.stringify([servers.of(labels), labels[replicaMark] ?? '']);
      samples.set(key, Math.max(value, samples.get(key) ?? 0));
    }
  }
  return (server, replica) => samples.get(JSON.stringify([server, replica])) ?? 0;
}

/** What a reader of the whole report should know about the backend's answers. */
export function answerNotes(answers: readonly Pick<Answer, 'warnings' | 'partial'>[]): readonly string[] {
  const notes = [...new Set(answers.flatMap((answer) => answer.warnings))].slice(0, 5);
  const warned = notes.map((text) => `Prometheus warned: ${text.replace(/\s+/g, ' ').slice(0, 200)}`);
  if (!answers.some((answer) => answer.partial)) return warned;
  return ['Prometheus answered without some of its nodes, so every sum may be too small.', ...warned];
}

export function trustNotes(
  { coveredShare, resets }: Trust,
  presence: Presence | null,
  seconds: number,
): readonly string[] {
  const notes: string[] = [];
  if (coveredShare === null) notes.push('How much of the window has samples could not be told.');
  else if (coveredShare < ENOUGH_SAMPLES) {
    const share = coveredShare < 0.01 ? 'less than 1' : `only ${Math.floor(coveredShare * 100)}`;
    notes.push(
      `Of the ${duration(seconds)}, ${share} % has samples${holeWords(presence)}; averages and peaks know nothing of the rest.`,
    );
  }
  if (resets > 0)
    notes.push('The statistics were reset in the window; what happened between a reset and the sample before is lost.');
  return notes;
}

function differences(times: readonly number[]): readonly number[] {
  return times.slice(1).map((time, index) => time - (times[index] ?? time));
}

function median(values: readonly number[]): number | null {
  const sorted = values.filter((value) => value > 0).sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? null;
}
