/** The questions of one run: which measures these metric names can answer, and asking them all at one time. */
import { type Binding, type BoundKind, boundKinds, type Dialect, rolesOf } from './dialect.ts';
import { PrometheusError } from './error.ts';
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
}

export interface Asked<Question> {
  readonly question: Question;
  readonly answer: Answer;
}

export interface Failed<Question> {
  readonly question: Question;
  readonly error: PrometheusError;
}

/** In the order in which they count: dialects as listed, names as preferred. */
export function planAsks(dialects: readonly Dialect[], names: ReadonlySet<string>, scope: Scope): readonly Ask[] {
  const asks = new Map<string, Ask>();
  for (const dialect of dialects) {
    for (const kind of boundKinds) {
      const labels = rolesOf[kind].flatMap((role) => dialect.labels[role]);
      for (const [measure, binding] of Object.entries(dialect.bindings[kind]) as [string, Binding][]) {
        for (const name of binding.names.filter((each) => names.has(each))) {
          const text = promql(binding, name, labels, scope);
          const key = `${kind} ${measure} ${text}`;
          const same = asks.get(key);
          if (same === undefined) asks.set(key, { kind, measure, name, binding, dialects: [dialect], promql: text });
          else asks.set(key, { ...same, dialects: [...same.dialects, dialect] });
        }
      }
    }
  }
  return [...asks.values()];
}

/** One failed question is one gap, so failures are returned; only when nothing was answered is it an error. */
export async function askAll<Question extends { readonly promql: string }>(
  questions: readonly Question[],
  query: (promql: string) => Promise<Answer>,
): Promise<{ asked: readonly Asked<Question>[]; failed: readonly Failed<Question>[] }> {
  const asked: Asked<Question>[] = [];
  const failed: Failed<Question>[] = [];
  const outcomes = await Promise.all(
    questions.map(async (question): Promise<Asked<Question> | Failed<Question>> => {
      try {
        return { question, answer: await query(question.promql) };
      } catch (error) {
        if (!(error instanceof PrometheusError)) throw error;
        return { question, error };
      }
    }),
  );
  for (const outcome of outcomes) {
    if ('answer' in outcome) asked.push(outcome);
    else failed.push(outcome);
  }
  const [first] = failed;
  if (asked.length === 0 && first !== undefined) throw first.error;
  return { asked, failed };
}
