/** What a dialect may not say, found at start: a wrong binding gives a wrong number, which nobody would notice. Pure. */
import type { Measure } from '../../model/measure.ts';
import { measures, type RowKind } from '../../model/measures.ts';
import {
  type Binding,
  boundKinds,
  type Dialect,
  type HostDialect,
  type Kind,
  type Role,
  type Verb,
} from './dialect.ts';

export class CatalogueError extends Error {
  override readonly name = 'CatalogueError';
}

/** How each sort of measure can be read, and of which kind of metric. */
const verbsOf: { readonly [Over in Measure['over']]: readonly Verb[] } = {
  counter: ['increase'],
  gauge: ['now', 'count'],
  average: ['average', 'averageSum', 'averageRatio', 'rate', 'ratio', 'share'],
  peak: ['peak', 'peakSum'],
  // Only CloudWatch's own minimum tells one.
  trough: [],
};
/** A newest value and a number of series can be had of either. */
const kindOf: { readonly [V in Verb]: Kind | null } = {
  ...{ increase: 'counter', rate: 'counter', ratio: 'counter', share: 'counter' },
  ...{ average: 'gauge', peak: 'gauge', averageSum: 'gauge', peakSum: 'gauge', averageRatio: 'gauge' },
  ...{ now: null, count: null },
};

/** What must be known to tell two rows of a kind apart. An index's database can come from its exporter, a user from nowhere. */
const needed: { readonly [K in (typeof boundKinds)[number]]: readonly Role[] } = {
  server: [],
  database: ['database'],
  table: ['database', 'schema', 'table'],
  index: ['schema', 'index'],
  statement: ['database', 'queryid'],
};

