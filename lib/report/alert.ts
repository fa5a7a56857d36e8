/**
 * The mails of their own for what got worse: one for all that is new, so that a bad week is no storm of mails, and one
 * for what came of it later. null when there is nothing of the kind.
 */
import { periodName } from '../model/period.ts';
import type { Regression } from '../model/regression.ts';
import type { Report, TargetReport } from '../model/report.ts';
import { anchor, type Block } from './blocks.ts';
import type { MailSettings, Rendered } from './digest.ts';
import { pageBlocks } from './digest-target.ts';
import { change, date, many, period, plain, words } from './format.ts';
import { regressionSentence, standing, unpunctuated } from './headline.ts';
import { cut, elided, oneLine } from './markup.ts';
import { encodedSize } from './mime-size.ts';
import { beforeNow, causes, regressionLabel } from './opportunity.ts';
import { renderMjml } from './render-mjml.ts';
import { renderText } from './render-text.ts';
import { rollback } from './sections/regressions.ts';

interface Limits {
  readonly full: number;
  readonly lines: number;
  readonly characters: number;
}

/** The first that fits is sent. */
const steps: readonly Limits[] = [
  { full: 3, lines: 10, characters: 300 },
  { full: 2, lines: 8, characters: 200 },
  { full: 1, lines: 6, characters: 160 },
  { full: 1, lines: 3, characters: 60 },
];

/** Read on a phone at night: a fifth of what clients clip. */
export const MAX_ALERT_BYTES = 20 * 1024;

/** `later`: resolved since the last run, or still there a run after it was told, which is said once. */
export type Occasion = 'new' | 'later';

export interface Alert extends Rendered {
  /** Of the regressions that it tells, worst first: later mails about them belong into the same thread. */
  readonly threads: readonly string[];
}

interface Found {
  readonly target: TargetReport;
  readonly regression: Regression;
}

export async function renderAlert(
  report: Report,
  settings: MailSettings,
  occasion: Occasion = 'new',
): Promise<Alert | null> {
  const found = worstFirst(report.targets.flatMap((target) => concerned(target, occasion)));
  const [worst] = found;
  if (worst === undefined) return null;
  const subject = alertSubject(found, worst, report);
  const preview = cut(regressionSentence(worst.regression), 120);
  const threads = found.slice(0, MOST_THREADS).map(({ target, regression }) => `${target.target}/${regression.key}`);
  for (const limits of steps) {
    const blocks = [...head(found, worst, report), ...cards(found, { report, settings, limits })];
    const html = await renderMjml({ title: subject, preview, blocks });
    const last = limits === steps.at(-1);
    if (last || encodedSize(html) <= MAX_ALERT_BYTES) return { subject, html, text: renderText(blocks), threads };
  }
  throw new Error('the last step always returns');
}

/** A header line has an end. */
const MOST_THREADS = 8;

function concerned(target: TargetReport, occasion: Occasion): Found[] {
  const { previousEnd } = target.baselines;
  const fits = ({ status, since }: Regression): boolean => {
    if (occasion === 'new') return status === 'new';
    const toldLast = previousEnd !== null && Date.parse(since) === Date.parse(previousEnd);
    return status === 'resolved' || (status === 'open' && toldLast);
  };
  return target.regressions.filter(fits).map((regression) => ({ target, regression }));
}

/** What still stands comes before what is over. */
function worstFirst(found: readonly Found[]): readonly Found[] {
  const order = standing(found.map(({ regression }) => regression));
  const rank = ({ regression }: Found) => (order.includes(regression) ? order.indexOf(regression) : order.length);
  return found.toSorted((a, b) => rank(a) - rank(b));
}

function alertSubject(found: readonly Found[], { target, regression }: Found, { cadence, window }: Report): string {
  const more = found.length === 1 ? '' : ` (+${found.length - 1})`;
  const state = { new: 'Regression', open: 'Still open', resolved: 'Resolved' }[regression.status];
  const news = `${state}: ${elided(unpunctuated(regression.title), 80)}${more}`;
  return plain(oneLine(`${news} · ${cut(target.target, 40)} · ${periodName(cadence, window.end)}`));
}

