/**
 * What got worse besides statements: told once, followed until it is over. What a statement or the whole database has told
 * already, and what happened in the same place at the same time, is said there and no second finding.
 */

import type { Past } from '../../model/changes.ts';
import { isStanding, type Regression } from '../../model/regression.ts';
import type { Episode } from '../../model/series.ts';
import type { Snapshot } from '../../model/snapshot.ts';
import { isWide } from '../describe.ts';
import { RULES } from '../detect/rules.ts';
import { follow } from '../detect/states.ts';
import { beside } from '../meanwhile.ts';
import { type Week, weekThen } from '../week.ts';
import { tablesNamed } from '../words.ts';
import { continued, described, episodeOf, keyOf } from './describe.ts';
import { type Judged, judgeWeek } from './judge.ts';
import { METRICS } from './metrics.ts';

/** New ones of one run in full; the rest is counted. */
const MOST = 10;
/** Weeks are all that is known of when. */
const NEAR_MS = 15 * 24 * 3_600_000;
/** A closed finding's weeks are kept out of baselines as long as any looks at them. */
const KEPT_MS = 16 * 7 * 24 * 3_600_000;

export interface Weekly {
  readonly regressions: readonly Regression[];
  /** Of statements, with what was folded into them. */
  readonly statements: readonly Regression[];
  readonly watched: readonly Judged[];
  readonly episodes: readonly Episode[];
  readonly accepted: readonly string[];
  readonly notes: readonly string[];
}

export interface WeeklyCase {
  readonly snapshot: Snapshot;
  readonly week: Week;
  readonly past: Past;
  /** What got worse of statements and whole databases. */
  readonly statements: readonly Regression[];
}

export function isWeekly(key: string): boolean {
  return METRICS.some(({ id }) => key.startsWith(`${id}:`));
}

export function weeklyRegressions(input: WeeklyCase): Weekly {
  const { snapshot, week, past } = input;
  const known = past.previous?.regressions ?? [];
  const episodes = (past.previous?.episodes ?? []).filter(
    ({ closed, calmSince }) => !closed || Date.parse(week.end) - Date.parse(calmSince ?? week.end) < KEPT_MS,
  );
  const judged = judgeWeek({ week, weekly: past.weekly ?? [], episodes, keyOf });
  const byKey = new Map(judged.map((one) => [keyOf(one.metric, one.row), one]));
  const open = episodes.filter(({ closed }) => !closed);
  const followed = open.map((episode) => {
    const one = byKey.get(episode.key);
    const effect = one == null || one.level === null ? null : (one.level - episode.level) * one.metric.direction;
    const start = past.previous?.window.end ?? episode.onset;
    const { state, next } = follow(episode, { start, end: week.end, effect }, RULES);
    const before = known.find(({ key }) => key === episode.key);
    if (one === undefined && isGone(episode, judged)) return { state: 'accepted' as const, next, regression: null };
    const regression = one === undefined || before === undefined ? null : continued(before, one, state, effect);
    return { state, next, regression };
  });
  const fresh = judged.filter(
    (one) => one.tier === 'alert' && !open.some(({ key }) => key === keyOf(one.metric, one.row)),
  );
  const harmful = fresh.filter((one) => isHarmful(one, judged));
  const all = harmful.map((one) => ({
    one,
    regression: described(one, { snapshot, week, before: weekBefore(one, past) }),
  }));
  const going = followed.flatMap(({ regression }) =>
    regression !== null && isStanding(regression) ? [regression] : [],
  );
  const { kept, statements } = folded(all, input, going);
  const told = kept.slice(0, MOST);
  const rest = kept.length - told.length;
  const accepted = followed.flatMap(({ state, next }) => (state === 'accepted' ? [next.key] : []));
  return {
    regressions: [
      ...followed.flatMap(({ regression }) => regression ?? []),
      ...told.map(({ regression }) => regression),
    ],
    statements,
    watched: judged.filter(
      (one) => one.tier === 'watch' || (one.tier === 'alert' && fresh.includes(one) && !harmful.includes(one)),
    ),
    episodes: [
      ...episodes.filter(({ closed }) => closed),
      ...followed.flatMap(({ state, next }) => (state === 'accepted' ? [] : [next])),
      ...told.flatMap(({ one, regression }) => episodeOf(one, regression, week.end) ?? []),
    ],
    accepted,
    notes:
      rest === 0
        ? []
        : [`${rest} more tables, indexes or databases moved this week; the ${MOST} that matter most are told.`],
  };
}

