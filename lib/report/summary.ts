/** The digest's top for a terminal: verdict, what got worse, what to do next, what came of it, where to read on. */
import type { Report, TargetReport } from '../model/report.ts';
import { between, many, words } from './format.ts';
import { regressionSentence, standing } from './headline.ts';
import { clean, oneLine } from './markup.ts';
import { decisionsLine } from './sections/decisions.ts';

export interface Whereabouts {
  /** Of the store. */
  readonly location: string;
  /** Store key of each target's page. */
  readonly pages: Readonly<Record<string, string>>;
  /** One sentence about the mail. */
  readonly mail: string;
}

const TARGETS_IN_FULL = 3;

export function reportSummary(report: Report, { location, pages, mail }: Whereabouts): string {
  const [full, rest] = [report.targets.slice(0, TARGETS_IN_FULL), report.targets.slice(TARGETS_IN_FULL)];
  const place = location.replace(/\/$/, '');
  const lines = [
    ...full.flatMap((target) => [...targetLines(target), `  Read on: ${place}/${pages[target.target] ?? ''}`, '']),
    ...rest.map(({ target, summary }) => `${target}: ${oneLine(summary.headline)}`),
    ...report.failures.map(({ target, why }) => `${target}: could not be hunted: ${oneLine(why)}`),
    `Archive: ${place}/index.html`,
    mail,
  ];
  return `${clean(lines.join('\n'))}\n`;
}

function targetLines(report: TargetReport): string[] {
  const { target, summary, regressions, opportunities, progress, coverage, decisions = [] } = report;
  const decided = decisionsLine(decisions);
  const worse = standing(regressions);
  const blind = coverage.filter(({ state }) => state === 'blind').length;
  const failed = coverage.filter(({ state }) => state === 'failed').length;
  const top = summary.top.flatMap((key) => opportunities.filter((one) => one.key === key));
  return [
    `${target}: ${oneLine(summary.headline)}`,
    ...section('Got worse', worse.slice(0, TARGETS_IN_FULL).map(regressionSentence)),
    ...section('Came of earlier advice', progress.map(({ sentence }) => oneLine(sentence)).slice(0, TARGETS_IN_FULL)),
    ...section(
      `To do next, of ${many(summary.opportunities, 'opportunity', 'opportunities')}`,
      top.map(({ title, benefit, effort, risk }, at) => {
        const gain =
          benefit.shareOfDbTime !== undefined
            ? `${between(benefit.shareOfDbTime, 'share')} of database time${benefit.counted === false ? ' if looking leads to a change' : ''}`
            : benefit.kind === 'space' && benefit.likely !== null
              ? words(benefit.likely, 'bytes')
              : 'less risk';
        return `${at + 1}. ${oneLine(title)} (${gain}; ${words(effort.engineerHours)} h of work; risk ${risk.level})`;
      }),
    ),
    `  Checks: ${coverage.length - blind - failed} looked, ${blind} could not for want of data, ${failed} failed`,
    ...(decided === null ? [] : [`  Decisions: ${oneLine(decided)}`]),
  ];
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [`  ${title}`, ...lines.map((line) => `    ${line}`)];
}
