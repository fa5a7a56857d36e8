/** Everything one Prometheus knows about its PostgreSQL servers in one window, in the words of lib/model. */
import type { Hourly } from '../../model/hourly.ts';
import type { NodeRow } from '../../model/node.ts';
import type {
  DatabaseRow,
  HostRow,
  IndexRow,
  ServerRow,
  StatementRow,
  TableRow,
  UserExperience,
} from '../../model/rows.ts';
import type { Gap, SourceQuery, Window } from '../../model/snapshot.ts';
import { type Ask, type Asked, askAll, type Failed, type Query } from './ask.ts';
import type { PrometheusSource } from './client.ts';
import { type Dialect, mayBeSpeaking } from './dialect.ts';
import { dialects, hostDialects } from './dialects/index.ts';
import { PrometheusError } from './error.ts';
import type { Fact } from './facts.ts';
import { hostsOf, type SeenHost } from './hosts.ts';
import { type HoursInput, withHours } from './hourly.ts';
import { metricNames } from './names.ts';
import { named } from './naming.ts';
import { narrow } from './narrow.ts';
import { type Experienced, experienced, type OwnMetrics, ownDialects } from './own.ts';
import { askPresence, type Presence, presenceQuestions, type Seen } from './presence.ts';
import type { Scope } from './promql.ts';
import { answerNotes, replicaSamples, type Samples, type TrustQuestion } from './quality.ts';
import { type Question, questionsOf } from './questions.ts';
import type { Labels } from './response.ts';
import { joinSamples } from './rows.ts';
import { sameServers } from './same-server.ts';
import { identifyServers, type Servers } from './servers.ts';
import { targetOf } from './target.ts';
import { type Cluster, keptLabels, nothingTold, tellingLabels } from './telling.ts';
import { normalisedTexts, type StatementText } from './texts.ts';

/** One server. Counters cover the window; times are as in lib/model. */
export interface PrometheusTarget {
  readonly name: string;
  readonly server: ServerRow;
  readonly databases: readonly DatabaseRow[];
  readonly tables: readonly TableRow[];
  readonly indexes: readonly IndexRow[];
  readonly statements: readonly StatementRow[];
  readonly hosts: readonly HostRow[];
  readonly userExperience?: readonly UserExperience[];
  readonly gaps: readonly Gap[];
  /** The PromQL really sent, with the samples it gave for this target. */
  readonly sources: readonly SourceQuery[];
  /** Samples seen ÷ samples expected, 0..1; null when the scrape interval is unknown. */
  readonly coveredShare: number | null;
  readonly resets: number;
  /** When it had samples; null when that could not be asked. */
  readonly presence: Presence | null;
  readonly samples: Samples;
  readonly notes: readonly string[];
  /** Databases of pg_stat_database without any table. */
  readonly blindDatabases: readonly string[];
  /** Absent below two hours and where no statement was seen; else a gap says why. */
  readonly hourly?: Hourly;
  /** Other names under which exporters show this server. */
  readonly aliases: readonly string[];
  /** What it went by before the configuration or its cluster gave it this name; latest first. */
  readonly formerNames: readonly string[];
  /** As its labels say; `sure` when the label can mean nothing else. */
  readonly cluster: Cluster | null;
  /** System identifier, the same on a primary and its physical standbys. */
  readonly system: string | null;
  /** What streams from it, as pg_stat_replication has it. */
  readonly standbys: readonly { readonly name: string; readonly address: string }[];
  /** Absent for a server that has no known other. */
  readonly nodes?: readonly NodeRow[];
}

