/** Snapshot and outcomes against the past: what got worse, what came of earlier advice, the numbers then and now. */
import type { Changes, Past } from '../model/changes.ts';
import type { HistoryFinding } from '../model/history.ts';
import type { KeyedFinding, Outcome } from '../model/outcome.ts';
import type { Progress } from '../model/regression.ts';
import type { Snapshot } from '../model/snapshot.ts';
import { baselineNumbers } from './baseline.ts';
import { withFixes } from './fixed-by.ts';
import { fatesOf, foundIn, whyBlind } from './progress.ts';
import { findRegressions } from './regressions.ts';
import { trafficOf } from './representative.ts';
import { scoresOf } from './scores.ts';
import { withTrends } from './trend.ts';
import { type Week, weekOf, weeksIn, weekThen } from './week.ts';

/** A finding is called worse or better when what it is about moved by this. */
const MOVED = 1.2;
const ORDER: readonly Progress['status'][] = ['worse', 'verified', 'no-effect', 'too-early', 'unobserved'];

export interface CompareInput {
  readonly snapshot: Snapshot;
  readonly outcomes: readonly Outcome[];
  readonly past: Past;
}

export function compare({ snapshot, outcomes, past }: CompareInput): Changes {
  const week = weekOf(snapshot);
  const previous = past.previous === null ? null : weekThen(past.previous);
  const pinned = past.pinned === null ? null : weekThen(past.pinned);
  const fates = fatesOf({ snapshot, week, outcomes, past });
  const carriedOut = fates.filter(({ carriedOutNow }) => carriedOutNow).map(({ then }) => then);
  const found = findRegressions({ snapshot, week, past, carriedOut });
  const open = (past.previous?.findings ?? []).filter(({ state }) => state === 'open');
  const findings = foundIn(outcomes);
  return {
    firstRun: previous === null,
    previousEnd: previous?.end ?? null,
    pinnedEnd: pinned?.end ?? null,
    regressions: withTrends(withFixes(found.regressions, { snapshot, past, carriedOut }), { snapshot, week, past }),
    ...found.movements,
    tracked: found.tracked,
    episodes: found.weekly.episodes,
    accepted: found.accepted,
    progress: fates
      .flatMap(({ progress }) => progress ?? [])
      .sort((a, b) => ORDER.indexOf(a.status) - ORDER.indexOf(b.status) || (a.key < b.key ? -1 : 1)),
    status: Object.fromEntries(
      [...findings].map(([key, finding]) => [key, standing(finding, { open, week, previous })]),
    ),
    gone: open
      .filter(({ key, advisor, lastSeen }) => {
        const last = lastSeen === previous?.end;
        return last && !findings.has(key) && whyBlind(outcomes, advisor) === null;
      })
      .map(({ key }) => key)
      .sort(),
    baseline: baselineNumbers(week, previous, pinned, snapshot.userExperience),
    meanMsThen: previous === null ? {} : meansOf(previous),
    traffic: trafficOf(snapshot, week, past),
    ...calibrationOf(past),
    notes: [...past.notes, ...found.notes],
  };
}

function calibrationOf({ calibration }: Past): Pick<Changes, 'calibration'> {
  const scores = calibration === undefined ? null : scoresOf(calibration);
  return scores === null ? {} : { calibration: scores };
}

interface Standing {
  readonly open: readonly HistoryFinding[];
  readonly week: Week;
  readonly previous: Week | null;
}

function standing(finding: KeyedFinding, { open, week, previous }: Standing): Changes['status'][string] {
  const then = open.find(({ key }) => key === finding.key);
  if (then === undefined || previous === null) return { status: 'new', firstSeen: week.end };
  const now = magnitude(finding.gain, week);
  const before = magnitude(finding.gain, previous);
  const known = now !== null && before !== null && before > 0;
  const status = !known
    ? 'persisting'
    : now >= before * MOVED
      ? 'worse'
      : now * MOVED <= before
        ? 'better'
        : 'persisting';
  return { status, firstSeen: then.firstSeen };
}

/** How large the trouble is, in whatever the finding is about; null when that is not known. */
function magnitude(gain: KeyedFinding['gain'], week: Week): number | null {
  switch (gain.kind) {
    case 'statement-time': {
      const weeks = weeksIn(week.spans.statement);
      const times = week.statements.flatMap(({ statement, measures: { totalTimeMs } }) =>
        gain.statements.includes(statement) && totalTimeMs !== undefined ? [totalTimeMs] : [],
      );
      return weeks === null || times.length === 0 ? null : times.reduce((sum, ms) => sum + ms, 0) / weeks;
    }
    case 'table-measure': {
      const { database, schema, table, measure } = gain;
      const row = week.tables.find((t) => t.database === database && t.schema === schema && t.table === table);
      return row?.measures[measure] ?? null;
    }
    case 'server-measure': {
      const value = week.server[gain.measure] ?? null;
      if (gain.measure !== 'checkpointsRequested' || value === null) return value;
      const weeks = weeksIn(week.spans.server);
      return weeks === null ? null : value / weeks;
    }
    case 'object-gone':
      return null;
    default:
      throw new Error(`unknown gain ${gain satisfies never}`);
  }
}

function meansOf({ statements }: Week): Record<string, number> {
  const sums = new Map<string, { calls: number; ms: number }>();
  for (const { statement, measures } of statements) {
    const { calls, totalTimeMs } = measures;
    if (calls === undefined || totalTimeMs === undefined) continue;
    const sum = sums.get(statement) ?? { calls: 0, ms: 0 };
    sums.set(statement, { calls: sum.calls + calls, ms: sum.ms + totalTimeMs });
  }
  return Object.fromEntries([...sums].flatMap(([key, { calls, ms }]) => (calls > 0 ? [[key, ms / calls]] : [])));
}
