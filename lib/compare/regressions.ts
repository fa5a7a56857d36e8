/**
 * What got worse. Where hours of enough weeks are there the detector decides. Elsewhere the plain rule stands, in this one
 * place: a minimum effect beyond what the rest of the workload did, a minimum of calls, a minimum of cost, one week
 * against one week.
 */
import type { Past } from '../model/changes.ts';
import type { History, HistoryFinding } from '../model/history.ts';
import type { Regression } from '../model/regression.ts';
import type { Tracked } from '../model/series.ts';
import type { Snapshot } from '../model/snapshot.ts';
import { attribute, causesOf } from './attribution.ts';
import { type Control, comparable, controlOf, MIN_CALLS, type Pair, pairsOf, totalLog, Z90 } from './control.ts';
import { type Describe, describer } from './describe.ts';
import { detectedRegressions, detectIn, keyOfFound, whyPlain } from './detected.ts';
import { followUp } from './follow-up.ts';
import { counterpart, type Load, type Loads, loadsOf } from './loads.ts';
import { lockWaits } from './meanwhile.ts';
import { type Movements, movementsOf } from './movements.ts';
import { overlaps, type Week, weeksIn, weekThen } from './week.ts';
import { isWeekly, type Weekly, weeklyRegressions } from './weekly/regressions.ts';
import { isUtility } from './words.ts';
import { isOpen, worstFirst } from './worst-first.ts';

/** Of database time: below MIN_SHARE nobody would act. Smaller changes of a weekly mean are everyday on real latency series. */
export const MIN_CHANGE = 0.2;
/** Without a deviation there is no interval: only what no usual week does by itself. */
export const MIN_CHANGE_WITHOUT_INTERVAL = 0.5;
export const MIN_SHARE = 0.005;
/** More calls are mostly success: told only when they, more than anything, double the load and the load is large. */
const LOAD_RATIO = 2;
const LOAD_SHARE = 0.05;
/** A query someone ran by hand a few times is not a release. */
const MIN_NEW_CALLS = 5;
/** Time of new statements that gone ones gave back: from here on it moved rather than came. */
const MOVED_SHARE = 0.8;
/** Spans that differ more in length hold different hours of the day; their totals say nothing of each other. */
const SPAN_RATIO = 2;

export interface Found {
  readonly regressions: readonly Regression[];
  /** What the detector follows from here on. */
  readonly tracked: readonly Tracked[];
  readonly weekly: Weekly;
  readonly movements: Movements;
  /** Keys that are how it is now. */
  readonly accepted: readonly string[];
  readonly notes: readonly string[];
}

export interface Search {
  readonly snapshot: Snapshot;
  readonly week: Week;
  readonly past: Past;
  /** Advice that was carried out in this window. */
  readonly carriedOut: readonly HistoryFinding[];
}

