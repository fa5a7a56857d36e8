/** reports/<target>/index.html: the weeks of one target, made from report.json documents alone. */
import { anchor, type Block, type Cell, type LineChart } from './blocks.ts';
import { between, change, compact, date, day, many, words } from './format.ts';
import { markup } from './markup.ts';
import { progressWords, regressionLabel } from './opportunity.ts';
import { pathTo } from './paths.ts';
import { blocksHtml, documentOf } from './render-html.ts';
import { newestFirst, verdicts, type WeekSummary } from './week-summary.ts';

/** Two years of weeks: more is a wall. */
const MOST_WEEKS = 104;

export function renderTargetIndex(target: string, weeks: readonly WeekSummary[]): string {
  const newest = newestFirst(weeks);
  const [latest] = newest;
  const parts = latest === undefined ? [] : targetBlocks(newest);
  return documentOf({
    title: `${target} · pg-hunt`,
    feed: 'feed.xml',
    header: markup`<p class="kicker"><a href="../../index.html">All targets</a> <a href="feed.xml">Feed</a></p><h1>${target}</h1><p>${latest === undefined ? 'No report yet.' : `Latest: ${latest.headline} Data until ${date(latest.end)}.`}</p>`,
    contents: [],
    body: blocksHtml(parts),
  });
}

function targetBlocks(newest: readonly WeekSummary[]): Block[] {
  return [
    ...trends(newest.toReversed()),
    ...verified(newest),
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
        { title: 'Closed', unit: 'count' },
        { title: 'Load', numeric: true },
      ],
      rows: newest.slice(0, MOST_WEEKS).map(weekRow),
    },
    ...incidents(newest),
  ];
}

function weekRow(week: WeekSummary): Cell[] {
  return [
    [{ link: week.folder, to: pathTo(week.folder, 'index.html') }, ` ${day(week.end)}`],
    week.headline,
    week.compared ? week.regressions : 'not compared',
    week.opportunities,
    gainOf(week),
    week.closed,
    words(week.databaseTimeMsPerWeek, 'ms'),
  ];
}

export function gainOf({ estimatedImprovement: gain }: Pick<WeekSummary, 'estimatedImprovement'>): string {
  return gain === null ? '–' : compact(gain, 'share');
}

/** Of weekly runs alone: any other would be a second point of the same weeks. */
export function regular(weeks: readonly WeekSummary[]): readonly WeekSummary[] {
  return weeks.filter(({ cadence }) => cadence === 'weekly').slice(-MOST_WEEKS);
}

function trends(oldest: readonly WeekSummary[]): Block[] {
  const weeks = regular(oldest);
  const timed = weeks.flatMap(({ databaseTimeMsPerWeek: value }) => value ?? []);
  const [first, last] = [timed[0], timed.at(-1)];
  const load: LineChart = {
    kind: 'line',
    unit: 'ms',
    lines: [
      {
        label: 'Load',
        points: weeks.map(({ end, databaseTimeMsPerWeek }) => ({ at: end, value: databaseTimeMsPerWeek })),
      },
    ],
    usual: null,
    from: null,
  };
  let gone = 0;
  const closed = weeks.map((week) => {
    gone += week.closed;
    return { at: week.end, value: gone };
  });
  const todo: LineChart = {
    ...load,
    unit: 'count',
    lines: [
      { label: 'open', points: weeks.map(({ end, opportunities }) => ({ at: end, value: opportunities })) },
      { label: 'closed so far', points: closed },
    ],
  };
  const size = (value: number) => words(value, 'ms/week');
  const moved =
    first === undefined || last === undefined || first === 0 ? '' : ` (${change(last / first - 1, 'ms/week')})`;
  return [
    ...(first === undefined || last === undefined || timed.length < 2
      ? []
      : [
          { kind: 'heading', level: 2, text: 'Load' } as const,
          {
            kind: 'figure',
            title: 'Database time a week',
            description: `First ${size(first)}, last ${size(last)}${moved}; ${between({ low: Math.min(...timed), high: Math.max(...timed) }, 'ms/week')} in all of them. Weeks without statement statistics are gaps.`,
            chart: load,
          } as const,
        ]),
    ...(weeks.length < 2
      ? []
      : [
          { kind: 'heading', level: 2, text: 'Opportunities' } as const,
          {
            kind: 'figure',
            title: 'Open, and closed so far',
            description: `${many(weeks.at(-1)?.opportunities ?? 0, 'opportunity', 'opportunities')} open in the latest report; ${gone} closed since the first.`,
            chart: todo,
          } as const,
        ]),
  ];
}

/** What came of the advice so far: the proof of the whole thing, the failures with it. */
function verified(weeks: readonly WeekSummary[]): Block[] {
  const all = verdicts(weeks);
  if (all.length === 0) return [];
  return [
    { kind: 'heading', level: 2, text: 'Verified gain so far', id: 'verified' },
    { kind: 'text', words: verifiedWords(weeks) },
    {
      kind: 'list',
      items: all.map((one) => [{ strong: progressWords[one.status].label }, `: ${one.title}. ${one.sentence}`]),
    },
  ];
}

/** For a narrow place: `3 of 4`. */
export function verifiedCount(weeks: readonly WeekSummary[]): string {
  const all = verdicts(weeks);
  return all.length === 0 ? '–' : `${all.filter(({ status }) => status === 'verified').length} of ${all.length}`;
}

/** `3 of 4 changes verified: 41 to 66 % less time …, 81 MB of disk back`. */
export function verifiedWords(weeks: readonly WeekSummary[]): string {
  const all = verdicts(weeks);
  const good = all.filter(({ status }) => status === 'verified');
  if (all.length === 0) return 'nothing judged yet';
  const of = (wanted: 'share' | 'bytes') =>
    good.flatMap(({ unit, realised }) => (unit === wanted && realised !== null ? [realised.likely] : []));
  const [shares, bytes] = [of('share'), of('bytes')];
  const range = { low: Math.min(...shares), high: Math.max(...shares) };
  const said = [
    ...(shares.length === 0 ? [] : [`statements concerned take ${between(range, 'share')} less time`]),
    ...(bytes.length === 0
      ? []
      : [
          `${words(
            bytes.reduce((sum, one) => sum + one, 0),
            'bytes',
          )} of disk came back`,
        ]),
  ];
  return `${good.length} of ${many(all.length, 'change')} verified${said.length === 0 ? '' : `: ${said.join(', ')}`}`;
}

/** Each regression once, in the report that told it last. */
function incidents(newest: readonly WeekSummary[]): Block[] {
  const seen = new Set<string>();
  const rows = newest.flatMap((week) =>
    week.told.flatMap((one): Cell[][] => {
      const id = `${one.key} ${one.since}`;
      if (seen.has(id)) return [];
      seen.add(id);
      const page = pathTo(week.folder, 'index.html');
      const to = page === null ? null : `${page}#${anchor('r', one.key)}`;
      return [[day(one.since), [{ link: one.title, to }], regressionLabel(one)]];
    }),
  );
  if (rows.length === 0) return [];
  return [
    { kind: 'heading', level: 2, text: 'Regressions so far', id: 'regressions' },
    {
      kind: 'table',
      caption: 'Newest first',
      columns: [{ title: 'Told' }, { title: 'What', wide: true }, { title: 'State' }],
      rows: rows.slice(0, MOST_WEEKS),
    },
  ];
}
