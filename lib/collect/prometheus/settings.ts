/** pg_settings_* back to PostgreSQL's names and canonical units, and what else they tell about a server. */
import type { ServerRow, Setting } from '../../model/rows.ts';
import type { Labels, Sample } from './response.ts';

/** The exporter turns on and off into 1 and 0 and says nowhere which settings are switches. */
const switches = new Set(
  (
    'autovacuum data_checksums fsync full_page_writes hot_standby in_hot_standby jit log_checkpoints log_connections ' +
    'log_disconnections log_lock_waits logging_collector parallel_leader_participation quote_all_identifiers ' +
    'recovery_target_inclusive restart_after_crash row_security ssl synchronize_seqscans track_activities ' +
    'track_commit_timestamp track_counts track_cost_delay_timing track_io_timing track_wal_io_timing ' +
    'transaction_read_only default_transaction_read_only vacuum_truncate wal_init_zero wal_log_hints wal_recycle ' +
    'wal_receiver_create_temp_slot zero_damaged_pages geqo pg_stat_statements.save pg_stat_statements.track_utility ' +
    'pg_stat_statements.track_planning auto_explain.log_analyze auto_explain.log_timing auto_explain.log_buffers'
  ).split(' '),
);

/** Dots became underscores; only of these is it known where they were. */
const namespaces = [
  'pg_stat_statements',
  'auto_explain',
  'pgaudit',
  'pg_hint_plan',
  'cron',
  'rds',
  'azure',
  'timescaledb',
];

export function settingOf(metric: string, value: number): readonly [name: string, setting: Setting] | null {
  const [, bare, suffix] = /^pg_settings_(.+?)(?:_(bytes|seconds))?$/.exec(metric) ?? [];
  if (bare === undefined) return null;
  const space = namespaces.find((each) => bare.startsWith(`${each}_`));
  const name = space === undefined ? bare : `${space}.${bare.slice(space.length + 1)}`;
  // -1 means "as another setting" or "off", whatever the unit.
  if (suffix === 'bytes') return [name, { value, unit: 'bytes' }];
  if (suffix === 'seconds') return [name, { value: value === -1 ? -1 : Math.round(value * 1e6) / 1e3, unit: 'ms' }];
  if (name.startsWith('enable_') || switches.has(name)) return [name, { value: value === 1 }];
  return [name, { value }];
}

export function settingsOf(samples: readonly Sample[]): Readonly<Record<string, Setting>> {
  // A map: the name of a metric may be that of a property which every object has.
  const settings = new Map<string, Setting>();
  for (const { labels, value } of samples) {
    const found = settingOf(labels.__name__ ?? '', value);
    if (found !== null) settings.set(...found);
  }
  return Object.fromEntries([...settings].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Two numbers in PostgreSQL; the second came with 16 and its absence there is no gap. */
export function reservedConnections(settings: Readonly<Record<string, Setting>>): number | null {
  const superuser = settings.superuser_reserved_connections?.value;
  const others = settings.reserved_connections?.value ?? 0;
  return typeof superuser === 'number' && typeof others === 'number' ? superuser + others : null;
}

/** From pg_static{version, short_version}: `15.20.0` is 150020, `9.6.24` is 90624. */
export function versionOf(labels: Labels): { readonly versionText?: string; readonly versionNum?: number } {
  const text = labels.version ?? '';
  const short = labels.short_version ?? '';
  // Some print server_version_num itself.
  if (/^\d{5,6}$/.test(short)) return { ...(text === '' ? {} : { versionText: text }), versionNum: Number(short) };
  const [major, minor = 0, patch = 0] = short.split('.').map(Number);
  const isNumber = major !== undefined && major > 0 && Number.isInteger(minor) && Number.isInteger(patch);
  const versionNum =
    major !== undefined && major >= 10 ? major * 10_000 + minor : (major ?? 0) * 10_000 + minor * 100 + patch;
  return { ...(text === '' ? {} : { versionText: text }), ...(isNumber ? { versionNum } : {}) };
}

/** Managed platforms show by the settings they add; nothing here proves that a server is self-managed. */
export function platformOf(settings: Readonly<Record<string, Setting>>): ServerRow['platform'] {
  const has = (pattern: RegExp) => Object.keys(settings).some((name) => pattern.test(name));
  if (has(/^(aurora_|apg_)/)) return 'aurora';
  if (has(/^rds[._]/)) return 'rds';
  if (has(/^cloudsql[._]/)) return 'cloud-sql';
  if (has(/^azure[._]/)) return 'azure';
  return undefined;
}

/** `isReplica` is pg_replication_is_replica; before 0.13 the setting in_hot_standby (14 and later) tells. */
export function roleOf(isReplica: number | null, settings: Readonly<Record<string, Setting>>): ServerRow['role'] {
  if (isReplica !== null) return isReplica === 1 ? 'standby' : 'primary';
  const inStandby = settings.in_hot_standby?.value;
  if (typeof inStandby !== 'boolean') return undefined;
  return inStandby ? 'standby' : 'primary';
}
