/**
 * When autovacuum acts on a table, computed as autovacuum.c does: the table's own parameter, else the server's setting,
 * else the shipped default, which is then said to be assumed.
 */
import type { ServerRow, TableRow } from '../model/rows.ts';

export interface Trigger {
  /** Rows that must be dead, or modified, before autovacuum acts. */
  readonly rows: number;
  /** Settings nobody could read, with the default taken in their place. */
  readonly assumed: readonly string[];
  /** The table has at least one parameter of its own for this trigger. */
  readonly own: boolean;
}

const defaults = {
  autovacuum_vacuum_threshold: 50,
  autovacuum_vacuum_scale_factor: 0.2,
  autovacuum_vacuum_max_threshold: 100_000_000,
  autovacuum_analyze_threshold: 50,
  autovacuum_analyze_scale_factor: 0.1,
} as const;

type Parameter = keyof typeof defaults;

export function vacuumTrigger(table: TableRow, server: ServerRow, liveRows: number): Trigger {
  const trigger = linear(table, server, liveRows, 'autovacuum_vacuum_threshold', 'autovacuum_vacuum_scale_factor');
  const maximum = read(table, server, 'autovacuum_vacuum_max_threshold');
  const exists = (server.versionNum ?? 0) >= 180_000 || maximum.origin !== 'assumed';
  // -1 switches the maximum off.
  if (!exists || maximum.value < 0) return trigger;
  return {
    rows: Math.min(trigger.rows, maximum.value),
    assumed: [...trigger.assumed, ...said(maximum)],
    own: trigger.own || maximum.origin === 'table',
  };
}

export function analyzeTrigger(table: TableRow, server: ServerRow, liveRows: number): Trigger {
  return linear(table, server, liveRows, 'autovacuum_analyze_threshold', 'autovacuum_analyze_scale_factor');
}

/** Off for this table only. Somebody meant it: queues and staging tables are often run this way. */
export function switchedOffHere(table: TableRow): boolean {
  return isOff(table.storage?.autovacuum_enabled);
}

export function switchedOffEverywhere(server: ServerRow): boolean {
  return isOff(server.settings.autovacuum?.value);
}

function isOff(value: number | string | boolean | undefined): boolean {
  return value !== undefined && /^(false|off|no|0|f|n)$/i.test(String(value));
}

interface Value {
  readonly name: Parameter;
  readonly value: number;
  readonly origin: 'table' | 'server' | 'assumed';
}

function linear(table: TableRow, server: ServerRow, live: number, threshold: Parameter, factor: Parameter): Trigger {
  const [base, scale] = [read(table, server, threshold), read(table, server, factor)];
  return {
    rows: base.value + scale.value * live,
    assumed: [...said(base), ...said(scale)],
    own: base.origin === 'table' || scale.origin === 'table',
  };
}

function read(table: TableRow, server: ServerRow, name: Parameter): Value {
  const own = Number(table.storage?.[name]);
  // In reloptions -1 means `as the server`, except for the maximum, where it means `none`.
  if (Number.isFinite(own) && (own >= 0 || name === 'autovacuum_vacuum_max_threshold')) {
    return { name, value: own, origin: 'table' };
  }
  const setting = server.settings[name]?.value;
  if (typeof setting === 'number') return { name, value: setting, origin: 'server' };
  return { name, value: defaults[name], origin: 'assumed' };
}

function said({ name, value, origin }: Value): readonly string[] {
  return origin === 'assumed' ? [`${name} = ${value}`] : [];
}
