/** One target at one time: all that the advisors, the comparison and the report may know of it. Plain JSON. */
import type { Hourly } from './hourly.ts';
import type { MeasureOf, RowKind } from './measures.ts';
import type { NodeRow } from './node.ts';
import type { SourceQuality } from './quality.ts';
import type { DatabaseRow, HostRow, IndexRow, ServerRow, StatementRow, TableRow, UserExperience } from './rows.ts';
import type { WhatIf } from './what-if.ts';

export type SourceName = 'prometheus' | 'postgres' | 'cloudwatch';

/** Times are ISO 8601 in UTC with a Z. */
export interface Window {
  readonly start: string;
  readonly end: string;
}

/** What the counters of one row kind really cover; with PostgreSQL alone that is not the window asked for. */
export interface Span extends Window {
  readonly source: SourceName;
  readonly basis: 'window' | 'previous-run' | 'statistics-reset';
}

/** Something that could not be seen. Never a zero. */
export interface Gap {
  readonly kind: RowKind;
  readonly measures: readonly string[];
  readonly source: SourceName;
  /** Where it is not the whole target. */
  readonly database?: string;
  readonly absence: 'not-exported' | 'truncated' | 'unreachable' | 'no-right' | 'unsupported' | 'no-history';
  /** One sentence: what is missing and why. */
  readonly reason: string;
  /** One sentence in the imperative: how to see it next time. */
  readonly remedy: string;
}

/** What was really sent, so that a reader can ask again; a request may have joined it with others by `or`. */
export interface SourceQuery {
  readonly source: SourceName;
  /** `cloudwatch`: the metrics of a GetMetricData request as JSON. */
  readonly language: 'promql' | 'sql' | 'cloudwatch';
  readonly measures: readonly string[];
  readonly kind: RowKind;
  readonly dialect?: string;
  readonly text: string;
  readonly rows: number;
}

/** What the collection itself asked of a source. */
export interface Load {
  readonly queries: number;
  /** Spent waiting for answers. */
  readonly ms: number;
  /** The most it would have taken before it left the rest unread. */
  readonly budgetMs: number;
}

export interface Quality {
  readonly sources: readonly SourceName[];
  /** Share of the window with samples, 0..1; null where the source has no samples (catalog). */
  readonly coveredShare: number | null;
  /** Counter resets seen in the window. */
  readonly resets: number;
  /** Statement time we saw ÷ the databases' active_time (14+); null when either is unknown. Can exceed 1. */
  readonly statementCoverage: number | null;
  /** Age of the cumulative statistics: min(since reset, since start); null when unknown. */
  readonly statisticsAgeSeconds: number | null;
  /** Databases that exist and whose tables nobody looked at. */
  readonly blindDatabases: readonly string[];
  /** Each source by itself; absent in snapshots of older versions. */
  readonly bySource?: readonly SourceQuality[];
  /** Whole sentences for the reader, most important first. */
  readonly notes: readonly string[];
}

