/** The questions of one run: which measures these metric names can answer, and asking them all at one time. */
import type { Combinable } from './combine.ts';
import { type Binding, type BoundKind, boundKinds, type Dialect, rolesOf } from './dialect.ts';
import type { PrometheusError } from './error.ts';
import { askInParts } from './in-parts.ts';
import { namingLabels } from './naming.ts';
import { promql, type Scope } from './promql.ts';
import type { Answer } from './response.ts';

export interface Ask {
  readonly kind: BoundKind;
  readonly measure: string;
  readonly name: string;
  readonly binding: Binding;
  /** All that bind this name to this measure; the first one's labels and factor are used. */
  readonly dialects: readonly [Dialect, ...Dialect[]];
  readonly promql: string;
  /** The same question in another scope. */
  readonly promqlIn: (scope: Scope) => string;
}

export interface Asked<Question> {
  readonly question: Question;
  readonly answer: Answer;
}

export interface Failed<Question> {
  readonly question: Question;
  readonly error: PrometheusError;
}

/** `at`: in Unix seconds, where it is not the end of the window. */
export type Query = (promql: string, what?: string, at?: number) => Promise<Answer>;

/** In the order in which they count: dialects as listed, names as preferred. */
export function planAsks(dialects: readonly Dialect[], names: ReadonlySet<string>, scope: Scope): readonly Ask[] {
  const asks = new Map<string, Ask>();
  for (const dialect of dialects) {
    for (const kind of boundKinds) {
      const labels = [...new Set([...namingLabels(dialect), ...rolesOf[kind].flatMap((role) => dialect.labels[role])])];
      for (const [measure, binding] of Object.entries(dialect.bindings[kind]) as [string, Binding][]) {
        const found = binding.expression === undefined ? binding.names.filter((each) => names.has(each)) : [''];
        for (const name of found) {
          const promqlIn = (each: Scope) =>
            promql(binding, name, labels, each, kind === 'server' ? [] : dialect.churning);
          const text = promqlIn(scope);
          const key = `${kind} ${measure} ${text}`;
          const same = asks.get(key);
          if (same !== undefined) asks.set(key, { ...same, dialects: [...same.dialects, dialect] });
          else asks.set(key, { kind, measure, name, binding, dialects: [dialect], promql: text, promqlIn });
        }
      }
    }
  }
  return [...asks.values()];
}

/** One failed question is one gap, so failures are returned; only when nothing was answered is it an error. */
export async function askAll<Question extends Combinable>(
  questions: readonly Question[],
  query: Query,
  settled: (count: number) => void = () => {},
  left: () => number = () => Number.POSITIVE_INFINITY,
): Promise<{ asked: readonly Asked<Question>[]; failed: readonly Failed<Question>[] }> {
  const outcomes = await askInParts(questions, { query, settled, left });
  const byQuestion = new Map(outcomes.map((outcome) => [outcome.question, outcome]));
  const asked: Asked<Question>[] = [];
  const failed: Failed<Question>[] = [];
  // In the order of the questions: the first name that has data for a row counts.
  for (const question of questions) {
    const outcome = byQuestion.get(question);
    if (outcome === undefined) throw new Error(`nobody asked ${question.promql}`);
    if ('answer' in outcome) asked.push(outcome);
    else failed.push(outcome);
  }
  const [first] = failed;
  if (asked.length === 0 && first !== undefined) throw first.error;
  return { asked, failed };
}
