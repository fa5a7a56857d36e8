/** Counters become differences before anyone reasons about them: since the last run, else since they began. */
import type { CounterReading, Span, Window } from '../../model/snapshot.ts';
import type { DatabaseFacts } from './databases.ts';
import type { Counters } from './present.ts';
import type { ServerCounters } from './server-counters.ts';
import type { Entry, StatementFacts } from './statements.ts';

export interface Increased<Row> {
  readonly rows: readonly { readonly of: Row; readonly values: Counters }[];
  readonly span: Span;
  readonly resets: number;
}

/** `continued`: subtract; `new` and `reset`: all of it happened since; `unseen`: nobody looked last time. */
export type DatabaseState = 'continued' | 'new' | 'reset' | 'unseen';

export interface Past {
  readonly previous: CounterReading | null;
  readonly takenAt: string;
  readonly takenAtSeconds: number;
  /** Unix seconds of the oldest server-wide statistics and of the server's start. */
  readonly sharedSince: number | null;
  readonly startedAt: number;
}

/** Without this guard a zero of PostgreSQL's own calendar (2000) would make the statistics decades old. */
const earliestPlausible = Date.UTC(2005, 0) / 1000;
const plausible = (time: number | null | undefined) => (time != null && time > earliestPlausible ? time : null);
const iso = (seconds: number) => new Date(seconds * 1000).toISOString();
const same = (one: number | null | undefined, other: number | null | undefined) =>
  Math.abs((one ?? 0) - (other ?? 0)) < 1;

/** A database may be called `constructor`, which every object has. */
function own(all: Readonly<Record<string, Counters>> | undefined, key: string): Counters | undefined {
  return all !== undefined && Object.hasOwn(all, key) ? all[key] : undefined;
}

/** Where a database was never reset, its statistics began with the server's own. */
export function statisticsSince(resetAt: number | null | undefined, past: Past): number {
  return plausible(resetAt) ?? plausible(past.sharedSince) ?? past.startedAt;
}

/** What later runs need of a past that lies before this one. */
export function usable(previous: CounterReading | null, takenAt: string): CounterReading | null {
  return previous !== null && Date.parse(previous.at) < Date.parse(takenAt) ? previous : null;
}

export function difference(now: Counters, before: Counters): { readonly values: Counters; readonly reset: boolean } {
  const shared = Object.entries(now).filter(([name]) => before[name] !== undefined);
  if (shared.some(([name, value]) => value < (before[name] ?? 0))) return { values: now, reset: true };
  return {
    values: Object.fromEntries(shared.map(([name, value]) => [name, value - (before[name] ?? 0)])),
    reset: false,
  };
}

function spanOf(basis: Span['basis'], start: string, takenAt: string): Span {
  const window: Window = { start: start < takenAt ? start : takenAt, end: takenAt };
  return { ...window, source: 'postgres', basis };
}

/** `view`: whose counters; the checkpointer's stand in the reading without a name before them. */
export function serverIncrease(now: ServerCounters, past: Past, view?: string): Increased<null> {
  const { previous, takenAt } = past;
  const before = ofView(previous?.server ?? {}, view);
  const known = Object.keys(now.values).some((name) => before[name] !== undefined);
  const { values, reset } = difference(now.values, before);
  const sinceReset = spanOf('statistics-reset', iso(statisticsSince(now.since, past)), takenAt);
  if (previous === null || !known) return { rows: [{ of: null, values: now.values }], span: sinceReset, resets: 0 };
  if (reset || !same(before.resetAt, now.since)) {
    return { rows: [{ of: null, values: now.values }], span: sinceReset, resets: 1 };
  }
  return { rows: [{ of: null, values }], span: spanOf('previous-run', previous.at, takenAt), resets: 0 };
}

function ofView(server: Counters, view: string | undefined): Counters {
  if (view === undefined) return server;
  const start = `${view}|`;
  const own = Object.entries(server).filter(([name]) => name.startsWith(start));
  return Object.fromEntries(own.map(([name, value]) => [name.slice(start.length), value]));
}

