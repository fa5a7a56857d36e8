/** The mail of its own for what got worse since the last run. null when nothing did. */
import { periodName } from '../model/period.ts';
import type { Regression } from '../model/regression.ts';
import type { Report, TargetReport } from '../model/report.ts';
import { anchor, type Block } from './blocks.ts';
import type { MailSettings, Rendered } from './digest.ts';
import { pageBlocks } from './digest-target.ts';
import { change, date, many, period, plain, words } from './format.ts';
import { regressionSentence, standing, unpunctuated } from './headline.ts';
import { cut, elided, oneLine } from './markup.ts';
import { beforeNow, causes, regressionLabel } from './opportunity.ts';
import { renderMjml } from './render-mjml.ts';
import { renderText } from './render-text.ts';
import { rollback } from './sections/regressions.ts';

const IN_FULL = 3;
const IN_LINES = 10;
const CHARACTERS = 300;

interface Found {
  readonly target: TargetReport;
  readonly regression: Regression;
}

export async function renderAlert(report: Report, settings: MailSettings): Promise<Rendered | null> {
  const found = worstFirst(report.targets.flatMap(newOnes));
  const [worst] = found;
  if (worst === undefined) return null;
  const subject = alertSubject(found, worst, report);
  const blocks = [...head(found, worst, report), ...cards(found, { report, settings })];
  const preview = cut(regressionSentence(worst.regression), 120);
  return { subject, html: await renderMjml({ title: subject, preview, blocks }), text: renderText(blocks) };
}

function newOnes(target: TargetReport): Found[] {
  return target.regressions.filter(({ status }) => status === 'new').map((regression) => ({ target, regression }));
}

function worstFirst(found: readonly Found[]): readonly Found[] {
  const order = standing(found.map(({ regression }) => regression));
  return found.toSorted((a, b) => order.indexOf(a.regression) - order.indexOf(b.regression));
}

function alertSubject(found: readonly Found[], { target, regression }: Found, { cadence, window }: Report): string {
  const more = found.length === 1 ? '' : ` (+${found.length - 1})`;
  const news = `Regression: ${elided(unpunctuated(regression.title), 80)}${more}`;
  return plain(oneLine(`${news} · ${cut(target.target, 40)} · ${periodName(cadence, window.end)}`));
}

function head(found: readonly Found[], { target, regression }: Found, { window }: Report): Block[] {
  const state = `▲ ${many(found.length, 'regression')} · open · ${cut(target.target, 60)} · ${period(window)}`;
  return [
    { kind: 'text', words: state, tone: 'muted' },
    { kind: 'heading', level: 1, text: cut(regressionSentence(regression), CHARACTERS) },
  ];
}

function cards(
  found: readonly Found[],
  context: { readonly report: Report; readonly settings: MailSettings },
): Block[] {
  const rest = found.slice(IN_FULL);
  const more = rest.length - IN_LINES;
  const items = rest
    .slice(0, IN_LINES)
    .map(({ target, regression }) => [
      { strong: cut(target.target, 40) },
      `: ${cut(regressionSentence(regression), 160)}`,
    ]);
  return [
    ...found.slice(0, IN_FULL).flatMap((one, at) => card(one, at === 0, context)),
    ...(rest.length === 0
      ? []
      : [
          { kind: 'heading', level: 2, text: 'Also worse' } as const,
          { kind: 'list', items: more > 0 ? [...items, `and ${more} more`] : items } as const,
        ]),
    { kind: 'text', words: `Made ${date(context.report.generatedAt)}.`, tone: 'muted' },
  ];
}

function card(
  { target, regression }: Found,
  first: boolean,
  { report, settings }: { readonly report: Report; readonly settings: MailSettings },
): Block[] {
  const { severity, shareOfDbTime, costMsPerWeek, since, text, key } = regression;
  const page = settings.pageUrl(target.target);
  const share = shareOfDbTime === null ? '' : `, ${words(shareOfDbTime, 'share')} of database time`;
  const deep = { ...settings, pageUrl: () => (page === null ? null : `${page}#${anchor('r', key)}`) };
  return [
    {
      kind: 'card',
      sign: 'worse',
      label: `${regressionLabel(regression)} · ${severity}`,
      title: first ? cut(target.target, 60) : cut(`${target.target}: ${regressionSentence(regression)}`, CHARACTERS),
      blocks: [
        {
          kind: 'facts',
          facts: [
            { label: 'Cause', words: cut(causes(regression), CHARACTERS) },
            { label: 'Certainty', words: certainty(regression) },
            { label: 'Costs', words: `${words(costMsPerWeek, 'ms/week')} more${share}` },
            { label: 'Since', words: date(since) },
            { label: 'Do now', words: doNow(regression) },
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
        ...(text === undefined ? [] : [{ kind: 'sql', label: 'Statement', text: cut(text, CHARACTERS) } as const]),
        ...rollback(regression),
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