/** Others of its metric were seen, and it was not: dropped. */
function isGone({ key }: Episode, judged: readonly Judged[]): boolean {
  const id = key.slice(0, key.indexOf(':'));
  return judged.some(({ metric, now }) => metric.id === id && now !== null);
}

/** An index nobody scans costs nobody time until its table is read instead. */
function isHarmful({ metric, row }: Judged, judged: readonly Judged[]): boolean {
  if (metric.id !== 'index-scans') return true;
  return judged.some(
    (one) =>
      one.metric.id === 'sequential-reads' &&
      one.tier !== null &&
      one.row.database === row.database &&
      one.row.schema === row.schema &&
      one.row.table === row.table,
  );
}

function weekBefore({ since }: Judged, { recent }: Past): Week | null {
  const over = recent.find(({ window }) => since === null || Date.parse(window.end) <= Date.parse(since));
  const history = over ?? recent.at(-1);
  return history === undefined ? null : weekThen(history);
}

interface Fresh {
  readonly one: Judged;
  readonly regression: Regression;
}

function folded(
  all: readonly Fresh[],
  { statements, snapshot }: WeeklyCase,
  going: readonly Regression[],
): { kept: readonly Fresh[]; statements: readonly Regression[] } {
  const also = new Map<string, string[]>();
  const kept: Fresh[] = [];
  for (const each of all) {
    const host =
      statements.find((one) => isNear(one, each) && isTold(one, each, snapshot)) ??
      [...going, ...kept.map(({ regression }) => regression)].find((one) => samePlace(one, each));
    if (host === undefined) kept.push(each);
    else also.set(host.key, [...(also.get(host.key) ?? []), lower(each.regression.title)]);
  }
  const said = (one: Regression): Regression => {
    const more = also.get(one.key);
    return more === undefined || one.status !== 'new'
      ? one
      : { ...one, cause: beside(one.cause, `also ${more.join(' and ')}`) };
  };
  return {
    kept: kept.map((each) => ({ ...each, regression: said(each.regression) })),
    statements: statements.map(said),
  };
}

/** A statement on that table got slower, or the whole database did. */
function isTold(one: Regression, { one: { row, metric } }: Fresh, { tables }: Snapshot): boolean {
  if (!isStanding(one)) return false;
  const { database = '', table, schema, statement } = one.subject;
  if (isWide(one.key))
    return metric.kind !== 'server' && (database === '' || database === row.database) && metric.unit === 'share';
  if (statement === undefined || database !== row.database) return false;
  if (row.table === undefined) return metric.id === 'cache-misses' && one.cause[0]?.kind === 'cache';
  const named = one.text === undefined ? [] : tablesNamed({ database, text: one.text }, tables);
  return (
    (table === row.table && schema === row.schema) ||
    named.some((each) => each.table === row.table && each.schema === row.schema)
  );
}

/** Began in the same days, as far as weeks can tell. */
function isNear({ onset, since: told }: Regression, { one: { since } }: Fresh): boolean {
  return since !== null && Math.abs(Date.parse(onset ?? told) - Date.parse(since)) <= NEAR_MS;
}

/** One incident: the same table, or the same server. */
function samePlace({ subject, key }: Regression, { one: { row, metric } }: Fresh): boolean {
  const same = subject.database === row.database && subject.schema === row.schema && subject.table === row.table;
  return same && metric.kind !== 'database' && !key.startsWith(`${metric.id}:`);
}

function lower(title: string): string {
  return title.replace(/^[A-Z](?=[a-z])/, (letter) => letter.toLowerCase());
}
