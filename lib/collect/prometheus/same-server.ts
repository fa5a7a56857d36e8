/** Which names are the same server seen by several exporters. What is no proof is not used. Pure. */
import type { Ask, Asked } from './ask.ts';
import type { Fact } from './facts.ts';
import type { Servers } from './servers.ts';

export interface Evidence {
  readonly asked: readonly Asked<Ask>[];
  readonly facts: readonly Asked<Fact>[];
  /** Of the window, in Unix seconds; ages count back from it. */
  readonly end: number;
  /** Names that the configuration puts into one group have the same answer, which is not null. */
  readonly groupOf: (name: string) => string | null;
}

interface Seen {
  /** 1 on a standby. */
  role?: number;
  startedAt?: number;
  /** Whether `startedAt` was counted back from an age. */
  isAge?: boolean;
  readonly facts: Map<string, number>;
  readonly databases: Map<string, Map<string, number>>;
}

/** Exporters scrape at different seconds, and their own statements count as well. */
const TOLERANCE = 0.05;
/** Below that a server is idle, and idle servers look alike. */
const BUSY_COMMITS = 1_000;
const AGE_SECONDS = 120;

/** Other name → the first of its names. */
export function sameServers(servers: Servers, evidence: Evidence): ReadonlyMap<string, string> {
  const seen = seenBy(servers, evidence);
  const same = new Map<string, string>();
  const hintsOf = (name: string): readonly string[] => {
    const group = evidence.groupOf(name);
    const system = servers.systems.get(name);
    return [
      ...(system === undefined ? [] : [`system ${system}`]),
      ...(group === null ? [] : [`group ${group}`]),
      `host ${name.replace(/^\w+:\/\//, '').replace(/:\d+$/, '')}`,
      ...startOf(seen.get(name)),
    ];
  };
  const byHint = new Map<string, string[]>();
  for (const name of servers.names) {
    for (const hint of hintsOf(name)) byHint.set(hint, [...(byHint.get(hint) ?? []), name]);
  }
  for (const [hint, names] of [...byHint].sort(([a], [b]) => (a < b ? -1 : 1))) {
    for (const name of names.slice(1)) {
      const first = names.find(
        (other) => other < name && !same.has(other) && isSame(hint, seen.get(other), seen.get(name)),
      );
      if (first !== undefined && !same.has(name)) same.set(name, first);
    }
  }
  return same;
}

/** Two that started in the same millisecond; whole seconds are shared by all that one rollout starts. */
function startOf(one: Seen | undefined): readonly string[] {
  const start = one?.isAge === true ? undefined : one?.startedAt;
  return start === undefined || Number.isInteger(start) ? [] : [`start ${start.toFixed(3)}`];
}

function isSame(hint: string, one: Seen | undefined, other: Seen | undefined): boolean {
  if (one === undefined || other === undefined || contradict(one, other)) return false;
  const common = [...one.databases.keys()].filter((database) => other.databases.has(database));
  if (!common.every((database) => agree(one.databases.get(database), other.databases.get(database)))) return false;
  if (hint.startsWith('start ')) return true;
  // A primary is the only one of its system; its standbys share the identifier, and only their start tells them apart.
  if (hint.startsWith('system '))
    return one.role !== 1 || (one.startedAt !== undefined && other.startedAt !== undefined);
  const commits = common.reduce((sum, database) => sum + (one.databases.get(database)?.get('commits') ?? 0), 0);
  return commits >= BUSY_COMMITS;
}

function contradict(one: Seen, other: Seen): boolean {
  if (one.role !== undefined && other.role !== undefined && one.role !== other.role) return true;
  if (one.startedAt !== undefined && other.startedAt !== undefined) {
    const apart = Math.abs(one.startedAt - other.startedAt);
    if (apart > (one.isAge === true || other.isAge === true ? AGE_SECONDS : 2)) return true;
  }
  return [...one.facts].some(([fact, value]) => (other.facts.get(fact) ?? value) !== value);
}

function agree(one: ReadonlyMap<string, number> = new Map(), other: ReadonlyMap<string, number> = new Map()): boolean {
  return [...one].every(([measure, value]) => {
    const theirs = other.get(measure);
    if (theirs === undefined) return true;
    return Math.abs(value - theirs) <= Math.max(60, TOLERANCE * Math.max(Math.abs(value), Math.abs(theirs)));
  });
}

const told = new Set(['server.versionNum', 'server.maxConnections', 'server.blockSizeBytes']);
const activity = new Set(['database.commits', 'database.blocksHit', 'database.sizeBytes']);

function seenBy(servers: Servers, { asked, facts, end }: Evidence): ReadonlyMap<string, Seen> {
  const all = new Map<string, Seen>();
  const seenAs = (name: string): Seen => {
    const seen = all.get(name) ?? { facts: new Map(), databases: new Map() };
    all.set(name, seen);
    return seen;
  };
  for (const { question, answer } of asked) {
    const measure = `${question.kind}.${question.measure}`;
    const { factor = 1, age, absent = [] } = question.binding;
    if (measure !== 'server.startedAt' && !told.has(measure) && !activity.has(measure)) continue;
    for (const { labels, value } of answer.samples) {
      const name = servers.of(labels);
      if (name === null || absent.includes(value * factor)) continue;
      const seen = seenAs(name);
      if (measure === 'server.startedAt') {
        seen.isAge = age === true;
        seen.startedAt = age === true ? end - value * factor : value * factor;
      } else if (told.has(measure)) seen.facts.set(measure, value * factor);
      else {
        const database = question.dialects[0].labels.database
          .map((label) => labels[label] ?? '')
          .find((each) => each !== '');
        if (database === undefined || database === 'unknown') continue;
        const counts = seen.databases.get(database) ?? new Map<string, number>();
        seen.databases.set(database, counts);
        counts.set(question.measure, Math.max(value * factor, counts.get(question.measure) ?? 0));
      }
    }
  }
  for (const { question, answer } of facts) {
    if (question.about !== 'role') continue;
    for (const { labels, value } of answer.samples) {
      const name = servers.of(labels);
      if (name !== null) seenAs(name).role = value === 1 ? 1 : 0;
    }
  }
  return all;
}