/** All answers, for slicing by target. */
export interface Answers {
  readonly window: Window;
  readonly scope: Scope;
  readonly servers: Servers;
  /** Those that can have spoken here, for one server or another. */
  readonly dialects: readonly Dialect[];
  /** Of all metrics. */
  readonly metrics: ReadonlySet<string>;
  readonly asked: readonly Asked<Ask>[];
  readonly failed: readonly Failed<Ask>[];
  readonly facts: readonly Asked<Fact>[];
  readonly hosts: readonly SeenHost[];
  readonly trust: readonly Asked<TrustQuestion>[];
  readonly seen: Seen | null;
  /** Prometheus' clock less ours. */
  readonly skewSeconds: number | null;
  readonly texts: ReadonlyMap<string, ReadonlyMap<string, StatementText>>;
  readonly notes: readonly string[];
  readonly experiences: readonly Experienced[];
}

export interface ReadOptions {
  readonly source: PrometheusSource;
  readonly window: Window;
  /** Called after each answer. */
  readonly progress?: (event: { readonly done: number; readonly total: number; readonly what: string }) => void;
  /** Label matchers for every selector, such as `cluster="a"`. */
  readonly selector?: string;
  /** What the configuration adds to the metrics of exporters. */
  readonly own?: OwnMetrics;
  /** Group that the configuration puts a server into, by its name; null for none. */
  readonly groupOf?: (name: string) => string | null;
}

/** Requests that nothing may take from the questions hour by hour, which come last. */
const KEPT_FOR_HOURS = 6;

/**
 * One question per measure for all servers together, evaluated at the window's end; some 80 questions travel in about 30
 * requests. Throws PrometheusError when nothing can be had; a question that fails alone becomes a gap.
 */
export async function readPrometheus(options: ReadOptions): Promise<readonly PrometheusTarget[]> {
  // Two functions, so that the answers about the window are gone from memory when those about its hours come.
  const { targets, ...rest } = await readWindow(options);
  return withHours(targets, rest);
}

type Read = HoursInput & { readonly targets: readonly PrometheusTarget[] };

async function readWindow(options: ReadOptions): Promise<Read> {
  const { source, window, progress, selector = '', groupOf = () => null, own = {} } = options;
  const end = Date.parse(window.end) / 1000;
  const plain: Scope = { seconds: Math.round(end - Date.parse(window.start) / 1000), selector };
  const listed = [...ownDialects(own), ...dialects];
  const { names, ...said } = await metricNames(source, end, plain, listed);
  const spoken = mayBeSpeaking(listed, names);
  const query: Query = (promql, what, at = end) => source.query(promql, at, what);
  const left = () => source.requestsLeft() - KEPT_FOR_HOURS;
  const first = questionsOf(spoken, hostDialects, names, plain);
  const total = first.length + presenceQuestions(spoken, names, end, plain).questions.length;
  let done = 0;
  const settled = (count: number) => {
    done += count;
    progress?.({ done, total, what: 'measures' });
  };
  const raw = await askRaw(first.filter(isRaw), query, settled);
  const telling = tellingLabels(raw.asked.map(({ question, answer }) => named(answer, question.naming, nothingTold)));
  const scope: Scope = { ...plain, keep: keptLabels(telling), clusters: telling.clusters };
  const questions = questionsOf(spoken, hostDialects, names, scope, own.userExperience).filter(
    (question) => !isRaw(question),
  );
  const whole = await askAll(questions, query, settled, left);
  const over = { seconds: plain.seconds, at: end };
  const parts = await narrow(whole.failed, labelsOf(whole.asked), { query, window: over, left });
  const inTurn = inOrder(questions, [...whole.asked, ...parts.asked]);
  const asked = [...raw.asked, ...inTurn].map(({ question, answer }) => ({
    question,
    answer: named(answer, question.naming, telling),
  }));
  const failed = [...raw.failed, ...parts.failed];
  const answers = asked.map(({ answer }) => answer);
  const facts = asked.flatMap(({ question, answer }) =>
    question.part === 'fact' ? [{ question: question.ask, answer }] : [],
  );
  const texts = facts
    .filter(({ question }) => question.about === 'texts')
    .map(({ question, answer }) => ({ answer, label: question.label ?? 'query' }));
  const machines = asked.flatMap(({ question, answer }) =>
    question.part === 'host' ? [{ question: question.ask, answer }] : [],
  );
  const measured = asked.flatMap(({ question, answer }) =>
    question.part === 'measure' ? [{ question: question.ask, answer }] : [],
  );
  const found = identifyServers(labelsOf(asked));
  const same = sameServers(found, { asked: measured, facts, end, groupOf });
  const servers = same.size === 0 ? found : identifyServers(labelsOf(asked), same);
  const trust = asked.flatMap(({ question, answer }) =>
    question.part === 'trust' ? [{ question: question.ask, answer }] : [],
  );
  const all: Answers = {
    window,
    scope,
    servers,
    dialects: spoken,
    metrics: names,
    asked: measured,
    failed: failed.flatMap(({ question, error }) =>
      question.part === 'measure' ? [{ question: question.ask, error }] : [],
    ),
    facts,
    trust,
    hosts: hostsOf(machines),
    seen: await askPresence(source, presenceQuestions(spoken, names, end, scope), telling, settled),
    skewSeconds: source.skewSeconds?.() ?? null,
    texts: await normalisedTexts(texts, servers),
    notes: [...answerNotes([said, ...answers]), ...parts.notes, ...factFailures(failed), ...ambiguity(servers)],
    experiences: [
      ...asked.flatMap(({ question, answer }) => experienced(question, answer)),
      ...failed.flatMap(({ question, error }) => experienced(question, error)),
    ],
  };
  const joined = joinSamples({ asked: measured, servers, end, samplesOf: replicaSamples(trust, servers) });
  const targets = servers.names.flatMap((name) => {
    const ofTarget = joined.get(name);
    return ofTarget === undefined ? [] : [targetOf(name, ofTarget, all)];
  });
  const counted = measured.map(({ question, answer }) => ({ ask: question, series: answer.samples.length }));
  return { targets, source, window, scope, asked: counted, joined, servers, telling };
}

