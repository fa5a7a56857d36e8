/** Which of the dialects is a server's own. Several generations of an exporter can stand beside each other. */
import { type Dialect, speaking } from './dialect.ts';
import { factsOf } from './found-facts.ts';
import type { Answers } from './read.ts';
import type { Joined } from './rows.ts';

/** By the names that this server itself has; where nobody could tell which those are, by those of all. */
export function speakingOf(name: string, all: Answers): readonly Dialect[] {
  const asked = all.facts.some(({ question }) => question.about === 'signs');
  const own = factsOf('signs', name, all).flatMap(({ samples }) => samples.map(({ labels }) => labels.sign ?? ''));
  return speaking(all.dialects, asked ? new Set(own) : all.metrics);
}

/** Most names are shared; the first of those that explain most answers has the words and remedies that fit this server. */
export function mainDialect(joined: Joined, dialects: readonly Dialect[]): Dialect {
  const score = (dialect: Dialect) =>
    [...joined.answered.keys()].filter((ask) => ask.dialects.includes(dialect)).length;
  // A user's own metrics say nothing of the exporter.
  const [first, ...others] = dialects.filter(({ own }) => own !== true);
  if (first === undefined) throw new Error('no dialect is listed');
  return others.reduce((best, dialect) => (score(dialect) > score(best) ? dialect : best), first);
}
