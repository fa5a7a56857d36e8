/** The weekly mail: one verdict, at most three things to do, a link. The evidence lives on the page. */
import { periodName } from '../model/period.ts';
import type { Report, TargetReport } from '../model/report.ts';
import type { Block, Inline } from './blocks.ts';
import { targetBlocks, targetLine } from './digest-target.ts';
import { between, date, many, period, plain } from './format.ts';
import { calm, comparison, standing, unpunctuated } from './headline.ts';
import { cut, elided, oneLine } from './markup.ts';
import { encodedSize } from './mime-size.ts';
import { renderMjml } from './render-mjml.ts';
import { renderText } from './render-text.ts';
import { isReviewed } from './review.ts';

export interface Rendered {
  readonly subject: string;
  readonly html: string;
  readonly text: string;
}

export interface MailSettings {
  /** Address of a target's page; null where the archive cannot be reached by a link. */
  readonly pageUrl: (target: string) => string | null;
  /** Where the page is in the archive, told when there is no address. */
  readonly pageKey?: (target: string) => string;
  /** Address of a page, or of a mailbox, that stops the mails. */
  readonly stop?: string | undefined;
  /** Last line: why the reader gets this and how to stop it. */
  readonly footer?: string;
}

/** What a mail may hold, from all of it down; the first that fits is sent. Nothing is ever cut in the markup. */
export interface Limits {
  readonly full: number;
  readonly lines: number;
  readonly characters: number;
  readonly statements: number;
  /** An address may be as long as the name in it. */
  readonly links: boolean;
}

const steps: readonly Limits[] = [
  { full: 3, lines: 40, characters: 200, statements: 5, links: true },
  { full: 3, lines: 20, characters: 120, statements: 3, links: true },
  { full: 3, lines: 8, characters: 80, statements: 0, links: true },
  { full: 1, lines: 15, characters: 80, statements: 3, links: true },
  { full: 1, lines: 8, characters: 40, statements: 0, links: false },
];

/** Far below where mail clients clip (about 102 KB), in the encoding it is sent in. */
export const MAX_ENCODED_BYTES = 60 * 1024;
/** What is aimed at; only the last step may be larger. */
const WANTED_ENCODED_BYTES = 40 * 1024;

export async function renderDigest(report: Report, settings: MailSettings): Promise<Rendered> {
  const subject = digestSubject(report);
  for (const limits of steps) {
    const reachable = limits.links ? settings : { ...settings, pageUrl: () => null };
    const blocks = digestBlocks(report, reachable, limits);
    const html = await renderMjml({ title: subject, preview: preview(report), blocks });
    const last = limits === steps.at(-1);
    if (last || encodedSize(html) <= WANTED_ENCODED_BYTES) return { subject, html, text: renderText(blocks) };
  }
  throw new Error('the last step always returns');
}

function digestBlocks(report: Report, settings: MailSettings, limits: Limits): Block[] {
  const { targets, failures } = report;
  const [only] = targets;
  const single = targets.length === 1 && only !== undefined;
  const order = worstFirst(targets);
  const full = order.slice(0, limits.full);
  const rest = order.slice(limits.full);
  const shown = rest.slice(0, limits.lines);
  const more = rest.length - shown.length;
  return [
    ...(single ? [] : overall(report)),
    ...full.flatMap((target) => targetBlocks(target, { report, settings, limits, alone: single })),
    ...(rest.length === 0 ? [] : [{ kind: 'heading', level: 2, text: 'Other databases' } as const]),
    ...(shown.length === 0
      ? []
      : [{ kind: 'list', items: shown.map((target) => targetLine(target, settings, limits)) } as const]),
    ...(more === 0 ? [] : [{ kind: 'text', words: `And ${more} more; see the archive.` } as const]),
    ...failed(failures, limits),
    ...footer(report, settings),
  ];
}

function overall(report: Report): Block[] {
  return [
    { kind: 'text', words: period(report.window), tone: 'muted' },
    { kind: 'heading', level: 1, text: overallVerdict(report) },
  ];
}

