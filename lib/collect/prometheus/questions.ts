/** Everything that is asked in one run: measures, facts of the server, and how far all of it can be trusted. */
import { type Ask, planAsks } from './ask.ts';
import type { Combinable } from './combine.ts';
import type { Dialect, HostDialect } from './dialect.ts';
import { type Fact, factQuestions } from './facts.ts';
import { type HostAsk, hostQuestions } from './hosts.ts';
import type { Naming } from './naming.ts';
import type { Scope } from './promql.ts';
import { type TrustQuestion, trustQuestions } from './quality.ts';

type Part =
  | { readonly part: 'measure'; readonly ask: Ask }
  | { readonly part: 'fact'; readonly ask: Fact }
  | { readonly part: 'trust'; readonly ask: TrustQuestion }
  | { readonly part: 'host'; readonly ask: HostAsk };

export type Question = Part &
  Combinable & {
    /** The same question with a further label matcher. */
    readonly among: (matcher: string) => string;
    /** How its answer names servers. */
    readonly naming: Naming;
  };

export function questionsOf(
  dialects: readonly Dialect[],
  hosts: readonly HostDialect[],
  names: ReadonlySet<string>,
  scope: Scope,
): readonly Question[] {
  const among = (matcher: string): Scope => ({
    ...scope,
    selector: [scope.selector, matcher].filter((part) => part !== '').join(','),
  });
  return [
    ...factQuestions(dialects, names, scope).map((ask): Question => {
      // Settings keep the names of their series, and texts are long.
      const weight = ask.about === 'settings' || ask.about === 'texts' ? null : 1;
      const { promql, promqlIn, naming } = ask;
      return { part: 'fact', ask, promql, naming, weight, among: (matcher) => promqlIn(among(matcher)) };
    }),
    ...trustQuestions(dialects, names, scope).map((ask): Question => {
      const { promql, promqlIn, naming } = ask;
      const weight = ask.about.startsWith('interval') ? null : 2;
      return { part: 'trust', ask, promql, naming, weight, among: (matcher) => promqlIn(among(matcher)) };
    }),
    ...hostQuestions(hosts, names, scope).map((ask): Question => {
      const { promql, promqlIn } = ask;
      return { part: 'host', ask, promql, naming: {}, weight: 2, among: (matcher) => promqlIn(among(matcher)) };
    }),
    ...planAsks(dialects, names, scope).map(
      (ask): Question => ({
        part: 'measure',
        ask,
        naming: ask.dialects[0],
        promql: ask.promql,
        weight: weightOf(ask),
        among: (matcher) => ask.promqlIn(among(matcher)),
      }),
    ),
  ];
}

/** By what was seen to be slow: all samples of a window, the churn of statements, a sum at each of 2,000 points. */
function weightOf({ kind, binding: { verb } }: Ask): number {
  if (verb === 'averageSum' || verb === 'peakSum') return 4;
  if (verb === 'now') return 1;
  return kind === 'statement' ? 4 : 2;
}
