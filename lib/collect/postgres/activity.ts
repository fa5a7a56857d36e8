import { ownMark, type Session } from './source.ts';

/** Without pg_read_all_stats the state of other people's sessions is NULL; then only their number is known. */
export const activitySql = `SELECT ${ownMark} d.datname AS database, count(a.pid)::float8 AS sessions,
  count(a.pid) FILTER (WHERE a.state = 'idle')::float8 AS idle,
  sum(extract(epoch FROM now() - a.state_change)) FILTER (WHERE a.state = 'idle')::float8 AS idle_seconds,
  count(a.pid) FILTER (WHERE a.state = 'active')::float8 AS active,
  max(extract(epoch FROM now() - a.xact_start))::float8 AS oldest_seconds,
  count(a.pid) FILTER (WHERE a.state LIKE 'idle in transaction%')::float8 AS idle_in_transaction,
  max(extract(epoch FROM now() - a.xact_start)) FILTER (WHERE a.state LIKE 'idle in transaction%')::float8
    AS idle_in_transaction_seconds
FROM pg_database d
LEFT JOIN pg_stat_activity a ON a.datid = d.oid AND a.backend_type = 'client backend' AND a.pid <> pg_backend_pid()
GROUP BY d.datname`;

interface ActivityLine {
  readonly database: string;
  readonly sessions: number;
  readonly idle: number;
  readonly idle_seconds: number | null;
  readonly active: number;
  readonly oldest_seconds: number | null;
  readonly idle_in_transaction: number;
  readonly idle_in_transaction_seconds: number | null;
}

export interface Activity {
  readonly sessions: number;
  readonly sessionsOf: ReadonlyMap<string, number>;
  readonly idle: number;
  /** null: no session is idle. */
  readonly idleSeconds: number | null;
  readonly active: number;
  /** 0: no transaction is open. */
  readonly oldestSeconds: number;
  readonly idleInTransaction: number;
  readonly idleInTransactionSeconds: number;
}

export async function readActivity(session: Session): Promise<Activity> {
  const lines = await session.ask<ActivityLine>(activitySql);
  const sum = (of: (line: ActivityLine) => number | null) => lines.reduce((total, line) => total + (of(line) ?? 0), 0);
  const idle = sum((line) => line.idle);
  return {
    sessions: sum((line) => line.sessions),
    sessionsOf: new Map(lines.map((line) => [line.database, line.sessions])),
    idle,
    idleSeconds: idle === 0 ? null : sum((line) => line.idle_seconds) / idle,
    active: sum((line) => line.active),
    oldestSeconds: Math.max(0, ...lines.map((line) => line.oldest_seconds ?? 0)),
    idleInTransaction: sum((line) => line.idle_in_transaction),
    idleInTransactionSeconds: Math.max(0, ...lines.map((line) => line.idle_in_transaction_seconds ?? 0)),
  };
}
