/** The wire format of Prometheus' HTTP API, checked once; beyond this file there are only numbers and labels. */
import { z } from 'zod';

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
}

export interface Answer {
  /** What an instant vector held, without values that are not finite. */
  readonly samples: readonly Sample[];
  /** Labels of the values that were NaN: the legacy exporter's way of saying NULL. */
  readonly nan: readonly Labels[];
  /** Filled instead of `samples` when a range of raw samples was asked for. */
  readonly series: readonly Series[];
  /** What the server said about the answer, without the remark about names of counters. */
  readonly warnings: readonly string[];
  /** A VictoriaMetrics cluster answered without some of its nodes. */
  readonly partial: boolean;
}

const labels = z.record(z.string(), z.string());
const point = z.tuple([z.number(), z.string()]);
const said = { warnings: z.array(z.string()).optional(), infos: z.array(z.string()).optional() };

const vector = z.object({
  resultType: z.literal('vector'),
  // A native histogram has no `value`; nothing asked for here is one.
  result: z.array(z.object({ metric: labels, value: point.optional() })),
});
const matrix = z.object({
  resultType: z.literal('matrix'),
  result: z.array(z.object({ metric: labels, values: z.array(point).optional() })),
});
const queryAnswer = z.object({
  status: z.literal('success'),
  data: z.discriminatedUnion('resultType', [vector, matrix]),
  isPartial: z.boolean().optional(),
  ...said,
});
const namesAnswer = z.object({ status: z.literal('success'), data: z.array(z.string()).nullable(), ...said });
const errorAnswer = z.object({ status: z.literal('error'), errorType: z.string().optional(), error: z.string() });

/** postgres_exporter's table counters have no `_total`, so this would come with nearly every answer. */
const notACounter = /might not be a counter/;

/** Throws a ZodError when the body is JSON but no answer of a Prometheus. */
export function parseAnswer(body: unknown): Answer {
  const answer = queryAnswer.parse(body);
  const spoken = [...(answer.warnings ?? []), ...(answer.infos ?? [])];
  const warnings = spoken.filter((text) => !notACounter.test(text));
  const partial = answer.isPartial === true;
  if (answer.data.resultType === 'matrix') {
    const series = answer.data.result.map(({ metric, values }) => ({
      labels: metric,
      times: (values ?? []).map(([at]) => at),
    }));
    return { samples: [], nan: [], series, warnings, partial };
  }
  const samples: Sample[] = [];
  const nan: Labels[] = [];
  for (const { metric, value } of answer.data.result) {
    if (value === undefined) continue;
    if (value[1] === 'NaN') nan.push(metric);
    // "+Inf" and "-Inf" become NaN here too, and are no number anyone can act on.
    else if (Number.isFinite(Number(value[1]))) samples.push({ labels: metric, value: Number(value[1]) });
  }
  return { samples, nan, series: [], warnings, partial };
}

/** Values of a label; an empty list when there are none. */
export function parseNames(body: unknown): readonly string[] {
  return namesAnswer.parse(body).data ?? [];
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
