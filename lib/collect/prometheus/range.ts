/** A range of evaluation times in as few requests as the backend lets through. */
import { halves } from './combine.ts';
import { PrometheusError } from './error.ts';
import { isTooMuch } from './failure.ts';
import { type Answer, merged } from './response.ts';

/** Unix seconds; `end` is included when a step falls on it. */
export interface Range {
  readonly start: number;
  readonly end: number;
  readonly step: number;
}

/** Prometheus refuses more points of a series than that (web/api/v1: queryRange). */
const MOST_POINTS = 11_000;

/** Each time is evaluated by itself, so parts of a range are exactly the whole; a part that fails fails the whole. */
export async function inParts(range: Range, ask: (part: Range) => Promise<Answer>): Promise<Answer> {
  const { start, end, step } = range;
  if (!(step > 0 && end >= start)) throw new Error(`no range: ${start} to ${end} by ${step} s`);
  const points = Math.floor((end - start) / step) + 1;
  const steps = Array.from({ length: points }, (_, index) => index);
  const partOf = (some: readonly number[]): Range => ({
    start: start + (some[0] ?? 0) * step,
    end: start + (some.at(-1) ?? 0) * step,
    step,
  });
  const parts: (readonly number[])[] = [];
  for (let from = 0; from < points; from += MOST_POINTS) parts.push(steps.slice(from, from + MOST_POINTS));
  const narrowed = async (some: readonly number[]): Promise<Answer> => {
    try {
      return await ask(partOf(some));
    } catch (error) {
      if (!(error instanceof PrometheusError) || some.length < 2 || !isTooMuch(error)) throw error;
      // One after the other: the second half of what fails need not be asked.
      const [first, second] = halves(some);
      return merged([await narrowed(first), await narrowed(second)]);
    }
  };
  return merged(await Promise.all(parts.map(narrowed)));
}
