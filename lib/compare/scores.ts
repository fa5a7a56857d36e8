/** How good the promises were: coverage, bias and Brier score, overall and by class. */
import type { Calibration, CalibrationSummary, Prediction, Score } from '../model/calibration.ts';
import type { Interval } from '../model/units.ts';
import { ratioOf } from './correct.ts';
import { upperTail } from './detect/scan.ts';

/** What counts as improved. */
const IMPROVED = 0.05;
/** Below that a base rate is a guess. */
const ENOUGH = 10;
/** Of the normal distribution: a promise's ends are its 10th and 90th percentile, a measured gain's its 5th and 95th. */
const [Z80, Z90, Z95] = [1.2816, 1.6449, 1.96];
/** So many degrees of freedom that Student's distribution is the normal one. */
const NORMAL = 1e7;

/** null: nothing was ever promised in numbers. */
export function scoresOf({ since, predictions }: Calibration): CalibrationSummary | null {
  if (predictions.length === 0) return null;
  const by = (kind: Exclude<Score['by'], 'all'>): Score[] =>
    [...new Set(predictions.map((one) => one[kind]))].sort().map((name) =>
      scoreOf(
        kind,
        name,
        predictions.filter((one) => one[kind] === name),
      ),
    );
  return { since, scores: [scoreOf('all', 'all', predictions), ...by('area'), ...by('basis'), ...by('advisor')] };
}

function scoreOf(by: Score['by'], name: string, predictions: readonly Prediction[]): Score {
  const judged = predictions.flatMap(({ outcome, ...one }) =>
    outcome === null || outcome.realised === null ? [] : [{ ...one, outcome, realised: outcome.realised }],
  );
  const inside = judged.filter(
    ({ predicted, realised }) => realised.likely >= predicted.low && realised.likely <= predicted.high,
  );
  const times = judged.filter(({ unit }) => unit === 'share');
  const pairs = times.map(({ predicted, realised }) => ({ said: promised(predicted), came: measured(realised) }));
  const brier = mean(pairs.map(({ said, came }) => (said - came) ** 2));
  const rate = mean(pairs.map(({ came }) => came)) ?? 0;
  const base = mean(pairs.map(({ came }) => (rate - came) ** 2)) ?? 0;
  return {
    ...{ by, name, predictions: predictions.length, outcomes: judged.length },
    unverifiable: predictions.filter(({ outcome }) => outcome !== null && outcome.realised === null).length,
    coverage: judged.length === 0 ? null : wilson(inside.length, judged.length),
    bias: median(judged.flatMap((one) => ratioOf(one) ?? [])),
    brier,
    skill: brier === null || pairs.length < ENOUGH || base <= 0 ? null : 1 - brier / base,
  };
}

/** Probability of an improvement, as the interval promises it: two half normals that meet at `likely`. */
function promised({ low, likely, high }: Interval): number {
  return above(likely, IMPROVED < likely ? (likely - low) / Z80 : (high - likely) / Z80);
}

/** A noisy verdict counts as the probability that it is right. */
function measured({ low, likely, high }: Interval): number {
  return above(likely, (high - low) / (2 * Z90));
}

function above(likely: number, deviation: number): number {
  if (!(deviation > 0)) return likely >= IMPROVED ? 1 : 0;
  const z = (IMPROVED - likely) / deviation;
  return z >= 0 ? upperTail(z, NORMAL) : 1 - upperTail(-z, NORMAL);
}

/** Wilson, Probable inference, JASA 1927: honest near 0 and 1 and with few outcomes. */
function wilson(inside: number, outcomes: number): NonNullable<Score['coverage']> {
  const share = inside / outcomes;
  const square = Z95 ** 2 / outcomes;
  const middle = (share + square / 2) / (1 + square);
  const half = (Z95 / (1 + square)) * Math.sqrt((share * (1 - share)) / outcomes + square / (4 * outcomes));
  return { inside, share, low: Math.max(0, middle - half), high: Math.min(1, middle + half) };
}

function mean(values: readonly number[]): number | null {
  return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
}

function median(values: readonly number[]): number | null {
  const sorted = values.toSorted((a, b) => a - b);
  const half = Math.floor(sorted.length / 2);
  if (sorted.length === 0) return null;
  return sorted.length % 2 === 1 ? (sorted[half] ?? null) : ((sorted[half - 1] ?? 0) + (sorted[half] ?? 0)) / 2;
}
