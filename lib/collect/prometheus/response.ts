/** The wire format of Prometheus' HTTP API, checked once; beyond this file there are only numbers and labels. */
import * as z from 'zod';
import { isClean, TWICE } from './clean.ts';
import { pointReader } from './points.ts';

export type Labels = Readonly<Record<string, string>>;

export interface Sample {
  readonly labels: Labels;
  /** Finite. */
  readonly value: number;
}

export interface Series {
  readonly labels: Labels;
  /** Unix seconds of its samples, ascending. */
  readonly times: readonly number[];
  /** One for each time; null where it is not finite. */
  readonly values: readonly (number | null)[];
}

export interface Answer {
  /** What an instant vector held, without values that are not finite. */
  readonly samples: readonly Sample[];
  /** Labels of the values that were NaN: the legacy exporter's way of saying NULL. */
  readonly nan: readonly Labels[];
  /** Filled instead of `samples` when a range was asked for. */
  readonly series: readonly Series[];
  /** What the server said about the answer, without the remark about names of counters. */
  readonly warnings: readonly string[];
  /** A VictoriaMetrics cluster answered without some of its nodes. */
  readonly partial: boolean;
}

/** PostgreSQL's names have 63 bytes, host names 253; only the text of a statement is longer. */
const LONGEST_LABEL = 1_000;
/** No counter of PostgreSQL holds more. Sums and factors of such numbers would leave what JSON can say. */
const LARGEST = 2 ** 63;
/** As Go and VictoriaMetrics write floats; Number() would take more for one, and "" for zero. */
const FLOAT = /^[+-]?\d+(\.\d+)?(e[+-]?\d+)?$/i;
const said = { warnings: z.array(z.string()).optional(), infos: z.array(z.string()).optional() };

const queryAnswer = z.object({
  status: z.literal('success'),
  data: z.object({ resultType: z.enum(['vector', 'matrix']), result: z.array(z.unknown()) }),
  isPartial: z.boolean().optional(),
  ...said,
});
/** One of `data.result`. */
export interface Element {
  readonly metric: Record<string, string>;
  /** Of a vector; a native histogram has none, and nothing asked for here is one. */
  readonly value?: readonly [at: number, text: string] | undefined;
  /** Of a matrix. */
  readonly times: readonly number[];
  readonly values: readonly (number | null)[];
}

const namesAnswer = z.object({
  status: z.literal('success'),
  data: z.array(z.string()).nullable(),
  isPartial: z.boolean().optional(),
  ...said,
});
const errorAnswer = z.object({ status: z.literal('error'), errorType: z.string().optional(), error: z.string() });

/** postgres_exporter's table counters have no `_total`, so this would come with nearly every answer. */
const notACounter = /might not be a counter/;

/** A backend may round the time it was asked for; an answer of another time is somebody else's. */
const SAME_TIME_SECONDS = 300;

/**
 * Throws when the body is JSON but no answer of a Prometheus, or not that to a question about the time `at` in Unix
 * seconds. `remarks` join its warnings.
 */
export function parseAnswer(
  body: unknown,
  remarks: readonly string[] = [],
  at?: number,
  elements: readonly Element[] = [],
): Answer {
  const answer = queryAnswer.parse(body);
  const { resultType } = answer.data;
  const result = [...elements, ...answer.data.result.map((raw) => elementOf(raw))];
  if (at !== undefined && resultType === 'vector') {
    const other = result.find(({ value }) => value !== undefined && Math.abs(value[0] - at) > SAME_TIME_SECONDS);
    if (other !== undefined) throw new Error('the answer is about another time than the question');
  }
  const tooLong = result.filter(({ metric }) => isTooLong(metric)).length;
  const spoken = [...(answer.warnings ?? []), ...(answer.infos ?? [])];
  const warnings = [
    ...(tooLong > 0
      ? [`${tooLong} series have labels of more than ${LONGEST_LABEL} characters and were left out.`]
      : []),
    ...spoken.filter((text) => !notACounter.test(text)),
    ...remarks,
  ];
  const partial = answer.isPartial === true;
  if (resultType === 'matrix') {
    const series = result
      .filter(({ metric }) => !isTooLong(metric))
      .map(({ metric, times, values }) => ({ labels: wellFormed(metric), times, values }));
    return { samples: [], nan: [], series, warnings, partial };
  }
  const samples: Sample[] = [];
  const nan: Labels[] = [];
  let odd = 0;
  for (const { metric, value } of result) {
    if (value === undefined || isTooLong(metric)) continue;
    const number = numberOf(value[1]);
    if (value[1] === 'NaN') nan.push(wellFormed(metric));
    else if (number === null) odd += 1;
    else samples.push({ labels: wellFormed(metric), value: number });
  }
  const left = odd > 0 ? [`${odd} values are no numbers, or no possible ones, and were left out.`] : [];
  return { samples, nan, series: [], warnings: [...left, ...warnings], partial };
}