const metricName = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const labelName = /^[a-zA-Z_]\w*$/;
const matchers = /^[a-zA-Z_]\w*(=|!=|=~|!~)"(?:[^"\\]|\\.)*"(,[a-zA-Z_]\w*(=|!=|=~|!~)"(?:[^"\\]|\\.)*")*$/;
const sentence = /^[A-Z].*\.$/;

/** Whether a measure can be read so; the fault in words, or null. */
export function readingFault(kind: RowKind, measure: string, verb: Verb, of: Kind): string | null {
  const all: Readonly<Record<string, Measure>> = measures[kind];
  const known = Object.hasOwn(all, measure) ? all[measure] : undefined;
  if (known === undefined) return 'no such measure';
  if (!verbsOf[known.over].includes(verb))
    return `${verb} of a measure that is ${known.over === 'average' ? 'an' : 'a'} ${known.over}`;
  const wanted = kindOf[verb];
  return wanted === null || wanted === of ? null : `${verb} of a ${of}`;
}

function bindingFaults(kind: RowKind, measure: string, binding: Binding, family: string): readonly string[] {
  const { verb, names, ratio, matching, within = [], factor = 1, absent = [], nan, age, cadence, versions } = binding;
  const { rows } = binding.limit ?? { rows: 1 };
  const all: Readonly<Record<string, Measure>> = measures[kind];
  const reading = readingFault(kind, measure, verb, binding.kind);
  const ofFamily = new RegExp(`^(?:${family})$`);
  const paired = verb === 'averageRatio' || verb === 'ratio';
  return [
    ...(reading === null ? [] : [reading]),
    ...names.flatMap((name) => (metricName.test(name) ? [] : [`${name} is no name of a metric`])),
    ...names.flatMap((name) =>
      ofFamily.test(name) ? [] : [`${name} is outside of the family ${family}, so nobody asks for it`],
    ),
    ...(new Set(names).size === names.length ? [] : ['the same name twice']),
    ...(matching === undefined || matchers.test(matching) ? [] : [`${matching} is no label matcher`]),
    ...within.flatMap((label) => (labelName.test(label) ? [] : [`${label} is no name of a label`])),
    ...(Number.isFinite(factor) && factor > 0 ? [] : ['a factor that is no positive number']),
    ...(absent.every(Number.isFinite) && Number.isFinite(nan ?? 0) ? [] : ['a sentinel that is no number']),
    ...(absent.length === 0 || verb === 'now' ? [] : [`a sentinel of ${verb}: only newest values have one`]),
    ...(age === undefined || all[measure]?.unit === 'unix-s' ? [] : ['an age for a measure that is no time']),
    ...(cadence === undefined || cadence > 0 ? [] : ['a cadence that is no time']),
    ...(paired === (ratio !== undefined) ? [] : ['a pair of names goes with averageRatio and ratio']),
    ...(ratio === undefined || names.every((name) => name.includes(ratio[0])) ? [] : [`a name without ${ratio[0]}`]),
    ...Object.keys(versions ?? {}).flatMap((name) =>
      names.includes(name) ? [] : [`versions of ${name}, no name of it`],
    ),
    ...Object.values(versions ?? {}).flatMap(({ postgres }) => {
      const [from = null, to] = postgres ?? [];
      return from !== null && to !== undefined && from > to ? [`PostgreSQL from ${from} to ${to}`] : [];
    }),
    ...(Number.isInteger(rows) && rows > 0 ? [] : [`a limit of ${rows} rows`]),
    ...(sentence.test(binding.remedy) ? [] : [`${binding.remedy} is no sentence`]),
  ];
}

export function faultsIn(dialect: Dialect): readonly string[] {
  const { labels, splits = [], bindings, family = 'pg_.+', partitionRoots = [] } = dialect;
  const known = (role: Role) =>
    labels[role].length > 0 ||
    splits.some(({ into }) => into.includes(role) && into.some((each) => labels[each].length > 0));
  const roles = boundKinds.flatMap((kind) => {
    if (Object.keys(bindings[kind]).length === 0) return [];
    return needed[kind].flatMap((role) => (known(role) ? [] : [`${kind}: no label tells the ${role}`]));
  });
  const bound = boundKinds.flatMap((kind) =>
    Object.entries(bindings[kind]).flatMap(([measure, binding]) =>
      bindingFaults(kind, measure, binding, family).map((fault) => `${kind}.${measure}: ${fault}`),
    ),
  );
  const kinds = new Map<string, Kind>();
  const torn = boundKinds.flatMap((kind) =>
    (Object.entries(bindings[kind]) as [string, Binding][]).flatMap(([measure, binding]) =>
      binding.names.flatMap((name) => {
        const metric = `${name}{${binding.matching ?? ''}}`;
        const before = kinds.get(metric) ?? binding.kind;
        kinds.set(metric, before);
        return before === binding.kind
          ? []
          : [`${kind}.${measure}: ${name} is a ${before} elsewhere, a ${binding.kind} here`];
      }),
    ),
  );
  const ofFamily = new RegExp(`^(?:${family})$`);
  const trees = partitionRoots.flatMap((name) =>
    metricName.test(name) && ofFamily.test(name) ? [] : [`${name} is no name of its family ${family}`],
  );
  return [...roles, ...bound, ...torn, ...trees].map((fault) => `${dialect.id}: ${fault}`);
}

export function hostFaultsIn({ id, host, bindings, family }: HostDialect): readonly string[] {
  const named = host.length > 0 && host.every((label) => labelName.test(label)) ? [] : ['no label tells the machine'];
  const bound = Object.entries(bindings).flatMap(([measure, binding]) =>
    // It shares node_exporter's names, which that one's family asks for.
    bindingFaults('host', measure, binding, `${family}|node_.+`).map((fault) => `host.${measure}: ${fault}`),
  );
  return [...named, ...bound].map((fault) => `${id}: ${fault}`);
}

/** The same list, or an error with all faults of all dialects. */
export function checked<D extends Dialect | HostDialect>(
  list: readonly D[],
  faultsOf: (dialect: D) => readonly string[],
): readonly D[] {
  const ids = list.map(({ id }) => id);
  const twice = ids.filter((id, index) => ids.indexOf(id) !== index).map((id) => `${id}: listed twice`);
  const faults = [...twice, ...list.flatMap(faultsOf)];
  if (faults.length > 0) throw new CatalogueError(`the catalogue of metrics has faults:\n${faults.join('\n')}`);
  return list;
}
