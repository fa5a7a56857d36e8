/** Several kept weeks → what they say together. Read from history alone. */
import type { History } from '../model/history.ts';
import type { Objects } from '../model/objects.ts';
import { isStanding, type Progress } from '../model/regression.ts';
import type { BaselineNumber } from '../model/report.ts';
import type { Review } from '../model/review.ts';
import { baselineNumbers } from './baseline.ts';
import { capacityOf, type Measured } from './capacity.ts';
import { usable } from './history.ts';
import { historyKey, weeklyKeys } from './history-keys.ts';
import { keptEnds } from './kept-weeks.ts';
import { type Week, weeksIn, weekThen } from './week.ts';

const QUARTER_WEEKS = 13;
/** A baseline older than that is another workload's. */
const OLD_DAYS = 180;
const DAY_MS = 24 * 3_600_000;

/** Of one week what a review needs; the whole would be tens of megabytes. */
interface Kept extends Measured {
  readonly start: string;
  readonly verdicts: readonly Verdict[];
  readonly standing: readonly string[];
  readonly opened: readonly string[];
  readonly resolved: readonly string[];
}

interface Verdict {
  readonly progress: Progress;
  /** Time a week of the statements that it is about; null where it is about something else. */
  readonly msPerWeek: number | null;
}

export interface Reviewed {
  readonly review: Review;
  readonly progress: readonly Progress[];
  /** `previous` is the first week of the time. */
  readonly numbers: readonly BaselineNumber[];
}

interface Asked {
  readonly store: Objects;
  readonly target: string;
  /** ISO 8601: nothing later is looked at. */
  readonly end: string;
  readonly weeks: number;
  /** null: none. */
  readonly pinnedEnd: string | null;
  readonly rebaseline: boolean;
}

/** null: no week is kept. */
export async function reviewOf({ store, target, end, weeks, pinnedEnd, rebaseline }: Asked): Promise<Reviewed | null> {
  const ends = (await keptEnds(store, target)).filter((one) => Date.parse(one) <= Date.parse(end));
  const last = ends.at(-1);
  if (last === undefined) return null;
  const notes: string[] = [];
  const keys = ends.map((one) => historyKey(target, one));
  const all: Kept[] = [];
  // One at a time: a week unpacks into tens of megabytes.
  for (const key of [...weeklyKeys(keys, last, QUARTER_WEEKS - 1).toReversed(), historyKey(target, last)]) {
    const history = await usable(store, target, key, notes);
    if (history !== null) all.push(keptOf(history));
  }
  const since = Date.parse(last) - (weeks - 0.5) * 7 * DAY_MS;
  const own = all.filter((one) => Date.parse(one.end) > since);
  const [first, newest] = [own[0], own.at(-1)];
  if (first === undefined || newest === undefined) return null;
  if (own.length < weeks) notes.push(`${own.length} of ${weeks} weeks are kept.`);
  const late = Math.floor((Date.parse(end) - Date.parse(newest.end)) / DAY_MS);
  if (late > 8) notes.push(`The last week that is kept ended ${late} days before the end of this review.`);
  const verdicts = [
    ...new Map(
      own.flatMap((one) => one.verdicts.map((v) => [`${v.progress.key} ${v.progress.since}`, v] as const)),
    ).values(),
  ];
  const timeOf = ({ numbers }: Kept) => numbers.find(({ unit }) => unit === 'ms/week')?.now ?? null;
  return {
    progress: verdicts.map(({ progress }) => progress),
    numbers: newest.numbers.map((one) => ({
      ...one,
      previous: first === newest ? null : (first.numbers.find(({ label }) => label === one.label)?.now ?? null),
      pinned:
        all
          .find((week) => pinnedEnd !== null && Date.parse(week.end) === Date.parse(pinnedEnd))
          ?.numbers.find(({ label }) => label === one.label)?.now ?? null,
    })),
    review: {
      weeks: own.length,
      expected: weeks,
      from: first.end,
      to: newest.end,
      databaseTime: own.map((one) => ({ at: one.end, msPerWeek: timeOf(one) })),
      verdicts: countOf(verdicts),
      regressions: {
        opened: new Set(own.flatMap(({ opened }) => opened)).size,
        resolved: new Set(own.flatMap(({ resolved }) => resolved)).size,
        standing: newest.standing.length,
      },
      capacity: [...capacityOf(all)],
      ...(rebaseline ? { rebaseline: better(own, pinnedEnd, end) } : {}),
      notes,
    },
  };
}