function head(found: readonly Found[], { target, regression }: Found, { window }: Report): Block[] {
  const { status } = regression;
  const count = many(found.length, 'regression');
  const said = { new: `▲ ${count} · open`, open: `● ${count} · still open`, resolved: `✔ ${count} · resolved` }[status];
  const state = `${said} · ${cut(target.target, 60)} · ${period(window)}`;
  return [
    { kind: 'text', words: state, tone: 'muted' },
    { kind: 'heading', level: 1, text: cut(regressionSentence(regression), 300) },
  ];
}

interface Context {
  readonly report: Report;
  readonly settings: MailSettings;
  readonly limits: Limits;
}

function cards(found: readonly Found[], context: Context): Block[] {
  const { full, lines } = context.limits;
  const rest = found.slice(full);
  const more = rest.length - lines;
  const items = rest
    .slice(0, lines)
    .map(({ target, regression }) => [
      { strong: cut(target.target, 40) },
      `: ${cut(regressionSentence(regression), 160)}`,
    ]);
  return [
    ...found.slice(0, full).flatMap((one, at) => card(one, at === 0, context)),
    ...(rest.length === 0
      ? []
      : [
          {
            kind: 'heading',
            level: 2,
            text: found.every(({ regression }) => regression.status === 'new') ? 'Also worse' : 'Also',
          } as const,
          { kind: 'list', items: more > 0 ? [...items, `and ${more} more`] : items } as const,
        ]),
    { kind: 'text', words: `Made ${date(context.report.generatedAt)}.`, tone: 'muted' },
  ];
}

function card(
  { target, regression }: Found,
  first: boolean,
  { report, settings, limits: { characters } }: Context,
): Block[] {
  const over = regression.status === 'resolved';
  const { severity, shareOfDbTime, costMsPerWeek, since, text, key } = regression;
  const page = settings.pageUrl(target.target);
  const share = shareOfDbTime === null ? '' : `, ${words(shareOfDbTime, 'share')} of database time`;
  const deep = { ...settings, pageUrl: () => (page === null ? null : `${page}#${anchor('r', key)}`) };
  return [
    {
      kind: 'card',
      sign: over ? 'good' : 'worse',
      label: `${regressionLabel(regression)} · ${severity}`,
      title: first ? cut(target.target, 60) : cut(`${target.target}: ${regressionSentence(regression)}`, characters),
      blocks: [
        {
          kind: 'facts',
          facts: [
            { label: 'Cause', words: cut(causes(regression), characters) },
            { label: 'Certainty', words: certainty(regression) },
            { label: 'Costs', words: `${words(costMsPerWeek, 'ms/week')} more${share}` },
            { label: 'Since', words: date(since) },
            ...(over ? [] : [{ label: 'Do now', words: doNow(regression) }]),
          ],
        },
        {
          kind: 'table',
          caption: 'Before and now',
          columns: [{ title: 'Measure' }, { title: 'Before', numeric: true }, { title: 'Now', numeric: true }],
          rows: beforeNow(regression)
            .slice(0, 5)
            .map((row) => row.slice(0, 3)),
        },
        ...(text === undefined ? [] : [{ kind: 'sql', label: 'Statement', text: cut(text, characters) } as const]),
        ...(over ? [] : rollback(regression)),
      ],
    },
    ...pageBlocks(target.target, { report, settings: deep }),
  ];
}

function certainty({ unit, change: { low, high } }: Regression): string {
  if (low === null || high === null) return 'the sources cannot bear an interval; treat it as a hint';
  return `90 % interval: ${change(low, unit)} to ${change(high, unit)}`;
}

function doNow({ cause, suspect }: Regression): string {
  if (suspect !== undefined)
    return 'see whether our own advice is the cause, and roll it back with the statements below';
  const kind = cause[0]?.kind ?? 'unknown';
  switch (kind) {
    case 'calls':
      return 'find what calls it more often: a release, a new job, or a loop that retries';
    case 'rows':
      return 'find what asks for more rows: a lost LIMIT or a wider filter';
    case 'blocks':
    case 'plan':
      return 'compare the plan (EXPLAIN) with the plan you expect; look for an index that is gone and for old statistics';
    case 'data-growth':
      return 'see whether the table must grow like this; an index or archiving helps more than waiting';
    case 'cache':
      return 'look for what pushed its data out of the cache: a report, a backup, a new large table';
    case 'new-statement':
      return 'ask who shipped it, and read it before it grows';
    case 'latency':
    case 'unknown':
      return 'look at locks, I/O and the plan (EXPLAIN) of the statement while it runs';
    default:
      throw new Error(`unknown cause ${kind satisfies never}`);
  }
}
