/** What one advisor came back with. `clear` and `blind` are different things and stay so to the last page. */
import type { Area, Finding } from './finding.ts';

/** Who the advisor is, in words for the reader; also the advisor catalogue of README and method page. */
export interface Card {
  /** File name = id = the condition in plain words. */
  readonly id: string;
  readonly area: Area;
  /** What was found, e.g. `Foreign keys without an index`. */
  readonly title: string;
  /** One sentence for when nothing was found. */
  readonly clear: string;
  /** Why it matters, two sentences at most. */
  readonly why: string;
  /** PostgreSQL manual section or paper. */
  readonly source: string;
  /** Each threshold with the reason for its value. */
  readonly thresholds: readonly { readonly name: string; readonly value: string; readonly reason: string }[];
}

export type Outcome = { readonly card: Card } & (
  | {
      readonly state: 'found';
      readonly findings: readonly KeyedFinding[];
      readonly examined: number;
      readonly caveats: readonly string[];
    }
  | { readonly state: 'clear'; readonly examined: number; readonly caveats: readonly string[] }
  /** Could not look; `why` says what is missing and how to give it. */
  | { readonly state: 'blind'; readonly why: string }
  | { readonly state: 'failed'; readonly why: string }
);

export interface KeyedFinding extends Finding {
  readonly key: string;
}
