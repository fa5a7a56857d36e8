/** What PostgreSQL alone could not show, each with the words that open its eyes. */
import pg from 'pg';
import { measures, type RowKind } from '../../model/measures.ts';
import type { Gap } from '../../model/snapshot.ts';
import { BudgetError, codeOf, messageOf } from './errors.ts';

type Rest = Pick<Gap, 'absence' | 'reason' | 'remedy'> & { readonly database?: string };
export const gap = (kind: RowKind, names: readonly string[], rest: Rest): Gap => ({
  kind,
  measures: names,
  source: 'postgres',
  ...rest,
});

const statementTimes = ['calls', 'totalTimeMs'];

export const monitorGap = (role: string): Gap =>
  gap('server', ['idleSessions', 'idleSeconds', 'idleInTransactionSessions', 'idleInTransactionSeconds'], {
    absence: 'no-right',
    reason: `Role ${role} may not see what the sessions of other roles are doing.`,
    remedy: `Run GRANT pg_monitor TO ${pg.escapeIdentifier(role)}; as a superuser.`,
  });

export const hiddenStatementsGap = (role: string, hidden: number): Gap =>
  gap('statement', statementTimes, {
    absence: 'no-right',
    reason: `Role ${role} may not see ${hidden} statement${hidden === 1 ? '' : 's'} of other roles.`,
    remedy: `Run GRANT pg_read_all_stats TO ${pg.escapeIdentifier(role)}; as a superuser (pg_monitor contains it).`,
  });

export const columnStatisticsGap = (role: string, database: string, tables: number, version: number): Gap =>
  gap('table', [], {
    absence: 'no-right',
    database,
    reason: `Role ${role} may not read ${tables} table${tables === 1 ? '' : 's'} of ${database}, so PostgreSQL hides their column statistics.`,
    remedy:
      version >= 140_000
        ? `Run GRANT pg_read_all_data TO ${pg.escapeIdentifier(role)}; as a superuser, if it may read the data.`
        : `Run GRANT SELECT ON ALL TABLES IN SCHEMA … TO ${pg.escapeIdentifier(role)}; if it may read the data.`,
  });

export const heldGap = (database: string, indexes: number): Gap =>
  gap('index', [], {
    absence: 'unreachable',
    database,
    reason: `Somebody held tables of ${database} exclusively, so ${indexes} of its indexes could not be read without waiting.`,
    remedy: 'Run again when no ALTER TABLE, VACUUM FULL or other exclusive work is going on.',
  });

/** `preloaded`: null where the role may not read shared_preload_libraries. */
export function noStatementsGap(preloaded: boolean | null): Gap {
  const create = 'run CREATE EXTENSION pg_stat_statements; in the database of the URL';
  const load = 'add pg_stat_statements to shared_preload_libraries, restart PostgreSQL';
  return gap('statement', [], {
    absence: 'not-exported',
    reason:
      preloaded === false
        ? 'pg_stat_statements is not loaded, so PostgreSQL keeps no times of statements.'
        : 'The extension pg_stat_statements is in no database that could be seen.',
    remedy: preloaded === true ? `${create.replace('run', 'Run')}.` : `${load.replace('add', 'Add')}, and ${create}.`,
  });
}

export const oldExtensionGap = (version: string): Gap =>
  gap('statement', [], {
    absence: 'unsupported',
    reason: `pg_stat_statements is of version ${version}, whose columns are those of PostgreSQL 12 and older.`,
    remedy: 'Run ALTER EXTENSION pg_stat_statements UPDATE; in the database that has it.',
  });

export const evictionGap = (evictions: number): Gap =>
  gap('statement', statementTimes, {
    absence: 'truncated',
    reason: `pg_stat_statements threw away its least used entries ${evictions} times for lack of room, so rare statements are missing.`,
    remedy: 'Raise pg_stat_statements.max (restart needed).',
  });

export function settingGaps(settings: Readonly<Record<string, { readonly value: unknown }>>): readonly Gap[] {
  const off = (name: string) => settings[name]?.value === false;
  const gaps: Gap[] = [];
  if (off('track_io_timing')) {
    gaps.push(
      gap('statement', ['blockReadTimeMs'], {
        absence: 'not-exported',
        reason: 'track_io_timing is off, so PostgreSQL does not measure the time of reads.',
        remedy: 'Set track_io_timing to on (reload is enough).',
      }),
    );
  }
  if (off('pg_stat_statements.track_planning')) {
    gaps.push(
      gap('statement', ['planTimeMs'], {
        absence: 'not-exported',
        reason: 'pg_stat_statements.track_planning is off, so planning is not measured.',
        remedy: 'Set pg_stat_statements.track_planning to on, where its cost on short statements is acceptable.',
      }),
    );
  }
  return gaps;
}