/** Raw samples keep all their labels, which have to be seen before anything is asked by label. */
const isRaw = (question: Question): boolean => question.part === 'trust' && question.ask.about.startsWith('interval');

/** Without it the rest is asked as if no labels told anything apart. */
async function askRaw(questions: readonly Question[], query: Query, settled: (count: number) => void) {
  try {
    return await askAll(questions, query, settled);
  } catch (error) {
    if (!(error instanceof PrometheusError)) throw error;
    return { asked: [], failed: questions.map((question) => ({ question, error })) };
  }
}

/** The first name that has data for a row counts, so the order has a meaning. */
function inOrder(questions: readonly Question[], asked: readonly Asked<Question>[]): readonly Asked<Question>[] {
  const place = new Map(questions.map((question, index) => [question, index]));
  return [...asked].sort((a, b) => (place.get(a.question) ?? 0) - (place.get(b.question) ?? 0));
}

function* labelsOf(asked: readonly Asked<Question>[]) {
  for (const { question, answer } of asked) {
    // Raw series of the interval repeat what the measures say, and a machine is no server.
    if (question.part === 'trust' || question.part === 'host' || question.part === 'experience') continue;
    // Of a user's aggregate the server may not be told.
    const isOwn = question.part === 'measure' && question.ask.dialects[0].own === true;
    for (const { labels } of answer.samples) if (!isOwn || placed(labels)) yield labels;
    yield* answer.nan;
  }
}

const placed = ({ instance = '', server = '' }: Labels): boolean => instance !== '' || server !== '';

function factFailures(failed: readonly Failed<Question>[]): readonly string[] {
  return failed.flatMap(({ question, error }) =>
    question.part === 'measure' || question.part === 'experience' ? [] : [`${error.message}.`],
  );
}

function ambiguity({ ambiguous }: Servers): readonly string[] {
  return ambiguous.map(
    (instance) => `Exporter ${instance} serves several servers; its series without a server label were left out.`,
  );
}
