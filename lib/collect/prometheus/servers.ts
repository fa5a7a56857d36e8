/** Which PostgreSQL server a series speaks of. One server can have several exporters, one exporter half its labels. */
import type { Labels } from './response.ts';
import { isLocal, siteMark } from './telling.ts';

export interface Servers {
  /** Sorted. */
  readonly names: readonly string[];
  /** null when the series names no server and its exporter serves several. */
  readonly of: (labels: Labels) => string | null;
  /** Exporters whose unlabelled series cannot be told apart. */
  readonly ambiguous: readonly string[];
  /** Other names of a server, where it has some. */
  readonly aliases: ReadonlyMap<string, readonly string[]>;
  /** System identifiers by name of a server; physical standbys have that of their primary. */
  readonly systems: ReadonlyMap<string, string>;
}

/**
 * The `server` label (up to 0.11 on everything, 0.13 to 0.19 on some series) names the PostgreSQL, `instance` the exporter.
 * Series without `server` belong to the one server that the same instance names elsewhere (reference: metric dialects 4.2).
 * `same`: further names of a server, and the one it goes by.
 */
export function identifyServers(all: Iterable<Labels>, same: ReadonlyMap<string, string> = new Map()): Servers {
  const series = [...all];
  const home = placesOf(series);
  const byInstance = new Map<string, Set<string>>();
  const systems = new Map<string, string>();
  const bare = new Set<string>();
  const ambiguous: string[] = [];
  for (const labels of series) {
    const instance = home(labels);
    if (instance === null) {
      if (!ambiguous.includes(labels.instance ?? '')) ambiguous.push(labels.instance ?? '');
      continue;
    }
    const known = byInstance.get(instance) ?? new Set();
    byInstance.set(instance, known);
    if (labels.server === undefined || labels.server === '') {
      bare.add(instance);
      continue;
    }
    const name = serverName(instance, labels);
    known.add(name);
    if (labels.system !== undefined) systems.set(name, labels.system);
  }
  const one = (name: string): string => same.get(name) ?? name;
  const names = new Set<string>();
  const unlabelled = new Map<string, string | null>();
  for (const [instance, found] of byInstance) {
    const known = new Set([...found].map(one));
    const [first = one(addressOf(instance === '' ? 'postgresql' : instance))] = known;
    for (const name of known.size === 0 ? [first] : known) names.add(name);
    unlabelled.set(instance, known.size > 1 ? null : first);
    if (known.size > 1 && bare.has(instance)) ambiguous.push(instance);
  }
  const aliases = new Map<string, string[]>();
  for (const [alias, name] of same)
    if (names.has(name)) aliases.set(name, [...(aliases.get(name) ?? []), alias].sort());
  return {
    names: [...names].sort(),
    ambiguous: ambiguous.sort(),
    aliases,
    systems,
    of: (labels) => {
      const instance = home(labels);
      if (instance === null) return null;
      if (labels.server !== undefined && labels.server !== '') return one(serverName(instance, labels));
      return unlabelled.get(instance) ?? null;
    },
  };
}

/**
 * Where a series comes from. Constant labels of an exporter, such as its site, are on half of its series: the others
 * belong where its address is, if that is one place; null where it is several.
 */
function placesOf(series: readonly Labels[]): (labels: Labels) => string | null {
  const places = new Map<string, Set<string>>();
  for (const { instance = '', [siteMark]: site } of series) {
    if (site === undefined) continue;
    const plain = instance.slice(site.length + 1);
    places.set(plain, (places.get(plain) ?? new Set()).add(instance));
  }
  return ({ instance = '', [siteMark]: site }) => {
    const [first = instance, ...others] = (site === undefined ? places.get(instance) : undefined) ?? [];
    return others.length > 0 ? null : first;
  };
}

/** An exporter beside its server calls it localhost, as do all its sisters: then the exporter's host is the name. */
function serverName(instance: string, { server = '', instance: own = '', [siteMark]: site }: Labels): string {
  // Half-labelled: the site that its exporter has elsewhere.
  const place = site ?? (instance === own ? undefined : instance.slice(0, -own.length - 1));
  if (!isLocal(server)) return place === undefined ? addressOf(server) : `${place}/${addressOf(server)}`;
  const outside = addressOf(instance).replace(/:\d+$/, '');
  if (outside === '') return server;
  const [, port] = /:(\d+)$/.exec(server) ?? [];
  return port === undefined ? outside : `${outside}:${port}`;
}

/**
 * Some put the connection string into `instance`, and with it the database: `postgresql://user@host:5432/shop?…`,
 * `host:5432/shop` or `host=… port=… dbname=…`. The server is host and port. One on the collector's own machine has no
 * address that would tell it from others, so it stays as it is.
 */
function addressOf(name: string): string {
  const plain = name.replace(/\/\/[^/@]*@/, '//');
  const url =
    /^(?:postgres(?:ql)?:\/\/)([^/?]*)(?:[/?]|$)/.exec(plain)?.[1] ?? /^([^/?= ]+:\d+)\/[^/:]+$/.exec(plain)?.[1];
  const words = /(?:^| )host=(\S+)/.exec(plain)?.[1];
  const port = /(?:^| )port=(\d+)/.exec(plain)?.[1];
  const address = url ?? (words === undefined ? undefined : `${words}:${port ?? '5432'}`);
  if (address === undefined || isLocal(address)) return plain;
  return /:\d+$/.test(address) ? address : `${address}:5432`;
}
