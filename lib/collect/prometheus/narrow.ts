/** A question that is too much for the backend, asked again for a few servers at a time, or for parts of the window. */
import type { Asked, Failed, Query } from './ask.ts';
import { PrometheusError } from './error.ts';
import { isTooMuch, unsplit } from './failure.ts';
import { type Over, overTime } from './over-time.ts';
import type { Question } from './questions.ts';
import { type Answer, type Labels, merged } from './response.ts';

/** A measure that fails in each of them costs this many requests more, however many servers there are. */
const MOST_PARTS = 8;

export interface Narrowed {
  readonly asked: readonly Asked<Question>[];
  readonly failed: readonly Failed<Question>[];
  /** What the reader should know about numbers that were put together. */
  readonly notes: readonly string[];
}

export interface Narrowing {
  readonly query: Query;
  readonly window: Over;
  /** Requests that this may cost. */
  readonly left: () => number;
}

/** `labels` of all other answers tell which exporters there are. A server may stay without an answer, the others not. */
export async function narrow(
  failed: readonly Failed<Question>[],
  labels: Iterable<Labels>,
  narrowing: Narrowing,
): Promise<Narrowed> {
  const instances = new Set([...labels].map(({ instance = '' }) => instance));
  const much = failed.filter(isSplittable).sort((a, b) => rank(a) - rank(b));
  const results: Narrowed[] = [{ asked: [], failed: failed.filter((each) => !isSplittable(each)), notes: [] }];
  // One after the other, the important ones first: half of the parts of everything would be of no use.
  for (const [index, failure] of much.entries()) {
    const share = Math.floor(narrowing.left() / (much.length - index));
    const matchers = matchersOf(instances, Math.min(MOST_PARTS, Math.max(2, share)));
    results.push(
      narrowing.left() < 2
        ? { asked: [], failed: [{ ...failure, error: unsplit(failure.error) }], notes: [] }
        : matchers.length < 2
          ? await byTime(failure, narrowing)
          : await byServers(failure, matchers, narrowing),
    );
  }
  return {
    asked: results.flatMap(({ asked }) => asked),
    failed: results.flatMap((each) => each.failed),
    notes: [...new Set(results.flatMap(({ notes }) => notes))],
  };
}

/** A user's own expression takes no further matcher. */
const isSplittable = ({ question, error }: Failed<Question>): boolean =>
  isTooMuch(error) && question.about({ matcher: 'instance=""' }) !== question.promql;

const rank = ({ question }: Failed<Question>): number => question.rank ?? 0;

async function byServers(
  { question }: Failed<Question>,
  matchers: readonly string[],
  narrowing: Narrowing,
): Promise<Narrowed> {
  const answers: Answer[] = [];
  const failed: Failed<Question>[] = [];
  const notes: string[] = [];
  for (const matcher of matchers) {
    try {
      answers.push(await narrowing.query(question.about({ matcher })));
    } catch (error) {
      if (!(error instanceof PrometheusError)) throw error;
      const rest = await byTime({ question, error }, narrowing, matcher);
      answers.push(...rest.asked.map(({ answer }) => answer));
      failed.push(...rest.failed);
      notes.push(...rest.notes);
    }
  }
  if (answers.length === 0) return { asked: [], failed, notes };
  return { asked: [{ question, answer: merged(answers) }], failed, notes };
}

async function byTime(failure: Failed<Question>, narrowing: Narrowing, matcher?: string): Promise<Narrowed> {
  const { question, error } = failure;
  const { query, window, left } = narrowing;
  const none: Narrowed = { asked: [], failed: [failure], notes: [] };
  if (question.addsUp === null || !isTooMuch(error)) return none;
  const ask = ({ seconds, at }: Over) => query(question.about({ seconds, matcher }), undefined, at);
  const answer = await overTime({ ask, adds: question.addsUp, window, left });
  if (answer === null) return none;
  const note =
    'Some questions were too much for Prometheus in one piece and were added up from parts of the window; what fell between the last sample of a part and the first of the next is estimated.';
  return { asked: [{ question, answer }], failed: [], notes: question.addsUp === 'sum' ? [note] : [] };
}

function matchersOf(instances: ReadonlySet<string>, most: number): readonly string[] {
  const sorted = [...instances].sort();
  const size = Math.ceil(sorted.length / most);
  return Array.from({ length: Math.ceil(sorted.length / size) }, (_, part) => {
    const names = sorted
      .slice(part * size, (part + 1) * size)
      .map((name) => name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
    // A PromQL string is written like one of JSON: each backslash twice.
    return `instance=~${JSON.stringify(names.join('|'))}`;
  });
}
