/** Which PostgreSQL server a series speaks of. One server can have several exporters, one exporter half its labels. */
import type { Labels } from './response.ts';

export interface Servers {
  /** Names of the targets, sorted. */
  readonly names: readonly string[];
  /** null when the series names no server and its exporter serves several. */
  readonly of: (labels: Labels) => string | null;
  /** Exporters whose unlabelled series cannot be told apart. */
  readonly ambiguous: readonly string[];
}

/**
 * The `server` label (up to 0.11 on everything, 0.13 to 0.19 on some series) names the PostgreSQL, `instance` the exporter.
 * Series without `server` belong to the one server that the same instance names elsewhere (reference: metric dialects 4.2).
 */
export function identifyServers(all: Iterable<Labels>): Servers {
  const byInstance = new Map<string, Set<string>>();
  const bySystem = new Map<string, Set<string>>();
  const bare = new Set<string>();
  for (const labels of all) {
    const instance = labels.instance ?? '';
    const known = byInstance.get(instance) ?? new Set();
    byInstance.set(instance, known);
    if (labels.server === undefined || labels.server === '') {
      bare.add(instance);
      continue;
    }
    const name = serverName(instance, labels.server);
    known.add(name);
    if (labels.system !== undefined) bySystem.set(labels.system, (bySystem.get(labels.system) ?? new Set()).add(name));
  }
  // One server under several names, such as one for each database.
  const same = new Map<string, string>();
  for (const aliases of bySystem.values()) {
    const [first = '', ...others] = [...aliases].sort();
    for (const other of others) same.set(other, first);
  }
  const one = (name: string): string => same.get(name) ?? name;
  const names = new Set<string>();
  const ambiguous: string[] = [];
  const unlabelled = new Map<string, string | null>();
  for (const [instance, aliases] of byInstance) {
    const known = new Set([...aliases].map(one));
    const [first = withoutLogin(instance === '' ? 'postgresql' : instance)] = known;
    for (const name of known.size === 0 ? [first] : known) names.add(name);
    unlabelled.set(instance, known.size > 1 ? null : first);
    if (known.size > 1 && bare.has(instance)) ambiguous.push(instance);
  }
  return {
    names: [...names].sort(),
    ambiguous: ambiguous.sort(),
    of: (labels) => {
      const instance = labels.instance ?? '';
      if (labels.server !== undefined && labels.server !== '') return one(serverName(instance, labels.server));
      return unlabelled.get(instance) ?? null;
    },
  };
}

/** An exporter beside its server calls it localhost, as do all its sisters: then the exporter's host is the name. */
function serverName(instance: string, server: string): string {
  const [, host = server, port = ''] = /^(.*?)(?::(\d+))?$/.exec(server) ?? [];
  const isLocal = host === '' || host.startsWith('/') || /^(localhost|127\.[\d.]+|\[?::1\]?)$/.test(host);
  if (!isLocal) return withoutLogin(server);
  const outside = instance.replace(/:\d+$/, '');
  if (outside === '') return server;
  return withoutLogin(port === '' ? outside : `${outside}:${port}`);
}

/** Some exporters put the connection string into `instance`. */
function withoutLogin(name: string): string {
  return name.replace(/\/\/[^/@]*@/, '//');
}
