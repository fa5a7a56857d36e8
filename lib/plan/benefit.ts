/**
 * A finding's benefit as the report states it. Time is what is saved on what the items ranked above leave of the same
 * statements, so that a reader who adds the items up gets the total; `reduces` stays what the change does alone.
 */
import type { Confidence } from '../model/finding.ts';
import type { Opportunity } from '../model/opportunity.ts';
import type { Interval } from '../model/units.ts';
import type { Candidate } from './candidate.ts';
import { type Load, orderly, type Remaining, savedMs } from './load.ts';

type Benefit = Opportunity['benefit'];

const QUARTER_WEEKS = 13;
const MS_PER_HOUR = 3_600_000;
const DAY_SECONDS = 86_400;
const unquantified = { low: null, likely: null, high: null };

export function benefitOf(candidate: Candidate, load: Load, remaining: Remaining): Benefit {
  const { benefit } = candidate.finding;
  const confidence = confidenceOf(candidate, load);
  const doubt = load.doubt?.(candidate.finding) ?? null;
  const basis = doubt === null || isShort(load) ? benefit.basis : `${benefit.basis} ${doubt}`;
  switch (benefit.kind) {
    case 'risk':
      return { kind: 'risk', ...unquantified, unit: 'none', basis, confidence };
    case 'space': {
      const bytes = inOrder(benefit.bytes);
      if (bytes === null) return { kind: 'space', ...unquantified, unit: 'bytes', basis, confidence };
      return { kind: 'space', ...bytes, unit: 'bytes', basis, confidence };
    }
    case 'time': {
      const common = {
        kind: 'time' as const,
        unit: 'ms/week' as const,
        reduces: orderly(benefit.reduces),
        statements: [...new Set(benefit.statements)],
        ...(candidate.finding.work === 'investigate' ? { counted: false } : {}),
        confidence,
      };
      const saved = savedMs(candidate, load, remaining);
      if (saved === null || load.perWeek === null) {
        return { ...common, ...unquantified, basis: `${basis} ${NOT_SEEN}` };
      }
      const { perWeek, totalMs } = load;
      const shares = totalMs === null ? {} : { shareOfDbTime: map(saved, (ms) => Math.min(1, ms / totalMs)) };
      return {
        ...common,
        ...map(saved, (ms) => ms * perWeek),
        ...shares,
        basis: basis + scaled(load.spanSeconds, confidence !== benefit.confidence),
      };
    }
    default:
      throw new Error(`unknown benefit ${benefit satisfies never}`);
  }
}

const NOT_SEEN = 'The time of these statements was not measured, so no saving is stated.';

/** Evidence is only as sure as the span it rests on: hours of one day are not a week, and neither is half of its samples. */
export function confidenceOf({ finding }: Candidate, load: Load): Confidence {
  const { benefit } = finding;
  const hours = benefit.kind === 'time' && isShort(load);
  if (!hours && (load.doubt?.(finding) ?? null) === null) return benefit.confidence;
  return benefit.confidence === 'high' ? 'medium' : 'low';
}

const isShort = ({ spanSeconds }: Load): boolean => spanSeconds !== null && spanSeconds < DAY_SECONDS;

/** Less than a day says little about a week: the reader must see that it was stretched. */
function scaled(seconds: number | null, lowered: boolean): string {
  if (seconds === null || seconds >= DAY_SECONDS) return '';
  const minutes = Math.round(seconds / 60);
  const length =
    seconds < 120
      ? `${Math.round(seconds)} s`
      : minutes < 120
        ? `${minutes} minutes`
        : `${Math.round(minutes / 60)} hours`;
  return ` Stretched to a week from ${length} of measurement${lowered ? ', which lowers the confidence' : ''}.`;
}

/** Database-hours saved in a quarter per engineer-hour. */
export function roiOf(benefit: Benefit, engineerHours: number): number | null {
  if (benefit.kind !== 'time' || benefit.likely === null || !(engineerHours > 0)) return null;
  return (benefit.likely * QUARTER_WEEKS) / MS_PER_HOUR / engineerHours;
}

function map(interval: Interval, change: (value: number) => number): Interval {
  return { low: change(interval.low), likely: change(interval.likely), high: change(interval.high) };
}

function inOrder({ low, likely, high }: Interval): Interval | null {
  if (![low, likely, high].every((value) => Number.isFinite(value) && value >= 0)) return null;
  return { low: Math.min(low, likely), likely, high: Math.max(high, likely) };
}
