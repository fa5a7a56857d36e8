/** Who keeps VACUUM from removing dead rows, oldest first. */
import type { HorizonHolder, Replica, ReplicationSlot } from '../../model/server-facts.ts';
import type { Normalise } from '../text.ts';
import { present } from './present.ts';
import { ownMark, type Session } from './source.ts';

/** More than these never help: the oldest decides. VACUUM takes no heed of other vacuums. */
const transactionsSql = `SELECT ${ownMark} a.datname AS database, a.backend_type AS backend, a.application_name AS application,
  a.state, a.query AS text, greatest(age(a.backend_xmin), age(a.backend_xid))::float8 AS age_xids,
  extract(epoch FROM clock_timestamp() - a.xact_start)::float8 AS age_seconds
FROM pg_stat_activity a
WHERE (a.backend_xmin IS NOT NULL OR a.backend_xid IS NOT NULL) AND a.pid <> pg_backend_pid()
  AND a.backend_type <> 'walsender' AND a.query NOT LIKE 'autovacuum: VACUUM%'
ORDER BY greatest(age(a.backend_xmin), age(a.backend_xid)) DESC, a.xact_start LIMIT 10`;

const preparedSql = `SELECT ${ownMark} p.gid AS name, p.database, age(p.transaction)::float8 AS age_xids,
  extract(epoch FROM clock_timestamp() - p.prepared)::float8 AS age_seconds
FROM pg_prepared_xacts p ORDER BY age(p.transaction) DESC LIMIT 10`;

interface TransactionLine {
  readonly database: string | null;
  readonly backend: string;
  readonly application: string;
  readonly state: string | null;
  readonly text: string;
  readonly age_xids: number;
  readonly age_seconds: number | null;
}

interface PreparedLine {
  readonly name: string;
  readonly database: string;
  readonly age_xids: number;
  readonly age_seconds: number;
}

export async function readTransactions(session: Session, normalise: Normalise): Promise<readonly HorizonHolder[]> {
  const lines = await session.ask<TransactionLine>(transactionsSql);
  return lines.map(({ database, backend, application, state, text, age_xids, age_seconds }) => ({
    kind: 'transaction',
    name: backend === 'client backend' ? clientKind(application) : backend,
    ageXids: age_xids,
    ...present({ ageSeconds: age_seconds, state, database, statement: normalise(text).label }),
  }));
}

export async function readPrepared(session: Session): Promise<readonly HorizonHolder[]> {
  const lines = await session.ask<PreparedLine>(preparedSql);
  return lines.map(({ name, database, age_xids, age_seconds }) => ({
    ...{ kind: 'prepared', name, ageXids: age_xids, ageSeconds: age_seconds, database },
  }));
}

/** An application may put anything into its name, also who uses it: only what kind it is leaves this file. */
const clientKinds: readonly (readonly [pattern: RegExp, kind: string])[] = [
  [/pg_dump|pg_basebackup|barman|pgbackrest|wal-g|backup/i, 'backup'],
  [/psql/i, 'psql'],
  [/pgadmin|dbeaver|datagrip|tableplus|navicat|postico|beekeeper|heidisql/i, 'database console'],
  [/metabase|tableau|looker|superset|grafana|power ?bi|redash|\bdbt\b/i, 'reporting tool'],
  [/debezium|fivetran|airbyte|stitch|\bdms\b/i, 'replication tool'],
  [/airflow|celery|sidekiq|resque|cron|worker|\bjobs?\b/i, 'job'],
];

export const clientKind = (application: string): string =>
  clientKinds.find(([pattern]) => pattern.test(application))?.[1] ?? 'application';

export function horizonOf(parts: {
  readonly transactions: readonly HorizonHolder[];
  readonly prepared: readonly HorizonHolder[];
  readonly slots: readonly ReplicationSlot[];
  readonly replicas: readonly Replica[];
}): readonly HorizonHolder[] {
  const slots = parts.slots.flatMap(({ slot, xminAge, catalogXminAge, active, database }): HorizonHolder[] => {
    if (xminAge === undefined && catalogXminAge === undefined) return [];
    const ageXids = Math.max(xminAge ?? 0, catalogXminAge ?? 0);
    return [{ kind: 'slot', name: slot, ageXids, state: active ? 'active' : 'inactive', ...present({ database }) }];
  });
  const standbys = parts.replicas.flatMap(({ name, xminAge, state }): HorizonHolder[] =>
    xminAge === undefined ? [] : [{ kind: 'standby', name, ageXids: xminAge, ...present({ state }) }],
  );
  const all = [...parts.transactions, ...parts.prepared, ...slots, ...standbys];
  return all.sort((a, b) => (b.ageXids ?? 0) - (a.ageXids ?? 0));
}
