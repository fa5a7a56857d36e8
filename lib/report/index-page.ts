/** index.html: all targets, those that got worse first, and whether anybody still looks. */
import { DateTime } from 'luxon';
import type { Cell, Inline } from './blocks.ts';
import { change, date, day, words } from './format.ts';
import { markup } from './markup.ts';
import { pathTo } from './paths.ts';
import { blocksHtml, documentOf } from './render-html.ts';
import { gainOf, regular, verifiedCount } from './target-index.ts';
import { newestFirst, type TargetWeeks, type WeekSummary } from './week-summary.ts';

/** A run that is late by half its pace was missed. */
const LATE = 1.5;
const PACE_DAYS = { weekly: 7, monthly: 31, quarterly: 92 } as const;

interface Known {
  readonly target: string;
  readonly weeks: readonly WeekSummary[];
  readonly latest: WeekSummary;
}

/** `madeAt`: when this page is written, ISO 8601; how old data is, is told as of then. */
export function renderIndex(targets: readonly TargetWeeks[], madeAt: string): string {
  const known = targets.flatMap(({ weeks, target }): Known[] => {
    const [latest] = newestFirst(weeks);
    return latest === undefined ? [] : [{ target, weeks, latest }];
  });
  const worse = known.filter(({ latest }) => latest.regressions > 0).length;
  const verdict =
    known.length === 0
      ? 'No report yet'
      : worse > 0
        ? `${worse} of ${known.length} got worse in the latest report`
        : known.every(({ latest }) => latest.compared)
          ? 'Nothing got worse in the latest reports'
          : 'No regression is known, but not every target could be compared';
  const sorted = known.toSorted(
    (a, b) => b.latest.regressions - a.latest.regressions || (a.target < b.target ? -1 : a.target > b.target ? 1 : 0),
  );
  return documentOf({
    title: 'pg-hunt',
    feed: 'feed.xml',
    header: markup`<p class="kicker">pg-hunt <a href="method.html">How the numbers are made</a> <a href="feed.xml">Feed</a></p><h1>${verdict}</h1><p>${freshness(sorted, madeAt)}</p>`,
    contents: [],
    body: blocksHtml(
      sorted.length === 0 ? [] : [{ kind: 'heading', level: 2, text: 'Targets' }, table(sorted, madeAt)],
    ),
  });
}

/** A page without script cannot know how late it is, so it says until when it is fresh. */
function freshness(known: readonly Known[], madeAt: string): string {
  const stale = known.filter(({ latest }) => isStale(latest, madeAt)).length;
  const paces = known.flatMap(({ latest: { cadence } }) => (cadence === 'on-demand' ? [] : [PACE_DAYS[cadence]]));
  const next = paces.length === 0 ? null : Math.min(...paces);
  const due = next === null ? null : DateTime.fromISO(madeAt, { zone: 'utc' }).plus({ days: next }).toISO();
  return [
    `Made ${date(madeAt)}.`,
    ...(stale === 0 ? [] : [`${stale} of ${known.length} with old data.`]),
    ...(due === null ? [] : [`The next run is due ${day(due)}: after that, this page is old.`]),
  ].join(' ');
}

function isStale({ cadence, end }: WeekSummary, madeAt: string): boolean {
  return cadence !== 'on-demand' && ageDays(end, madeAt) > LATE * PACE_DAYS[cadence];
}

function ageDays(end: string, madeAt: string): number {
  return (Date.parse(madeAt) - Date.parse(end)) / 86_400_000;
}

function table(known: readonly Known[], madeAt: string) {
  return {
    kind: 'table',
    caption: 'Those that got worse first',
    columns: [
      { title: 'Target' },
      { title: 'Status' },
      { title: 'Latest verdict', wide: true },
      { title: 'Data until' },
      { title: 'Database time' },
      { title: 'To do' },
      { title: 'Gain', numeric: true },
      { title: 'Verified' },
    ],
    rows: known.map(({ target, weeks, latest }): Cell[] => [
      [
        { link: target, to: pathTo('reports', target, latest.folder, 'index.html') },
        ' ',
        { link: 'all reports', to: pathTo('reports', target, 'index.html') },
      ],
      statusOf(latest, madeAt),
      latest.headline,
      isStale(latest, madeAt)
        ? [day(latest.end), ` `, { strong: `● ${Math.round(ageDays(latest.end, madeAt))} days old` }]
        : day(latest.end),
      [...sparkOf(weeks), loadOf(latest)],
      `${latest.opportunities}${latest.closed === 0 ? '' : `, ${latest.closed} closed`}`,
      gainOf(latest),
      verifiedCount(weeks),
    ]),
  } as const;
}

/** Half a year; two weeks are no trend. */
const SPARK_WEEKS = 26;

function sparkOf(weeks: readonly WeekSummary[]): readonly Inline[] {
  const values = regular(newestFirst(weeks).toReversed())
    .slice(-SPARK_WEEKS)
    .map(({ databaseTimeMsPerWeek }) => databaseTimeMsPerWeek);
  return values.filter((value) => value !== null).length < 3 ? [] : [{ spark: values }];
}

function statusOf(latest: WeekSummary, madeAt: string): Cell {
  if (isStale(latest, madeAt)) return '● Stale';
  if (latest.regressions > 0) return `▲ ${latest.regressions} worse`;
  if (latest.blindShare > 0.5) return '● Mostly blind';
  return latest.compared ? '✔ Not worse' : '– Not compared';
}

/** This week, and how it moved. */
function loadOf({ databaseTimeMsPerWeek: now, databaseTimeThen: then }: WeekSummary): string {
  if (now === null) return words(now);
  return then === null || then === 0 ? words(now, 'ms') : `${words(now, 'ms')}, ${change(now / then - 1, 'ms/week')}`;
}
