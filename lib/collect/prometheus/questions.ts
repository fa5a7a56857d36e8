/** Everything that is asked in one run: measures, facts of the server, and how far all of it can be trusted. */
import { type Ask, planAsks } from './ask.ts';
import type { Combinable } from './combine.ts';
import type { BoundKind, Dialect, HostDialect, Verb } from './dialect.ts';
import { type Fact, factQuestions } from './facts.ts';
import { type HostAsk, hostQuestions } from './hosts.ts';
import type { Naming } from './naming.ts';
import type { Adds } from './over-time.ts';
import type { Experience } from './own.ts';
import { expressed, type Scope } from './promql.ts';
import { type TrustQuestion, trustQuestions } from './quality.ts';

type Part =
  | { readonly part: 'measure'; readonly ask: Ask }
  | { readonly part: 'fact'; readonly ask: Fact }
  | { readonly part: 'trust'; readonly ask: TrustQuestion }
  | { readonly part: 'host'; readonly ask: HostAsk }
  | { readonly part: 'experience'; readonly ask: Experience };

/** Fewer servers, less time, or both. */
export interface Smaller {
  /** A further label matcher. */
  readonly matcher?: string | undefined;
  /** Before the time of evaluation. */
  readonly seconds?: number;
}

export type Question = Part &
  Combinable & {
    readonly rank: number;
    /** The same question about less. */
    readonly about: (smaller: Smaller) => string;
    /** How the values of two halves of the window make that of the whole. */
    readonly addsUp: Adds;
    /** How its answer names servers. */
    readonly naming: Naming;
  };

/** Without these most advisors are blind: they are asked first where the backend refuses so much that not all can be. */
const essential: { readonly [Kind in BoundKind]: readonly string[] } = {
  server: ['maxConnections', 'connectionsPeak'],
  database: ['activeTimeMs', 'blocksRead', 'blocksHit', 'xidAge'],
  table: ['liveRows', 'deadRows', 'sequentialScans', 'sequentialRowsRead', 'indexScans', 'heapBytes'],
  index: ['scans', 'sizeBytes'],
  statement: ['calls', 'totalTimeMs', 'rows', 'sharedBlocksRead'],
};

export function questionsOf(
  dialects: readonly Dialect[],
  hosts: readonly HostDialect[],
  names: ReadonlySet<string>,
  scope: Scope,
  experiences: readonly Experience[] = [],
): readonly Question[] {
  const aboutOf =
    (promqlIn: (each: Scope) => string) =>
    ({ matcher = '', seconds = scope.seconds }: Smaller) =>
      promqlIn({ ...scope, seconds, selector: [scope.selector, matcher].filter((part) => part !== '').join(',') });
  return [
    ...factQuestions(dialects, names, scope).map((ask): Question => {
      // Settings keep the names of their series, and texts are long.
      const weight = ask.about === 'settings' || ask.about === 'texts' ? null : 1;
      const { promql, promqlIn, naming } = ask;
      return { part: 'fact', ask, promql, naming, weight, rank: 0, about: aboutOf(promqlIn), addsUp: null };
    }),
    ...trustQuestions(dialects, names, scope).map((ask): Question => {
      const isInterval = ask.about.startsWith('interval');
      const { promql, promqlIn, naming } = ask;
      const rest = { weight: isInterval ? null : 2, addsUp: isInterval ? null : ('sum' as const) };
      // Of single rows last: without it they are only not marked.
      const rank = ask.of === undefined ? 1 : 5;
      return { part: 'trust', ask, promql, naming, rank, about: aboutOf(promqlIn), ...rest };
    }),
    ...hostQuestions(hosts, names, scope).map((ask): Question => {
      const { promql, promqlIn } = ask;
      return {
        ...{ part: 'host', ask, promql, naming: {}, weight: 2, rank: 3, about: aboutOf(promqlIn), addsUp: null },
      };
    }),
    ...experiences.map((ask): Question => {
      const promql = expressed(ask.promql, scope);
      return { part: 'experience', ask, promql, naming: {}, weight: 4, rank: 3, about: () => promql, addsUp: null };
    }),
    ...planAsks(dialects, names, scope).map(
      (ask): Question => ({
        part: 'measure',
        ask,
        naming: ask.dialects[0],
        promql: ask.promql,
        weight: weightOf(ask),
        rank: essential[ask.kind].includes(ask.measure) ? 2 : 3,
        about: aboutOf(ask.promqlIn),
        addsUp: addsUpOf(ask.binding.verb),
      }),
    ),
  ];
}

function addsUpOf(verb: Verb): Adds {
  if (verb === 'increase') return 'sum';
  return verb === 'peak' || verb === 'peakSum' ? 'max' : null;
}

/** By what was seen to be slow: all samples of a window, the churn of statements, a sum at each of 2,000 points. */
function weightOf({ kind, binding: { verb } }: Ask): number {
  if (verb === 'averageSum' || verb === 'peakSum') return 4;
  if (verb === 'now') return 1;
  return kind === 'statement' ? 4 : 2;
}
