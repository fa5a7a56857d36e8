/** Servers → targets: those of one cluster are one target, and what each counts for itself is kept apart or added up. Pure. */
import type { NodeRow } from '../model/node.ts';
import type { IndexRow } from '../model/rows.ts';
import type { Gap } from '../model/snapshot.ts';
import type { TargetRules } from '../model/target-rules.ts';
import type { PrometheusTarget } from './prometheus/read.ts';
import { groupOf, isWanted, newName, unknownNames } from './rules.ts';

export interface Clusters {
  readonly targets: readonly PrometheusTarget[];
  readonly failures: readonly { readonly target: string; readonly failure: string }[];
}

type Member = readonly [PrometheusTarget, ...PrometheusTarget[]];

export function clustersOf(servers: readonly PrometheusTarget[], rules: TargetRules): Clusters {
  const namesOf = ({ name, aliases }: PrometheusTarget) => [name, ...aliases];
  const groups = new Map<string, { readonly name: string; readonly members: PrometheusTarget[]; how: string }>();
  for (const server of servers.filter((each) => isWanted(rules, namesOf(each)))) {
    const { key, name, how } = clusterOf(server, groupOf(rules, namesOf(server)));
    const group = groups.get(key) ?? { name, members: [], how };
    group.members.push(server);
    groups.set(key, group);
  }
  const failures: { target: string; failure: string }[] = [];
  const targets = [...groups.values()].flatMap(({ name, members, how }): readonly PrometheusTarget[] => {
    const [first, ...others] = members;
    if (first === undefined) return [];
    const why = whyNotOne([first, ...others]);
    if (why === null) return [together(name, [first, ...others], how)];
    if (how === 'group') failures.push({ target: name, failure: `targetRules.groups.${name}: ${why}` });
    const note = `Its metrics name the cluster ${name}, but ${why} So each is a target of its own; targetRules.groups can say which belong together.`;
    return how === 'group' ? [] : members.map((each) => ({ ...each, notes: [...each.notes, note] }));
  });
  const unknown = unknownNames(rules, servers.flatMap(namesOf));
  const named = targets
    .map((target) => renamed(target, rules))
    .map((each) => ({ ...each, notes: [...each.notes, ...unknown] }));
  return { targets: unique(named).sort((a, b) => (a.name < b.name ? -1 : 1)), failures };
}

/** `key`: equal for servers of one cluster. `alone`: nothing says that others belong to it. */
function clusterOf(server: PrometheusTarget, group: string | null): { key: string; name: string; how: string } {
  if (group !== null) return { key: `group ${group}`, name: group, how: 'group' };
  const { cluster, system, name } = server;
  if (cluster !== null)
    return { key: `cluster ${cluster.id}`, name: cluster.name, how: cluster.sure ? 'label' : 'word' };
  return system === null
    ? { key: `server ${name}`, name, how: 'alone' }
    : { key: `system ${system}`, name, how: 'system' };
}

function whyNotOne(members: Member): string | null {
  const primaries = members.filter(({ server }) => server.role !== 'standby');
  if (primaries.length > 1) {
    const names = primaries.map(({ name }) => name);
    return `${names.slice(0, -1).join(', ')} and ${names.at(-1)} are not known to be standbys, and a cluster has one primary.`;
  }
  const databases = ({ databases: rows }: PrometheusTarget) => rows.map((row) => row.database);
  const [main, ...others] = inOrder(members);
  const stranger = others.find((each) => {
    const own = databases(each);
    return own.length > 0 && databases(main).length > 0 && !own.some((name) => databases(main).includes(name));
  });
  return stranger === undefined ? null : `${stranger.name} has no database in common with ${main.name}.`;
}

/** The primary first; of standbys only, the first by name. */
function inOrder([first, ...others]: Member): Member {
  const rank = ({ server, name }: PrometheusTarget) => `${server.role === 'standby' ? 1 : 0} ${name}`;
  return [first, ...others].sort((a, b) => (rank(a) < rank(b) ? -1 : 1)) as [PrometheusTarget, ...PrometheusTarget[]]; // as many as before
}

/** Of one server alone this is the server, under the name of its cluster. */
function together(name: string, members: Member, how: string): PrometheusTarget {
  const [main, ...standbys] = inOrder(members);
  const nodes: readonly NodeRow[] = [
    nodeOf(main, true),
    ...standbys.map((each) => nodeOf(each, false)),
    ...unseenOf(main, standbys).map(
      (each): NodeRow => ({ name: each, role: 'standby', main: false, scansSeen: false }),
    ),
  ];
  const isNamed = how === 'group' || how === 'label' || (how === 'word' && standbys.length > 0);
  const first = members.map((each) => each.name).sort()[0] ?? main.name;
  const title = isNamed ? name : how === 'system' ? first : main.name;
  if (nodes.length < 2) return title === main.name ? main : calledOtherwise(main, title);
  const hidden = nodes.filter(({ scansSeen, main: isMain }) => !isMain && !scansSeen);
  return {
    ...calledOtherwise(main, title),
    aliases: [...new Set([...members.flatMap((each) => [each.name, ...each.aliases])])].filter(
      (each) => each !== title,
    ),
    indexes: withStandbys(main, standbys),
    nodes,
    gaps: [...main.gaps, ...hidden.map(scansGap), ...(main.server.role === 'standby' ? [noPrimary] : [])],
    notes: [...main.notes, ...elsewhere(main, standbys)],
    resets: members.reduce((sum, each) => sum + each.resets, 0),
  };
}

