/**
 * When each server had samples in the window. An increase reaches from the first sample to the last, whatever is missing
 * between; averages and peaks know nothing of a hole.
 */
import { DateTime } from 'luxon';
import type { Window } from '../../model/snapshot.ts';
import { askAll } from './ask.ts';
import type { PrometheusSource } from './client.ts';
import type { Combinable } from './combine.ts';
import type { Binding, Dialect } from './dialect.ts';
import { PrometheusError } from './error.ts';
import { type Naming, named, namingLabels } from './naming.ts';
import { duration, type Scope, selector, serverLabels } from './promql.ts';
import type { Series } from './response.ts';
import type { Telling } from './telling.ts';

/** An hour of a week. */
const MOST_STEPS = 168;
const LEAST_STEP = 60;
/** Of these the first may be late and the last early without anything missing. */
const USUAL_STEPS = 3;

/** ISO 8601; `first` and `last` are the window's where nothing is missing at its ends. */
export interface Presence {
  readonly first: string;
  readonly last: string;
  readonly holes: readonly Window[];
  readonly intervalSeconds: number;
}

/** What is asked about all servers, at the ends of steps of equal length. */
export interface Steps {
  readonly start: number;
  readonly step: number;
  readonly steps: number;
  readonly questions: readonly PresenceQuestion[];
}

/** Answers of all servers, still to be told apart. */
export interface Seen extends Steps {
  readonly series: readonly Series[];
}

interface PresenceQuestion extends Combinable {
  readonly naming: Naming;
}

export function presenceQuestions(
  dialects: readonly Dialect[],
  names: ReadonlySet<string>,
  end: number,
  scope: Scope,
): Steps {
  const steps = Math.max(1, Math.min(MOST_STEPS, Math.floor(scope.seconds / LEAST_STEP)));
  const step = Math.floor(scope.seconds / steps);
  const questions = new Map<string, PresenceQuestion>();
  for (const dialect of dialects) {
    const always = alwaysThere(dialect, names);
    if (always === undefined) continue;
    const by = [...serverLabels(scope), ...namingLabels(dialect)].join(', ');
    const range = `${selector(always.name, always.binding?.matching, scope)}[${duration(step)}]`;
    const promql = `max by (${by}) (count_over_time(${range}))`;
    if (!questions.has(promql)) questions.set(promql, { promql, weight: 1, naming: dialect });
  }
  return { start: end - steps * step, step, steps, questions: [...questions.values()] };
}

/** null when it could not be asked: then holes are not known, and nothing else is lost. Never throws PrometheusError. */
export async function askPresence(
  source: PrometheusSource,
  wanted: Steps,
  telling: Telling,
  settled: (count: number) => void,
): Promise<Seen | null> {
  const { start, step, steps, questions } = wanted;
  const query = (promql: string, what?: string) =>
    source.queryRange(promql, start + step, start + steps * step, step, what);
  try {
    const { asked } = await askAll(questions, query, settled, source.requestsLeft);
    return {
      ...wanted,
      series: asked.flatMap(({ question, answer }) => named(answer, question.naming, telling).series),
    };
  } catch (error) {
    if (!(error instanceof PrometheusError)) throw error;
    return null;
  }
}

/** null where no sample was seen at all. */
export function presenceOf(seen: Seen | null, isOwn: (labels: Series['labels']) => boolean): Presence | null {
  if (seen === null) return null;
  const { start, step, steps } = seen;
  const counts = new Array<number>(steps).fill(0);
  for (const { labels, times, values } of seen.series) {
    if (!isOwn(labels)) continue;
    for (const [index, time] of times.entries()) {
      const at = Math.round((time - start) / step) - 1;
      if (at >= 0 && at < steps) counts[at] = Math.max(counts[at] ?? 0, values[index] ?? 0);
    }
  }
  const present = counts.flatMap((count, at) => (count > 0 ? [at] : []));
  const [first] = present;
  const last = present.at(-1);
  if (first === undefined || last === undefined) return null;
  const usual = median(present.map((at) => counts[at] ?? 0));
  const apart = median(present.slice(1).map((at, index) => at - (present[index] ?? at)));
  const intervalSeconds = usual > 1 ? step / usual : step * Math.max(1, apart);
  const isLong = (from: number, to: number) => (to - from) * step >= Math.max(step, USUAL_STEPS * intervalSeconds);
  const iso = (at: number) => new Date((start + at * step) * 1000).toISOString();
  const borders: readonly (readonly [number, number])[] = [
    [0, first],
    ...present.slice(1).map((at, index) => [(present[index] ?? at) + 1, at] as const),
    [last + 1, steps],
  ];
  return {
    first: iso(isLong(0, first) ? first : 0),
    last: iso(isLong(last + 1, steps) ? last + 1 : steps),
    holes: borders.filter(([from, to]) => isLong(from, to)).map(([from, to]) => ({ start: iso(from), end: iso(to) })),
    intervalSeconds,
  };
}

/** The longest three. */
export function holeWords(presence: Presence | null): string {
  const length = ({ start, end }: Window) => Date.parse(end) - Date.parse(start);
  const holes = [...(presence?.holes ?? [])].sort((a, b) => length(b) - length(a) || (a.start < b.start ? -1 : 1));
  if (holes.length === 0) return '';
  const at = (time: string) => DateTime.fromISO(time, { zone: 'utc' }).toFormat('yyyy-MM-dd HH:mm');
  const said = holes.slice(0, 3).map(({ start, end }) => `from ${at(start)} to ${at(end)}`);
  return ` (none ${said.join(', ')}${holes.length > 3 ? `, and ${holes.length - 3} shorter holes` : ''}; UTC)`;
}

/** Published at every scrape while PostgreSQL answers: pg_up and its like are there even when it does not. */
export function alwaysThere({ bindings }: Dialect, names: ReadonlySet<string>): Bound | undefined {
  return firstOf([bindings.server.maxConnections, bindings.database.connectionsAverage], names);
}

interface Bound {
  readonly name: string;
  readonly binding: Binding | undefined;
}

export function firstOf(bindings: readonly (Binding | undefined)[], names: ReadonlySet<string>): Bound | undefined {
  return bindings
    .flatMap((binding) => (binding?.names ?? []).map((name) => ({ name, binding })))
    .find(({ name }) => names.has(name));
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
