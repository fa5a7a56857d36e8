/** What the index pages and feeds say about one report. */
import { periodName } from '../model/period.ts';
import type { Regression } from '../model/regression.ts';
import type { Cadence, Report, TargetReport } from '../model/report.ts';
import type { Interval } from '../model/units.ts';
import { comparison, standing } from './headline.ts';

export interface WeekSummary {
  readonly cadence: Cadence;
  /** The window's end. */
  readonly end: string;
  readonly generatedAt: string;
  /** Folder of the report, such as `2026-W47`. */
  readonly folder: string;
  readonly headline: string;
  readonly opportunities: number;
  /** Opportunities of the run before that are gone. */
  readonly closed: number;
  readonly regressions: number;
  /** Whether zero regressions means that nothing got worse. */
  readonly compared: boolean;
  readonly estimatedImprovement: Interval | null;
  readonly effortPersonDays: number;
  readonly databaseTimeMsPerWeek: number | null;
  /** Of the run before, as this report knows it. */
  readonly databaseTimeThen: number | null;
  /** Share of the checks that could not look. */
  readonly blindShare: number;
  readonly told: readonly Pick<Regression, 'key' | 'title' | 'status' | 'since' | 'recovering'>[];
  readonly progress: TargetReport['progress'];
}

export interface TargetWeeks {
  readonly target: string;
  readonly weeks: readonly WeekSummary[];
}

export function weekSummary(report: Report, target: TargetReport): WeekSummary {
  const { summary, regressions, progress, baselines, coverage } = target;
  const load = baselines.numbers.find(({ unit }) => unit === 'ms/week');
  const blind = coverage.filter(({ state }) => state === 'blind' || state === 'failed').length;
  return {
    cadence: report.cadence,
    end: report.window.end,
    generatedAt: report.generatedAt,
    folder: periodName(report.cadence, report.window.end),
    headline: summary.headline,
    opportunities: summary.opportunities,
    closed: summary.goneSinceLast,
    regressions: standing(regressions).length,
    compared: comparison(baselines) === 'done',
    estimatedImprovement: summary.estimatedImprovement,
    effortPersonDays: summary.effortPersonDays,
    databaseTimeMsPerWeek: load?.now ?? null,
    databaseTimeThen: load?.previous ?? null,
    blindShare: coverage.length === 0 ? 1 : blind / coverage.length,
    told: regressions.map(({ key, title, status, since, recovering }) => ({
      key,
      title,
      status,
      since,
      ...(recovering === undefined ? {} : { recovering }),
    })),
    progress,
  };
}

export function newestFirst(weeks: readonly WeekSummary[]): readonly WeekSummary[] {
  return weeks.toSorted((a, b) =>
    a.end === b.end ? (a.generatedAt < b.generatedAt ? 1 : -1) : a.end < b.end ? 1 : -1,
  );
}

/** Verdicts on what was done, each once, as the latest report that has one says it. */
export function verdicts(weeks: readonly WeekSummary[]): TargetReport['progress'] {
  const byKey = new Map<string, TargetReport['progress'][number]>();
  for (const { progress } of newestFirst(weeks).toReversed()) {
    for (const one of progress) {
      const given = one.status === 'verified' || one.status === 'no-effect' || one.status === 'worse';
      if (given) byKey.set(one.key, one);
    }
  }
  return [...byKey.values()];
}
