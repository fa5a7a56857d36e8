/** The wire format of Prometheus' HTTP API, checked once; beyond this file there are only numbers and labels. */
import * as z from 'zod';
import { isClean, TWICE } from './clean.ts';

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

const labels = z.record(z.string(), z.string());
/** PostgreSQL's names have 63 bytes, host names 253; only the text of a statement is longer. */
const LONGEST_LABEL = 1_000;
/** No counter of PostgreSQL holds more. Sums and factors of such numbers would leave what JSON can say. */
const LARGEST = 2 ** 63;
/** As Go and VictoriaMetrics write floats; Number() would take more for one, and "" for zero. */
const FLOAT = /^[+-]?\d+(\.\d+)?(e[+-]?\d+)?$/i;
const point = z.tuple([z.number(), z.string()]);
const said = { warnings: z.array(z.string()).optional(), infos: z.array(z.string()).optional() };

const queryAnswer = z.object({
  status: z.literal('success'),
  data: z.object({ resultType: z.enum(['vector', 'matrix']), result: z.array(z.unknown()) }),
  isPartial: z.boolean().optional(),
  ...said,
});
// A native histogram has no `value`; nothing asked for here is one.
const one = z.object({ metric: labels, value: point.optional() });

/** One of `data.result`. */
export interface Element {
  readonly metric: Record<string, string>;
  /** Of a vector. */
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

/** By hand where there are many: a hundred points for each series. `same`: times of another series, kept once if equal. */
function elementOf(raw: unknown, same: readonly number[] = []): Element {
  const { metric, value } = one.parse(raw);
  const points: unknown = (raw as { readonly values?: unknown }).values; // it is an object, or zod had thrown
  if (points === undefined) return { metric, value, times: none, values: none };
  if (!Array.isArray(points)) throw new Error('the values of a series are no list');
  const times = new Array<number>(points.length);
  const values = new Array<number | null>(points.length);
  for (const [index, pair] of points.entries()) {
    const [at, text] = Array.isArray(pair) && pair.length === 2 ? pair : [];
    if (typeof at !== 'number' || typeof text !== 'string') throw new Error('a value of a series is no pair');
    times[index] = at;
    values[index] = numberOf(text);
  }
  const isSame = times.length === same.length && times.every((at, index) => at === same[index]);
  return { metric, value, times: isSame ? same : times, values };
}

/** Points without anything that could be a key; then only the labels have to be looked through. */
const onlyPoints = /"values"\s*:\s*\[(?:\s*\[[\d.e+]+,"[^"\\]*"\],?)*\]/;

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
  let last: readonly number[] = [];
  return (text) => {
    const raw: unknown = JSON.parse(text);
    const lean = text.replace(onlyPoints, '"values":[]');
    const isSame = lean === text ? isClean(text, raw) : isClean(lean, { ...(raw as object), values: [] });
    if (!isSame) throw new Error(TWICE);
    const { metric, ...points } = elementOf(raw, last);
    last = points.times;
    for (const [name, value] of Object.entries(metric)) metric[name] = once(value);
    return { ...points, metric };
  };
}

/** Several answers to parts of one question, as one. Series that differ only in time are put end to end. */
export function merged(answers: readonly Answer[]): Answer {
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
