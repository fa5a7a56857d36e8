/** What stands in the archive for people, and what is about to. */
import type { CalibrationSummary } from './calibration.ts';
import type { Card } from './outcome.ts';
import type { Report } from './report.ts';

/** One object to write, under a key of the store. */
export interface ArchiveObject {
  readonly key: string;
  readonly body: Uint8Array;
  readonly contentType: string;
}

/** A report of an earlier run; `period` is its folder, such as `2026-W47`. */
export interface Shelved {
  readonly target: string;
  readonly period: string;
  readonly report: Report;
}

/** By what the numbers are made, for the method page: each rule with its value and the reason for it. */
export interface Method {
  readonly advisors: readonly Card[];
  /** When a statement is called slower. */
  readonly regressions: Card['thresholds'];
  /** Hours of work by kind. */
  readonly effort: Card['thresholds'];
  /** How good earlier promises were, by target; absent where nobody has looked. */
  readonly calibration?: readonly { readonly target: string; readonly summary: CalibrationSummary }[];
}
