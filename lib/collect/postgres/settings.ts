import type { Setting } from '../../model/rows.ts';
import { ownMark, type Session } from './source.ts';

/** Our own session overrides some (timeouts, search_path): of those, what a session begins with. */
export const settingsSql = `SELECT ${ownMark} name, unit, vartype, pending_restart,
  CASE source WHEN 'session' THEN reset_val ELSE setting END AS setting,
  CASE WHEN source <> 'session' THEN source WHEN reset_val IS NOT DISTINCT FROM boot_val THEN 'default'
    ELSE 'configuration file' END AS source
FROM pg_settings ORDER BY name`;

interface SettingLine {
  readonly name: string;
  readonly setting: string | null;
  readonly unit: string | null;
  readonly vartype: string;
  readonly source: string;
  readonly pending_restart: boolean;
}

/** Free text may hold a password (primary_conninfo, archive_command): of those, only what is known to be harmless. */
const harmless =
  /^(server_version|.*preload_libraries|TimeZone|log_timezone|lc_.*|default_tablespace|temp_tablespaces|default_table_access_method|listen_addresses|synchronous_standby_names|autovacuum_worker_slots)$/;

export async function readSettings(session: Session): Promise<Readonly<Record<string, Setting>>> {
  const lines = await session.ask<SettingLine>(settingsSql);
  const known = lines.filter((line) => line.vartype !== 'string' || harmless.test(line.name));
  return Object.fromEntries(known.flatMap((line) => (line.setting === null ? [] : [[line.name, toSetting(line)]])));
}

export function toSetting(line: SettingLine): Setting {
  const about = { source: line.source, ...(line.pending_restart ? { pendingRestart: true } : {}) };
  const text = line.setting ?? '';
  if (line.vartype === 'bool') return { value: text === 'on', ...about };
  if (line.vartype !== 'integer' && line.vartype !== 'real') return { value: text, ...about };
  const number = Number(text);
  const unit = canonical(line.unit);
  if (unit === null) return { value: number, ...about };
  // Negative values are words (-1: decided elsewhere), not amounts.
  return { value: number < 0 ? number : number * unit.factor, unit: unit.unit, ...about };
}

const sizes: Readonly<Record<string, number>> = { B: 1, kB: 2 ** 10, MB: 2 ** 20, GB: 2 ** 30, TB: 2 ** 40 };
const times: Readonly<Record<string, number>> = {
  us: 0.001,
  ms: 1,
  s: 1_000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** `8kB` is a unit of PostgreSQL's as well. */
function canonical(unit: string | null): { unit: 'bytes' | 'ms'; factor: number } | null {
  const [, multiple, base] = /^(\d*)([A-Za-z]+)$/.exec(unit ?? '') ?? [];
  if (base === undefined) return null;
  const many = multiple === '' || multiple === undefined ? 1 : Number(multiple);
  const size = sizes[base];
  if (size !== undefined) return { unit: 'bytes', factor: many * size };
  const time = times[base];
  return time === undefined ? null : { unit: 'ms', factor: many * time };
}
