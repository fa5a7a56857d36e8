/** How far one server's numbers can be trusted: share of the window with samples, and counter resets. */
import type { Binding, Dialect } from './dialect.ts';
import { type Naming, namingLabels } from './naming.ts';
import { duration, type Scope, selector, serverLabels } from './promql.ts';
import type { Answer } from './response.ts';
import type { Servers } from './servers.ts';
import { replicaMark } from './telling.ts';

/** Wide enough for two samples at the slowest usual scrape interval. */
const INTERVAL_SECONDS = 600;

export interface TrustQuestion {
  readonly about: 'count' | 'interval' | 'interval-before' | 'resets' | 'statement-resets';
  readonly promql: string;
  /** The same question in another scope. */
  readonly promqlIn: (scope: Scope) => string;
  readonly naming: Naming;
}

export interface Trust {
  /** 0..1; null when the scrape interval could not be inferred. */
  readonly coveredShare: number | null;
  readonly resets: number;
  readonly statementResets: number;
}

/** Of each dialect one series that is published at every scrape while PostgreSQL answers, and two that reset. */
export function trustQuestions(
  dialects: readonly Dialect[],
  names: ReadonlySet<string>,
  scope: Scope,
): readonly TrustQuestion[] {
  const all = dialects.flatMap((dialect) => trustIn(dialect, names, scope));
  // Most dialects of one exporter ask the same.
  return [...new Map(all.map((question) => [question.promql, question])).values()];
}

function trustIn(dialect: Dialect, names: ReadonlySet<string>, scope: Scope): readonly TrustQuestion[] {
  const questions: TrustQuestion[] = [];
  const ask = (about: TrustQuestion['about'], promqlIn: (each: Scope) => string) =>
    questions.push({ about, promql: promqlIn(scope), promqlIn, naming: dialect });
  const by = [...serverLabels(scope), ...namingLabels(dialect)].join(', ');
  const withClusters = [by, ...(scope.clusters ?? [])].join(', ');
  const window = duration(scope.seconds);
  const present = (bindings: readonly (Binding | undefined)[]) =>
    bindings
      .flatMap((binding) => (binding?.names ?? []).map((name) => ({ name, binding })))
      .find(({ name }) => names.has(name));
  // pg_up and its like are there even when PostgreSQL does not answer.
  const { server, database, statement } = dialect.bindings;
  const always = present([server.maxConnections, database.connectionsAverage]);
  if (always !== undefined) {
    const series = (each: Scope) => selector(always.name, always.binding?.matching, each);
    const recent = duration(Math.min(scope.seconds, INTERVAL_SECONDS));
    ask('count', (each) => `max by (${withClusters}) (count_over_time(${series(each)}[${window}]))`);
    ask('interval', (each) => `${series(each)}[${recent}]`);
    // The exporter may be down at the end of the window, and only there.
    const middle = duration(Math.floor(scope.seconds / 2));
    ask('interval-before', (each) => `${series(each)}[${recent}] offset ${middle}`);
  }
  const commits = present([database.commits])?.name;
  if (commits !== undefined) {
    const [label, ...others] = dialect.labels.database;
    // Shared objects, which have no name, are reset on their own.
    const matching = label === undefined || others.length > 0 ? undefined : `${label}!=""`;
    ask('resets', (each) => `max by (${by}) (resets(${selector(commits, matching, each)}[${window}]))`);
  }
  const calls = present([statement.calls])?.name;
  if (calls !== undefined) {
    ask('statement-resets', (each) => `max by (${by}) (resets(${selector(calls, undefined, each)}[${window}]))`);
  }
  return questions;
}

export function trustOf(
  target: string,
  servers: Servers,
  asked: readonly { readonly question: TrustQuestion; readonly answer: Answer }[],
  scope: Scope,
): Trust {
  const largest = (about: TrustQuestion['about']): number | null => {
    const values = asked
      .filter(({ question }) => question.about === about)
      .flatMap(({ answer }) => answer.samples.filter(({ labels }) => servers.of(labels) === target))
      .map(({ value }) => value);
    return values.length === 0 ? null : values.reduce((most, value) => Math.max(most, value));
  };
  const steps = asked.flatMap(({ answer }) =>
    answer.series.filter(({ labels }) => servers.of(labels) === target).flatMap(({ times }) => differences(times)),
  );
  const interval = median(steps);
  const count = largest('count');
  // Rounded down: whether a sample on the very edge counts differs between Prometheus 2 and 3 (4.4).
  const expected = interval === null ? null : Math.max(1, Math.floor(scope.seconds / interval));
  return {
    coveredShare: count === null || expected === null ? null : Math.min(1, count / expected),
    resets: largest('resets') ?? 0,
    statementResets: largest('statement-resets') ?? 0,
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

export function trustNotes({ coveredShare, resets, statementResets }: Trust, seconds: number): readonly string[] {
  const notes: string[] = [];
  if (coveredShare === null) notes.push('How much of the window has samples could not be told.');
  else if (coveredShare < 0.8) {
    const share = coveredShare < 0.01 ? 'less than 1' : `only ${Math.floor(coveredShare * 100)}`;
    notes.push(`Of the ${duration(seconds)}, ${share} % has samples; increases are too small.`);
  }
  if (resets > 0)
    notes.push('The statistics were reset in the window; what happened between a reset and the sample before is lost.');
  if (statementResets > 0 && resets === 0) {
    notes.push('Counters of some statements began again in the window: pg_stat_statements was reset or is too small.');
  }
  return notes;
}

function differences(times: readonly number[]): readonly number[] {
  return times.slice(1).map((time, index) => time - (times[index] ?? time));
}

function median(values: readonly number[]): number | null {
  const sorted = values.filter((value) => value > 0).sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? null;
}
