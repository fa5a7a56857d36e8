import type { MeasureOf } from '../../model/measures.ts';
import type { DatabaseRow } from '../../model/rows.ts';
import { counted, present } from './present.ts';
import { ownMark, type PostgresSource, type Session } from './source.ts';

/** Measure → column of pg_stat_database; with the version that brought it. */
const counters: readonly (readonly [measure: MeasureOf<'database'>, column: string, since?: number])[] = [
  ['commits', 's.xact_commit'],
  ['rollbacks', 's.xact_rollback'],
  ['blocksRead', 's.blks_read'],
  ['blocksHit', 's.blks_hit'],
  ['rowsReturned', 's.tup_returned'],
  ['rowsFetched', 's.tup_fetched'],
  ['rowsInserted', 's.tup_inserted'],
  ['rowsUpdated', 's.tup_updated'],
  ['rowsDeleted', 's.tup_deleted'],
  ['tempFiles', 's.temp_files'],
  ['tempBytes', 's.temp_bytes'],
  ['deadlocks', 's.deadlocks'],
  ['checksumFailures', 's.checksum_failures'],
  ['blockReadTimeMs', "CASE current_setting('track_io_timing') WHEN 'on' THEN s.blk_read_time END"],
  ['blockWriteTimeMs', "CASE current_setting('track_io_timing') WHEN 'on' THEN s.blk_write_time END"],
  ['activeTimeMs', 's.active_time', 14],
  ['sessions', 's.sessions', 14],
  ['sessionTimeMs', 's.session_time', 14],
  ['idleInTransactionTimeMs', 's.idle_in_transaction_time', 14],
  ['sessionsAbandoned', 's.sessions_abandoned', 14],
  ['sessionsFatal', 's.sessions_fatal', 14],
  ['sessionsKilled', 's.sessions_killed', 14],
  ['parallelWorkersWanted', 's.parallel_workers_to_launch', 18],
  ['parallelWorkersLaunched', 's.parallel_workers_launched', 18],
  ['conflicts', 's.conflicts'],
  ['conflictsLock', 'k.confl_lock'],
  ['conflictsSnapshot', 'k.confl_snapshot'],
  ['conflictsBufferPin', 'k.confl_bufferpin'],
  ['conflictsDeadlock', 'k.confl_deadlock'],
];

/** A primary counts no conflicts; its zeros would look like a standby without any. */
const value = (measure: string, column: string) =>
  measure.startsWith('conflicts') ? `CASE WHEN pg_is_in_recovery() THEN ${column} END` : column;

/** Maintenance databases of the clouds are closed to their customers. Invalid ones (limit -2) wait to be dropped. */
export const databasesSql = (version: number) => `SELECT ${ownMark} d.datname AS database,
  CASE WHEN has_database_privilege(d.oid, 'CONNECT') OR pg_has_role(current_user, 'pg_read_all_stats', 'USAGE')
    THEN pg_database_size(d.oid)::float8 END AS "sizeBytes",
  has_database_privilege(d.oid, 'CONNECT') AS may_connect,
  json_build_object(${counters
    .filter(([, , since = 0]) => version >= since * 10_000)
    .map(([measure, column]) => `'${measure}', ${value(measure, column)}`)
    .join(', ')}) AS counters,
  extract(epoch FROM s.stats_reset)::float8 AS "statsResetAt", age(d.datfrozenxid)::float8 AS "xidAge",
  mxid_age(d.datminmxid)::float8 AS "multixactAge", nullif(d.datconnlimit, -1)::float8 AS "connectionLimit"
FROM pg_database d LEFT JOIN pg_stat_database s ON s.datid = d.oid
LEFT JOIN pg_stat_database_conflicts k ON k.datid = d.oid
WHERE d.datallowconn AND NOT d.datistemplate AND d.datconnlimit <> -2
  AND d.datname NOT IN ('rdsadmin', 'cloudsqladmin', 'azure_maintenance', 'azure_sys')
ORDER BY d.datname COLLATE "C"`;

interface DatabaseLine {
  readonly database: string;
  readonly may_connect: boolean;
  readonly sizeBytes: number | null;
  readonly statsResetAt: number | null;
  readonly xidAge: number | null;
  readonly multixactAge: number | null;
  readonly connectionLimit: number | null;
  readonly counters: Readonly<Record<string, number | null>>;
}

export interface DatabaseFacts {
  readonly row: DatabaseRow;
  readonly counters: Readonly<Record<string, number>>;
  readonly mayConnect: boolean;
}

export async function readDatabases(session: Session, version: number): Promise<readonly DatabaseFacts[]> {
  const lines = await session.ask<DatabaseLine>(databasesSql(version));
  return lines.map(({ database, may_connect, counters: all, ...gauges }) => ({
    row: { database, ...present(gauges) },
    counters: counted(all),
    mayConnect: may_connect,
  }));
}

/** To tell which of several servers this one is. */
export async function databaseNames(source: PostgresSource): Promise<readonly string[]> {
  const lines = await source.session(null, (session) => session.ask<{ database: string }>(databasesSql(130_000)));
  return lines.map(({ database }) => database);
}
