/** Two kept weeks of one target beside each other: comparison.json in the archive, version 1. Units as the names say. */
import type { Regression } from './regression.ts';
import type { BaselineNumber } from './report.ts';
import type { Window } from './snapshot.ts';

export interface StatementThen {
  readonly msPerWeek: number;
  readonly callsPerWeek: number;
  readonly meanMs: number;
}

export interface Comparison {
  readonly version: 1;
  readonly target: string;
  readonly from: Window;
  readonly to: Window;
  /** `previous` is what was in `from`, `now` what was in `to`. */
  readonly numbers: readonly BaselineNumber[];
  /** What the workload as a whole did to the time a call; null where too few statements are in both. */
  readonly drift: { readonly change: number; readonly statements: number } | null;
  /** Those that moved most time a week first; null in a week that did not see them. */
  readonly statements: readonly {
    readonly database: string;
    readonly statement: string;
    readonly queryid: string;
    readonly before: StatementThen | null;
    readonly now: StatementThen | null;
    readonly changeMsPerWeek: number;
    readonly cause: Regression['cause'];
  }[];
  readonly statementsMore: number;
  readonly findings: {
    readonly opened: readonly { readonly key: string; readonly title: string }[];
    readonly closed: readonly { readonly key: string; readonly title: string }[];
    readonly both: number;
  };
  readonly regressions: { readonly from: readonly string[]; readonly to: readonly string[] };
  readonly settings: readonly { readonly name: string; readonly before: string; readonly now: string }[];
  readonly indexes: { readonly created: readonly string[]; readonly dropped: readonly string[] };
  /** Largest change first. */
  readonly tables: readonly { readonly name: string; readonly before: number; readonly now: number }[];
  /** Whole sentences: what could not be compared, and why. */
  readonly notes: readonly string[];
}
