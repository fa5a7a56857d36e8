/** One run's numbers in the shape history keeps them, so that now and then are read by the same code. */
import type { History } from '../model/history.ts';
import { measures, type RowKind } from '../model/measures.ts';
import { databaseTimeMs, type Snapshot, type Span } from '../model/snapshot.ts';
import { WEEK_SECONDS } from '../model/units.ts';
import { shapeOf } from './plan-shape.ts';

type Kept =
  | 'userExperience'
  | 'spans'
  | 'server'
  | 'hosts'
  | 'settings'
  | 'databases'
  | 'tables'
  | 'indexes'
  | 'statements';

export interface Week extends Pick<History, Kept> {
  readonly end: string;
  readonly databaseTimeMsPerWeek: number | null;
}

export function weekOf(snapshot: Snapshot): Week {
  const { databases, tables, indexes, statements, server } = snapshot;
  const time = databaseTimeMs(snapshot);
  const weeks = weeksIn(snapshot.spans.statement);
  return {
    end: snapshot.window.end,
    databaseTimeMsPerWeek: time === null || weeks === null ? null : time / weeks,
    ...experienced(snapshot),
    spans: snapshot.spans,
    server: { ...measured('server', server), ...lockWaitsIn(server) },
    settings: Object.fromEntries(Object.entries(server.settings).map(([name, { value }]) => [name, value])),
    hosts: snapshot.hosts.map((row) => ({ host: row.host, measures: measured('host', row) })),
    databases: databases.map((row) => ({ database: row.database, measures: measured('database', row) })),
    tables: tables.map((row) => ({
      database: row.database,
      schema: row.schema,
      table: row.table,
      measures: measured('table', row),
    })),
    indexes: indexes.map((row) => ({
      database: row.database,
      schema: row.schema,
      table: row.table,
      index: row.index,
      measures: measured('index', row),
    })),
    statements: statements.map((row) => ({
      database: row.database,
      statement: row.statement,
      queryid: row.queryid,
      ...(row.user === undefined ? {} : { user: row.user }),
      measures: { ...measured('statement', row), ...(row.plan === undefined ? {} : { planShape: shapeOf(row.plan) }) },
    })),
  };
}

/** Sessions that waited for a lock, on average over the looks at them. */
function lockWaitsIn({ waits }: Snapshot['server']): { lockWaits?: number } {
  if (waits === undefined) return {};
  const locks = waits.events.filter(({ type }) => type === 'Lock');
  return { lockWaits: locks.reduce((sum, { sessions }) => sum + sessions, 0) };
}

function experienced({ userExperience }: Snapshot): Pick<Week, 'userExperience'> {
  if (userExperience === undefined) return {};
  return {
    userExperience: userExperience.flatMap(({ name, unit, promql, value }) =>
      value === null ? [] : [{ name, unit, promql, value }],
    ),
  };
}

export function weekThen(history: History): Week {
  return {
    ...history,
    end: history.window.end,
    databaseTimeMsPerWeek: history.headline.databaseTimeMsPerWeek,
  };
}

/** Length of a span in weeks; null when there is none or it is empty. */
export function weeksIn(span: Span | undefined): number | null {
  if (span === undefined) return null;
  const seconds = (Date.parse(span.end) - Date.parse(span.start)) / 1000;
  return seconds > 0 ? seconds / WEEK_SECONDS : null;
}

/** Counters that reach back into the earlier span hold it inside themselves: a difference would be a part of both. */
export function overlaps(now: Span, then: Span): boolean {
  return now.basis === 'statistics-reset' && Date.parse(now.start) < Date.parse(then.end);
}

function measured(kind: RowKind, row: object): Record<string, number> {
  const values = row as Readonly<Record<string, unknown>>; // rows are flat; their types do not say so
  const known: Record<string, number> = {};
  for (const name of Object.keys(measures[kind])) {
    const value = values[name];
    if (typeof value === 'number' && Number.isFinite(value)) known[name] = value;
  }
  return known;
}