export function databaseState(facts: DatabaseFacts, past: Past): DatabaseState {
  const before = own(past.previous?.databases, facts.row.database);
  if (before === undefined) return 'new';
  if (!same(before.statsResetAt, facts.row.statsResetAt)) return 'reset';
  // A crash clears everything and leaves no time on the database, only on the server-wide statistics.
  if (facts.row.statsResetAt === undefined && !same(past.previous?.server.sharedSince, past.sharedSince))
    return 'reset';
  if (difference(facts.counters, before).reset) return 'reset';
  return before.visited === 1 ? 'continued' : 'unseen';
}

/** Rows below databases: `keyOf` is their identity in the reading of `before`. */
export function increases<Row>(input: {
  readonly rows: readonly {
    readonly of: Row;
    readonly database: string;
    readonly key: string;
    readonly now: Counters;
  }[];
  readonly before: Readonly<Record<string, Counters>> | null;
  readonly states: ReadonlyMap<string, DatabaseState>;
  readonly since: number;
  readonly past: Past;
}): Increased<Row> {
  const { rows, before, states, since, past } = input;
  const sinceReset = spanOf('statistics-reset', iso(since), past.takenAt);
  if (past.previous === null || before === null) {
    return { rows: rows.map(({ of, now }) => ({ of, values: now })), span: sinceReset, resets: 0 };
  }
  let resets = 0;
  const increased = rows.map(({ of, database, key, now }) => {
    const state = states.get(database) ?? 'new';
    if (state === 'unseen') return { of, values: {} };
    const earlier = own(before, key);
    if (state !== 'continued' || earlier === undefined) return { of, values: now };
    const { values, reset } = difference(now, earlier);
    if (reset) resets += 1;
    return { of, values };
  });
  const seen = [...new Set(rows.map(({ database }) => states.get(database)))];
  const allReset = seen.length > 0 && seen.every((state) => state === 'reset');
  const span = allReset ? sinceReset : spanOf('previous-run', past.previous.at, past.takenAt);
  return { rows: increased, span, resets };
}

export function statementIncrease(facts: StatementFacts, past: Past): Increased<Entry> {
  const { previous, takenAt } = past;
  const full = facts.entries.map((entry) => ({ of: entry, values: entry.counters }));
  const span = spanOf('statistics-reset', iso(statisticsSince(facts.since, past)), takenAt);
  if (previous === null || previous.server.statementsSeen !== 1) return { rows: full, span, resets: 0 };
  if (!same(previous.server.statementsSince, facts.since)) return { rows: full, span, resets: 1 };
  const at = Date.parse(previous.at) / 1000;
  let resets = 0;
  const rows = facts.entries.map((entry) => {
    const earlier = own(previous.statements, entry.key);
    // Thrown out for lack of room and back again: all of it happened since (17+ tells when).
    const anew = entry.since !== null && entry.since > at;
    if (earlier === undefined || anew) return { of: entry, values: entry.counters };
    const { values, reset } = difference(entry.counters, earlier);
    if (reset) resets += 1;
    return { of: entry, values };
  });
  // Before 14 there is no time of a reset; then every counter has gone down.
  if (resets > 0 && resets === rows.filter(({ of }) => own(previous.statements, of.key) !== undefined).length) {
    return { rows: full, span, resets: 1 };
  }
  return { rows, span: spanOf('previous-run', previous.at, takenAt), resets };
}

/** Evictions in the span of the statement rows; null before 14, or when the last run did not know them. */
export function evictionsIn(facts: StatementFacts, span: Span, { previous }: Past): number | null {
  if (facts.evictions === null || span.basis !== 'previous-run') return facts.evictions;
  const before = previous?.server.statementEvictions;
  return before === undefined ? null : facts.evictions - before;
}