export function findRegressions({ snapshot, week, past, carriedOut }: Search): Found {
  const now = loadsOf(week);
  const describe = describer({ snapshot, week, past, carriedOut });
  const notes: string[] = [];
  const references: Reference[] = [];
  for (const history of [past.pinned, past.previous]) {
    if (history === null || references.some(({ end }) => end === history.window.end)) continue;
    const why = incomparable(week, history);
    if (why === null) references.push(referenceOf(history, now, week));
    else notes.push(why);
  }
  const previous = references.find(({ end }) => end === past.previous?.window.end);
  const open = (past.previous?.regressions ?? []).filter(isOpen);
  const openings = past.previous?.openings ?? {};
  const detection = detectIn(snapshot, past);
  const detected = detection === null ? null : detectedRegressions({ detection, open, now, week, past, describe });
  const accepted = (detection?.findings ?? []).filter(({ state }) => state === 'accepted').map(keyOfFound);
  const others = open.filter(
    ({ key }) => detected?.mine.has(key) !== true && !accepted.includes(key) && !isWeekly(key),
  );
  const listed = !snapshot.gaps.some(({ kind, absence }) => kind === 'statement' && absence === 'truncated');
  const drift = previous?.control ?? null;
  const followed = followUp({ open: others, openings, now, week, drift, listed, describe });
  const known = new Set(open.map(({ key }) => key));
  const byHours = new Set(detection?.judged.map(keyOfFound));
  const wide = detection?.judged.some(({ statement }) => statement === null) === true;
  const learning = detection === null ? null : whyPlain(detection);
  if (learning !== null) notes.push(learning);
  if (references.some((reference) => !similar(reference.weeks, weeksIn(week.spans.statement) ?? 0))) {
    notes.push('Time per call was compared, totals were not: the two spans differ too much in length.');
  }
  const fresh = references.flatMap((reference, at) => {
    const judged = references.slice(0, at);
    const mine = reference.pairs.filter((pair) => !judged.some(({ then }) => enough(counterpart(pair.now, then))));
    return [
      ...(at === 0 && !wide ? databaseWide(reference, week, describe) : []),
      ...mine.flatMap((pair) => {
        const plain = byHours.has(`mean-time:${pair.now.key}`) ? null : slower(pair, reference, week, describe);
        return plain ?? heavier(pair, reference, week, describe) ?? [];
      }),
    ];
  });
  const all = [...fresh, ...newcomers({ now, references, week, snapshot, describe })];
  const statements = [
    ...(detected?.regressions ?? []),
    ...all.filter(({ key }) => !known.has(key) && detected?.mine.has(key) !== true),
    ...followed.regressions,
  ];
  const weekly = weeklyRegressions({ snapshot, week, past, statements });
  const regressions = [...weekly.statements, ...weekly.regressions];
  const told = new Set(regressions.map(({ key }) => key));
  return {
    weekly,
    movements: movementsOf({ detection, watched: weekly.watched, told, now, week, describe }),
    accepted: [...accepted, ...weekly.accepted],
    tracked: detection?.tracked ?? past.previous?.tracked ?? [],
    regressions: worstFirst(regressions),
    notes: [...notes, ...followed.notes, ...weekly.notes],
  };
}

interface Reference {
  readonly end: string;
  readonly locks: string | null;
  readonly then: Loads;
  readonly weeks: number;
  readonly pairs: readonly Pair[];
  readonly control: Control | null;
  /** Of weekly totals; only ever used to excuse. */
  readonly totals: Control | null;
}

function referenceOf(history: History, now: Loads, today: Week): Reference {
  const week = weekThen(history);
  const then = loadsOf(week);
  const pairs = pairsOf(then, now);
  const yardsticks = pairs.filter(comparable);
  return {
    end: week.end,
    locks: lockWaits(week, today),
    then,
    weeks: weeksIn(week.spans.statement) ?? 0,
    pairs,
    control: controlOf(yardsticks.map(({ log }) => log)),
    totals: controlOf(yardsticks.map(totalLog)),
  };
}

/** Why statements cannot be compared with that run; null when they can. */
export function incomparable(week: Week, history: History): string | null {
  const now = week.spans.statement;
  const then = history.spans.statement;
  const run = `the run that ended ${history.window.end}`;
  if (now === undefined) return `Statements were not compared with ${run}: none were seen this time.`;
  if (then === undefined) return `Statements were not compared with ${run}: it saw none.`;
  if (!overlaps(now, then)) return null;
  return `Statements were not compared with ${run}: their counters now reach back to ${now.start}, into the span that run judged. The next run has counters of its own.`;
}

function slower(pair: Pair, { control, end, locks }: Reference, week: Week, describe: Describe): Regression | null {
  if (!comparable(pair)) return null;
  const { now, before, log, error } = pair;
  // A workload that got faster as a whole makes nobody slower who stayed as he was.
  const drift = Math.max(0, control?.log ?? 0);
  const least = Math.log(1 + (error === null ? MIN_CHANGE_WITHOUT_INTERVAL : MIN_CHANGE));
  if (log - drift < least) return null;
  const margin = error === null ? null : Z90 * Math.hypot(error, control?.error ?? 0);
  if (margin !== null && log - drift - margin <= 0) return null;
  const effects = attribute(before, now, describe.growth(now, end), locks);
  // At this week's calls, as when it is followed: the split by cause also holds the calls that did not come.
  const cost = (now.totalTimeMs / now.weeks) * (1 - before.meanMs / now.meanMs);
  if (!worthIt(cost, week, MIN_SHARE)) return null;
  return describe.regression({
    kind: 'mean-time',
    now,
    before,
    change: {
      estimate: Math.exp(log) - 1,
      low: margin === null ? null : Math.exp(log - margin) - 1,
      high: margin === null ? null : Math.exp(log + margin) - 1,
    },
    effects,
    cost,
    end,
  });
}

