/** What a row and a cell of the matrix are. */
import type { Ran } from './world.ts';

export const ways = [
  'refused',
  'slow',
  'reset mid-body',
  'garbage',
  'partial',
  'throttled',
  'expired credentials',
  'clock wrong',
  'full disk',
  'killed process',
  'concurrent run',
  'corrupted history',
  'missing week',
  'old format',
] as const;
export type Way = (typeof ways)[number];

export const dependencies = [
  'Prometheus',
  'PostgreSQL',
  'S3 store',
  'folder store',
  'SES',
  'Secrets Manager',
  'CloudWatch',
  'clock',
] as const;
export type Dependency = (typeof dependencies)[number];

/**
 * unharmed: the report of a run without the fault. told: what is there is as without the fault, what is not is named.
 * fails: an error, and what was there before stays. person: nobody can know whether a mail left, so a person is asked.
 * apart: the run is about another time, and takes nothing from this one.
 */
export type End = 'unharmed' | 'told' | 'fails' | 'person' | 'apart';

export interface Case<Scene> {
  readonly end: End;
  /** In the error, or in the report: what is wrong and what to do about it. */
  readonly says?: RegExp;
  /** Which objects of the week before are there. Default: all. */
  readonly seed?: (key: string) => boolean;
  /** The run under the fault, where it is not one like any other. */
  readonly hunt?: (scene: Scene) => Promise<Ran>;
  /** Digests that each recipient may have in the end. Default 1. */
  readonly digests?: number;
  /** Breaks it, and says how it is mended; mended already where the answer is nothing. */
  // biome-ignore lint/suspicious/noConfusingVoidType: an arrow that only breaks something gives nothing back
  readonly break: (scene: Scene) => Promise<(() => Promise<unknown>) | void>;
  /** What the break has hit, or the test would be about nothing. Default: the gate of the row. */
  readonly hit?: (scene: Scene) => boolean;
}

export type Cell<Scene> =
  | Case<Scene>
  | readonly Case<Scene>[]
  /** It cannot happen, and why. */
  | { readonly never: string }
  /** The file and a title in it: there already, with its own assertions. */
  | { readonly elsewhere: readonly (readonly [file: string, title: string])[] };

export type Row<Scene> = { readonly [W in Way]: Cell<Scene> };

export const casesOf = <Scene>(cell: Cell<Scene>): readonly Case<Scene>[] =>
  Array.isArray(cell) ? cell : 'break' in cell ? [cell] : [];
