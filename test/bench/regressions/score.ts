/** Alerts held against what was planted, as reference figures are counted: by episode, not by line. */
import type { Alert } from './evaluate.ts';
import { FIRST_EVALUATED } from './evaluate.ts';
import { type Truth, WEEK, WEEKS } from './generator.ts';

/** Evaluations after the onset's own in which a regression still counts as found. */
const LATE = { step: 2, ramp: 4 } as const;
/** Raised again within so many weeks it is the same episode. */
const SAME_EPISODE = 2;
const LEAST = 0.1;

export interface Planted {
  readonly database: string;
  readonly statement: string;
  readonly truth: Truth;
}

export interface Score {
  real: number;
  found: number;
  wrong: number;
  quietWeeks: number;
  /** By planted step: found of planted. */
  readonly steps: Record<string, [found: number, planted: number]>;
  readonly wrongByKind: Record<string, number>;
}

export function emptyScore(): Score {
  return { real: 0, found: 0, wrong: 0, quietWeeks: 0, steps: {}, wrongByKind: {} };
}

/** Adds these statements to the score; `alerts` of one tier and above. */
export function addScore(score: Score, planted: readonly Planted[], alerts: readonly Alert[]): void {
  const weeksOf = new Map<string, number[]>();
  for (const { database, statement, week, direction } of alerts) {
    if (statement === null || direction !== 'slower') continue;
    const key = `${database}/${statement}`;
    weeksOf.set(key, [...(weeksOf.get(key) ?? []), week]);
  }
  for (const { database, statement, truth } of planted) {
    const weeks = (weeksOf.get(`${database}/${statement}`) ?? []).sort((a, b) => a - b);
    const { kind, size, onsetHour } = truth;
    const onset = Math.floor(onsetHour / WEEK);
    const slower = kind === 'step' || kind === 'ramp';
    score.quietWeeks += slower ? Math.max(0, onset - FIRST_EVALUATED) : WEEKS - FIRST_EVALUATED;
    if (slower && size >= LEAST) {
      const hit = weeks.some((week) => week >= onset && week <= onset + LATE[kind]);
      score.real += 1;
      score.found += hit ? 1 : 0;
      const step = `${kind} ${size * 100} %`;
      const [found, planted] = score.steps[step] ?? [0, 0];
      score.steps[step] = [found + (hit ? 1 : 0), planted + 1];
    }
    const wrong = weeks.filter((week) => !slower || week < onset);
    const episodes = wrong.filter(
      (week, at) => week - (wrong[at - 1] ?? Number.NEGATIVE_INFINITY) > SAME_EPISODE,
    ).length;
    score.wrong += episodes;
    if (episodes > 0) score.wrongByKind[kind] = (score.wrongByKind[kind] ?? 0) + episodes;
  }
}

export function figures({ real, found, wrong, quietWeeks }: Score) {
  const precision = found / (found + wrong);
  const recall = found / real;
  return {
    precision,
    recall,
    f1: (2 * precision * recall) / (precision + recall),
    falsePer1000: (1000 * wrong) / quietWeeks,
  };
}

/** Of intervals of planted steps that are whole weeks old: how many hold the truth. */
export function coverage(planted: readonly Planted[], alerts: readonly Alert[]): [held: number, all: number] {
  const steps = new Map(
    planted.flatMap(({ database, statement, truth }) =>
      truth.kind === 'step' && truth.size >= LEAST ? [[`${database}/${statement}`, truth] as const] : [],
    ),
  );
  const judged = alerts.flatMap(({ database, statement, direction, week, tier, low, high }) => {
    const truth = steps.get(`${database}/${statement}`);
    const old = truth === undefined ? -1 : week - Math.floor(truth.onsetHour / WEEK);
    if (truth === undefined || direction !== 'slower' || tier === 'watch' || old < 1 || old > LATE.step) return [];
    return [low <= truth.size && truth.size <= high];
  });
  return [judged.filter(Boolean).length, judged.length];
}
