/** The few lines at the end of the demo: what the second week's report says, and where to read it. */
import path from 'node:path';
import type { Report } from '../model/report.ts';

export interface Story {
  readonly report: Report;
  /** Absolute paths, most interesting first. */
  readonly files: readonly string[];
  readonly secondsPerWeek: readonly number[];
}

const NONE = '(nothing)';

export function storyOf({ report, files, secondsPerWeek }: Story): string {
  const weeks = secondsPerWeek.map((seconds) => `${Math.round(seconds)} s`).join(' and ');
  return [
    `Two weeks of a sample shop, compressed into ${weeks}; rates are of those seconds, scaled to a week.`,
    '',
    ...section('What got worse', regressions(report)),
    ...section('What last week’s advice brought', progress(report)),
    ...section('What to do next', next(report)),
    ...section(
      'Look at',
      files.map((file) => path.relative(process.cwd(), file) || file),
    ),
  ].join('\n');
}

function section(title: string, lines: readonly string[]): readonly string[] {
  return [title, ...(lines.length === 0 ? [NONE] : lines).map((line) => `  ${line}`), ''];
}

function regressions(report: Report): readonly string[] {
  return report.targets
    .flatMap((target) => target.regressions)
    .filter(({ status }) => status !== 'resolved')
    .flatMap(({ title, cause }) => [
      title,
      ...cause.slice(0, 2).map(({ text, share }) => `  cause: ${text} (${percent(share)})`),
    ]);
}

function progress(report: Report): readonly string[] {
  return report.targets
    .flatMap((target) => target.progress)
    .filter(({ status }) => status !== 'unobserved')
    .flatMap(({ title, status, predicted, realised, unit }) => [
      `${title}: ${status}`,
      ...(unit === 'share'
        ? [
            `  predicted ${range(predicted)} less time, realised ${realised === null ? 'not measured' : percent(realised.likely)}`,
          ]
        : []),
    ]);
}

function next(report: Report): readonly string[] {
  return report.targets.flatMap(({ summary, opportunities }) =>
    summary.top.flatMap((key, at) => {
      const found = opportunities.find((opportunity) => opportunity.key === key);
      return found === undefined ? [] : [`${at + 1}. ${found.title}`];
    }),
  );
}

function range(interval: { readonly low: number; readonly high: number } | null): string {
  return interval === null ? 'no number' : `${percent(interval.low)} to ${percent(interval.high)}`;
}

/** 99.97 % is not 100 %: a share that is not whole never reads as one. */
function percent(share: number): string {
  const digits = share > 0.99 && share < 1 ? 1 : 0;
  const floored = Math.floor(share * 100 * 10 ** digits) / 10 ** digits;
  return `${digits === 1 ? floored : Math.round(share * 100)} %`;
}
