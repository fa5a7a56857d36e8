/** What the user's configuration adds: own metrics as dialects that come first, and expressions about applications. Pure. */
import type { Measure } from '../../model/measure.ts';
import { measures } from '../../model/measures.ts';
import type { UserExperience } from '../../model/rows.ts';
import type { SourceQuery } from '../../model/snapshot.ts';
import { CatalogueError, faultsIn } from './catalogue.ts';
import { type Binding, type BoundKind, bind, type Dialect, type Kind, type LabelRoles, type Verb } from './dialect.ts';
import { labels as usual } from './dialects/shared.ts';
import type { PrometheusError } from './error.ts';
import type { Question } from './questions.ts';
import type { Answer } from './response.ts';

export interface OwnMeasure {
  /** One of these: a name, read like an exporter's, or an expression, whose value at the window's end it is. */
  readonly metric?: string | undefined;
  readonly promql?: string | undefined;
  readonly kind: Kind;
  readonly factor?: number | undefined;
  /** Where they are not those of postgres_exporter. */
  readonly labels?: { readonly [role: string]: string | undefined } | undefined;
}

export interface Experience {
  readonly name: string;
  /** Gives one number; `$window` stands for the window. */
  readonly promql: string;
  readonly unit: UserExperience['unit'];
  readonly target?: string | undefined;
}

export interface OwnMetrics {
  /** By kind and measure, such as `statement.totalTimeMs`. */
  readonly measures?: { readonly [measure: string]: OwnMeasure } | undefined;
  readonly userExperience?: readonly Experience[] | undefined;
}

const verbs: { readonly [Over in Measure['over']]?: Verb } = {
  ...{ counter: 'increase', gauge: 'now', average: 'average', peak: 'peak' },
};
const check = bind('Check prometheus.measures in the configuration of pg-hunt.');

/** One dialect for each set of labels. Throws CatalogueError where a measure cannot be read so. */
export function ownDialects({ measures: own = {} }: OwnMetrics): readonly Dialect[] {
  const bySet = new Map<string, [string, OwnMeasure][]>();
  for (const entry of Object.entries(own)) {
    const set = JSON.stringify(Object.entries(entry[1].labels ?? {}).sort());
    bySet.set(set, [...(bySet.get(set) ?? []), entry]);
  }
  const all = [...bySet.values()].map(dialectOf);
  const faults = all.flatMap(faultsIn);
  if (faults.length > 0) throw new CatalogueError(`prometheus.measures has faults:\n${faults.join('\n')}`);
  return all;
}

function dialectOf(entries: readonly (readonly [string, OwnMeasure])[]): Dialect {
  const { server, ...named } = entries[0]?.[1].labels ?? {};
  const roles = Object.entries(named).flatMap(([role, label]) => (label === undefined ? [] : [[role, [label]]]));
  const bindings: { [K in BoundKind]: { [measure: string]: Binding } } = {
    ...{ server: {}, database: {}, table: {}, index: {}, statement: {} },
  };
  for (const [key, { metric, promql, kind, factor = 1 }] of entries) {
    const [of = '', measure = ''] = key.split('.');
    const kinds: Readonly<Record<string, Readonly<Record<string, Measure>> | undefined>> = measures;
    const verb = verbs[kinds[of]?.[measure]?.over ?? 'gauge'] ?? 'now';
    const binding = check(verb, metric === undefined ? [] : [metric], {
      ...{ kind, factor },
      ...(promql === undefined ? {} : { expression: promql }),
    });
    if (Object.hasOwn(bindings, of))
      bindings[of as BoundKind][measure] = binding; // it is a key of the object
    else throw new CatalogueError(`prometheus.measures: ${key} is no measure`);
  }
  const metrics = entries.flatMap(([, { metric }]) => metric ?? []);
  return {
    ...{ id: 'own', title: 'your own metrics', own: true, bindings },
    // Of expressions no name is looked for.
    family: metrics.length === 0 ? 'pg_hunt_none' : metrics.join('|'),
    labels: roles.length === 0 ? usual : ({ ...usual, ...Object.fromEntries(roles) } as LabelRoles), // roles by the schema
    ...(server === undefined ? {} : { server: [[server]] }),
  };
}

export interface Experienced {
  readonly experience: Experience;
  readonly promql: string;
  readonly outcome: Answer | PrometheusError;
}

/** Of one target, whichever of these are about it. */
export function experienceOf(target: string, all: readonly Experienced[]): readonly UserExperience[] {
  return all.flatMap(({ experience: { name, unit, target: whose }, promql, outcome }): readonly UserExperience[] => {
    if (whose !== undefined && whose !== target) return [];
    const row = { name, unit, promql };
    if (outcome instanceof Error) return [{ ...row, value: null, why: `${outcome.message}.` }];
    const [only, ...more] = outcome.samples;
    if (only !== undefined && more.length === 0) return [{ ...row, value: only.value }];
    const why =
      only === undefined
        ? 'The expression gave no number: check it, and whether the application was watched in this window.'
        : `The expression gave ${more.length + 1} series: aggregate them to one, as by sum by (le) or max().`;
    return [{ ...row, value: null, why }];
  });
}

export function experienced(question: Question, outcome: Experienced['outcome']): readonly Experienced[] {
  const { part, ask, promql } = question;
  return part === 'experience' ? [{ experience: ask, promql, outcome }] : [];
}

export function experienceSources(target: string, all: readonly Experienced[]): readonly SourceQuery[] {
  return experienceOf(target, all).map(({ promql, value }) => ({
    ...({ source: 'prometheus', language: 'promql', kind: 'server', measures: [] } as const),
    ...{ text: promql, rows: value === null ? 0 : 1 },
  }));
}
