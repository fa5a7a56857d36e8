/** Who follows this server, what is kept for them, and how far a standby is behind. */
import type { Replica, ReplicationSlot, Subscription } from '../../model/server-facts.ts';
import { codeOf } from './errors.ts';
import { type Counters, counted, present } from './present.ts';
import { ownMark, type Session } from './source.ts';

/** On a standby its WAL ends where it was received. */
const endOfWal = `(SELECT CASE WHEN pg_is_in_recovery() THEN coalesce(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn())
  ELSE pg_current_wal_lsn() END)`;
const nowhere = 'NULL::pg_lsn';

/** Aurora has the functions that tell positions in WAL and refuses to run them. */
async function positioned<Line>(session: Session, sql: (end: string) => string): Promise<readonly Line[]> {
  try {
    return await session.ask<Line>(sql(endOfWal));
  } catch (error) {
    if (codeOf(error) !== '0A000') throw error;
    return session.ask<Line>(sql(nowhere));
  }
}

const slotsSql = (version: number) => (end: string) =>
  `SELECT ${ownMark} s.slot_name AS slot, s.slot_type AS type, s.plugin, s.database,
  s.active, s.temporary, age(s.xmin)::float8 AS "xminAge", age(s.catalog_xmin)::float8 AS "catalogXminAge",
  pg_wal_lsn_diff(${end}, s.restart_lsn)::float8 AS "retainedBytes", s.wal_status AS "walStatus",
  s.safe_wal_size::float8 AS "safeBytes",
  pg_wal_lsn_diff(${end}, s.confirmed_flush_lsn)::float8 AS "confirmedLagBytes",
  ${version >= 170_000 ? 'extract(epoch FROM s.inactive_since)::float8' : 'NULL::float8'} AS "inactiveSince",
  ${version >= 170_000 ? 's.invalidation_reason' : version >= 160_000 ? "CASE WHEN s.conflicting THEN 'conflict' END" : 'NULL::text'}
    AS "invalidationReason"
FROM pg_replication_slots s ORDER BY s.slot_name COLLATE "C"`;

type Nullable<Row> = { readonly [Name in keyof Row]: Row[Name] | null };

export async function readSlots(session: Session, version: number): Promise<readonly ReplicationSlot[]> {
  const lines = await positioned<Nullable<ReplicationSlot>>(session, slotsSql(version));
  // Name, type and the two booleans are never NULL.
  return lines.map((line) => present(line) as ReplicationSlot);
}

const replicasSql = (end: string) => `SELECT ${ownMark} r.application_name AS name, host(r.client_addr) AS address,
  r.state <> 'backup' AND r.application_name <> 'pg_receivewal' AND NOT EXISTS (SELECT FROM pg_replication_slots s
    WHERE s.active_pid = r.pid AND s.slot_type = 'logical') AS standby, r.state, r.sync_state AS "syncState",
  pg_wal_lsn_diff(${end}, r.sent_lsn)::float8 AS "sentLagBytes", pg_wal_lsn_diff(${end}, r.flush_lsn)::float8 AS "flushLagBytes",
  pg_wal_lsn_diff(${end}, r.replay_lsn)::float8 AS "replayLagBytes",
  extract(epoch FROM r.replay_lag)::float8 AS "replayLagSeconds", age(r.backend_xmin)::float8 AS "xminAge"
FROM pg_stat_replication r ORDER BY r.application_name COLLATE "C", r.pid`;

export async function readReplicas(session: Session): Promise<readonly Replica[]> {
  const lines = await positioned<Nullable<Replica>>(session, replicasSql);
  return lines.map((line) => ({ ...present(line), name: line.name ?? '' }));
}

const standbySql = `SELECT ${ownMark}
  pg_wal_lsn_diff(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn())::float8 AS "replayLagBytes",
  extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp())::float8 AS "replayLagSeconds"`;

/** Measures of a standby; a primary has none. */
export async function readStandby(session: Session): Promise<Counters> {
  const [line] = await session.ask<Readonly<Record<string, number | null>>>(standbySql);
  return counted(line ?? {});
}

/** Before 14 only superusers may read pg_subscription.oid. */
const subscriptionsSql = (version: number) => `SELECT ${ownMark} s.subname AS subscription, d.datname AS database,
  s.subenabled AS enabled,
  EXISTS (SELECT FROM pg_stat_subscription w WHERE ${version >= 140_000 ? 'w.subid = s.oid' : 'w.subname = s.subname'} AND w.pid IS NOT NULL) AS working,
  ${version >= 150_000 ? 'e.apply_error_count::float8' : 'NULL::float8'} AS "applyErrors",
  ${version >= 150_000 ? 'e.sync_error_count::float8' : 'NULL::float8'} AS "syncErrors"
FROM pg_subscription s JOIN pg_database d ON d.oid = s.subdbid
${version >= 150_000 ? 'LEFT JOIN pg_stat_subscription_stats e ON e.subid = s.oid' : ''}
ORDER BY d.datname COLLATE "C", s.subname COLLATE "C"`;

export async function readSubscriptions(session: Session, version: number): Promise<readonly Subscription[]> {
  const lines = await session.ask<Nullable<Subscription>>(subscriptionsSql(version));
  return lines.map((line) => present(line) as Subscription); // only the counts can be NULL
}