export const noCountsGaps = (): readonly Gap[] =>
  (['database', 'table', 'index'] as const).map((kind) =>
    gap(kind, countersOf(measures[kind]), {
      absence: 'not-exported',
      reason: 'track_counts is off, so PostgreSQL counts nothing and autovacuum is blind as well.',
      remedy: 'Set track_counts to on (reload is enough).',
    }),
  );

function countersOf(all: Readonly<Record<string, { readonly over: string }>>): readonly string[] {
  return Object.entries(all).flatMap(([name, { over }]) => (over === 'counter' ? [name] : []));
}

export const blindDatabaseGaps = (database: string, why: string, remedy: string): readonly Gap[] =>
  (['table', 'index'] as const).map((kind) =>
    gap(kind, [], {
      absence: 'unreachable',
      database,
      reason: `Database ${database} could not be looked into: ${why}.`,
      remedy,
    }),
  );

export const closedDatabaseGaps = (database: string, role: string): readonly Gap[] =>
  blindDatabaseGaps(
    database,
    `role ${role} may not connect to it`,
    `Run GRANT CONNECT ON DATABASE ${pg.escapeIdentifier(database)} TO ${pg.escapeIdentifier(role)}; as a superuser or its owner.`,
  );

export const noHistoryGaps = (database: string): readonly Gap[] =>
  (['table', 'index'] as const).map((kind) =>
    gap(kind, [], {
      absence: 'no-history',
      database,
      reason: `Database ${database} was not looked into last time, so nothing can be subtracted.`,
      remedy: 'Let it be seen again next time; then there are two readings.',
    }),
  );

/** What a question was about, for the gap when it fails. */
export interface Asked {
  readonly kind: RowKind;
  /** A view or catalog by name, else in words. */
  readonly what: string;
  readonly measures?: readonly string[];
  readonly database?: string;
}

/** Answers null and notes a gap where the question failed. */
export type Attempt = <Answer>(asked: Asked, work: () => Promise<Answer>) => Promise<Answer | null>;

/** A question that failed: the rest of the run goes on. */
export function failedGap({ kind, what, measures: names = [], database }: Asked, error: unknown, role: string): Gap {
  const rest = {
    reason: `PostgreSQL did not answer the question about ${what}: ${messageOf(error)}.`,
    ...(database === undefined ? {} : { database }),
  };
  if (error instanceof BudgetError) {
    return gap(kind, names, { ...rest, absence: 'truncated', remedy: 'Run again at a quieter time.' });
  }
  switch (codeOf(error)) {
    case '42501':
      return gap(kind, names, {
        ...rest,
        absence: 'no-right',
        remedy: `Run GRANT pg_monitor TO ${pg.escapeIdentifier(role)}; as a superuser.`,
      });
    // A service that is PostgreSQL but for this: no such view, function or column, or not supported.
    case '0A000':
    case '42P01':
    case '42703':
    case '42883':
      return gap(kind, names, {
        ...rest,
        absence: 'unsupported',
        remedy: 'Look at the metrics of the service itself; this server does not offer it.',
      });
    default:
      return gap(kind, names, { ...rest, absence: 'unreachable', remedy: 'Run again at a quieter time.' });
  }
}

export const otherSpanGap = (view: string, names: readonly string[]): Gap =>
  gap('server', names, {
    absence: 'no-history',
    reason: `The statistics of the server about ${views[view] ?? view} were reset at another time than those of the checkpointer, so they cover another span.`,
    remedy: 'Run again; from then on both can be subtracted.',
  });

const views: Readonly<Record<string, string>> = {
  background: 'the background writer',
  wal: 'WAL',
  archiver: 'the archiver',
  io: 'input and output',
};

export const hiddenSequencesGap = (role: string, database: string, sequences: number, version: number): Gap =>
  gap('database', [], {
    absence: 'no-right',
    database,
    reason: `Role ${role} may not read ${sequences} sequence${sequences === 1 ? '' : 's'} of ${database}, so nobody knows how far they are.`,
    remedy:
      version >= 140_000
        ? `Run GRANT pg_read_all_data TO ${pg.escapeIdentifier(role)}; as a superuser, if it may read the data.`
        : `Run GRANT SELECT ON ALL SEQUENCES IN SCHEMA … TO ${pg.escapeIdentifier(role)};.`,
  });
