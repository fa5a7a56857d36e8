/** One server's share of the facts. */
import type { Fact } from './facts.ts';
import type { Answers } from './read.ts';
import type { Sample } from './response.ts';

export interface FoundFact {
  readonly question: Fact;
  readonly samples: readonly Sample[];
}

export function factsOf(
  about: Fact['about'] | null,
  target: string,
  { facts, servers }: Answers,
): readonly FoundFact[] {
  return facts
    .filter(({ question }) => about === null || question.about === about)
    .map(({ question, answer }) => ({
      question,
      samples: answer.samples.filter(({ labels }) => servers.of(labels) === target),
    }));
}
