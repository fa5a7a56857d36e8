/** The machine below a server: the one with its host name, or the RDS instance that its address names. */
import { cloudMeasures, hostMeasures, type MeasureOf } from '../../model/measures.ts';
import type { HostRow, ServerRow } from '../../model/rows.ts';
import type { Gap, SourceQuery } from '../../model/snapshot.ts';
import { hostName, type SeenHost } from './hosts.ts';

export interface Hosting {
  readonly hosts: readonly HostRow[];
  readonly sources: readonly SourceQuery[];
  readonly gaps: readonly Gap[];
}

const all = (Object.keys(hostMeasures) as MeasureOf<'host'>[]).filter((name) => !cloudMeasures.includes(name));
const scrape = "Let Prometheus scrape a node_exporter on the server's host, under the same host name as the server.";

/** `others`: names of all servers. One exporter machine can stand for many servers, which then run elsewhere. */
export function hostOf(
  target: string,
  platform: ServerRow['platform'],
  hosts: readonly SeenHost[],
  others: readonly string[],
): Hosting {
  const name = hostName(target);
  const here = hosts.find(({ row }) => row.host === instanceOf(name)) ?? hosts.find(({ row }) => row.host === name);
  const nothing = (reason: string, remedy: string): Hosting => ({
    hosts: [],
    sources: [],
    gaps: [gap(all, 'not-exported', reason, remedy)],
  });
  if (here === undefined && platform !== undefined && platform !== 'self-managed')
    return nothing(...managed(name, hosts));
  if (here === undefined) {
    const reason = `No machine's exporter has the host name ${name}, so nothing is known of the machine below the server.`;
    return nothing(reason, scrape);
  }
  if (others.filter((other) => hostName(other) === name).length > 1) {
    return nothing(
      `Several servers go by the host name ${name}, so its machine may only carry their exporters.`,
      scrape,
    );
  }
  return { hosts: [here.row], sources: here.sources, gaps: missing(here) };
}

/** `shop` of shop.c1abcdefghij.eu-west-1.rds.amazonaws.com; of a cluster's address no instance can be told. */
function instanceOf(name: string): string | null {
  const [, instance, rest = ''] = /^([^.]+)\.([^.]+)\.[a-z0-9-]+\.rds\.amazonaws\.com(?:\.cn)?$/.exec(name) ?? [];
  return instance === undefined || rest.startsWith('cluster-') ? null : instance;
}

function managed(name: string, hosts: readonly SeenHost[]): readonly [reason: string, remedy: string] {
  const instances = hosts.filter(({ dialects }) => dialects.some((dialect) => dialect.managed));
  if (instances.length === 0) {
    const reason = 'The provider runs the machine, and no exporter of this Prometheus shows it.';
    return [reason, 'Let Prometheus scrape an exporter of CloudWatch, or look into the monitoring of the provider.'];
  }
  const few = instances.slice(0, 5).map(({ row }) => row.host);
  const more = instances.length > few.length ? ' and others' : '';
  return [
    `The metrics of CloudWatch are about ${few.join(', ')}${more}, and none of these can be told to be ${name}.`,
    'Relabel instance of the PostgreSQL exporter to the address or the identifier of the RDS instance.',
  ];
}

function missing({ row, dialects, manyDisks }: SeenHost): readonly Gap[] {
  const groups = new Map<string, Gap>();
  for (const measure of all.filter((each) => !(each in row))) {
    const bound = dialects.flatMap(({ title, bindings }) => {
      const binding = bindings[measure];
      return binding === undefined ? [] : [{ title, binding }];
    })[0];
    const found = ((): Gap => {
      if (manyDisks && (measure === 'diskBytes' || measure === 'diskFreeBytes')) {
        return gap(
          [measure],
          'not-exported',
          `Which file system of ${row.host} holds the data directory cannot be told from its metrics.`,
          'Give the data directory a file system of its own below a path such as /var/lib/postgresql.',
        );
      }
      if (bound === undefined) {
        const [first] = dialects;
        const reason = `The ${first?.title ?? 'exporter'} of ${row.host} cannot publish this.`;
        return gap([measure], 'unsupported', reason, first?.lacking ?? scrape);
      }
      const { binding, title } = bound;
      return gap([measure], 'not-exported', `The ${title} of ${row.host} does not publish this.`, binding.remedy);
    })();
    const key = `${found.reason} ${found.remedy}`;
    const group = groups.get(key);
    groups.set(key, group === undefined ? found : { ...group, measures: [...group.measures, measure] });
  }
  return [...groups.values()];
}

function gap(measures: readonly string[], absence: Gap['absence'], reason: string, remedy: string): Gap {
  return { kind: 'host', measures, source: 'prometheus', absence, reason, remedy };
}