/** null for infinity too, which is no number anyone can act on. */
function numberOf(text: string): number | null {
  const value = FLOAT.test(text) ? Number(text) : Number.NaN;
  return Math.abs(value) <= LARGEST ? value : null;
}

const none: readonly number[] = [];

/** By hand: there are a hundred thousand, and what zod makes of each outlives its use. */
function elementOf(raw: unknown): Element {
  if (typeof raw !== 'object' || raw === null) throw new Error('an element of the result is no object');
  const { metric, value, values: points } = raw as Readonly<Record<string, unknown>>; // it is an object
  if (!isLabels(metric)) throw new Error('the labels of a series are no names and texts');
  if (value !== undefined && !isPoint(value)) throw new Error('a value is no pair');
  if (points === undefined) return { metric, value, times: none, values: none };
  if (!Array.isArray(points) || !points.every(isPoint)) throw new Error('the values of a series are no list of pairs');
  return { metric, value, times: points.map(([at]) => at), values: points.map(([, text]) => numberOf(text)) };
}

function isLabels(metric: unknown): metric is Record<string, string> {
  if (typeof metric !== 'object' || metric === null || Array.isArray(metric)) return false;
  return Object.values(metric).every((value) => typeof value === 'string');
}

const isPoint = (value: unknown): value is [at: number, text: string] =>
  Array.isArray(value) && value.length === 2 && typeof value[0] === 'number' && typeof value[1] === 'string';

/** Names of objects come again with each measure, and are kept once; texts of statements do not. */
const LONGEST_SHARED = 100;

/**
 * For the elements of one answer; throws when one is none. `shared`: label values seen before, by themselves; those of
 * new ones are added.
 */
export function elementReader(shared = new Map<string, string>()): (text: string) => Element {
  const once = (value: string): string => {
    if (value.length > LONGEST_SHARED) return value;
    const known = shared.get(value);
    if (known === undefined) shared.set(value, value);
    return known ?? value;
  };
  const pointsOf = pointReader(numberOf);
  return (text) => {
    const { rest, points } = pointsOf(text);
    const raw: unknown = JSON.parse(rest);
    if (!isClean(rest, raw)) throw new Error(TWICE);
    const element = elementOf(raw);
    const { metric } = element;
    for (const [name, value] of Object.entries(metric)) {
      // It would be no label of a copy, but where its other labels come from.
      if (name === '__proto__') delete metric[name];
      else metric[name] = once(value);
    }
    return { ...element, ...points };
  };
}

/** Several answers to parts of one question, as one. Series that differ only in time are put end to end. */
export function merged(answers: readonly Answer[]): Answer {
  const [only, ...others] = answers;
  if (only !== undefined && others.length === 0) return only;
  const series = new Map<string, Series>();
  for (const { labels, times, values } of answers.flatMap((answer) => answer.series)) {
    const key = JSON.stringify(Object.entries(labels).sort());
    const { times: before = [], values: known = [] } = series.get(key) ?? {};
    series.set(key, { labels, times: [...before, ...times], values: [...known, ...values] });
  }
  return {
    samples: answers.flatMap(({ samples }) => samples),
    nan: answers.flatMap(({ nan }) => nan),
    series: [...series.values()],
    warnings: [...new Set(answers.flatMap(({ warnings }) => warnings))],
    partial: answers.some(({ partial }) => partial),
  };
}

function isTooLong(metric: Labels): boolean {
  return Object.entries(metric).some(([name, value]) => value.length > LONGEST_LABEL && name !== 'query');
}

/** JSON can hold half a surrogate pair, which no name of PostgreSQL has and no key can be made of. */
function wellFormed(metric: Labels): Labels {
  if (!Object.values(metric).some((value) => /\p{Cs}/u.test(value))) return metric;
  return Object.fromEntries(Object.entries(metric).map(([name, value]) => [name, value.replace(/\p{Cs}/gu, '\uFFFD')]));
}

export interface Names extends Pick<Answer, 'warnings' | 'partial'> {
  /** Values of a label. */
  readonly names: readonly string[];
}

export function parseNames(body: unknown, remarks: readonly string[] = []): Names {
  const { data, warnings = [], infos = [], isPartial } = namesAnswer.parse(body);
  return { names: data ?? [], warnings: [...warnings, ...infos, ...remarks], partial: isPartial === true };
}

/** Prometheus' own words for what was wrong; null when the body holds none. */
export function parseErrorText(body: string): string | null {
  try {
    const parsed = errorAnswer.safeParse(JSON.parse(body));
    if (!parsed.success) return null;
    return parsed.data.errorType === undefined ? parsed.data.error : `${parsed.data.errorType}: ${parsed.data.error}`;
  } catch {
    return null;
  }
}
