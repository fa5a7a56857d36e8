/** Whether this week is like the weeks before it: its traffic against their median. Holidays are seen, not guessed. */
import type { Past } from '../model/changes.ts';
import type { History } from '../model/history.ts';
import { ENOUGH_SAMPLES, type Traffic } from '../model/quality.ts';
import type { Snapshot } from '../model/snapshot.ts';
import { WEEK_SECONDS } from '../model/units.ts';
import { type Week, weeksIn, weekThen } from './week.ts';

type Remembered = NonNullable<History['traffic']>[number];

/** Two months: older weeks are another season. */
const WEEKS = 8;
/** A week differs by a tenth from the one before; a holiday takes a third or more away. */
const QUIETER = 0.7;
const BUSIER = 1 / QUIETER;
/** A window of less misses a weekday or the weekend. */
const MOST_OF_A_WEEK = 6 / 7;

export function trafficOf(snapshot: Snapshot, week: Week, { previous }: Pick<Past, 'previous'>): Traffic {
  const now = rate(week);
  if (now === null) return { verdict: 'unknown', perSecond: null, usualPerSecond: null, weeks: 0, of: null };
  const before = weeksBefore(previous).filter((one) => one.of === now.of);
  const usual = median(before.map(({ perSecond }) => perSecond));
  const known = { perSecond: now.perSecond, usualPerSecond: usual, weeks: before.length, of: now.of };
  const isPartial = now.weeks < MOST_OF_A_WEEK || (snapshot.quality.coveredShare ?? 1) < ENOUGH_SAMPLES;
  if (isPartial) return { verdict: 'partial', ...known };
  if (usual === null || usual <= 0) return { verdict: 'unknown', ...known };
  const ratio = now.perSecond / usual;
  return { verdict: ratio < QUIETER ? 'quieter' : ratio > BUSIER ? 'busier' : 'representative', ...known };
}

/** What later runs hold theirs against. A part of a week is no week. */
export function rememberedTraffic(
  traffic: Traffic,
  end: string,
  { previous }: Pick<Past, 'previous'>,
): readonly Remembered[] {
  const { verdict, perSecond, of } = traffic;
  const own = verdict === 'partial' || perSecond === null || of === null ? [] : [{ end, perSecond, of }];
  return [...weeksBefore(previous), ...own].slice(-WEEKS);
}

function weeksBefore(previous: History | null): readonly Remembered[] {
  if (previous === null) return [];
  if (previous.traffic !== undefined) return previous.traffic;
  // Written before traffic was kept.
  const then = rate(weekThen(previous));
  if (then === null || then.weeks < MOST_OF_A_WEEK) return [];
  return [{ end: previous.window.end, perSecond: then.perSecond, of: then.of }];
}

function rate({
  databases,
  statements,
  spans,
}: Week): { perSecond: number; of: 'transactions' | 'calls'; weeks: number } | null {
  const total = (rows: readonly { readonly measures: Readonly<Record<string, number>> }[], name: string, more = '') =>
    rows.reduce<number | null>((sum, { measures }) => {
      const value = measures[name];
      return value === undefined ? sum : (sum ?? 0) + value + (measures[more] ?? 0);
    }, null);
  const transactions = total(databases, 'commits', 'rollbacks');
  const of = transactions === null ? 'calls' : 'transactions';
  const count = transactions ?? total(statements, 'calls');
  const weeks = weeksIn(of === 'calls' ? spans.statement : spans.database);
  return count === null || weeks === null ? null : { perSecond: count / (weeks * WEEK_SECONDS), of, weeks };
}

function median(values: readonly number[]): number | null {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  const [low, high] = [sorted[Math.ceil(middle) - 1], sorted[Math.floor(middle)]];
  return low === undefined || high === undefined ? null : (low + high) / 2;
}
