/** What a metric dialect says about the measures of the model. A dialect is data: no code, no PromQL. */
import type { MeasureOf, RowKind } from '../../model/measures.ts';

/** The parts of a row's name that a label can hold. */
export type Role = 'database' | 'schema' | 'table' | 'index' | 'user' | 'queryid';

/** Label names of each role in order of preference. */
export type LabelRoles = { readonly [R in Role]: readonly string[] };

/**
 * `now`: the newest value; `increase`: of a counter over the window; `average` and `peak`: of each series over the window.
 * `averageSum` and `peakSum`: of the sum over all series of a server at a time, since the sum of peaks is no peak.
 * `rate`: of a counter, a second, all series added; `ratio`: of the increases of two counters.
 * `count`: of series; `share`: of the increase of all series, that of those which match.
 */
export type Verb =
  | 'now'
  | 'increase'
  | 'average'
  | 'peak'
  | 'averageSum'
  | 'peakSum'
  | 'averageRatio'
  | 'rate'
  | 'ratio'
  | 'count'
  | 'share';

/** What a metric really is; the type that its exporter declares and the end of its name lie in most dialects (4.3). */
export type Kind = 'counter' | 'gauge';

/** Versions, `from` one to another, both included; exporters in their own notation, PostgreSQL in majors. */
export interface Versions {
  readonly postgres?: readonly [from: number | null, to?: number];
  readonly exporter?: readonly [from: string | null, to?: string];
}

/** The flag, collector, query or preset that publishes a metric, and whether it is on unless said otherwise. */
export interface Source {
  readonly name: string;
  readonly byDefault: 'on' | 'off';
}

/** How one measure is read in one dialect. */
export interface Binding {
  readonly verb: Verb;
  readonly kind: Kind;
  /** Same meaning, other versions of the exporter; the first that has data for a row counts. None: another version has it. */
  readonly names: readonly string[];
  /** Instead of names: PromQL whose value at the window's end it is; `$window` stands for the window. */
  readonly expression?: string;
  /** Of those names that only some versions have. */
  readonly versions?: { readonly [name: string]: Versions };
  readonly source?: Source;
  /** For `averageRatio` and `ratio`: what replaces the first part of the pair in the name. */
  readonly ratio?: readonly [from: string, to: string];
  /** Label matchers that are part of the meaning, such as `state="idle"`. */
  readonly matching?: string;
  /** Labels that tell apart the series which are added up or counted. */
  readonly within?: readonly string[];
  /** Multiplies into the canonical unit of the measure. Default 1. */
  readonly factor?: number;
  /** Values that stand for "there is none". */
  readonly absent?: readonly number[];
  /** What NaN, the legacy exporter's NULL, means here. Without it the value is unknown. */
  readonly nan?: number;
  /** Seconds ago where the measure is a time; the age is as old as its last sample. */
  readonly age?: true;
  /** Seconds between two samples where that is longer than minutes; the newest value may lie that far back. */
  readonly cadence?: number;
  /** Where the exporter's SQL cuts the rows that this comes from. */
  readonly limit?: Limit;
  /** What to do when no metric was found: one imperative sentence. */
  readonly remedy: string;
}

export type BindingsOf<Kind extends RowKind> = { readonly [M in MeasureOf<Kind>]?: Binding };
export type Bindings = { readonly [Kind in Exclude<RowKind, 'host'>]: BindingsOf<Kind> };

/** The exporter's own SQL cuts its rows; then what is missing may exist. `order` is its bias: what is cut first. */
export interface Limit {
  readonly rows: number;
  /** How to raise it, after "Raise". */
  readonly flag: string;
  /** Which rows stay, after "by". */
  readonly order: string;
}

/** A label that holds two names, such as `schema.table`; split at the first `at`, where the second name is not known. */
export interface Split {
  readonly role: Role;
  readonly at: string;
  readonly into: readonly [Role, Role];
}

/** Where settings are series: one metric with the name in a label, or one metric for each; `pattern` has the name in its group. */
export type SettingsSource = {
  /** `native`: as pg_settings has them, such as 8 kB pages; `base`: in bytes and seconds. */
  readonly units: 'native' | 'base';
  readonly cadence?: number;
} & ({ readonly metric: string; readonly label: string } | { readonly pattern: string });

