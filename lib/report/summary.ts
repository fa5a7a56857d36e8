/** The digest's top for a terminal: verdict, its numbers, what got worse, what to do next, what came of it, where to read on. */
import type { Report, TargetReport } from '../model/report.ts';
import { overallVerdict, worstFirst } from './digest.ts';
import { many, period, plain } from './format.ts';
import { numbers, shortSentence, standing } from './headline.ts';
import { clean, cut, oneLine } from './markup.ts';
import { moneyWords } from './money.ts';
import { costOf, effortOf, gain, movementLines, progressWords, regressionLabel, sentence } from './opportunity.ts';
import { wrapped } from './render-text.ts';
import { decisionsLine } from './sections/decisions.ts';
import { fourNumbers } from './sections/executive-summary.ts';
import { serverWords } from './sections/sources.ts';
import { type Sign, signs } from './theme.ts';

export interface Whereabouts {
  /** Of the store. */
  readonly location: string;
  /** Store key of each target's page. */
  readonly pages: Readonly<Record<string, string>>;
  /** One sentence about the mail. */
  readonly mail: string;
}

export type Tone = Sign | 'strong' | 'muted';

/** What the summary is shown on. */
export interface Screen {
  /** Lines are no longer than that; Infinity for a file or another program, which a line's end would only hinder. */
  readonly columns: number;
  readonly paint: (tone: Tone, text: string) => string;
}

export const plainScreen: Screen = { columns: Number.POSITIVE_INFINITY, paint: (_, text) => text };

/** A line of it, before it is broken and painted. */
interface Line {
  readonly text: string;
  readonly tone?: Tone | undefined;
  readonly indent?: number;
  /** Stands before the first line and keeps its width before the others; painted by itself. */
  readonly mark?: { readonly text: string; readonly tone: Tone } | undefined;
  /** An address, which nobody could open when broken. */
  readonly whole?: boolean;
}

const TARGETS_IN_FULL = 3;
const ITEMS = 3;
/** Of the other targets: more scroll away what stands above them. */
const LINES = 10;
/** Sentences on a very wide screen are hard to follow. */
const WIDEST = 100;
const NARROWEST = 30;
const BLANK: Line = { text: '' };

export function reportSummary(report: Report, { location, pages, mail }: Whereabouts, screen = plainScreen): string {
  const order = worstFirst(report.targets);
  const [full, rest] = [order.slice(0, TARGETS_IN_FULL), order.slice(TARGETS_IN_FULL)];
  const place = location.replace(/\/$/, '');
  const several = report.targets.length !== 1 || report.failures.length > 0;
  const lines: Line[] = [
    ...(several ? [{ text: overallVerdict(report), tone: 'strong' } as const, BLANK] : []),
    ...full.flatMap((target) => [
      ...targetLines(target, report),
      { text: `Read on: ${place}/${pages[target.target] ?? ''}`, whole: true },
      BLANK,
    ]),
    ...rest.slice(0, LINES).map(({ target, summary }) => ({ text: `${target}: ${summary.headline}` })),
    ...(rest.length > LINES ? [{ text: `And ${rest.length - LINES} more in the archive.` }] : []),
    ...report.failures.map(({ target, why }) => ({
      text: `${target}: could not be hunted: ${why}`,
      mark: markOf('worse'),
    })),
    ...(rest.length + report.failures.length === 0 ? [] : [BLANK]),
    { text: `Archive: ${place}/index.html`, whole: true, tone: 'muted' },
    { text: mail, tone: 'muted' },
  ];
  return `${lines.flatMap((line) => shown(line, screen)).join('\n')}\n`;
}

/** Cleaned and broken first, painted last: no name from outside can paint, and no colour counts as width. */
function shown({ text, tone, indent = 0, mark, whole = false }: Line, { columns, paint }: Screen): string[] {
  const lead = ' '.repeat(indent);
  const head = mark === undefined ? '' : `${mark.text} `;
  const width = Math.max(NARROWEST, Math.min(columns === Number.POSITIVE_INFINITY ? columns : WIDEST, columns));
  const said = oneLine(text);
  const broken = whole ? [said] : wrapped(said, width - indent - head.length);
  return broken.map(plain).map((one, at) => {
    const painted = tone === undefined || one === '' ? one : paint(tone, one);
    const marked = mark !== undefined && at === 0 ? `${paint(mark.tone, mark.text)} ` : ' '.repeat(head.length);
    return `${lead}${marked}${painted}`.trimEnd();
  });
}

