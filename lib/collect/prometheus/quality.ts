/** How far one server's numbers can be trusted: share of the window with samples, and counter resets. */
import { duration, type Scope, selector, serverLabels } from './promql.ts';
import type { Answer } from './response.ts';
import type { Servers } from './servers.ts';

/** Published at every scrape while PostgreSQL answers; pg_up is there even when it does not. */
const alwaysOn = ['pg_settings_max_connections', 'pg_stat_database_numbackends'];
/** Wide enough for two samples at the slowest usual scrape interval. */
const INTERVAL_SECONDS = 600;

export interface TrustQuestion {
  readonly about: 'count' | 'interval' | 'interval-before' | 'resets' | 'statement-resets';
  readonly promql: string;
}

export interface Trust {
  /** 0..1; null when the scrape interval could not be inferred. */
  readonly coveredShare: number | null;
  readonly resets: number;
  readonly statementResets: number;
}

export function trustQuestions(names: ReadonlySet<string>, scope: Scope): readonly TrustQuestion[] {
  const by = serverLabels.join(', ');
  const window = duration(scope.seconds);
  const questions: TrustQuestion[] = [];
  const always = alwaysOn.find((name) => names.has(name));
  if (always !== undefined) {
    const series = selector(always, undefined, scope);
    const recent = duration(Math.min(scope.seconds, INTERVAL_SECONDS));
    questions.push({ about: 'count', promql: `max by (${by}) (count_over_time(${series}[${window}]))` });
    questions.push({ about: 'interval', promql: `${series}[${recent}]` });
    // The exporter may be down at the end of the window, and only there.
    const middle = duration(Math.floor(scope.seconds / 2));
    questions.push({ about: 'interval-before', promql: `${series}[${recent}] offset ${middle}` });
  }
  if (names.has('pg_stat_database_xact_commit')) {
    const series = selector('pg_stat_database_xact_commit', 'datname!=""', scope);
    questions.push({ about: 'resets', promql: `max by (${by}) (resets(${series}[${window}]))` });
  }
  const calls = ['pg_stat_statements_calls_total', 'pg_stat_statements_calls'].find((name) => names.has(name));
  if (calls !== undefined) {
    const series = selector(calls, undefined, scope);
    questions.push({ about: 'statement-resets', promql: `max by (${by}) (resets(${series}[${window}]))` });
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
    return values.length === 0 ? null : Math.max(...values);
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

/** What a reader of the whole report should know about the backend's answers. */
export function answerNotes(answers: readonly Answer[]): readonly string[] {
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
