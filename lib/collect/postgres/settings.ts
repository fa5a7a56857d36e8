import type { Setting } from '../../model/rows.ts';
import type { SettingOverride } from '../../model/server-facts.ts';
import { present } from './present.ts';
import { ownMark, type Session } from './source.ts';

/** Our own session overrides some (timeouts, search_path): of those, what a session of ours begins with, and by whose word. */
export const settingsSql = `SELECT ${ownMark} name, unit, vartype, context, boot_val, pending_restart,
  CASE source WHEN 'session' THEN reset_val ELSE setting END AS setting,
  CASE WHEN source <> 'session' THEN source WHEN lower(name) IN (SELECT lower(split_part(c.item, '=', 1))
      FROM pg_db_role_setting o CROSS JOIN LATERAL unnest(o.setconfig) c (item)
      WHERE o.setdatabase IN (0, (SELECT d.oid FROM pg_database d WHERE d.datname = current_database()))
        AND o.setrole IN (0, (SELECT r.oid FROM pg_roles r WHERE r.rolname = session_user))
        AND (o.setdatabase <> 0 OR o.setrole <> 0)) THEN 'database'
    WHEN reset_val IS NOT DISTINCT FROM boot_val THEN 'default' ELSE 'configuration file' END AS source
FROM pg_settings ORDER BY name`;

interface SettingLine {
  readonly name: string;
  readonly setting: string | null;
  readonly unit: string | null;
  readonly vartype: string;
  readonly source: string;
  readonly pending_restart: boolean;
  readonly boot_val?: string | null;
  readonly context?: string;
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
  const boot = line.boot_val == null ? undefined : canonicalValue(line.boot_val, line).value;
  return {
    ...canonicalValue(line.setting ?? '', line),
    source: line.source,
    ...(line.pending_restart ? { pendingRestart: true } : {}),
    ...present({ bootValue: boot, context: line.context }),
  };
}

type Kind = Pick<SettingLine, 'unit' | 'vartype'>;

/** Without a unit of its own a number is in the setting's. */
function canonicalValue(text: string, { unit, vartype }: Kind): Pick<Setting, 'value' | 'unit'> {
  // As ALTER ROLE … SET keeps it: in any spelling that PostgreSQL takes.
  if (vartype === 'bool') return { value: /^(on|t(r(ue?)?)?|y(es?)?|1)$/i.test(text) };
  if (vartype !== 'integer' && vartype !== 'real') return { value: text };
  const [, digits = text, spelled] = /^\s*(-?[\d.]+(?:e[+-]?\d+)?)\s*([A-Za-z]*)\s*$/i.exec(text) ?? [];
  const number = Number(digits);
  const own = canonical(unit);
  if (own === null) return { value: number };
  const factor = (spelled ? canonical(spelled)?.factor : undefined) ?? own.factor;
  // Negative values are words (-1: decided elsewhere), not amounts.
  return { value: number < 0 ? number : number * factor, unit: own.unit };
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

/** A setting of an extension that is not loaded here has no line in pg_settings: its kind is unknown, and it is left out. */
export const overridesSql = `SELECT ${ownMark} s.name, s.unit, s.vartype, substr(c.item, strpos(c.item, '=') + 1) AS setting,
  d.datname AS database, r.rolname AS role
FROM pg_db_role_setting o CROSS JOIN LATERAL unnest(o.setconfig) c (item)
JOIN pg_settings s ON lower(s.name) = lower(split_part(c.item, '=', 1))
LEFT JOIN pg_database d ON d.oid = o.setdatabase LEFT JOIN pg_roles r ON r.oid = o.setrole
ORDER BY s.name, d.datname COLLATE "C" NULLS FIRST, r.rolname COLLATE "C" NULLS FIRST`;

interface OverrideLine extends Kind {
  readonly name: string;
  readonly setting: string;
  readonly database: string | null;
  readonly role: string | null;
}

export async function readOverrides(session: Session): Promise<readonly SettingOverride[]> {
  const lines = await session.ask<OverrideLine>(overridesSql);
  return lines
    .filter(({ name, vartype }) => vartype !== 'string' || harmless.test(name))
    .map(({ name, setting, database, role, ...kind }) => ({
      setting: name,
      ...canonicalValue(setting, kind),
      ...present({ database, role }),
    }));
}