export interface Dialect {
  readonly id: string;
  /** As a reader knows it. */
  readonly title: string;
  /** The program, in sentences. Default postgres_exporter. */
  readonly exporter?: string;
  /** What its metrics are called, as a regular expression. Default `pg_.+`. */
  readonly family?: string;
  /** Where it shares its names with others: it counts if one of `some` is there and none of `not`. */
  readonly signs?: { readonly some: readonly string[]; readonly not?: readonly string[] };
  readonly labels: LabelRoles;
  /** From the user's configuration: its labels name the same objects as any other's. */
  readonly own?: true;
  readonly splits?: readonly Split[];
  /** Labels that name the server where `instance` is a collector of many; the first set that is complete counts. */
  readonly server?: readonly (readonly string[])[];
  /** Equal for all names of one server, such as its system identifier. */
  readonly system?: string;
  /** Labels that change while their object stays the same. */
  readonly churning?: readonly string[];
  readonly bindings: Bindings;
  readonly settings?: readonly SettingsSource[];
  /** 1 on a standby. */
  readonly standby?: string;
  /** 1 for a table that shows the sums of its partitions, which are there themselves. */
  readonly partitionRoots?: readonly string[];
  /** Has the name of the cluster that the server belongs to in a label. */
  readonly cluster?: { readonly metric: string; readonly label: string };
  /** Has the version as text in a label. */
  readonly version?: { readonly metric: string; readonly label: string };
  /** Has the statement's text in a label, beside its id. */
  readonly texts?: { readonly metric: string; readonly label: string };
  /** How to see one more database, before its name. Default: a postgres_exporter of its own. */
  readonly seeDatabase?: string;
}

/** An exporter of machines; which machine carries which server, hosts.ts finds out. */
export interface HostDialect {
  readonly id: string;
  readonly title: string;
  readonly family: string;
  /** Labels that name the machine, in order of preference. */
  readonly host: readonly string[];
  /** Where it shares its names with others: it counts if one of these is there. */
  readonly signs?: readonly string[];
  /** Its machines are the provider's. */
  readonly managed?: true;
  /** What to do about measures that it does not bind: one imperative sentence. Default: scrape a node_exporter. */
  readonly lacking?: string;
  readonly bindings: BindingsOf<'host'>;
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

/** Those that speak where these names are: some share all their names with another, and only other names tell them apart. */
export function speaking(dialects: readonly Dialect[], names: ReadonlySet<string>): readonly Dialect[] {
  return mayBeSpeaking(dialects, names).filter(({ signs }) => !signs?.not?.some((name) => names.has(name)));
}

/** Those that speak for one of several servers, whose names these are together: what one has does not speak for another. */
export function mayBeSpeaking(dialects: readonly Dialect[], names: ReadonlySet<string>): readonly Dialect[] {
  return dialects.filter(({ signs }) => signs === undefined || signs.some.some((name) => names.has(name)));
}

export const familyOf = ({ family = 'pg_.+' }: Dialect): string => family;

type Rest = Omit<Binding, 'verb' | 'names' | 'versions' | 'source' | 'remedy' | 'kind'> & { readonly kind?: Kind };
/** A name that not every version has: `since(17)('pg_stat_checkpointer_num_timed_total')`. */
type Named = string | readonly [name: string, versions: Versions];

const kinds: { readonly [V in Verb]: Kind } = {
  ...{ increase: 'counter', rate: 'counter', ratio: 'counter', share: 'counter' },
  ...{ now: 'gauge', average: 'gauge', peak: 'gauge', averageSum: 'gauge', peakSum: 'gauge', averageRatio: 'gauge' },
  count: 'gauge',
};

/** `now('a', 'b')` and so on read as a sentence in the data files; the remedy comes from the group they stand in. */
export const bind =
  (remedy: string, source?: Source, limit?: Limit) =>
  (verb: Verb, named: Named | readonly Named[], rest: Rest = {}): Binding => {
    const all = typeof named === 'string' || isOne(named) ? [named] : named;
    const versions = all.flatMap((one) => (typeof one === 'string' ? [] : [one]));
    return {
      ...{ verb, kind: kinds[verb], names: all.map((one) => (typeof one === 'string' ? one : one[0])), remedy },
      ...(versions.length === 0 ? {} : { versions: Object.fromEntries(versions) }),
      ...(source === undefined ? {} : { source }),
      ...(limit === undefined ? {} : { limit }),
      ...rest,
    };
  };

function isOne(named: Named | readonly Named[]): named is readonly [string, Versions] {
  const [, second] = named;
  return typeof second === 'object' && !Array.isArray(second);
}

export const off = (name: string): Source => ({ name, byDefault: 'off' });
export const on = (name: string): Source => ({ name, byDefault: 'on' });
export const postgres = (from: number | null, to?: number): Versions => ({
  postgres: to === undefined ? [from] : [from, to],
});
export const exporter = (from: string | null, to?: string): Versions => ({
  exporter: to === undefined ? [from] : [from, to],
});