/** Absolute counters as the catalog showed them; the next run without Prometheus subtracts them. */
export interface CounterReading {
  readonly at: string;
  /** Start of the statistics (reset or server start), ISO, where known. */
  readonly since: string | null;
  /** Unix seconds of the postmaster's start, to notice a crash in between. */
  readonly startedAt: number | null;
  readonly server: Readonly<Record<string, number>>;
  /** Keyed by the row's identity (rowKey), each a measure → absolute value. */
  readonly databases: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly tables: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly indexes: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly statements: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

export interface Snapshot {
  readonly version: 1;
  readonly target: string;
  /** Earlier names of the target, latest first: their history is its history. */
  readonly formerNames?: readonly string[];
  readonly takenAt: string;
  readonly window: Window;
  readonly server: ServerRow;
  /** Of a cluster of several, the main one first; absent where the target is one server and has no known standby. */
  readonly nodes?: readonly NodeRow[];
  readonly databases: readonly DatabaseRow[];
  readonly tables: readonly TableRow[];
  readonly indexes: readonly IndexRow[];
  readonly statements: readonly StatementRow[];
  readonly hosts: readonly HostRow[];
  /** Absent where none is configured. */
  readonly userExperience?: readonly UserExperience[];
  readonly spans: { readonly [Kind in RowKind]?: Span };
  readonly gaps: readonly Gap[];
  readonly quality: Quality;
  readonly sources: readonly SourceQuery[];
  readonly load?: { readonly [Name in SourceName]?: Load };
  readonly counters?: CounterReading;
  /** Absent where no source keeps history. */
  readonly hourly?: Hourly;
  /** Indexes that do not exist, priced by the planner; absent where it was not asked. */
  readonly whatIf?: readonly WhatIf[];
}

export interface RowOf {
  server: ServerRow;
  database: DatabaseRow;
  table: TableRow;
  index: IndexRow;
  statement: StatementRow;
  host: HostRow;
}

export function rowsOf<Kind extends RowKind>(snapshot: Snapshot, kind: Kind): readonly RowOf[Kind][] {
  const all: { readonly [K in RowKind]: readonly RowOf[K][] } = {
    server: [snapshot.server],
    database: snapshot.databases,
    table: snapshot.tables,
    index: snapshot.indexes,
    statement: snapshot.statements,
    host: snapshot.hosts,
  };
  return all[kind];
}

/** Seconds the counters of this kind cover; null when the kind has no counters. */
export function spanSeconds(snapshot: Snapshot, kind: RowKind): number | null {
  const span = snapshot.spans[kind];
  if (span === undefined) return null;
  const seconds = (Date.parse(span.end) - Date.parse(span.start)) / 1000;
  return seconds > 0 ? seconds : null;
}

type Timed = Pick<Snapshot, 'databases' | 'statements' | 'spans'>;

/** A difference that no rate can show. */
const SAME = 0.01;

/** The statements' own times, and the active_time of databases over the same time; null where not known. */
function statementTimes(snapshot: Timed): { readonly statements: number | null; readonly active: number | null } {
  const { database, statement } = snapshot.spans;
  const length = ({ start, end }: Span) => Date.parse(end) - Date.parse(start);
  const same =
    database !== undefined &&
    statement !== undefined &&
    Math.abs(Date.parse(database.start) - Date.parse(statement.start)) <= SAME * length(statement) &&
    Math.abs(Date.parse(database.end) - Date.parse(statement.end)) <= SAME * length(statement);
  return {
    statements: sum(snapshot.statements.map((row) => row.totalTimeMs)),
    active: same ? sum(snapshot.databases.map((row) => row.activeTimeMs)) : null,
  };
}

function sum(values: readonly (number | undefined)[]): number | null {
  const known = values.filter((value) => value !== undefined);
  return known.length === 0 ? null : known.reduce((total, value) => total + value, 0);
}

/**
 * Total statement time of the span: the larger of what statements add up to and the databases' active_time. Both are too
 * small where rows are missing; the first counts twice what a function runs where an exporter does not tell it apart.
 */
export function databaseTimeMs(snapshot: Timed): number | null {
  const { statements, active } = statementTimes(snapshot);
  return statements === null ? null : Math.max(statements, active ?? 0);
}

/**
 * Time of the statements seen ÷ active_time, of the databases that have one; null where either is not known for the same
 * time. Above 1 where statements run inside functions are counted in their callers as well, or in background workers,
 * which have no active_time.
 */
export function statementCoverage(snapshot: Timed): number | null {
  const counted = new Set(
    snapshot.databases.filter((row) => row.activeTimeMs !== undefined).map(({ database }) => database),
  );
  const statements = snapshot.statements.filter(({ database }) => counted.has(database));
  const { statements: seen, active } = statementTimes({ ...snapshot, statements });
  return seen === null || active === null || active <= 0 ? null : seen / active;
}

export type { MeasureOf, RowKind };
