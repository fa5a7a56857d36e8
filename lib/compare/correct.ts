/**
 * Earlier outcomes correct the next promise of the same check (shrunken feedback). Of each outcome the ratio
 * ln(1 − realised) ÷ ln(1 − promised), the promise as the advisor made it; of n ratios the posterior mean under a prior
 * that promises are right, with the weight of five outcomes: f = (5 + Σ ratio) ÷ (5 + n). Then
 * new = 1 − (1 − old)^f; bytes are taken times f. It is the normal-normal shrinkage of Efron and Morris (Stein's
 * estimation rule and its competitors, JASA 1973) with a fixed weight, as a handful of outcomes cannot tell one. From 20
 * outcomes on the interval reaches at least from the tenth to the ninetieth percentile of the ratios.
 */
import type { Calibration, Prediction } from '../model/calibration.ts';
import type { FindingBenefit } from '../model/finding.ts';
import type { Outcome } from '../model/outcome.ts';
import type { Interval } from '../model/units.ts';

const PRIOR = 5;
const ENOUGH_TO_WIDEN = 20;
/** One outcome must not outvote four others, and no promise turns into harm by feedback. */
const RATIOS = { low: -1, high: 3 } as const;
const FACTORS = { low: 0.1, high: 2 } as const;
/** Whatever was measured, some time is left. */
const MOST_SHARE = 0.99;
const LEAST_SHARE = 0.001;

export interface Feedback {
  readonly outcomes: number;
  readonly factor: number;
  /** Tenth and ninetieth percentile of the ratios; null with too few. */
  readonly spread: { readonly low: number; readonly high: number } | null;
}

export function correct(outcomes: readonly Outcome[], record: Calibration): readonly Outcome[] {
  return outcomes.map((outcome) => {
    if (outcome.state !== 'found') return outcome;
    const feedback = {
      share: feedbackOf(record, outcome.card.id, 'share'),
      bytes: feedbackOf(record, outcome.card.id, 'bytes'),
    };
    const findings = outcome.findings.map((one) => ({ ...one, benefit: corrected(one.benefit, feedback) }));
    return { ...outcome, findings };
  });
}

/** null: nothing was ever measured. */
export function feedbackOf({ predictions }: Calibration, advisor: string, unit: Prediction['unit']): Feedback | null {
  const ratios = predictions
    .filter((one) => one.advisor === advisor && one.unit === unit)
    .flatMap((one) => ratioOf(one) ?? [])
    .sort((a, b) => a - b);
  if (ratios.length === 0) return null;
  const mean = (PRIOR + ratios.reduce((sum, ratio) => sum + ratio, 0)) / (PRIOR + ratios.length);
  const at = (share: number): number => ratios[Math.min(ratios.length - 1, Math.floor(share * ratios.length))] ?? 1;
  return {
    outcomes: ratios.length,
    factor: within(mean, FACTORS),
    spread: ratios.length < ENOUGH_TO_WIDEN ? null : { low: at(0.1), high: at(0.9) },
  };
}

/** Realised ÷ promised, on the scale on which gains multiply; null where nothing was measured or promised. */
export function ratioOf({ unit, raw, outcome }: Prediction): number | null {
  const realised = outcome?.realised?.likely;
  if (realised === undefined || raw.likely <= (unit === 'share' ? LEAST_SHARE : 0)) return null;
  const ratio = unit === 'bytes' ? realised / raw.likely : logOf(realised) / logOf(raw.likely);
  return within(ratio, RATIOS);
}

type BothFeedbacks = Readonly<Record<'share' | 'bytes', Feedback | null>>;

function corrected(benefit: FindingBenefit, { share, bytes }: BothFeedbacks): FindingBenefit {
  if (benefit.kind === 'time' && share !== null) {
    const reduces = moved(benefit.reduces, share, (value, factor) => 1 - Math.exp(factor * logOf(value)));
    return { ...benefit, reduces, uncorrected: benefit.reduces, basis: `${benefit.basis} ${wordsOf(share)}` };
  }
  if (benefit.kind === 'space' && bytes !== null) {
    const next = moved(benefit.bytes, bytes, (value, factor) => value * factor);
    return { ...benefit, bytes: next, uncorrected: benefit.bytes, basis: `${benefit.basis} ${wordsOf(bytes)}` };
  }
  return benefit;
}

function moved(old: Interval, { factor, spread }: Feedback, by: (value: number, factor: number) => number): Interval {
  const [low, likely, high] = [by(old.low, factor), by(old.likely, factor), by(old.high, factor)];
  if (spread === null) return { low, likely, high };
  return {
    low: Math.max(0, Math.min(low, by(old.likely, spread.low))),
    likely,
    high: Math.max(high, by(old.likely, spread.high)),
  };
}

function wordsOf({ outcomes, factor }: Feedback): string {
  const came = outcomes === 1 ? '1 earlier outcome' : `${outcomes} earlier outcomes`;
  return `Corrected by ${came} of this check, times ${Number(factor.toPrecision(2))}.`;
}

const logOf = (share: number): number => Math.log(1 - Math.min(MOST_SHARE, share));

function within(value: number, { low, high }: { readonly low: number; readonly high: number }): number {
  return Math.min(high, Math.max(low, value));
}
