/** A database of its own with a life of its own, and the truth about it: what is wrong there, and what only looks so. */

import type { Random } from '../../../lib/demo/random.ts';
import type { Snapshot } from '../../../lib/model/snapshot.ts';
import type { Claim } from '../findings/score.ts';

export interface Draw {
  readonly random: Random;
  /** Counts the calls of the statement, from 0. */
  readonly nth: number;
  /** 1, 2 …; keys that may be used only once are taken from the week's own range. */
  readonly week: number;
}

export interface Op {
  /** What claims call the statement. */
  readonly name: string;
  readonly calls: number;
  readonly sql: string;
  readonly values?: (draw: Draw) => readonly unknown[];
  /** An error is part of its life; its class is SQLSTATE. */
  readonly fails?: string;
}

export interface Scene {
  readonly name: string;
  readonly kind: string;
  /** Beyond what a cluster for tests has; each is either planted or keeps the machine's noise out. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Build: each entry is sent by itself. */
  readonly build: readonly string[];
  /** Instead of VACUUM (FREEZE, ANALYZE) of the whole database. */
  readonly analyze?: readonly string[];
  /** After the statistics began anew, before the first look. */
  readonly opening?: readonly string[];
  readonly ops: readonly Op[];
  /** Other sessions around the load; its answer ends them after the look. */
  readonly beside?: (url: string) => Promise<() => Promise<void>>;
  /** Counters of time that nobody can wait for; `doctored` says each. */
  readonly doctor?: (snapshot: Snapshot) => Snapshot;
  readonly doctored: readonly string[];
  readonly planted: readonly Claim[];
  /** What an expert would leave alone; a finding on it is false. */
  readonly innocents: readonly Claim[];
  /** Right to say although nobody planted it, each with the reason. */
  readonly alsoTrue: readonly Claim[];
}

export const int = (random: Random, from: number, to: number): number => from + Math.floor(random() * (to - from + 1));
