/** The machine below a server, where a machine's exporter and the server's have the same host name. */
import { hostMeasures, type MeasureOf } from '../../model/measures.ts';
import type { HostRow, ServerRow } from '../../model/rows.ts';
import type { Gap, SourceQuery } from '../../model/snapshot.ts';
import type { Asked } from './ask.ts';
import type { Binding, HostDialect } from './dialect.ts';
import { promql, type Scope } from './promql.ts';

export interface HostAsk {
  readonly measure: MeasureOf<'host'>;
  readonly dialect: HostDialect;
  readonly promql: string;
  /** The same question in another scope. */
  readonly promqlIn: (scope: Scope) => string;
}

/** A machine, whichever server it carries. */
export interface SeenHost {
  readonly row: HostRow;
  readonly sources: readonly SourceQuery[];
}

/** Where a data directory is mounted, if it has a file system of its own. */
const dataDirectory = /\/(pgdata|pgsql|postgres(ql)?)(\/|$)|^\/(pg_?data|pg)$/;

export function hostQuestions(
  dialects: readonly HostDialect[],
  names: ReadonlySet<string>,
  scope: Scope,
): readonly HostAsk[] {
  return dialects.flatMap((dialect) =>
    (Object.entries(dialect.bindings) as [MeasureOf<'host'>, Binding][]).flatMap(([measure, binding]) =>
      binding.names
        .filter((name) => names.has(name))
        .map((name) => {
          const promqlIn = (each: Scope) => promql(binding, name, [], each);
          return { measure, dialect, promql: promqlIn(scope), promqlIn };
        }),
    ),
  );
}

export function hostsOf(asked: readonly Asked<HostAsk>[]): readonly SeenHost[] {
  const hosts = new Map<string, { values: Map<string, number>; disks: Map<string, number>; sources: SourceQuery[] }>();
  for (const { question, answer } of asked) {
    const counted = new Map<string, number>();
    for (const { labels, value } of answer.samples) {
      const host = hostName(labels.instance ?? '');
      const seen = hosts.get(host) ?? { values: new Map(), disks: new Map(), sources: [] };
      hosts.set(host, seen);
      counted.set(host, (counted.get(host) ?? 0) + 1);
      if (labels.mountpoint !== undefined) seen.disks.set(labels.mountpoint, value);
      else seen.values.set(question.measure, value);
    }
    for (const [host, rows] of counted) {
      const { measure, dialect, promql: text } = question;
      const source = { source: 'prometheus', language: 'promql', kind: 'host', dialect: dialect.id } as const;
      hosts.get(host)?.sources.push({ ...source, measures: [measure], text, rows });
    }
  }
  return [...hosts].map(([host, { values, disks, sources }]) => {
    const free = freeBytes(disks);
    if (free !== undefined) values.set('diskFreeBytes', free);
    return { row: { host, ...Object.fromEntries(values) }, sources };
  });
}

/** The one that must be it: no metric says where the data directory is. */
function freeBytes(disks: ReadonlyMap<string, number>): number | undefined {
  const likely = [...disks].filter(([mountpoint]) => dataDirectory.test(mountpoint));
  if (likely.length === 1) return likely[0]?.[1];
  return disks.size === 1 ? disks.get('/') : undefined;
}

/** `others`: names of all servers. One exporter machine can stand for many servers, which then run elsewhere. */
export function hostOf(
  target: string,
  platform: ServerRow['platform'],
  hosts: readonly SeenHost[],
  others: readonly string[],
): { readonly hosts: readonly HostRow[]; readonly sources: readonly SourceQuery[]; readonly gaps: readonly Gap[] } {
  const name = hostName(target);
  const here = hosts.find(({ row }) => row.host === name);
  const shared = others.filter((other) => hostName(other) === name).length > 1;
  const gap = (measures: readonly string[], reason: string, remedy: string): Gap => ({
    kind: 'host',
    measures,
    source: 'prometheus',
    absence: 'not-exported',
    reason,
    remedy,
  });
  const all = Object.keys(hostMeasures);
  const none = { hosts: [], sources: [] };
  const scrape = "Let Prometheus scrape a node_exporter on the server's host, under the same host name as the server.";
  if (platform !== undefined && platform !== 'self-managed') {
    const reason = 'The provider runs the machine, and no exporter of this Prometheus shows it.';
    return { ...none, gaps: [gap(all, reason, "Look at the instance in the provider's own monitoring.")] };
  }
  if (here === undefined) {
    const reason = `No machine's exporter has the host name ${name}, so nothing is known of the machine below the server.`;
    return { ...none, gaps: [gap(all, reason, scrape)] };
  }
  if (shared) {
    const reason = `Several servers go by the host name ${name}, so its machine may only carry their exporters.`;
    return { ...none, gaps: [gap(all, reason, scrape)] };
  }
  const missing = all.filter((measure) => !(measure in here.row));
  const reason = missing.includes('diskFreeBytes')
    ? `Which file system of ${name} holds the data directory cannot be told from its metrics.`
    : `The node_exporter of ${name} does not publish this.`;
  const remedy =
    'Give the data directory a file system of its own below a path such as /var/lib/postgresql, and keep the collectors cpu, meminfo and filesystem.';
  return {
    hosts: [here.row],
    sources: here.sources,
    gaps: missing.length === 0 ? [] : [gap(missing, reason, remedy)],
  };
}

function hostName(name: string): string {
  return name.replace(/^\w+:\/\//, '').replace(/:\d+$/, '');
}