/** Of all targets together. */
export function overallVerdict({ targets, failures }: Report): string {
  const worse = targets.filter(({ regressions }) => standing(regressions).length > 0).length;
  const all = targets.length + failures.length;
  const verdict =
    targets.length === 0
      ? 'No database could be hunted.'
      : worse > 0
        ? `${worse} of ${many(targets.length, 'database')} got worse.`
        : `${many(targets.length, 'database')}: nothing is known to have got worse${uncompared(targets)}.`;
  const unseen =
    failures.length === 0 || targets.length === 0 ? '' : ` ${failures.length} of ${all} could not be hunted.`;
  return `${verdict}${unseen}`;
}

function uncompared(targets: readonly TargetReport[]): string {
  const count = targets.filter(({ baselines }) => comparison(baselines) !== 'done').length;
  return count === 0 ? '' : `, but ${count} could not be compared`;
}

function failed(failures: Report['failures'], limits: Limits): Block[] {
  if (failures.length === 0) return [];
  const items = failures
    .slice(0, 10)
    .map(({ target, why }) => [{ strong: cut(target, 60) }, `: ${cut(why, limits.characters)}`]);
  const more = failures.length > 10 ? [`and ${failures.length - 10} more`] : [];
  return [
    { kind: 'heading', level: 2, text: 'Could not be hunted' },
    { kind: 'list', items: [...items, ...more] },
  ];
}

/** The last block of every mail. */
export function footer(report: Report, { footer: said, stop }: MailSettings): Block[] {
  const why = said ?? 'pg-hunt sends this to the people who look after these databases.';
  const words: Inline[] = [`${why} Made ${date(report.generatedAt)}.`];
  if (stop !== undefined)
    words.push(
      ...(stop.includes('://') ? [' ', { link: 'Stop these mails', to: stop }] : [` To stop them, write to ${stop}.`]),
    );
  return [{ kind: 'text', words, tone: 'muted' }];
}

/** Regressions first, by what they cost; then the larger gain. */
export function worstFirst(targets: readonly TargetReport[]): readonly TargetReport[] {
  const cost = (target: TargetReport) => standing(target.regressions).reduce((sum, one) => sum + one.costMsPerWeek, 0);
  const gain = ({ summary }: TargetReport) => summary.estimatedImprovement?.likely ?? 0;
  return targets.toSorted((a, b) => cost(b) - cost(a) || gain(b) - gain(a) || (a.target < b.target ? -1 : 1));
}

/** News in the first forty characters; names and week last. */
function digestSubject(report: Report): string {
  const { targets, failures, cadence, window } = report;
  const [only] = targets;
  const who = targets.length === 1 && only !== undefined ? cut(only.target, 40) : many(targets.length, 'database');
  const lost = failures.length === 0 ? '' : `, ${failures.length} not hunted`;
  return plain(oneLine(`${news(targets)} · ${who}${lost} · ${periodName(cadence, window.end)}`));
}

function news(targets: readonly TargetReport[]): string {
  const [reviewed] = worstFirst(targets);
  if (reviewed !== undefined && isReviewed(reviewed)) return elided(unpunctuated(reviewed.summary.headline), 90);
  const worse = worstFirst(targets).flatMap(({ regressions }) => standing(regressions));
  const [worst] = worse;
  if (worst !== undefined) {
    const more = worse.length === 1 ? '' : ` (+${worse.length - 1})`;
    return `Worse: ${elided(unpunctuated(worst.title), 70)}${more}`;
  }
  const [back] = targets.flatMap(({ regressions }) => calm(regressions));
  if (back !== undefined) {
    const label = back.status === 'resolved' ? 'Resolved' : 'Recovering';
    return `${label}: ${elided(unpunctuated(back.title).replace(/;.*$/, ''), 70)}`;
  }
  const found = targets.reduce((sum, { summary }) => sum + summary.opportunities, 0);
  const [only] = targets;
  const gain = targets.length === 1 ? only?.summary.estimatedImprovement : null;
  if (found > 0) {
    const size = gain === null || gain === undefined ? '' : `, ${between(gain, 'share')} of database time`;
    return `${many(found, 'opportunity', 'opportunities')}${size}`;
  }
  const checks = targets.flatMap(({ coverage }) => coverage);
  const unseen = checks.filter(({ state }) => state === 'blind' || state === 'failed').length;
  if (unseen === checks.length) return 'Cannot tell: no check could look';
  return 2 * unseen > checks.length ? `${unseen} of ${checks.length} checks could not look` : 'Steady: nothing to do';
}

function preview({ targets }: Report): string {
  return cut(worstFirst(targets)[0]?.summary.headline ?? 'No database could be hunted.', 120);
}
