/**
 * The mails of their own for what got worse: one for all that is new, so that a bad week is no storm of mails, and one
 * for what came of it later. null when there is nothing of the kind.
 */
import type { Message } from '../model/objects.ts';
import { periodName } from '../model/period.ts';
import type { Regression } from '../model/regression.ts';
import type { Report, TargetReport } from '../model/report.ts';
import { alertCard, type Found } from './alert-card.ts';
import type { Block } from './blocks.ts';
import { footer, type MailSettings, type Rendered } from './digest.ts';
import { many, period, plain, words } from './format.ts';
import { regressionSentence, standing, unpunctuated } from './headline.ts';
import { cut, elided, oneLine } from './markup.ts';
import { base64Size, encodedSize } from './mime-size.ts';
import { pngOf } from './picture.ts';
import { PICTURE, renderMjml } from './render-mjml.ts';
import { renderText } from './render-text.ts';
import { trendFigure } from './trend.ts';

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
  /** One picture at most. */
  readonly attachments: NonNullable<Message['attachments']>;
}

/** `earlier`: reports of this run's targets, among them the one that told first what came of it now. */
export async function renderAlert(
  report: Report,
  settings: MailSettings,
  occasion: Occasion = 'new',
  earlier: readonly Report[] = [],
): Promise<Alert | null> {
  const found = foundIn(report, occasion);
  const [worst] = found;
  if (worst === undefined) return null;
  const first = occasion === 'new' ? null : firstSubject(worst, earlier);
  const subject = first === null ? alertSubject(found, worst, report) : `Re: ${first}`;
  const preview = cut(`${stateOf(worst, report)}. ${regressionSentence(worst.regression)}`, 120);
  const threads = found.slice(0, MOST_THREADS).map(threadOf);
  const chart = trendFigure(worst.regression)?.chart;
  const attachments =
    chart === undefined
      ? []
      : [{ filename: 'trend.png', cid: PICTURE.cid, contentType: 'image/png', body: await pngOf(chart, PICTURE) }];
  const room = attachments.reduce((rest, { body }) => rest - base64Size(body), MAX_ALERT_BYTES);
  for (const limits of steps) {
    const blocks = [...head(found, worst, report), ...cards(found, { report, settings, limits })];
    const html = await renderMjml({ title: subject, preview, blocks });
    const last = limits === steps.at(-1);
    if (last || encodedSize(html) <= room) return { subject, html, text: renderText(blocks), threads, attachments };
  }
  throw new Error('the last step always returns');
}

/** A header line has an end. */
const MOST_THREADS = 8;

/** The same regression told again next year is another matter. */
function threadOf({ target, regression }: Found): string {
  return `${target.target}/${regression.key}/${Date.parse(regression.since)}`;
}

function foundIn(report: Report, occasion: Occasion): readonly Found[] {
  return worstFirst(report.targets.flatMap((target) => concerned(target, occasion)));
}

/** As the alert had it: mail programs put into one thread what has one subject. null where that report is not kept. */
function firstSubject({ regression }: Found, earlier: readonly Report[]): string | null {
  const then = earlier.filter(({ window }) => Date.parse(window.end) === Date.parse(regression.since));
  const [any] = then;
  if (any === undefined) return null;
  const report = { ...any, targets: then.flatMap(({ targets }) => targets) };
  const found = foundIn(report, 'new');
  const [worst] = found;
  return worst === undefined ? null : alertSubject(found, worst, report);
}

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

/** `● Still open, day 8`: what differs from the mail before comes first. */
function stateOf({ regression: { status, recovering, onset, since } }: Found, { window }: Report): string {
  const seconds = (Date.parse(window.end) - Date.parse(onset ?? since)) / 1000;
  switch (status) {
    case 'new':
      return '▲ Regression · open';
    case 'open':
      return `● ${recovering === true ? 'Recovering' : 'Still open'}, day ${Math.max(1, Math.round(seconds / 86_400) + 1)}`;
    case 'resolved':
      return seconds < 3600 ? '✔ Resolved' : `✔ Resolved after ${words(seconds, 's')}`;
    default:
      throw new Error(`unknown status ${status satisfies never}`);
  }
}

function head(found: readonly Found[], worst: Found, report: Report): Block[] {
  const { target, regression } = worst;
  const more = found.length === 1 ? '' : ` · ${many(found.length - 1, 'more regression')} below`;
  const state = `${stateOf(worst, report)}${more} · ${cut(target.target, 60)} · ${period(report.window)}`;
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

function cards(found: readonly Found[], { report, settings, limits }: Context): Block[] {
  const { full, lines, characters } = limits;
  const rest = found.slice(full);
  const more = rest.length - lines;
  const items = rest
    .slice(0, lines)
    .map(({ target, regression }) => [
      { strong: cut(target.target, 40) },
      `: ${cut(regressionSentence(regression), 160)}`,
    ]);
  return [
    ...found.slice(0, full).flatMap((one, at) => alertCard(one, { report, settings, characters, first: at === 0 })),
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
    ...footer(report, settings),
  ];
}
