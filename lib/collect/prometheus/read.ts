/** Everything one Prometheus knows about its PostgreSQL servers in one window, in the words of lib/model. */
import type { DatabaseRow, IndexRow, ServerRow, StatementRow, TableRow } from '../../model/rows.ts';
import type { Gap, SourceQuery, Window } from '../../model/snapshot.ts';
import { type Ask, type Asked, askAll, type Failed, planAsks } from './ask.ts';
import type { PrometheusSource } from './client.ts';
import { dialects } from './dialects/index.ts';
import { metricNames } from './names.ts';
import { lookback, type Scope } from './promql.ts';
import { answerNotes, type TrustQuestion, trustQuestions } from './quality.ts';
import { joinSamples } from './rows.ts';
import { identifyServers, type Servers } from './servers.ts';
import { targetOf } from './target.ts';
import { normalisedTexts, type StatementText } from './texts.ts';

/** One server. Counters cover the window; times are as in lib/model. */
export interface PrometheusTarget {
  readonly name: string;
  readonly server: ServerRow;
  readonly databases: readonly DatabaseRow[];
  readonly tables: readonly TableRow[];
  readonly indexes: readonly IndexRow[];
  readonly statements: readonly StatementRow[];
  readonly gaps: readonly Gap[];
  /** The PromQL really sent, with the samples it gave for this target. */
  readonly sources: readonly SourceQuery[];
  /** Samples seen ÷ samples expected, 0..1; null when the scrape interval is unknown. */
  readonly coveredShare: number | null;
  readonly resets: number;
  readonly notes: readonly string[];
  /** Databases of pg_stat_database without any table. */
  readonly blindDatabases: readonly string[];
}

/** What is asked once for the whole server, beside the measures. */
export interface Fact {
  readonly about: 'settings' | 'version' | 'role' | 'texts';
  readonly promql: string;
}

/** All answers, for slicing by target. */
export interface Answers {
  readonly window: Window;
  readonly scope: Scope;
  readonly servers: Servers;
  readonly asked: readonly Asked<Ask>[];
  readonly failed: readonly Failed<Ask>[];
  readonly facts: readonly Asked<Fact>[];
  readonly trust: readonly Asked<TrustQuestion>[];
  readonly texts: ReadonlyMap<string, ReadonlyMap<string, StatementText>>;
  readonly notes: readonly string[];
}

type Question =
  | { readonly part: 'measure'; readonly promql: string; readonly ask: Ask }
  | { readonly part: 'fact'; readonly promql: string; readonly ask: Fact }
  | { readonly part: 'trust'; readonly promql: string; readonly ask: TrustQuestion };

export interface ReadOptions {
  readonly source: PrometheusSource;
  readonly window: Window;
  /** Called after each answer. */
  readonly progress?: (event: { readonly done: number; readonly total: number; readonly what: string }) => void;
  /** Label matchers for every selector, such as `cluster="a"`. */
  readonly selector?: string;
}

/**
 * One question per measure for all servers together, about 75 in all, evaluated at the window's end. Throws
 * PrometheusError when nothing can be had; a question that fails alone becomes a gap.
 */
export async function readPrometheus(options: ReadOptions): Promise<readonly PrometheusTarget[]> {
  const { source, window, progress, selector = '' } = options;
  const end = Date.parse(window.end) / 1000;
  const scope: Scope = { seconds: Math.round(end - Date.parse(window.start) / 1000), selector };
  const names = await metricNames(source, end, scope);
  const questions: readonly Question[] = [
    ...factQuestions(names, scope).map((ask) => ({ part: 'fact' as const, promql: ask.promql, ask })),
    ...trustQuestions(names, scope).map((ask) => ({ part: 'trust' as const, promql: ask.promql, ask })),
    ...planAsks(dialects, names, scope).map((ask) => ({ part: 'measure' as const, promql: ask.promql, ask })),
  ];
  let done = 0;
  const { asked, failed } = await askAll(questions, async (promql) => {
    try {
      return await source.query(promql, end);
    } finally {
      done += 1;
      progress?.({ done, total: questions.length, what: promql });
    }
  });
  const answers = asked.map(({ answer }) => answer);
  const servers = identifyServers(labelsOf(asked));
  const facts = asked.flatMap(({ question, answer }) =>
    question.part === 'fact' ? [{ question: question.ask, answer }] : [],
  );
  const texts = facts.find(({ question }) => question.about === 'texts')?.answer;
  const all: Answers = {
    window,
    scope,
    servers,
    asked: asked.flatMap(({ question, answer }) =>
      question.part === 'measure' ? [{ question: question.ask, answer }] : [],
    ),
    failed: failed.flatMap(({ question, error }) =>
      question.part === 'measure' ? [{ question: question.ask, error }] : [],
    ),
    facts,
    trust: asked.flatMap(({ question, answer }) =>
      question.part === 'trust' ? [{ question: question.ask, answer }] : [],
    ),
    texts: texts === undefined ? new Map() : await normalisedTexts(texts, servers),
    notes: [...answerNotes(answers), ...factFailures(failed), ...ambiguity(servers)],
  };
  const joined = joinSamples(all.asked, servers);
  return servers.names.flatMap((name) => {
    const ofTarget = joined.get(name);
    return ofTarget === undefined ? [] : [targetOf(name, ofTarget, all)];
  });
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

function* labelsOf(asked: readonly Asked<Question>[]) {
  for (const { question, answer } of asked) {
    // Raw series of the interval repeat what the measures say.
    if (question.part === 'trust') continue;
    for (const { labels } of answer.samples) yield labels;
    yield* answer.nan;
  }
}

function factFailures(failed: readonly Failed<Question>[]): readonly string[] {
  return failed.flatMap(({ question, error }) => (question.part === 'measure' ? [] : [`${error.message}.`]));
}

function ambiguity({ ambiguous }: Servers): readonly string[] {
  return ambiguous.map(
    (instance) => `Exporter ${instance} serves several servers; its series without a server label were left out.`,
  );
}
