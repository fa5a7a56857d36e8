/** The few lines at the end of the demo: what the second week's report says, and where to read it. */
import path from 'node:path';
import type { Report } from '../model/report.ts';
import type { Interval } from '../model/units.ts';

export interface Story {
  readonly report: Report;
  /** Key of the advice that was carried out between the weeks. */
  readonly applied: string;
  /** Absolute paths, most interesting first. */
  readonly files: readonly string[];
  readonly secondsPerWeek: readonly number[];
}

const NONE = '(nothing)';

export function storyOf({ report, applied, files, secondsPerWeek }: Story): string {
  const weeks = secondsPerWeek.map((seconds) => `${Math.round(seconds)} s`).join(' and ');
  return [
    `Two weeks of a sample shop, compressed into ${weeks}; rates are of those seconds, scaled to a week.`,
    '',
    ...section('What got worse', regressions(report)),
    ...section('What last week’s advice brought', progress(report, applied)),
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

function progress(report: Report, applied: string): readonly string[] {
  const seen = report.targets.flatMap((target) => target.progress).filter(({ status }) => status !== 'unobserved');
  const others = seen.filter(({ key }) => key !== applied).length;
  return [
    ...seen
      .filter(({ key }) => key === applied)
      .flatMap(({ title, status, predicted, realised }) => [
        `${title}: ${status}`,
        `  predicted ${range(predicted)} less time, realised ${range(realised)}`,
      ]),
    ...(others === 0 ? [] : [`${others} more ${others === 1 ? 'item' : 'items'} went with it; the report has them`]),
  ];
}

function next(report: Report): readonly string[] {
  return report.targets.flatMap(({ summary, opportunities }) =>
    summary.top.flatMap((key, at) => {
      const found = opportunities.find((opportunity) => opportunity.key === key);
      return found === undefined ? [] : [`${at + 1}. ${found.title}`];
    }),
  );
}

function range(interval: Interval | null): string {
  if (interval === null) return 'not known how much';
  return `${percent(interval.likely)} (${percent(interval.low)} to ${percent(interval.high)})`;
}

/** 99.97 % is not 100 %: a share that is not whole never reads as one. */
function percent(share: number): string {
  const digits = share > 0.99 && share < 1 ? 1 : 0;
  const floored = Math.floor(share * 100 * 10 ** digits) / 10 ** digits;
  return `${digits === 1 ? floored : Math.round(share * 100)} %`;
}
