/** The archive's index pages: one target's weeks, and all targets. Made from report.json documents alone. */
import { keyPart } from '../model/finding.ts';
import { periodName } from '../model/period.ts';
import type { Cadence, Report, TargetReport } from '../model/report.ts';
import type { Interval } from '../model/units.ts';
import type { Block, Cell } from './blocks.ts';
import { compact, day, words } from './format.ts';
import { comparison, standing } from './headline.ts';
import { markup } from './markup.ts';
import { blocksHtml, documentOf } from './render-html.ts';

/** What the index pages say about one report. */
export interface WeekSummary {
  readonly cadence: Cadence;
  /** The window's end. */
  readonly end: string;
  readonly generatedAt: string;
  /** Folder of the report, such as `2026-W47`. */
  readonly folder: string;
  readonly headline: string;
  readonly opportunities: number;
  readonly regressions: number;
  readonly verified: number;
  /** Whether zero regressions means that nothing got worse. */
  readonly compared: boolean;
  readonly estimatedImprovement: Interval | null;
  readonly effortPersonDays: number;
  readonly databaseTimeMsPerWeek: number | null;
}

export interface TargetWeeks {
  readonly target: string;
  readonly weeks: readonly WeekSummary[];
}

export function weekSummary(report: Report, target: TargetReport): WeekSummary {
  const { summary, regressions, progress, baselines } = target;
  return {
    cadence: report.cadence,
    end: report.window.end,
    generatedAt: report.generatedAt,
    folder: periodName(report.cadence, report.window.end),
    headline: summary.headline,
    opportunities: summary.opportunities,
    regressions: standing(regressions).length,
    verified: progress.filter(({ status }) => status === 'verified').length,
    compared: comparison(baselines) === 'done',
    estimatedImprovement: summary.estimatedImprovement,
    effortPersonDays: summary.effortPersonDays,
    databaseTimeMsPerWeek: baselines.numbers.find(({ unit }) => unit === 'ms/week')?.now ?? null,
  };
}

/** reports/<target>/index.html */
export function renderTargetIndex(target: string, weeks: readonly WeekSummary[]): string {
  const newest = newestFirst(weeks);
  const [latest] = newest;
  return documentOf({
    title: `${target} · pg-hunt`,
    header: markup`<p class="kicker"><a href="../../index.html">All targets</a></p><h1>${target}</h1><p>${latest === undefined ? 'No report yet.' : `Latest: ${latest.headline}`}</p>`,
    contents: [],
    body: blocksHtml(latest === undefined ? [] : targetBlocks(newest)),
  });
}

/** index.html */
export function renderIndex(targets: readonly TargetWeeks[]): string {
  const known = targets.flatMap(({ weeks, ...one }) => {
    const [latest] = newestFirst(weeks);
    return latest === undefined ? [] : [{ ...one, latest, reports: weeks.length }];
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
    header: markup`<p class="kicker">pg-hunt</p><h1>${verdict}</h1>`,
    contents: [],
    body: blocksHtml(sorted.length === 0 ? [] : [{ kind: 'heading', level: 2, text: 'Targets' }, targetTable(sorted)]),
  });
}

function targetBlocks(newest: readonly WeekSummary[]): Block[] {
  const timed = newest.flatMap(({ databaseTimeMsPerWeek: value, end }) =>
    value === null ? [] : [{ label: day(end), value }],
  );
  const chart: Block = {
    kind: 'figure',
    title: 'Database time a week',
    description: 'Newest first; weeks without statement statistics are left out.',
    chart: { kind: 'bars', unit: 'ms', rows: timed.slice(0, 12) },
  };
  return [
    { kind: 'heading', level: 2, text: 'Reports' },
    {
      kind: 'table',
      caption: 'Newest first',
      columns: [
        { title: 'Report' },
        { title: 'Verdict', wide: true },
        { title: 'Worse', unit: 'count' },
        { title: 'To do', unit: 'count' },
        { title: 'Gain', numeric: true },
        { title: 'Verified', unit: 'count' },
        { title: 'Load', numeric: true },
      ],
      rows: newest.map(weekRow),
    },
    ...(timed.length < 2 ? [] : [{ kind: 'heading', level: 2, text: 'Load' } as const, chart]),
  ];
}

function weekRow(week: WeekSummary): Cell[] {
  return [
    [{ link: week.folder, to: pathTo(week.folder, 'index.html') }, ` ${day(week.end)}`],
    week.headline,
    week.compared ? week.regressions : 'not compared',
    week.opportunities,
    gainOf(week),
    week.verified,
    words(week.databaseTimeMsPerWeek, 'ms'),
  ];
}

function targetTable(known: readonly { target: string; latest: WeekSummary; reports: number }[]): Block {
  return {
    kind: 'table',
    caption: 'Those that got worse first',
    columns: [
      { title: 'Target' },
      { title: 'Latest verdict', wide: true },
      { title: 'Worse', unit: 'count' },
      { title: 'To do', unit: 'count' },
      { title: 'Gain', numeric: true },
      { title: 'Data until' },
      { title: 'Reports', numeric: true },
    ],
    rows: known.map(({ target, latest, reports }): Cell[] => {
      return [
        [{ link: target, to: pathTo('reports', target, latest.folder, 'index.html') }],
        latest.headline,
        latest.compared ? latest.regressions : 'not compared',
        latest.opportunities,
        gainOf(latest),
        day(latest.end),
        [{ link: String(reports), to: pathTo('reports', target, 'index.html') }],
      ];
    }),
  };
}

function gainOf({ estimatedImprovement: gain }: WeekSummary): string {
  return gain === null ? '–' : compact(gain, 'share');
}

function newestFirst(weeks: readonly WeekSummary[]): readonly WeekSummary[] {
  return weeks.toSorted((a, b) =>
    a.end === b.end ? (a.generatedAt < b.generatedAt ? 1 : -1) : a.end < b.end ? 1 : -1,
  );
}

/** An address inside the archive; null where a name of dots would lead out of it, however it is written. */
function pathTo(...parts: readonly string[]): string | null {
  return parts.some((part) => /^\.+$/.test(part)) ? null : parts.map(keyPart).join('/');
}
