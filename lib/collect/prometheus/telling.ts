/** Which labels beside `instance` and `server` tell servers, replicas of Prometheus and clusters apart here. Pure. */
import type { Answer, Labels, Series } from './response.ts';

/** Of Prometheus servers that scrape the same, where nothing took it away (reference: metric dialects 4.2). */
const replicaLabels = [
  'prometheus_replica',
  '__replica__',
  'replica',
  'prometheus',
  'receive_replica',
  'receive',
  'vmagent',
  'monitor',
];
/** Of a place whose addresses mean something else in another place. */
const siteLabels = [
  ...['cluster', 'k8s_cluster', 'kubernetes_cluster', 'cluster_name', 'cluster_id', 'location', 'region', 'site'],
  ...['datacenter', 'dc', 'environment', 'env', 'stage', 'project_id', 'account_id', 'tenant', '__tenant_id__'],
  ...['vm_account_id', 'vm_project_id'],
];
/** Of a PostgreSQL cluster: CloudNativePG, Pigsty, Crunchy, Patroni. `cluster` alone is more often that of Kubernetes. */
const clusterLabels = ['cnpg_io_cluster', 'cls', 'pg_cluster', 'scope'];
/** A name of a PostgreSQL cluster is unique in here only. */
const spaceLabel = 'namespace';

export interface Telling {
  /** Some addresses have several values of these. */
  readonly sites: readonly string[];
  /** The same series is there with several values of these. */
  readonly replicas: readonly string[];
  readonly clusters: readonly string[];
  /** Somebody scraped a Prometheus or a gateway without honor_labels, and the exporter's own `instance` was put aside. */
  readonly relabelled: boolean;
}

export const nothingTold: Telling = { sites: [], replicas: [], clusters: [], relabelled: false };

/** `answers`: raw series with all their labels, each answer of one time; a label that changes later tells nothing apart. */
export function tellingLabels(answers: readonly Answer[]): Telling {
  const has = (label: string) =>
    answers.some(({ series }) => series.some(({ labels }) => (labels[label] ?? '') !== ''));
  const clusters = clusterLabels.filter(has);
  const relabelled = has('exported_instance');
  const differs = (label: string) => answers.some(({ series }) => isAmbiguous(series, label, relabelled));
  return {
    sites: siteLabels.filter(differs),
    replicas: replicaLabels.filter(differs),
    clusters: clusters.length > 0 && has(spaceLabel) ? [...clusters, spaceLabel] : clusters,
    relabelled,
  };
}

/** Labels that every question has to keep. */
export function keptLabels({ sites, replicas, relabelled }: Telling): readonly string[] {
  return [...(relabelled ? ['exported_instance'] : []), ...sites, ...replicas];
}

/** At one time: a label that was changed in between is a name that changed. */
function isAmbiguous(series: readonly Series[], label: string, relabelled: boolean): boolean {
  const all = new Map<string, { readonly value: string; readonly first: number; readonly last: number }[]>();
  for (const { labels, times } of series) {
    const value = labels[label] ?? '';
    const [first = 0] = times;
    const last = times.at(-1) ?? 0;
    if (value === '') continue;
    const { __name__ = '', datname = '', server = '' } = labels;
    const names = server === '' || isLocal(server) ? [instanceOf(labels, relabelled), server] : [server];
    const key = JSON.stringify([__name__, datname, ...names]);
    const known = all.get(key) ?? [];
    if (known.some((other) => other.value !== value && other.first < last && first < other.last)) return true;
    all.set(key, [...known, { value, first, last }]);
  }
  return false;
}

export function instanceOf(labels: Labels, relabelled: boolean): string {
  const own = relabelled ? (labels.exported_instance ?? '') : '';
  return own === '' ? (labels.instance ?? '') : own;
}

/** `server` of an exporter beside its server says nothing about which. */
export function isLocal(server: string): boolean {
  const host = server.replace(/:\d+$/, '');
  return host === '' || host.startsWith('/') || /^(localhost|127\.[\d.]+|\[?::1\]?)$/.test(host);
}

/** Labels that a series gets beside its own; no label of a user begins like that. */
export const siteMark = 'pg_hunt_site';
export const replicaMark = 'pg_hunt_replica';

/** `instance` as the exporter's, within its site; site and replica under one name each. */
export function placed(labels: Labels, { sites, replicas, relabelled }: Telling): Labels {
  const all = (names: readonly string[]) =>
    names
      .map((name) => labels[name] ?? '')
      .filter((value) => value !== '')
      .join('/');
  const site = all(sites);
  const replica = all(replicas);
  const instance = instanceOf(labels, relabelled);
  // No copy where nothing changes, as there are a hundred thousand of them.
  if (site === '' && replica === '' && (instance === '' || instance === labels.instance)) return labels;
  return {
    ...labels,
    ...(instance === '' ? {} : { instance: site === '' ? instance : `${site}/${instance}` }),
    ...(site === '' ? {} : { [siteMark]: site }),
    ...(replica === '' ? {} : { [replicaMark]: replica }),
  };
}

export interface Cluster {
  /** Equal for all servers of the cluster. */
  readonly id: string;
  /** What people call it. */
  readonly name: string;
  /** The label can mean nothing else. */
  readonly sure: boolean;
}

/** The PostgreSQL cluster a series says it belongs to; null where it says nothing. `own`: a label of the exporter's own. */
export function clusterOf(labels: Labels, own?: string): Cluster | null {
  const all = [...(own === undefined ? [] : [own]), ...clusterLabels];
  const label = all.find((each) => (labels[each] ?? '') !== '');
  if (label === undefined) return null;
  const name = labels[label] ?? '';
  const id = [labels[siteMark], labels[spaceLabel], name].filter((part) => (part ?? '') !== '').join('/');
  // Others use the word `scope` as well.
  return { id, name, sure: label !== 'scope' };
}
