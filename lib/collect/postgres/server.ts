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

/** The checkpointer got a view of its own in 17, WAL statistics came in 14. */
export function serverCountersSql(version: number): string {
  const checkpoints =
    version >= 170_000
      ? 'c.num_timed, c.num_requested, c.write_time, c.stats_reset FROM pg_stat_checkpointer c'
      : 'c.checkpoints_timed, c.checkpoints_req, c.checkpoint_write_time, c.stats_reset FROM pg_stat_bgwriter c';
  const wal =
    version >= 140_000
      ? 'SELECT wal_bytes::float8 AS bytes, stats_reset FROM pg_stat_wal'
      : 'SELECT NULL::float8 AS bytes, NULL::timestamptz AS stats_reset';
  return `SELECT ${ownMark} k.timed::float8, k.requested::float8, k.write_ms::float8, w.bytes AS wal_bytes,
  extract(epoch FROM k.stats_reset)::float8 AS since, extract(epoch FROM w.stats_reset)::float8 AS wal_since
FROM (SELECT ${checkpoints}) AS k (timed, requested, write_ms, stats_reset), (${wal}) AS w`;
}

interface CounterLine {
  readonly timed: number;
  readonly requested: number;
  readonly write_ms: number;
  readonly wal_bytes: number | null;
  readonly since: number | null;
  readonly wal_since: number | null;
}

export interface ServerCounters {
  readonly values: Readonly<Record<string, number>>;
  readonly since: number | null;
}

export async function readServerCounters(session: Session, version: number): Promise<ServerCounters> {
  const [line] = await session.ask<CounterLine>(serverCountersSql(version));
  if (line === undefined) return { values: {}, since: null };
  // One span holds for the whole row: a younger or older WAL counter would be divided by the wrong time.
  const sameAge = Math.abs((line.since ?? 0) - (line.wal_since ?? 0)) < 600;
  return {
    values: {
      checkpointsTimed: line.timed,
      checkpointsRequested: line.requested,
      checkpointWriteMs: line.write_ms,
      ...(line.wal_bytes !== null && sameAge ? { walBytes: line.wal_bytes } : {}),
    },
    since: line.since,
  };
}
