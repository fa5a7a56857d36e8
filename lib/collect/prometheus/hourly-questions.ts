/** What is asked about the statements of each whole hour, in as few requests as their number allows. Pure. */
import type { Window } from '../../model/snapshot.ts';
import type { Ask } from './ask.ts';
import type { Combinable } from './combine.ts';
import { namingLabels } from './naming.ts';
import { type Scope, selector, serverLabels } from './promql.ts';

export const HOUR = 3_600;
/** Points of an answer from which on a question goes alone; at most so many do, whatever exporters there are. */
const MANY_POINTS = 50_000;
const MOST_ALONE = 8;
/** Of the others together: two requests, and as many as their length wants (combine.ts). */
const MOST_WEIGHT = 16;

const fields = { calls: 'calls', totalTimeMs: 'timeMs', rows: 'rows', sharedBlocksRead: 'blocksRead' } as const;
export type Field = (typeof fields)[keyof typeof fields];

/** Whole hours of UTC; in Unix seconds. */
export interface Hours {
  readonly start: number;
  readonly count: number;
}

export interface HourlyQuestion extends Combinable {
  /** null: how many samples an hour has. */
  readonly field: Field | null;
  readonly ask: Ask;
}

/** null below two hours: then there need not be a whole one. */
export function wholeHours({ start, end }: Window): Hours | null {
  const from = Math.ceil(Date.parse(start) / 1000 / HOUR);
  const to = Math.floor(Date.parse(end) / 1000 / HOUR);
  return Date.parse(end) - Date.parse(start) < 2 * HOUR * 1000 ? null : { start: from * HOUR, count: to - from };
}

/** What was asked of the whole window, and how many series that gave. */
export interface AskedOfWindow {
  readonly ask: Ask;
  readonly series: number;
}

/** Only of what has an answer for the whole window. */
export function hourlyQuestions(
  asked: readonly AskedOfWindow[],
  hours: Hours,
  scope: Scope,
): readonly HourlyQuestion[] {
  const each = { ...scope, seconds: HOUR };
  const wanted = asked.flatMap(({ ask, series }) => {
    const field = fields[ask.measure as keyof typeof fields] as Field | undefined; // any measure may come; most have none
    const counts = ask.kind === 'statement' && ask.binding.verb === 'increase' && series > 0;
    return counts && field !== undefined ? [{ ask, field, points: series * hours.count }] : [];
  });
  const mayGoAlone = wanted.length <= MOST_ALONE;
  // One counter of a dialect tells for all: they come from one row.
  const withCalls = new Set(wanted.filter(({ field }) => field === 'calls').map(({ ask }) => ask.dialects[0]));
  const counted = wanted.filter(({ ask, field }) =>
    withCalls.has(ask.dialects[0]) ? field === 'calls' : field === 'timeMs',
  );
  const light = Math.min(2, MOST_WEIGHT / (counted.length + wanted.length));
  return [
    ...counted.map(({ ask }): HourlyQuestion => {
      const by = [...serverLabels(each), ...namingLabels(ask.dialects[0])].join(', ');
      const promql = `max by (${by}) (count_over_time(${selector(ask.name, ask.binding.matching, each)}[1h]))`;
      return { field: null, ask, promql, weight: light };
    }),
    ...wanted.map(({ ask, field, points }): HourlyQuestion => {
      const weight = points > MANY_POINTS && mayGoAlone ? null : light;
      return { field, ask, promql: ask.promqlIn(each), weight };
    }),
  ];
}
