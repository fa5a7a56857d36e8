/** What a metric dialect says about the measures of the model. A dialect is data: no code, no PromQL. */
import type { MeasureOf, RowKind } from '../../model/measures.ts';

/** The parts of a row's name that a label can hold. */
export type Role = 'database' | 'schema' | 'table' | 'index' | 'user' | 'queryid';

/** Label names of each role in order of preference. */
export type LabelRoles = { readonly [R in Role]: readonly string[] };

/**
 * `now`: the newest value; `increase`: of a counter over the window; `average` and `peak`: of each series over the window.
 * `averageSum` and `peakSum`: of the sum over all series of a server at a time, since the sum of peaks is no peak.
 */
export type Verb = 'now' | 'increase' | 'average' | 'peak' | 'averageSum' | 'peakSum' | 'averageRatio';

/** How one measure is read in one dialect. */
export interface Binding {
  readonly verb: Verb;
  /** Same meaning, other versions of the exporter; the first that has data for a row counts. */
  readonly names: readonly string[];
  /** For `averageRatio`: what replaces the first part of the pair at the end of the name. */
  readonly ratio?: readonly [from: string, to: string];
  /** Label matchers that are part of the meaning, such as `state="idle"`. */
  readonly matching?: string;
  /** Labels that tell apart the series which `…Sum` and `averageRatio` add up. */
  readonly within?: readonly string[];
  /** Multiplies into the canonical unit of the measure. Default 1. */
  readonly factor?: number;
  /** Values that stand for "there is none". */
  readonly absent?: readonly number[];
  /** What NaN, the legacy exporter's NULL, means here. Without it the value is unknown. */
  readonly nan?: number;
  /** What to do when no metric was found: one imperative sentence. */
  readonly remedy: string;
}

export type BindingsOf<Kind extends RowKind> = { readonly [M in MeasureOf<Kind>]?: Binding };
export type Bindings = { readonly [Kind in Exclude<RowKind, 'host'>]: BindingsOf<Kind> };

export interface Dialect {
  readonly id: string;
  /** As a reader knows it. */
  readonly title: string;
  readonly labels: LabelRoles;
  readonly bindings: Bindings;
  /** The exporter's own SQL cuts its rows; then what is missing may exist. */
  readonly statementLimit?: { readonly rows: number; readonly flag: string; readonly order: string };
}

/** Kinds of rows that Prometheus can fill. */
export type BoundKind = keyof Bindings;
export const boundKinds = ['server', 'database', 'table', 'index', 'statement'] as const satisfies readonly BoundKind[];

export const rolesOf: { readonly [Kind in BoundKind]: readonly Role[] } = {
  server: [],
  database: ['database'],
  table: ['database', 'schema', 'table'],
  index: ['database', 'schema', 'table', 'index'],
  statement: ['database', 'user', 'queryid'],
};

type Rest = Omit<Binding, 'verb' | 'names' | 'remedy'>;

/** `now('a', 'b')` and so on read as a sentence in the data files; `remedy` comes last, from the group they stand in. */
export const bind =
  (remedy: string) =>
  (verb: Verb, names: string | readonly string[], rest: Rest = {}): Binding => ({
    verb,
    names: typeof names === 'string' ? [names] : names,
    remedy,
    ...rest,
  });
