/** One line each: what may be getting worse, and what got faster. The detector's mirror image, told once. */
import type { Movement } from '../model/regression.ts';
import type { Describe } from './describe.ts';
import { shareOf } from './describe.ts';
import type { Detection, Found } from './detect/detect.ts';
import { keyOfFound } from './detected.ts';
import { type Loads, statementKey } from './loads.ts';
import type { Week } from './week.ts';
import { keyOf, subjectOf, titleOf } from './weekly/describe.ts';
import type { Judged } from './weekly/judge.ts';

/** Of database time: below, nobody would look. */
const MIN_SHARE = 0.005;

export interface Movements {
  readonly watch: readonly Movement[];
  readonly improvements: readonly Movement[];
}

export interface MovementsCase {
  readonly detection: Detection | null;
  readonly watched: readonly Judged[];
  /** Told as regressions. */
  readonly told: ReadonlySet<string>;
  readonly now: Loads;
  readonly week: Week;
  readonly describe: Describe;
}

export function movementsOf({ detection, watched, told, now, week, describe }: MovementsCase): Movements {
  const found = (detection?.findings ?? []).filter(({ state }) => state === 'new');
  const lines = (ones: readonly Found[]): Movement[] =>
    ones
      .flatMap((one) => lineOf(one, { now, week, describe }) ?? [])
      .filter(({ key }) => !told.has(key))
      .sort((a, b) => (b.shareOfDbTime ?? 0) - (a.shareOfDbTime ?? 0) || (a.key < b.key ? -1 : 1));
  return {
    watch: [
      ...lines(found.filter(({ direction, tier }) => direction === 'slower' && tier === 'watch')),
      ...watched.flatMap((one) => watchedLine(one) ?? []).filter(({ key }) => !told.has(key)),
    ],
    improvements: lines(found.filter(({ direction, tier }) => direction === 'faster' && tier !== 'watch')),
  };
}

function lineOf(
  found: Found,
  { now, week, describe }: Pick<MovementsCase, 'now' | 'week' | 'describe'>,
): Movement | null {
  const { database, statement, effect, low, high, onset } = found;
  const load = statement === null ? null : now.byKey.get(statementKey(database, statement));
  if (load === undefined) return null;
  const perWeek = load === null ? week.databaseTimeMsPerWeek : load.totalTimeMs / load.weeks;
  const share = perWeek === null ? null : shareOf(perWeek * Math.abs(1 - 1 / (1 + effect)), week);
  if (share !== null && share < MIN_SHARE) return null;
  return {
    key: keyOfFound(found),
    title: describe.title(keyOfFound(found), load, 1 + effect),
    subject: { database, ...(statement === null ? {} : { statement, queryid: load?.queryids[0] ?? '' }) },
    change: { estimate: effect, low, high },
    onset,
    shareOfDbTime: share,
  };
}

function watchedLine({ metric, row, moved, since, now }: Judged): Movement | null {
  if (moved === null || since === null || now === null) return null;
  const [low = null, high = null] = [Math.expm1(moved.low), Math.expm1(moved.high)].sort((a, b) => a - b);
  return {
    key: keyOf(metric, row),
    title: titleOf(metric, row, now / moved.before),
    subject: subjectOf(row),
    change: { estimate: Math.expm1(moved.effect), low, high },
    onset: since,
    shareOfDbTime: null,
  };
}