function calledOtherwise(target: PrometheusTarget, name: string): PrometheusTarget {
  if (name === target.name) return target;
  return {
    ...target,
    name,
    aliases: [...target.aliases, target.name],
    formerNames: [target.name, ...target.formerNames],
  };
}

function renamed(target: PrometheusTarget, rules: TargetRules): PrometheusTarget {
  const name = newName(rules, [target.name, ...target.aliases]);
  return name === null ? target : calledOtherwise(target, name);
}

/** Two clusters of one name, such as in two namespaces, go by the names of their servers. */
function unique(targets: readonly PrometheusTarget[]): PrometheusTarget[] {
  const count = (name: string) => targets.filter((each) => each.name === name).length;
  return targets.map((each) => {
    const [own] = each.formerNames;
    return count(each.name) < 2 || own === undefined
      ? each
      : { ...each, name: own, formerNames: each.formerNames.slice(1) };
  });
}

function nodeOf(target: PrometheusTarget, main: boolean): NodeRow {
  const sum = (measure: 'calls' | 'totalTimeMs') => {
    const values = target.statements.map((row) => row[measure]).filter((value) => value !== undefined);
    return values.length === 0 ? undefined : values.reduce((total, value) => total + value, 0);
  };
  const [calls, statementTimeMs] = [sum('calls'), sum('totalTimeMs')];
  const { role, startedAt } = target.server;
  const since = [startedAt, ...target.databases.map((row) => row.statsResetAt)].filter((time) => time !== undefined);
  return {
    name: target.name,
    ...(role === undefined ? {} : { role }),
    main,
    scansSeen: target.indexes.some((row) => scansOf(row) !== undefined),
    ...(since.length === 0 ? {} : { statisticsSince: since.reduce((latest, time) => Math.max(latest, time)) }),
    ...(calls === undefined ? {} : { calls }),
    ...(statementTimeMs === undefined ? {} : { statementTimeMs }),
  };
}

const scansOf = ({ scansSinceReset, scans }: IndexRow): number | undefined => scansSinceReset ?? scans;

/** A standby has the same indexes, also those that the exporter of the primary does not show. */
function withStandbys(main: PrometheusTarget, standbys: readonly PrometheusTarget[]): readonly IndexRow[] {
  const keyOf = ({ database, schema, index }: IndexRow) => JSON.stringify([database, schema, index]);
  const rows = new Map(main.indexes.map((row) => [keyOf(row), row]));
  for (const row of standbys.flatMap(({ indexes }) => indexes)) {
    const { database, schema, table, index } = row;
    if (!rows.has(keyOf(row))) rows.set(keyOf(row), { database, schema, table, index });
  }
  const scans = standbys.map(({ indexes }) => new Map(indexes.map((row) => [keyOf(row), scansOf(row)])));
  return [...rows].map(([key, row]) => ({ ...row, ...scansOnStandbys(scans.map((each) => each.get(key))) }));
}

/** Zero only where all of them say zero; what some have read was read, whatever the others say. */
function scansOnStandbys(counts: readonly (number | undefined)[]): Pick<IndexRow, 'scansOnStandbys'> {
  const known = counts.filter((count) => count !== undefined);
  const sum = known.reduce((total, count) => total + count, 0);
  return sum > 0 || (known.length === counts.length && counts.length > 0) ? { scansOnStandbys: sum } : {};
}

/** Standbys that stream from the primary and whose exporter is nowhere: by name or address, or else by their number. */
function unseenOf(main: PrometheusTarget, standbys: readonly PrometheusTarget[]): readonly string[] {
  const isSeen = ({ name, address }: { readonly name: string; readonly address: string }) =>
    standbys.some((each) =>
      [each.name, ...each.aliases].some(
        (own) => own === name || (address !== '' && own.replace(/:\d+$/, '') === address),
      ),
    );
  const strangers = main.standbys.filter((each) => !isSeen(each));
  const missing = Math.max(0, main.standbys.length - standbys.length);
  return strangers.slice(0, missing).map(({ name, address }) => (address === '' ? name : `${name} (${address})`));
}

const scansGap = ({ name }: NodeRow): Gap => ({
  kind: 'index',
  measures: ['scansOnStandbys'],
  source: 'prometheus',
  absence: 'unreachable',
  reason: `How often indexes are read on the standby ${name} is not known, as no exporter shows it.`,
  remedy: `Let Prometheus scrape an exporter with index statistics for ${name}, and put it into the group of its primary (targetRules.groups) if nothing in its labels does.`,
});

const noPrimary: Gap = {
  kind: 'server',
  measures: [],
  source: 'prometheus',
  absence: 'unreachable',
  reason: 'No primary of this cluster was seen, only standbys.',
  remedy: 'Let Prometheus scrape an exporter of the primary.',
};

/** Time on a standby is no time of the primary; the reader should know how much there is. */
function elsewhere(main: PrometheusTarget, standbys: readonly PrometheusTarget[]): readonly string[] {
  const timeOf = (target: PrometheusTarget) => nodeOf(target, false).statementTimeMs ?? 0;
  const total = [main, ...standbys].reduce((sum, each) => sum + timeOf(each), 0);
  return standbys
    .filter((each) => timeOf(each) > 0)
    .map(
      (each) =>
        `Of the statement time of all nodes, ${Math.round((100 * timeOf(each)) / total)} % ran on the standby ${each.name}; it is not part of the numbers here, which are those of ${main.name}.`,
    );
}
