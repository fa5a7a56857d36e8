/** Joined questions to a backend that may refuse some of them, in a bounded number of requests. */
import type { Asked, Failed, Query } from './ask.ts';
import { type Combinable, combined, grouped, halves, separated } from './combine.ts';
import { PrometheusError } from './error.ts';
import { mayPassInParts, unsplit } from './failure.ts';
import { PARALLEL } from './pace.ts';

type Outcome<Question> = Asked<Question> | Failed<Question>;

interface Group<Question> {
  /** Each the same question once or more. */
  readonly entries: readonly (readonly Question[])[];
  /** Of the larger group that it is a part of. */
  readonly refusal?: PrometheusError;
}

export interface Asking {
  readonly query: Query;
  readonly settled: (count: number) => void;
  /** Requests that parts of refused questions may cost. */
  readonly left: () => number;
}

/**
 * Halves what is refused until it passes or is a single question: one bad measure must not cost the others. Halves wait
 * until all has been asked once. Where nothing joined passes at all, each question goes alone, the important ones first.
 */
export async function askInParts<Question extends Combinable>(
  questions: readonly Question[],
  { query, settled, left }: Asking,
): Promise<readonly Outcome<Question>[]> {
  let waiting: Group<Question>[] = grouped(questions).map((entries) => ({ entries }));
  const outcomes: Outcome<Question>[] = [];
  const joined = { passed: 0, refused: 0 };

  const settle = (all: readonly Outcome<Question>[]) => {
    outcomes.push(...all);
    settled(all.length);
  };

  const ask = async ({ entries, refusal }: Group<Question>): Promise<void> => {
    if (refusal !== undefined && left() <= 0) {
      settle(entries.flat().map((question) => ({ question, error: unsplit(refusal) })));
      return;
    }
    const what = entries.length < 2 ? undefined : `the answers to ${entries.length} questions at once`;
    try {
      const answer = await query(combined(entries.map(([first]) => first?.promql ?? '')), what);
      const answers = separated(answer, entries.length);
      if (entries.length > 1) joined.passed += 1;
      settle(answers.flatMap((each, index) => (entries[index] ?? []).map((question) => ({ question, answer: each }))));
    } catch (error) {
      if (!(error instanceof PrometheusError)) throw error;
      if (entries.length < 2 || !mayPassInParts(error)) {
        settle(entries.flat().map((question) => ({ question, error })));
        return;
      }
      joined.refused += 1;
      waiting.push(...halves(entries).map((half) => ({ entries: half, refusal: error })));
      if (joined.passed === 0 && joined.refused >= PARALLEL) waiting = alone(waiting, error);
    }
  };

  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) await ask(next);
  };
  // A worker that finds nothing to do may be needed for the halves of what another has on its way.
  while (waiting.length > 0) await Promise.all(Array.from({ length: PARALLEL }, work));
  return outcomes;
}

function alone<Question extends Combinable>(
  groups: readonly Group<Question>[],
  refusal: PrometheusError,
): Group<Question>[] {
  const rank = ({ entries: [entry = []] }: Group<Question>) => Math.min(...entry.map((each) => each.rank ?? 0));
  return groups
    .flatMap(({ entries, ...rest }) => entries.map((entry) => ({ refusal, ...rest, entries: [entry] })))
    .sort((a, b) => rank(a) - rank(b));
}