function heavier(pair: Pair, { totals, end }: Reference, week: Week, describe: Describe): Regression | null {
  const { now, before } = pair;
  if (!similar(now.weeks, before.weeks)) return null;
  const log = totalLog(pair);
  if (log - Math.max(0, totals?.log ?? 0) < Math.log(LOAD_RATIO)) return null;
  const cost = now.totalTimeMs / now.weeks - before.totalTimeMs / before.weeks;
  if (!worthIt(cost, week, LOAD_SHARE)) return null;
  const effects = attribute(before, now, describe.growth(now, end));
  if (causesOf(effects)[0]?.kind !== 'calls') return null;
  const change = { estimate: Math.exp(log) - 1, low: null, high: null };
  return describe.regression({ kind: 'load', now, before, change, effects, cost, end });
}

/** A slowdown of everything is one finding; the control has taken it out of the statements already. */
function databaseWide({ control, pairs: all, end }: Reference, week: Week, describe: Describe): Regression[] {
  if (control === null || control.log < Math.log(1 + MIN_CHANGE) || control.low <= 0) return [];
  const pairs = all.filter(comparable);
  const sum = (ms: (pair: Pair) => number): number => pairs.reduce((total, pair) => total + ms(pair), 0);
  const perWeek = sum(({ now }) => now.totalTimeMs / now.weeks);
  const cost = perWeek * (1 - Math.exp(-control.log));
  if (!worthIt(cost, week, MIN_SHARE)) return [];
  const meanMs = perWeek / sum(({ now }) => now.calls / now.weeks);
  return [describe.wide({ control, before: meanMs / Math.exp(control.log), now: meanMs, cost, end })];
}

interface Newcomers {
  readonly now: Loads;
  readonly references: readonly Reference[];
  readonly week: Week;
  readonly snapshot: Snapshot;
  readonly describe: Describe;
}

/** Statements no reference has seen, less what statements of the same database that are gone gave back. */
function newcomers({ now, references, week, snapshot, describe }: Newcomers): Regression[] {
  // The latest run, not the pinned week: what left between the two gave its time back long ago.
  const latest = references.at(-1);
  if (latest === undefined || !similar(latest.weeks, weeksIn(week.spans.statement) ?? 0)) return [];
  const utility = new Set(snapshot.statements.filter((row) => isUtility(row.text)).map((row) => row.statement));
  const added = [...now.byKey.values()].filter(
    (load) => !utility.has(load.statement) && references.every(({ then }) => counterpart(load, then) === undefined),
  );
  const gone = [...latest.then.byKey.values()].filter((load) => counterpart(load, now) === undefined);
  return added.flatMap((load) => {
    const here = (loads: readonly Load[]): number =>
      loads.filter(({ database }) => database === load.database).reduce((sum, l) => sum + l.totalTimeMs / l.weeks, 0);
    const moved = here(gone) / here(added);
    const cost = (load.totalTimeMs / load.weeks) * (1 - Math.min(1, moved));
    if (load.calls < MIN_NEW_CALLS || moved >= MOVED_SHARE || !worthIt(cost, week, LOAD_SHARE)) return [];
    return [describe.newcomer(load, cost)];
  });
}

function worthIt(cost: number, week: Week, share: number): boolean {
  const all = week.databaseTimeMsPerWeek;
  return cost > 0 && all !== null && all > 0 && cost / all >= share;
}

function similar(a: number, b: number): boolean {
  return Math.max(a, b) <= SPAN_RATIO * Math.min(a, b);
}

function enough(load: Load | undefined): boolean {
  return load !== undefined && load.calls >= MIN_CALLS;
}