function markOf(tone: Sign): NonNullable<Line['mark']> {
  return { text: signs[tone].shape, tone };
}

function targetLines(report: TargetReport, whole: Report): Line[] {
  const { target, server, summary, progress, decisions = [], improvements = [], watch = [] } = report;
  const decided = decisionsLine(decisions);
  const judged = progress.filter(({ status }) => status !== 'unobserved' && status !== 'too-early');
  return [
    { text: `${cut(target, 60)} · ${serverWords(server)} · ${period(whole.window)}`, tone: 'muted' },
    { text: summary.headline, tone: 'strong' },
    ...fourLines(report, whole),
    ...worse(report),
    ...section(
      'What was done, and whether it worked',
      judged.slice(0, ITEMS).map((one): Line => {
        const { sign, label } = progressWords[one.status];
        return { text: `${label}: ${one.sentence}`, mark: markOf(sign) };
      }),
    ),
    ...toDo(report),
    ...oneEach({
      'Got faster': movementLines(improvements).join('; '),
      'Worth watching': movementLines(watch).join('; '),
      Checks: checks(report),
      Money: summary.money === undefined ? '' : moneyWords(summary.money),
      Decisions: decided ?? '',
    }),
  ];
}

/** The value first, as wide as the widest, so that they can be read down. */
function fourLines(target: TargetReport, report: Report): Line[] {
  const block = fourNumbers(target, report);
  if (block.kind !== 'numbers') return [];
  const width = Math.max(...block.numbers.map(({ value }) => clean(value).length));
  return block.numbers.map(({ value, label, note }) => ({
    text: `${label} (${note})`,
    indent: 2,
    mark: { text: plain(clean(value)).padStart(width), tone: 'strong' },
  }));
}

function worse({ regressions }: TargetReport): Line[] {
  const all = standing(regressions);
  const items = all.slice(0, ITEMS).flatMap((one): Line[] => {
    const [cost] = costOf(one);
    const sign = one.status === 'new' ? 'worse' : 'warning';
    const size = one.before === 0 ? '' : `${sentence(numbers(one))}. `;
    const ours = one.suspect === undefined ? '' : ' Our advice may be the cause; the rollback is in the report.';
    return [
      { text: `${regressionLabel(one)}: ${shortSentence(one)}`, mark: markOf(sign) },
      { text: `${size}${cost === undefined ? '' : `Costs ${cost.words}.`}${ours}`, tone: 'muted', indent: 4 },
    ];
  });
  const more = all.length - ITEMS;
  return section('Got worse', [...items, ...(more > 0 ? [{ text: `And ${more} more in the report.` }] : [])]);
}

function toDo({ summary, opportunities }: TargetReport): Line[] {
  const top = summary.top.flatMap((key) => opportunities.filter((one) => one.key === key));
  const items = top.flatMap((one, at): Line[] => [
    { text: one.title, mark: { text: `${at + 1}.`, tone: 'strong' } },
    { text: `${gain(one)} · ${effortOf(one)} · risk ${one.risk.level}`, tone: 'muted', indent: 5 },
  ]);
  return section(`To do next, of ${many(summary.opportunities, 'opportunity', 'opportunities')}`, items);
}

function checks({ coverage }: TargetReport): string {
  const blind = coverage.filter(({ state }) => state === 'blind').length;
  const failed = coverage.filter(({ state }) => state === 'failed').length;
  return `${coverage.length - blind - failed} looked, ${blind} could not for want of data, ${failed} failed`;
}

function section(title: string, items: readonly Line[]): Line[] {
  if (items.length === 0) return [];
  return [BLANK, { text: title, tone: 'strong' }, ...items.map((one) => ({ indent: 2, ...one }))];
}

function oneEach(said: Readonly<Record<string, string>>): Line[] {
  const lines = Object.entries(said).filter(([, text]) => text !== '');
  return [BLANK, ...lines.map(([label, text]): Line => ({ text: `${label}: ${text}` }))];
}
