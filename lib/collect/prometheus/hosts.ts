/** What is asked of machines, and the machines that the answers show; which one carries a server, hosting.ts says. */
import type { MeasureOf } from '../../model/measures.ts';
import type { HostRow } from '../../model/rows.ts';
import type { SourceQuery } from '../../model/snapshot.ts';
import type { Asked } from './ask.ts';
import type { Binding, HostDialect } from './dialect.ts';
import { promql, type Scope } from './promql.ts';

export interface HostAsk {
  readonly measure: MeasureOf<'host'>;
  readonly dialect: HostDialect;
  readonly binding: Binding;
  readonly promql: string;
  /** The same question in another scope. */
  readonly promqlIn: (scope: Scope) => string;
}

/** A machine, whichever server it carries. */
export interface SeenHost {
  readonly row: HostRow;
  readonly sources: readonly SourceQuery[];
  /** Those that showed something of it. */
  readonly dialects: readonly HostDialect[];
  /** It has several file systems, and which one holds the data directory cannot be told. */
  readonly manyDisks: boolean;
}

/** Where a data directory is mounted, if it has a file system of its own. */
const dataDirectory = /\/(pgdata|pgsql|postgres(ql)?)(\/|$)|^\/(pg_?data|pg|rdsdbdata)$/;

export function hostQuestions(
  dialects: readonly HostDialect[],
  names: ReadonlySet<string>,
  scope: Scope,
): readonly HostAsk[] {
  const speaking = dialects.filter(({ signs }) => signs?.some((name) => names.has(name)) !== false);
  return speaking.flatMap((dialect) =>
    (Object.entries(dialect.bindings) as [MeasureOf<'host'>, Binding][]).flatMap(([measure, binding]) =>
      binding.names
        .filter((name) => names.has(name))
        .map((name) => {
          const promqlIn = (each: Scope) => promql(binding, name, dialect.host, each);
          return { measure, dialect, binding, promql: promqlIn(scope), promqlIn };
        }),
    ),
  );
}

interface Machine {
  readonly values: Map<string, number>;
  /** By measure, then mount point. */
  readonly disks: Map<string, Map<string, number>>;
  /** By text: dialects that share a name ask the same. */
  readonly asks: Map<string, { readonly ask: HostAsk; readonly dialects: HostDialect[]; readonly rows: number }>;
}

interface Found {
  readonly values: number[];
  readonly disks: Map<string, number>;
  rows: number;
}

export function hostsOf(asked: readonly Asked<HostAsk>[]): readonly SeenHost[] {
  const machines = new Map<string, Machine>();
  for (const { question, answer } of asked) {
    const { measure, dialect, binding, promql: text } = question;
    const found = new Map<string, Found>();
    for (const { labels, value } of answer.samples) {
      const label = dialect.host.find((each) => (labels[each] ?? '') !== '');
      // Of a whole fleet or of another exporter.
      if (label === undefined) continue;
      const host = hostName(labels[label] ?? '');
      const one: Found = found.get(host) ?? { values: [], disks: new Map(), rows: 0 };
      found.set(host, one);
      one.rows += 1;
      const canonical = value * (binding.factor ?? 1);
      if (labels.mountpoint === undefined) one.values.push(canonical);
      else one.disks.set(labels.mountpoint, canonical);
    }
    for (const [host, { values, disks, rows }] of found) {
      const machine = machines.get(host) ?? newMachine();
      machines.set(host, machine);
      const same = machine.asks.get(text);
      if (same === undefined) machine.asks.set(text, { ask: question, dialects: [dialect], rows });
      else same.dialects.push(dialect);
      // The first dialect that has data counts; a second exporter repeats it.
      if (values.length > 0 && !machine.values.has(measure)) machine.values.set(measure, Math.max(...values));
      if (disks.size > 0 && !machine.disks.has(measure)) machine.disks.set(measure, disks);
    }
  }
  return [...machines].map(([host, machine]) => seenHost(host, machine));
}

function seenHost(host: string, { values, disks, asks }: Machine): SeenHost {
  const mounted = [...disks].flatMap(([measure, all]) => {
    const value = ofData(all);
    return value === undefined || values.has(measure) ? [] : [[measure, value] as const];
  });
  const score = (dialect: HostDialect) => [...asks.values()].filter((each) => each.dialects.includes(dialect)).length;
  // Of those that share a name the one that explains most of this machine.
  const told = [...asks.values()].map(({ ask, dialects, rows }) => {
    const dialect = dialects.reduce((best, each) => (score(each) > score(best) ? each : best));
    return { ask, dialect, rows };
  });
  return {
    row: { host, ...Object.fromEntries([...values, ...mounted]) },
    sources: told.map(({ ask, dialect, rows }) => ({
      ...({ source: 'prometheus', language: 'promql', kind: 'host' } as const),
      ...{ dialect: dialect.id, measures: [ask.measure], text: ask.promql, rows },
    })),
    dialects: [...new Set(told.map(({ dialect }) => dialect))],
    manyDisks: [...disks.keys()].some((measure) => !values.has(measure) && !mounted.some(([each]) => each === measure)),
  };
}

const newMachine = (): Machine => ({ values: new Map(), disks: new Map(), asks: new Map() });

/** The one that must be it: no metric says where the data directory is. */
function ofData(disks: ReadonlyMap<string, number>): number | undefined {
  const likely = [...disks].filter(([mountpoint]) => dataDirectory.test(mountpoint));
  if (likely.length === 1) return likely[0]?.[1];
  return disks.size === 1 ? disks.get('/') : undefined;
}

/** Without scheme and port. */
export function hostName(name: string): string {
  return name.replace(/^\w+:\/\//, '').replace(/:\d+$/, '');
}
