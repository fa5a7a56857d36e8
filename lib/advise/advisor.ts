/** What an advisor is: a card, the measures it cannot do without, and a pure function from rows to findings. */
import type { Finding } from '../model/finding.ts';
import type { MeasureOf, RowKind } from '../model/measures.ts';
import type { Card } from '../model/outcome.ts';
import type { RowOf, Snapshot } from '../model/snapshot.ts';
import type { ParsedStatement } from './sql/parse.ts';

export type Needs = { readonly [Kind in RowKind]?: readonly MeasureOf<Kind>[] };

/** A row on which the named measures are present. */
export type With<Kind extends RowKind, Names> = RowOf[Kind] & {
  readonly [Name in Extract<Names, MeasureOf<Kind>>]: number;
};

/** For each declared kind, the rows that have all declared measures. */
export type Given<N extends Needs> = {
  readonly [Kind in keyof N & RowKind]: N[Kind] extends readonly (infer Names)[] ? readonly With<Kind, Names>[] : never;
};

export interface Context {
  readonly snapshot: Snapshot;
  /** Parses a statement's normalised text; null where there is no text, it was cut, or it does not parse. */
  readonly parse: (text: string | undefined) => ParsedStatement | null;
}

/** `blind` when what is needed beyond measures is missing too, such as index definitions. */
export interface Advice {
  readonly findings: readonly Finding[];
  /** Rows that were really judged. */
  readonly examined: number;
  /** What a reader must know about a clear or found verdict, in whole sentences. */
  readonly caveats?: readonly string[];
  /** One or two sentences: what is missing and how to give it. Then findings must be empty. */
  readonly blind?: string;
}

export interface Advisor<N extends Needs = Needs> {
  readonly card: Card;
  readonly needs: N;
  readonly advise: (rows: Given<N>, context: Context) => Advice;
}

/** Infers the needs, so that `advise` gets rows on which exactly the declared measures are sure to be there. */
export function defineAdvisor<const N extends Needs>(advisor: Advisor<N>): Advisor<N> {
  return advisor;
}
