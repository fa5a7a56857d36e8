/** One question about a window, put together from its halves where that gives the same number. */
import { PrometheusError } from './error.ts';
import { isTooMuch } from './failure.ts';
import { type Answer, type Labels, merged, type Sample } from './response.ts';

/** The `seconds` before `at`, in Unix seconds. */
export interface Over {
  readonly seconds: number;
  readonly at: number;
}

/**
 * How the values of two halves make that of the whole: increases and counts of samples are added, the larger of two peaks
 * counts. An average would have to be weighted by samples, and a newest value has no halves: null.
 */
export type Adds = 'sum' | 'max' | null;

/** Below this a half has too few samples for an increase. */
const LEAST_SECONDS = 1_800;

export interface OverTime {
  readonly ask: (over: Over) => Promise<Answer>;
  readonly adds: Exclude<Adds, null>;
  readonly window: Over;
  /** Requests that this may cost. */
  readonly left: () => number;
}

/** null when a part of the window stays without an answer: half an increase would pass for the whole. */
export async function overTime({ ask, adds, window, left }: OverTime): Promise<Answer | null> {
  const late = Math.floor(window.seconds / 2);
  const early = window.seconds - late;
  if (late < LEAST_SECONDS) return null;
  const halves: readonly Over[] = [
    { seconds: early, at: window.at - late },
    { seconds: late, at: window.at },
  ];
  const answers: Answer[] = [];
  for (const half of halves) {
    // Both have to pass, so the second needs its request too.
    if (left() < halves.length - answers.length) return null;
    const answer = await ask(half).catch((error: unknown) => {
      if (!(error instanceof PrometheusError)) throw error;
      return isTooMuch(error) ? overTime({ ask, adds, window: half, left }) : null;
    });
    if (answer === null) return null;
    answers.push(answer);
  }
  return added(answers, adds);
}

function added(answers: readonly Answer[], adds: OverTime['adds']): Answer {
  const values = new Map<string, Sample>();
  const nan = new Map<string, Labels>();
  const keyOf = (labels: Labels) => JSON.stringify(Object.entries(labels).sort());
  for (const { labels, value } of answers.flatMap(({ samples }) => samples)) {
    const before = values.get(keyOf(labels))?.value;
    const both = before === undefined ? value : adds === 'sum' ? before + value : Math.max(before, value);
    values.set(keyOf(labels), { labels, value: both });
  }
  for (const labels of answers.flatMap((answer) => answer.nan)) {
    const key = keyOf(labels);
    // A sum with an unknown part is unknown; a peak is that of what is known.
    if (adds === 'max' && values.has(key)) continue;
    values.delete(key);
    nan.set(key, labels);
  }
  return { ...merged(answers), samples: [...values.values()], nan: [...nan.values()] };
}
