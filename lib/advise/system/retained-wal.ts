import type { ReplicationSlot } from '../../model/server-facts.ts';
import { defineAdvisor } from '../advisor.ts';
import { riskFinding } from '../plain.ts';
import { bytes, percent } from '../words.ts';

const BYTES = 1024 ** 3;
const SAFE_SHARE = 0.1;

export const retainedWal = defineAdvisor({
  card: {
    id: 'retained-wal',
    area: 'system',
    title: 'Replication slots that nobody reads and that keep WAL',
    clear: 'No replication slot keeps a noticeable amount of WAL for nobody.',
    why: 'WAL that a slot has not passed on is never removed. An abandoned slot fills the disk, and a full disk stops the server.',
    source: 'PostgreSQL manual, 26.2.6 Replication slots; 53.19 pg_replication_slots',
    thresholds: [
      { name: 'WAL kept by an inactive slot', value: '≥ 1 GiB', reason: 'a restart of its consumer leaves less' },
      {
        name: 'room before the slot is lost',
        value: '< 10 % of what it keeps',
        reason: 'max_slot_wal_keep_size will break it soon, used or not',
      },
    ],
  },
  needs: {},
  advise(_rows, { snapshot }) {
    const { slots } = snapshot.server;
    if (slots === undefined) {
      const blind = 'Replication slots were not seen. Connect pg-hunt to PostgreSQL as a role with pg_monitor.';
      return { findings: [], examined: 0, blind };
    }
    return { findings: slots.filter(isTrouble).map(finding), examined: slots.length };
  },
});

function isTrouble({ active, temporary, walStatus, retainedBytes = 0, safeBytes }: ReplicationSlot): boolean {
  if (temporary) return false;
  if (walStatus === 'lost') return true;
  const near = safeBytes !== undefined && retainedBytes >= BYTES && safeBytes < SAFE_SHARE * retainedBytes;
  return near || (!active && retainedBytes >= BYTES);
}

function finding(slot: ReplicationSlot) {
  const { slot: name, active, retainedBytes = 0, walStatus, safeBytes, type } = slot;
  const lost = walStatus === 'lost';
  return riskFinding({
    subject: { setting: `slot ${name}` },
    title: lost
      ? `Replace replication slot ${name}, which has lost its WAL`
      : `Find the consumer of replication slot ${name}, which keeps ${bytes(retainedBytes)} of WAL`,
    evidence: [
      { label: 'WAL kept', value: retainedBytes, unit: 'bytes', source: 'pg_replication_slots.restart_lsn' },
      { label: 'In use', value: active ? 'yes' : 'no', source: 'pg_replication_slots.active' },
      { label: 'Kind', value: type, source: 'pg_replication_slots.slot_type' },
      ...(walStatus === undefined
        ? []
        : [{ label: 'WAL status', value: walStatus, source: 'pg_replication_slots.wal_status' }]),
      ...(safeBytes === undefined
        ? []
        : [
            {
              label: 'Room before it is lost',
              value: safeBytes,
              unit: 'bytes',
              source: 'pg_replication_slots.safe_wal_size',
            } as const,
          ]),
    ],
    approach: lost
      ? 'Its consumer cannot go on from here: it needs a new copy of the data and a new slot.'
      : active
        ? `The consumer reads, but too slowly: ${percent((safeBytes ?? 0) / Math.max(1, retainedBytes))} of what it keeps is left before the slot is lost. Find out what it waits for.`
        : 'Ask the owner first: a planned standby or a paused pipeline is inactive on purpose, and a dropped slot means a new copy. If nobody knows it, drop it, and set max_slot_wal_keep_size so that none can fill the disk.',
    basis: 'Averts a full disk, which stops the server, or a consumer that has to start from a new copy.',
    confidence: 'high',
    ...(lost ? {} : { averts: 'outage' as const }),
    steps: [
      {
        sql: 'SELECT slot_name, slot_type, database, active, active_pid, wal_status, pg_size_pretty(pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn)) AS kept FROM pg_replication_slots ORDER BY restart_lsn;',
        text: 'See all slots and what each keeps; run it on the primary.',
        inTransaction: true,
      },
      {
        text: 'Find its owner by name, by database and by what has read from it before; start the consumer, or agree that it is gone.',
      },
      {
        text: `Only then drop it with pg_drop_replication_slot; that cannot be undone, and its WAL is removed at the next checkpoint.`,
      },
    ],
    acceptance: `Slot ${name} is active and keeps less than 1 GiB, or is gone`,
  });
}
