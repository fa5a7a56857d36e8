/** What only a look at a running server shows, beside its measures. Lists are absent where nobody could look. */

/** What keeps VACUUM from removing rows: the oldest transaction that may still have to see them. */
export interface HorizonHolder {
  readonly kind: 'transaction' | 'slot' | 'prepared' | 'standby';
  /** Of a slot, a prepared transaction or a standby its name; of a transaction the kind of client (`psql`, `backup` …). */
  readonly name: string;
  /** Transaction ids given out since its snapshot; absent where only its time is known. */
  readonly ageXids?: number;
  /** Since the transaction began or was prepared; absent for slots and standbys. */
  readonly ageSeconds?: number;
  /** pg_stat_activity.state of a transaction; whether a slot is in use. */
  readonly state?: string;
  readonly database?: string;
  /** What the session last sent, by kind and table (`UPDATE on orders`); never its text. */
  readonly statement?: string;
}

export interface ReplicationSlot {
  readonly slot: string;
  readonly type: 'physical' | 'logical';
  readonly plugin?: string;
  /** Of a logical slot. */
  readonly database?: string;
  readonly active: boolean;
  readonly temporary: boolean;
  /** age(xmin) and age(catalog_xmin): rows that VACUUM has to keep for it. */
  readonly xminAge?: number;
  readonly catalogXminAge?: number;
  /** WAL kept for it: from restart_lsn to the end of WAL. */
  readonly retainedBytes?: number;
  /** reserved, extended, unreserved or lost (13+). */
  readonly walStatus?: string;
  /** WAL that can still be written before it may be lost; absent where max_slot_wal_keep_size sets no limit. */
  readonly safeBytes?: number;
  /** Logical: confirmed_flush_lsn to the end of WAL. */
  readonly confirmedLagBytes?: number;
  /** Unix seconds (17+). */
  readonly inactiveSince?: number;
  /** Why it can no longer be used (17+; before, `conflict` on 16). */
  readonly invalidationReason?: string;
}

/** One line of pg_stat_replication. */
export interface Replica {
  /** Its application_name. */
  readonly name: string;
  /** Absent where it came by a socket or may not be seen. */
  readonly address?: string;
  /** Replays what it is sent, other than a subscriber or a backup; absent where that may not be seen. */
  readonly standby?: boolean;
  readonly state?: string;
  /** async, potential, sync or quorum. */
  readonly syncState?: string;
  /** End of WAL here minus what it has sent, flushed and replayed. */
  readonly sentLagBytes?: number;
  readonly flushLagBytes?: number;
  readonly replayLagBytes?: number;
  /** As measured on recent WAL; absent when it has caught up and is idle. */
  readonly replayLagSeconds?: number;
  /** hot_standby_feedback: age of its backend_xmin. */
  readonly xminAge?: number;
}

export interface Subscription {
  readonly subscription: string;
  readonly database: string;
  readonly enabled: boolean;
  /** A worker runs now. */
  readonly working: boolean;
  /** Since the statistics began (15+). */
  readonly applyErrors?: number;
  readonly syncErrors?: number;
}

/** Maintenance that was running when we looked. */
export interface Progress {
  readonly command: 'vacuum' | 'analyze' | 'create-index' | 'cluster' | 'copy' | 'base-backup';
  readonly database?: string;
  readonly schema?: string;
  readonly table?: string;
  readonly index?: string;
  readonly phase?: string;
  /** 0..1 of its present phase, where PostgreSQL can tell. */
  readonly doneShare?: number;
  readonly seconds?: number;
  /** Of a vacuum: how often it has gone through the indexes; more than once means too little memory. */
  readonly indexPasses?: number;
  /** Of a vacuum: autovacuum works against wraparound and will not give way. */
  readonly againstWraparound?: boolean;
  /** Run by autovacuum. */
  readonly automatic?: boolean;
}

/** pg_stat_activity looked at a few times during the collection. */
export interface WaitSamples {
  readonly samples: number;
  /** From the first to the last of them. */
  readonly seconds: number;
  /** Active client sessions and their parallel workers, on average over the samples. `CPU`: not waiting. */
  readonly events: readonly { readonly type: string; readonly event: string; readonly sessions: number }[];
}

/** Counters with a span of their own (ISO 8601). */
export interface Counted<Row> {
  readonly start: string;
  readonly end: string;
  readonly rows: readonly Row[];
}

/** pg_stat_io (16+). Of a counter PostgreSQL does not keep for such a row, nothing is here. */
export interface IoRow {
  readonly backendType: string;
  readonly object: string;
  readonly context: string;
  readonly reads?: number;
  readonly readBytes?: number;
  /** Times need track_io_timing; those of WAL track_wal_io_timing. */
  readonly readTimeMs?: number;
  readonly writes?: number;
  readonly writeBytes?: number;
  readonly writeTimeMs?: number;
  readonly writebacks?: number;
  readonly writebackTimeMs?: number;
  readonly extends?: number;
  readonly extendBytes?: number;
  readonly extendTimeMs?: number;
  readonly hits?: number;
  readonly evictions?: number;
  readonly reuses?: number;
  readonly fsyncs?: number;
  readonly fsyncTimeMs?: number;
}

/** pg_stat_slru: small caches of transaction states, subtransactions, multixacts, notifications. */
export interface SlruRow {
  readonly name: string;
  readonly blocksZeroed?: number;
  readonly blocksHit?: number;
  readonly blocksRead?: number;
  readonly blocksWritten?: number;
  readonly flushes?: number;
  readonly truncates?: number;
}

/** ALTER ROLE … SET, ALTER DATABASE … SET: what sessions begin with instead of the server's value. */
export interface SettingOverride {
  readonly setting: string;
  /** Canonical, as Setting.value. */
  readonly value: number | string | boolean;
  readonly unit?: 'bytes' | 'ms';
  /** Absent: all databases. */
  readonly database?: string;
  /** Absent: all roles. */
  readonly role?: string;
}

export interface Sequence {
  readonly schema: string;
  readonly sequence: string;
  readonly lastValue: number;
  readonly maxValue: number;
  readonly increment: number;
  readonly cycle: boolean;
  /** The column that takes its values, where there is one. */
  readonly column?: {
    readonly schema: string;
    readonly table: string;
    readonly column: string;
    readonly type: string;
    /** Largest value of its type; can be smaller than the sequence's own. */
    readonly maxValue: number;
  };
  /** Of the smaller of the two limits, 0..1. */
  readonly usedShare: number;
}
