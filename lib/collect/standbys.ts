/** Standbys that PostgreSQL itself names and nobody looked at: what they read is in no number. Pure. */
import type { NodeRow } from '../model/node.ts';
import type { IndexRow } from '../model/rows.ts';
import type { Replica } from '../model/server-facts.ts';
import type { Gap, Snapshot } from '../model/snapshot.ts';

export function withUnseenStandbys(snapshot: Snapshot): Snapshot {
  const { server, target, indexes, gaps } = snapshot;
  const known: readonly NodeRow[] = snapshot.nodes ?? [
    {
      name: target,
      ...(server.role === undefined ? {} : { role: server.role }),
      main: true,
      scansSeen: hasScans(indexes),
    },
  ];
  const unseen = unseenOf(server.replicas ?? [], known).map(
    (name): NodeRow => ({ name, role: 'standby', main: false, scansSeen: false }),
  );
  if (unseen.length === 0) return snapshot;
  return {
    ...snapshot,
    nodes: [...known, ...unseen],
    // Nothing read on those that were seen is not nothing read anywhere.
    indexes: indexes.map(({ scansOnStandbys = 0, ...row }) =>
      scansOnStandbys > 0 ? { ...row, scansOnStandbys } : row,
    ),
    gaps: [...gaps, ...unseen.map(scansGap)],
  };
}

const hasScans = (rows: readonly IndexRow[]): boolean =>
  rows.some(({ scans, scansSinceReset }) => (scansSinceReset ?? scans) !== undefined);

/** By name or address, or else by their number: an exporter need not call a standby as its primary does. */
function unseenOf(replicas: readonly Replica[], nodes: readonly NodeRow[]): readonly string[] {
  const standbys = replicas.filter(({ standby }) => standby === true);
  const others = nodes.filter(({ main }) => !main).map(({ name }) => name);
  const isSeen = ({ name, address = '' }: Replica) =>
    others.some(
      (own) =>
        own === name || (address !== '' && (own.replace(/:\d+$/, '') === address || own.endsWith(`(${address})`))),
    );
  const strangers = standbys.filter((each) => !isSeen(each));
  const missing = Math.max(0, standbys.length - others.length);
  return strangers
    .slice(0, missing)
    .map(({ name, address }) => (address === undefined ? name || 'without a name' : `${name} (${address})`));
}

const scansGap = ({ name }: NodeRow): Gap => ({
  kind: 'index',
  measures: ['scansOnStandbys'],
  source: 'postgres',
  absence: 'unreachable',
  reason: `The standby ${name} streams from this server, and how often indexes are read on it is not known: each server counts its own scans.`,
  remedy: `Let Prometheus scrape an exporter with index statistics for ${name}, and put both into one of targetRules.groups if nothing in their labels does.`,
});
