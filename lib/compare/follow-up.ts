/** What became of regressions already told: judged against the value from before, never against the week after it. */
import type { Regression } from '../model/regression.ts';
import type { Control } from './control.ts';
import { MIN_CALLS } from './control.ts';
import { type Describe, isWide, severityOf, shareOf } from './describe.ts';
import type { Load, Loads } from './loads.ts';
import { statementKey } from './loads.ts';
import type { Week } from './week.ts';

/** Back within this of the old value, or a third of the effect, whichever is more. */
const RESOLVED_WITHIN = 0.025;
const RESOLVED_PART = 1 / 3;
/** After that a new statement is part of the workload, not news of a release. */
const NEW_FOR_DAYS = 56;

export interface FollowUp {
  readonly open: readonly Regression[];
  readonly openings: Readonly<Record<string, number>>;
  readonly describe: Describe;
  readonly now: Loads;
  readonly week: Week;
  /** Median change since the previous run; null when unknown. */
  readonly drift: Control | null;
  /** Every statement was there to be seen: no list was cut, nothing evicted. */
  readonly listed: boolean;
}

export function followUp({ open, openings, now, week, drift, listed, describe }: FollowUp): {
  readonly regressions: readonly Regression[];
  readonly notes: readonly string[];
} {
  const seen = open.flatMap((regression) => {
    const current = currentOf(regression, { now, week, drift, listed });
    return current === null ? [] : [{ regression, current }];
  });
  const blind = open.length - seen.length;
  return {
    regressions: seen.flatMap(({ regression, current }) =>
      judge({ regression, current, week, describe, opening: openings[regression.key] ?? openingOf(regression) }),
    ),
    notes:
      blind === 0
        ? []
        : [
            `${blind === 1 ? '1 open regression' : `${blind} open regressions`} could not be looked at again: too few calls of the statements were seen. No data is not recovery, so they stay open.`,
          ],
  };
}

interface Current {
  readonly value: number;
  readonly callsPerWeek: number;
  readonly load: Load | null;
}

/** null: not seen well enough to say anything. */
function currentOf(
  regression: Regression,
  { now, week, drift, listed }: Pick<FollowUp, 'now' | 'week' | 'drift' | 'listed'>,
): Current | null {
  if (week.spans.statement === undefined) return null;
  // Counters from before the regression average over the time when all was well.
  const { basis, start } = week.spans.statement;
  if (basis === 'statistics-reset' && Date.parse(start) < Date.parse(regression.since)) return null;
  if (isWide(regression.key)) {
    if (drift === null) return null;
    const calls = [...now.byKey.values()].reduce((sum, load) => sum + load.calls / load.weeks, 0);
    return { value: regression.now * Math.exp(drift.log), callsPerWeek: calls, load: null };
  }
  const { database = '', statement = '', queryid = '' } = regression.subject;
  const load = now.byKey.get(statementKey(database, statement)) ?? now.byQueryid.get(statementKey(database, queryid));
  const total = regression.measure === 'totalTimeMs';
  // A total that is not there is a total of nothing, as long as the others of its database were seen, and all of them.
  if (load === undefined) {
    const others = [...now.byKey.values()].some((other) => other.database === database);
    return total && others && listed ? { value: 0, callsPerWeek: 0, load: null } : null;
  }
  if (total) return { value: load.totalTimeMs / load.weeks, callsPerWeek: load.calls / load.weeks, load };
  if (load.calls < MIN_CALLS) return null;
  return { value: load.meanMs, callsPerWeek: load.calls / load.weeks, load };
}

interface Case {
  readonly regression: Regression;
  readonly current: Current;
  readonly week: Week;
  readonly describe: Describe;
  readonly opening: number;
}

/** How bad it is: relative to before; where there was no before, its time a week. */
export function openingOf({ before, now, change }: Regression): number {
  return before === 0 ? now : change.estimate;
}

function judge({ regression, current: { value, callsPerWeek, load }, week, describe, opening }: Case): Regression[] {
  const { before, change, measure, facts, since } = regression;
  const isNew = before === 0;
  if (isNew && Date.parse(week.end) - Date.parse(since) > NEW_FOR_DAYS * 24 * 3600 * 1000) return [];
  const effect = isNew ? value : value / before - 1;
  const over = effect < Math.max(isNew ? 0 : RESOLVED_WITHIN, opening * RESOLVED_PART);
  const cost = Math.max(0, measure === 'totalTimeMs' ? value - before : (value - before) * callsPerWeek);
  const share = shareOf(cost, week);
  const shift = isNew ? 0 : effect - change.estimate;
  const moved = (bound: number | null): number | null => (bound === null ? null : bound + shift);
  const low = moved(change.low);
  const watch = low === null && measure === 'meanTimeMs';
  return [
    {
      ...regression,
      title: titleNow({ regression, load, over, isNew, describe, effect }),
      now: value,
      change: { estimate: isNew ? change.estimate : effect, low, high: moved(change.high) },
      costMsPerWeek: cost,
      shareOfDbTime: share,
      severity: over ? regression.severity : severityOf(share, { certain: (low ?? 0) > 1, watch }),
      status: over ? 'resolved' : 'open',
      facts: load === null ? facts : factsNow(facts, load),
    },
  ];
}

function titleNow(
  of: Pick<Case, 'regression' | 'describe'> & { load: Load | null; over: boolean; isNew: boolean; effect: number },
): string {
  const { key, title } = of.regression;
  if (of.isNew || (of.load === null && !isWide(key))) return title;
  return of.over ? of.describe.calm(key, of.load, true) : of.describe.title(key, of.load, 1 + of.effect);
}

export function factsNow(facts: Regression['facts'], load: Load): Regression['facts'] {
  const today: Readonly<Record<string, number | null>> = {
    'ms/call': load.meanMs,
    'calls/week': load.calls / load.weeks,
    'rows/call': load.rowsPerCall,
    'blocks/call': load.blocksPerCall,
  };
  return facts.map((fact) => ({ ...fact, now: today[fact.unit] ?? null }));
}
