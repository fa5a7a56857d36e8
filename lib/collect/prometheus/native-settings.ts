/** Units of PostgreSQL's own settings, for dialects that publish numbers without them (pg_settings.unit, 13 to 18). Pure. */
import type { Setting } from '../../model/rows.ts';
import type { SettingsSource } from './dialect.ts';
import type { Sample } from './response.ts';
import { settingOf } from './settings.ts';

const KIB = 1_024;
type Unit = { readonly bytes: number } | { readonly ms: number };

const groups: readonly (readonly [Unit, string])[] = [
  [
    { bytes: 8 * KIB },
    'shared_buffers effective_cache_size wal_buffers temp_buffers backend_flush_after bgwriter_flush_after ' +
      'checkpoint_flush_after wal_writer_flush_after min_parallel_table_scan_size min_parallel_index_scan_size',
  ],
  [
    { bytes: KIB },
    'work_mem maintenance_work_mem autovacuum_work_mem logical_decoding_work_mem max_stack_depth temp_file_limit ' +
      'wal_skip_threshold gin_pending_list_limit log_temp_files log_rotation_size vacuum_buffer_usage_limit',
  ],
  [{ bytes: KIB * KIB }, 'max_wal_size min_wal_size max_slot_wal_keep_size wal_keep_size min_dynamic_shared_memory'],
  [{ bytes: 1 }, 'wal_segment_size track_activity_query_size'],
  [
    { ms: 1 },
    'statement_timeout lock_timeout deadlock_timeout idle_in_transaction_session_timeout idle_session_timeout ' +
      'transaction_timeout autovacuum_vacuum_cost_delay vacuum_cost_delay bgwriter_delay wal_writer_delay ' +
      'log_min_duration_statement log_min_duration_sample log_autovacuum_min_duration max_standby_archive_delay ' +
      'max_standby_streaming_delay wal_sender_timeout wal_receiver_timeout',
  ],
  [
    { ms: 1_000 },
    'checkpoint_timeout checkpoint_warning autovacuum_naptime archive_timeout authentication_timeout ' +
      'tcp_keepalives_idle tcp_keepalives_interval wal_receiver_status_interval',
  ],
];
const units = new Map(groups.flatMap(([unit, names]) => names.split(' ').map((name) => [name, unit] as const)));

/** `base` is bytes and seconds. Minus one means "as another setting" or "off", whatever the unit. */
export function nativeSetting(name: string, value: number, from: SettingsSource['units']): Setting {
  const unit = units.get(name);
  if (unit === undefined) return settingOf(`pg_settings_${name}`, value)?.[1] ?? { value };
  if ('bytes' in unit) return { value: value === -1 || from === 'base' ? value : value * unit.bytes, unit: 'bytes' };
  return { value: value === -1 ? -1 : value * (from === 'base' ? 1_000 : unit.ms), unit: 'ms' };
}

export function settingsIn(
  source: SettingsSource,
  samples: readonly Sample[],
): readonly (readonly [string, Setting])[] {
  const pattern = 'pattern' in source ? new RegExp(`^(?:${source.pattern})$`) : null;
  return samples.flatMap(({ labels, value }) => {
    const name =
      pattern === null ? labels['label' in source ? source.label : ''] : pattern.exec(labels.__name__ ?? '')?.[1];
    return name === undefined || name === '' ? [] : [[name, nativeSetting(name, value, source.units)] as const];
  });
}
