/** A question that is too much for the backend, asked again for a few servers at a time. */
import type { Asked, Failed, Query } from './ask.ts';
import { PrometheusError } from './error.ts';
import { isTooMuch } from './failure.ts';
import type { Question } from './questions.ts';
import { type Answer, type Labels, merged } from './response.ts';

/** A measure that fails in each of them costs this many requests more, however many servers there are. */
const MOST_PARTS = 8;

export interface Narrowed {
  readonly asked: readonly Asked<Question>[];
  readonly failed: readonly Failed<Question>[];
}

/** `labels` of all other answers tell which exporters there are. A server may stay without an answer, the others not. */
export async function narrow(
  failed: readonly Failed<Question>[],
  labels: Iterable<Labels>,
  query: Query,
): Promise<Narrowed> {
  const matchers = matchersOf(new Set([...labels].map(({ instance = '' }) => instance)));
  const results = await Promise.all(
    failed.map((failure) =>
      matchers.length < 2 || !isTooMuch(failure.error)
        ? { asked: [], failed: [failure] }
        : again(failure, matchers, query),
    ),
  );
  return { asked: results.flatMap(({ asked }) => asked), failed: results.flatMap((each) => each.failed) };
}

async function again({ question }: Failed<Question>, matchers: readonly string[], query: Query): Promise<Narrowed> {
  const answers: Answer[] = [];
  const failed: Failed<Question>[] = [];
  for (const matcher of matchers) {
    try {
      answers.push(await query(question.among(matcher)));
    } catch (error) {
      if (!(error instanceof PrometheusError)) throw error;
      failed.push({ question, error });
    }
  }
  if (answers.length === 0) return { asked: [], failed };
  return { asked: [{ question, answer: merged(answers) }], failed };
}

function matchersOf(instances: ReadonlySet<string>): readonly string[] {
  const sorted = [...instances].sort();
  const size = Math.ceil(sorted.length / MOST_PARTS);
  return Array.from({ length: Math.ceil(sorted.length / size) }, (_, part) => {
    const names = sorted
      .slice(part * size, (part + 1) * size)
      .map((name) => name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
    // A PromQL string is written like one of JSON: each backslash twice.
    return `instance=~${JSON.stringify(names.join('|'))}`;
  });
}
