/** Snapshots with the machines that CloudWatch shows below them: what nothing closer to the machine has told. */
import type { HostRow } from '../model/rows.ts';
import type { Gap, Snapshot } from '../model/snapshot.ts';
import { machineOf } from './cloudwatch/machine.ts';
import type { Seen, Wanted } from './cloudwatch/read.ts';
import type { CloudWatchSource } from './cloudwatch/source.ts';

/** `address`: host:port of the PostgreSQL connection, for the snapshots that were made with it. */
export async function withMachines(
  snapshots: readonly Snapshot[],
  source: CloudWatchSource,
  address: string | undefined,
): Promise<readonly Snapshot[]> {
  const wanted = new Map<Snapshot, Wanted>();
  for (const snapshot of snapshots) {
    const { target, server, quality } = snapshot;
    const own = quality.sources.includes('postgres') && address !== undefined ? [address] : [];
    const machine = machineOf([target, ...own], source.instances);
    if (machine === null) continue;
    const isAurora = server.platform === undefined ? null : server.platform === 'aurora';
    wanted.set(snapshot, { machine, isAurora });
  }
  const [first] = snapshots;
  if (first === undefined) return snapshots;
  const age = (Date.parse(first.takenAt) - Date.parse(first.window.start)) / 1000;
  // Loaded when needed: another AWS client to start.
  const { readMachines } = await import('./cloudwatch/read.ts');
  const seen = await readMachines(source, [...wanted.values()], first.window, age);
  const bySnapshot = new Map([...wanted.keys()].map((snapshot, index) => [snapshot, seen[index]]));
  return snapshots.map((snapshot) => {
    const one = bySnapshot.get(snapshot);
    return one === undefined ? unnamed(snapshot) : merged(snapshot, one);
  });
}

function unnamed(snapshot: Snapshot): Snapshot {
  const { platform } = snapshot.server;
  if (platform !== 'rds' && platform !== 'aurora') return snapshot;
  const note = `Which instance of RDS ${snapshot.target} is cannot be told: name it in cloudwatch.instances.`;
  return { ...snapshot, quality: { ...snapshot.quality, notes: [...snapshot.quality.notes, note] } };
}

function merged(snapshot: Snapshot, { row, connections, gaps, sources, notes }: Seen): Snapshot {
  const { server, quality, hosts } = snapshot;
  const [closer, ...others] = hosts;
  const host: HostRow = { ...row, ...closer };
  const isKnown = (measure: string) => host[measure as keyof HostRow] !== undefined;
  const counted = Object.keys(connections).filter((name) => server[name as keyof typeof connections] === undefined);
  const open = (gap: Gap): readonly Gap[] => {
    const known = gap.kind === 'host' ? isKnown : (name: string) => gap.kind === 'server' && counted.includes(name);
    const measures = gap.measures.filter((name) => !known(name));
    return measures.length === 0 && gap.measures.length > 0 ? [] : [{ ...gap, measures }];
  };
  const told = new Set(gaps.flatMap(({ measures }) => measures));
  // Of what neither shows, CloudWatch's own reason is the one that fits.
  const rest = snapshot.gaps.flatMap((gap) =>
    gap.kind === 'host' ? open({ ...gap, measures: gap.measures.filter((name) => !told.has(name)) }) : open(gap),
  );
  const left = rest.filter(({ kind, measures }) => kind !== 'host' || measures.length > 0);
  const hasRow = Object.keys(host).length > 1;
  return {
    ...snapshot,
    server: { ...connections, ...server },
    hosts: hasRow ? [host, ...others] : hosts,
    gaps: [...left, ...gaps.flatMap(open)],
    sources: [...snapshot.sources, ...sources],
    quality: {
      ...quality,
      sources: sources.length > 0 ? [...quality.sources, 'cloudwatch'] : quality.sources,
      notes: [...quality.notes, ...notes],
    },
  };
}
