/** What is different from the last run. */
import type { Calibration, CalibrationSummary } from './calibration.ts';
import type { History } from './history.ts';
import type { Traffic } from './quality.ts';
import type { Movement, Progress, Regression } from './regression.ts';
import type { BaselineNumber } from './report.ts';
import type { Episode, Series, Tracked } from './series.ts';
import type { WeeklyValues } from './weekly.ts';

/** What compare may look back on; every part can be missing. */
export interface Past {
  /** The latest run before this window's end; null on the first run. */
  readonly previous: History | null;
  /** The pinned reference week; null when none is pinned. */
  readonly pinned: History | null;
  /** The last four weeks or so, latest first: what a statement was like before the day it changed. */
  readonly recent: readonly History[];
  /** Of the weeks before this one, as many as the detector looks back on. */
  readonly series: readonly Series[];
  /** Of the same weeks what is known of tables, indexes, databases and the server; absent: nothing. */
  readonly weekly?: readonly WeeklyValues[];
  /** Statements that got another id, under which the rest of the past stands already. */
  readonly successors?: NonNullable<History['successors']>;
  /** What became of earlier promises; absent: nothing is known. */
  readonly calibration?: Calibration;
  /** Whole sentences about a history that could not be used. */
  readonly notes: readonly string[];
}

export interface Changes {
  readonly firstRun: boolean;
  readonly previousEnd: string | null;
  readonly pinnedEnd: string | null;
  readonly regressions: readonly Regression[];
  /** Not sure enough to be told as worse; and what is faster since this run. */
  readonly watch?: readonly Movement[];
  readonly improvements?: readonly Movement[];
  readonly progress: readonly Progress[];
  /** By finding key, for every finding of this run. */
  readonly status: Readonly<
    Record<string, { readonly status: 'new' | 'persisting' | 'worse' | 'better'; readonly firstSeen: string }>
  >;
  /** Keys advised last time and not found now, though the advisor could look. */
  readonly gone: readonly string[];
  readonly baseline: readonly BaselineNumber[];
  /** Mean time a call last time, by StatementRow.statement. */
  readonly meanMsThen: Readonly<Record<string, number>>;
  /** What the detector follows from here on. */
  readonly tracked: readonly Tracked[];
  readonly episodes?: readonly Episode[];
  /** Keys of regressions that lasted so long that they are how it is now: no longer told, no longer kept. */
  readonly accepted?: readonly string[];
  /** How good earlier promises were; absent where none was made. */
  readonly calibration?: CalibrationSummary;
  /** This week's traffic against the weeks before; absent where nobody compared. */
  readonly traffic?: Traffic;
  /** Whole sentences: what could not be compared, and why. */
  readonly notes: readonly string[];
}