function keptOf(history: History): Kept {
  const week = weekThen(history);
  const keys = (status: string) =>
    history.regressions.filter((one) => one.status === status).map(({ key, since }) => `${key} ${since}`);
  const limit = history.settings.max_connections;
  return {
    start: history.window.start,
    end: history.window.end,
    numbers: baselineNumbers(week, null, null),
    maxConnections: typeof limit === 'number' ? limit : null,
    verdicts: history.progress
      .filter(({ status }) => status !== 'too-early')
      .map((progress) => ({
        progress,
        msPerWeek: timeOf(
          history.findings.find(({ key }) => key === progress.key),
          week,
        ),
      })),
    standing: history.regressions.filter(isStanding).map(({ key }) => key),
    opened: keys('new'),
    resolved: keys('resolved'),
  };
}

function timeOf(finding: History['findings'][number] | undefined, { statements, spans }: Week): number | null {
  const weeks = weeksIn(spans.statement);
  if (finding === undefined || finding.gain.kind !== 'statement-time' || weeks === null) return null;
  const { gain, subject } = finding;
  const own = statements.filter(
    ({ statement, database }) =>
      gain.statements.includes(statement) && (subject.database === undefined || subject.database === database),
  );
  return own.length === 0 ? null : own.reduce((sum, { measures }) => sum + (measures.totalTimeMs ?? 0), 0) / weeks;
}

function countOf(verdicts: readonly Verdict[]): Review['verdicts'] {
  const count = (status: Progress['status']) => verdicts.filter(({ progress }) => progress.status === status).length;
  const verified = verdicts.filter(({ progress }) => progress.status === 'verified');
  // Without the gain its statements would take now ÷ (1 − gain).
  const saved = verified.flatMap(({ progress: { unit, realised }, msPerWeek }) => {
    if (unit !== 'share' || realised === null || msPerWeek === null || realised.high >= 1) return [];
    const of = (share: number) => (msPerWeek * share) / (1 - share);
    return [{ low: of(realised.low), likely: of(realised.likely), high: of(realised.high) }];
  });
  const sum = (end: 'low' | 'likely' | 'high') => saved.reduce((total, one) => total + one[end], 0);
  return {
    verified: verified.length,
    noEffect: count('no-effect'),
    worse: count('worse'),
    unobserved: count('unobserved'),
    savedMsPerWeek: saved.length === 0 ? null : { low: sum('low'), likely: sum('likely'), high: sum('high') },
    freedBytes: verified.reduce(
      (total, { progress: { unit, realised } }) => total + (unit === 'bytes' ? (realised?.likely ?? 0) : 0),
      0,
    ),
  };
}

/** The calmest of the latest weeks, where nothing is pinned, or what is pinned is old. */
function better(weeks: readonly Kept[], pinnedEnd: string | null, end: string): Review['rebaseline'] {
  const age = pinnedEnd === null ? null : (Date.parse(end) - Date.parse(pinnedEnd)) / DAY_MS;
  if (age !== null && age <= OLD_DAYS) return null;
  const calmest = weeks.toSorted((a, b) => a.standing.length - b.standing.length || (a.end < b.end ? 1 : -1))[0];
  if (calmest === undefined) return null;
  const why = age === null ? 'No baseline is pinned' : `The pinned week is ${Math.round(age)} days old`;
  return {
    end: calmest.end,
    why: `${why}; of these weeks it is the latest with the fewest regressions (${calmest.standing.length}).`,
  };
}
