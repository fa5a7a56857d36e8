/** Several questions in one request, and its answer taken apart again. Pure. */
import { PrometheusError } from './error.ts';
import type { Answer, Labels, Series } from './response.ts';

/** Marks whose answer a series is; every question aggregates, so no label of a user can be in its way. */
const mark = 'pg_hunt';
/** VictoriaMetrics refuses a query of more than 16 KiB (reference: metric dialects 4.6). */
const LONGEST = 15_000;
/** Of requests with several questions each. With those that go alone it stays below 45 for any exporters. */
const MOST_REQUESTS = 18;
/** What one request may cost before the questions are spread over more of them. */
const ENOUGH = 8;

export interface Combinable {
  readonly promql: string;
  /** About how long it takes; null: it must go alone. */
  readonly weight: number | null;
  /** The lower is asked first where not all can be. Default 0. */
  readonly rank?: number;
}

/** `or` keeps what differs in a label, so each part is marked first. A single question goes as it is. */
export function combined(parts: readonly string[]): string {
  const [only = ''] = parts;
  if (parts.length < 2) return only;
  return parts.map((part, index) => `label_replace(${part}, "${mark}", "${index}", "${mark}", "")`).join(' or ');
}

/** As many answers as questions went in. Throws when a series is nobody's: its question would seem to have no answer. */
export function separated(answer: Answer, count: number): readonly Answer[] {
  if (count < 2) return [answer];
  const parts = Array.from({ length: count }, () => ({
    samples: [] as Answer['samples'][number][],
    nan: [] as Labels[],
    series: [] as Series[],
  }));
  const take = (labels: Labels): { part: (typeof parts)[number]; own: Labels } => {
    const { [mark]: index = '', ...own } = labels;
    const part = /^\d+$/.test(index) ? parts[Number(index)] : undefined;
    if (part === undefined) throw new PrometheusError('refused', 'Prometheus mixed up the answers to joined questions');
    return { part, own };
  };
  for (const { labels, value } of answer.samples) {
    const { part, own } = take(labels);
    part.samples.push({ labels: own, value });
  }
  for (const labels of answer.nan) {
    const { part, own } = take(labels);
    part.nan.push(own);
  }
  for (const { labels, ...points } of answer.series) {
    const { part, own } = take(labels);
    part.series.push({ ...points, labels: own });
  }
  const { warnings, partial } = answer;
  return parts.map(({ samples, nan, series }) => ({ samples, nan, series, warnings, partial }));
}

/** Requests of about the same cost. The same question twice is one entry of a request. */
export function grouped<Question extends Combinable>(
  questions: readonly Question[],
): readonly (readonly (readonly Question[])[])[] {
  const same = new Map<string, Question[]>();
  for (const question of questions) same.set(question.promql, [...(same.get(question.promql) ?? []), question]);
  const alone: Question[][][] = [];
  const together: { entry: Question[]; weight: number }[] = [];
  for (const entry of same.values()) {
    const weight = entry[0]?.weight ?? null;
    if (weight === null) alone.push([entry]);
    else together.push({ entry, weight });
  }
  const total = together.reduce((sum, { weight }) => sum + weight, 0);
  const count = Math.min(MOST_REQUESTS, Math.ceil(total / ENOUGH));
  const groups = Array.from({ length: count }, () => ({ entries: [] as Question[][], weight: 0 }));
  for (const { entry, weight } of together.sort((a, b) => b.weight - a.weight)) {
    const lightest = groups.reduce((least, each) => (each.weight < least.weight ? each : least));
    lightest.entries.push(entry);
    lightest.weight += weight;
  }
  return [...alone, ...groups.flatMap(({ entries }) => shortEnough(entries))];
}

/** Two halves; the first is never the smaller one. */
export function halves<T>(all: readonly T[]): readonly [readonly T[], readonly T[]] {
  const middle = Math.ceil(all.length / 2);
  return [all.slice(0, middle), all.slice(middle)];
}

function shortEnough<Question extends Combinable>(
  entries: readonly (readonly Question[])[],
): readonly (readonly (readonly Question[])[])[] {
  const text = combined(entries.map(([first]) => first?.promql ?? ''));
  if (entries.length < 2 || Buffer.byteLength(text) <= LONGEST) return [entries];
  return halves(entries).flatMap(shortEnough);
}
