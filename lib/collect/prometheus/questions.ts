/** Everything that is asked in one run: measures, facts of the server, and how far all of it can be trusted. */
import { type Ask, planAsks } from './ask.ts';
import type { Combinable } from './combine.ts';
import type { Dialect } from './dialect.ts';
import { lookback, type Scope } from './promql.ts';
import { type TrustQuestion, trustQuestions } from './quality.ts';

/** What is asked once for the whole server, beside the measures. */
export interface Fact {
  readonly about: 'settings' | 'version' | 'role' | 'texts';
  readonly promql: string;
}

type Part =
  | { readonly part: 'measure'; readonly ask: Ask }
  | { readonly part: 'fact'; readonly ask: Fact }
  | { readonly part: 'trust'; readonly ask: TrustQuestion };

export type Question = Part &
  Combinable & {
    /** The same question with a further label matcher. */
    readonly among: (matcher: string) => string;
  };

export function questionsOf(
  dialects: readonly Dialect[],
  names: ReadonlySet<string>,
  scope: Scope,
): readonly Question[] {
  const among = (matcher: string): Scope => ({
    ...scope,
    selector: [scope.selector, matcher].filter((part) => part !== '').join(','),
  });
  return [
    ...factQuestions(names, scope).map((ask): Question => {
      const again = (matcher: string) => factQuestions(names, among(matcher)).find(({ about }) => about === ask.about);
      // Settings keep the names of their series, and texts are long.
      const weight = ask.about === 'settings' || ask.about === 'texts' ? null : 1;
      return { part: 'fact', ask, promql: ask.promql, weight, among: (each) => again(each)?.promql ?? ask.promql };
    }),
    ...trustQuestions(names, scope).map((ask): Question => {
      const again = (matcher: string) => trustQuestions(names, among(matcher)).find(({ about }) => about === ask.about);
      const weight = ask.about.startsWith('interval') ? null : 2;
      return { part: 'trust', ask, promql: ask.promql, weight, among: (each) => again(each)?.promql ?? ask.promql };
    }),
    ...planAsks(dialects, names, scope).map(
      (ask): Question => ({
        part: 'measure',
        ask,
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

function factQuestions(names: ReadonlySet<string>, scope: Scope): readonly Fact[] {
  const matchers = scope.selector === '' ? '' : `{${scope.selector}}`;
  const settings = ['__name__=~"pg_settings_.+"', scope.selector].filter((part) => part !== '').join(',');
  const newest = (series: string, labels: string) =>
    `max by (${labels}instance, server) (last_over_time(${series}[${lookback(scope.seconds)}]))`;
  const facts: Fact[] = [];
  if ([...names].some((name) => name.startsWith('pg_settings_'))) {
    facts.push({ about: 'settings', promql: newest(`{${settings}}`, '__name__, ') });
  }
  if (names.has('pg_static')) {
    facts.push({ about: 'version', promql: newest(`pg_static${matchers}`, 'version, short_version, ') });
  }
  if (names.has('pg_replication_is_replica')) {
    facts.push({ about: 'role', promql: newest(`pg_replication_is_replica${matchers}`, '') });
  }
  if (names.has('pg_stat_statements_query_id')) {
    facts.push({ about: 'texts', promql: newest(`pg_stat_statements_query_id${matchers}`, 'queryid, query, ') });
  }
  return facts;
}
