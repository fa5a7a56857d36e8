import type { DatabaseRow } from '../../model/rows.ts';
import { present } from './present.ts';
import { ownMark, type PostgresSource, type Session } from './source.ts';

/** Maintenance databases of the clouds are closed to their customers. Invalid ones (limit -2) wait to be dropped. */
export const databasesSql = (version: number) => `SELECT ${ownMark} d.datname AS database,
  CASE WHEN has_database_privilege(d.oid, 'CONNECT') OR pg_has_role(current_user, 'pg_read_all_stats', 'USAGE')
    THEN pg_database_size(d.oid)::float8 END AS size_bytes,
  has_database_privilege(d.oid, 'CONNECT') AS may_connect,
  s.xact_commit::float8 AS commits, s.xact_rollback::float8 AS rollbacks,
  s.blks_read::float8 AS blocks_read, s.blks_hit::float8 AS blocks_hit,
  s.temp_files::float8 AS temp_files, s.temp_bytes::float8 AS temp_bytes, s.deadlocks::float8 AS deadlocks,
  ${version >= 140_000 ? 's.active_time' : 'NULL::float8'} AS active_time_ms,
  extract(epoch FROM s.stats_reset)::float8 AS stats_reset_at, age(d.datfrozenxid)::float8 AS xid_age
FROM pg_database d LEFT JOIN pg_stat_database s ON s.datid = d.oid
WHERE d.datallowconn AND NOT d.datistemplate AND d.datconnlimit <> -2
  AND d.datname NOT IN ('rdsadmin', 'cloudsqladmin', 'azure_maintenance', 'azure_sys')
ORDER BY d.datname COLLATE "C"`;

interface DatabaseLine {
  readonly database: string;
  readonly size_bytes: number | null;
  readonly may_connect: boolean;
  readonly commits: number | null;
  readonly rollbacks: number | null;
  readonly blocks_read: number | null;
  readonly blocks_hit: number | null;
  readonly temp_files: number | null;
  readonly temp_bytes: number | null;
  readonly deadlocks: number | null;
  readonly active_time_ms: number | null;
  readonly stats_reset_at: number | null;
  readonly xid_age: number | null;
}

export interface DatabaseFacts {
  readonly row: DatabaseRow;
  readonly counters: Readonly<Record<string, number>>;
  readonly mayConnect: boolean;
}

export async function readDatabases(session: Session, version: number): Promise<readonly DatabaseFacts[]> {
  const lines = await session.ask<DatabaseLine>(databasesSql(version));
  return lines.map((line) => ({
    row: {
      database: line.database,
      ...present({ sizeBytes: line.size_bytes, statsResetAt: line.stats_reset_at, xidAge: line.xid_age }),
    },
    counters: present({
      commits: line.commits,
      rollbacks: line.rollbacks,
      blocksRead: line.blocks_read,
      blocksHit: line.blocks_hit,
      tempFiles: line.temp_files,
      tempBytes: line.temp_bytes,
      deadlocks: line.deadlocks,
      activeTimeMs: line.active_time_ms,
    }),
    mayConnect: line.may_connect,
  }));
}

/** To tell which of several servers this one is. */
export async function databaseNames(source: PostgresSource): Promise<readonly string[]> {
  const lines = await source.session(null, (session) => session.ask<{ database: string }>(databasesSql(130_000)));
  return lines.map(({ database }) => database);
}
