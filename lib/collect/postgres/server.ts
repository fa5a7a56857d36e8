import type { ServerRow } from '../../model/rows.ts';
import { ownMark, type Session } from './source.ts';

/** `shared_since`: the earliest reset of server-wide statistics is initdb or the last crash, which cleared all others. */
export const serverSql = `SELECT ${ownMark} current_setting('server_version_num')::float8 AS version_num,
  version() AS version_text, pg_is_in_recovery() AS standby, current_user::text AS role,
  extract(epoch FROM pg_postmaster_start_time())::float8 AS started_at,
  extract(epoch FROM clock_timestamp())::float8 AS now,
  current_setting('block_size')::float8 AS block_size,
  current_setting('max_connections')::float8 AS max_connections,
  current_setting('superuser_reserved_connections')::float8
    + coalesce(current_setting('reserved_connections', true)::float8, 0) AS reserved_connections,
  pg_has_role(current_user, 'pg_read_all_stats', 'USAGE') AS reads_all,
  (SELECT extract(epoch FROM least(b.stats_reset, a.stats_reset))::float8
    FROM pg_stat_bgwriter b, pg_stat_archiver a) AS shared_since,
  EXISTS (SELECT FROM pg_proc WHERE proname = 'aurora_version') AS aurora,
  (SELECT string_agg(rolname, ' ') FROM pg_roles
    WHERE rolname IN ('rds_superuser', 'cloudsqlsuperuser', 'azure_pg_admin')) AS marks`;

interface ServerLine {
  readonly version_num: number;
  readonly version_text: string;
  readonly standby: boolean;
  readonly role: string;
  readonly started_at: number;
  readonly now: number;
  readonly block_size: number;
  readonly max_connections: number;
  readonly reserved_connections: number;
  readonly reads_all: boolean;
  readonly shared_since: number | null;
  readonly aurora: boolean;
  readonly marks: string | null;
}

export interface ServerFacts {
  readonly row: Omit<ServerRow, 'settings'>;
  readonly version: number;
  readonly role: string;
  /** pg_read_all_stats, which pg_monitor contains. */
  readonly readsAll: boolean;
  readonly startedAt: number;
  /** Its clock, in Unix seconds. */
  readonly now: number;
  /** Unix seconds; where a database was never reset, its statistics are as old as the server's. */
  readonly sharedSince: number | null;
}

export async function readServer(session: Session): Promise<ServerFacts> {
  const [line] = await session.ask<ServerLine>(serverSql);
  if (line === undefined) throw new Error('the server answered no row to a question that has always one');
  return {
    row: {
      versionNum: line.version_num,
      versionText: line.version_text,
      startedAt: line.started_at,
      blockSizeBytes: line.block_size,
      maxConnections: line.max_connections,
      reservedConnections: line.reserved_connections,
      role: line.standby ? 'standby' : 'primary',
      platform: platformOf(line),
    },
    version: line.version_num,
    role: line.role,
    readsAll: line.reads_all,
    startedAt: line.started_at,
    now: line.now,
    sharedSince: line.shared_since,
  };
}

export function platformOf(line: Pick<ServerLine, 'aurora' | 'marks'>): NonNullable<ServerRow['platform']> {
  const marks = line.marks ?? '';
  if (line.aurora) return 'aurora';
  if (marks.includes('rds_superuser')) return 'rds';
  if (marks.includes('cloudsqlsuperuser')) return 'cloud-sql';
  if (marks.includes('azure_pg_admin')) return 'azure';
  return 'self-managed';
}
