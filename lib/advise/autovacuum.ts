/**
 * When autovacuum acts on a table, computed as autovacuum.c does: the table's own parameter, else the server's setting,
 * else the shipped default, which is then said to be assumed.
 */
import type { ServerRow, TableRow } from '../model/rows.ts';
import type { Snapshot } from '../model/snapshot.ts';
import { duration } from './words.ts';

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

const NAPTIME = 60;
/** A round every five minutes still keeps up with any table; rarer rounds are the fault themselves. */
const SELDOM = 300;
/** Rounds after which its not coming means something. */
const ROUNDS = 10;

function naptimeOf(server: ServerRow): number {
  const value = server.settings.autovacuum_naptime?.value;
  return typeof value === 'number' ? value / 1000 : NAPTIME;
}

/** `1 hour`: how rarely autovacuum looks at a database, where that alone explains that it did not come. */
export function looksSeldom(server: ServerRow): string | null {
  const seconds = naptimeOf(server);
  return !switchedOffEverywhere(server) && seconds > SELDOM ? duration(seconds) : null;
}

/** How long the statistics have been counting, where that is too short for autovacuum to have come; else null. */
export function hadNoChance({ server, quality }: Snapshot): string | null {
  const age = quality.statisticsAgeSeconds;
  if (age === null || switchedOffEverywhere(server) || looksSeldom(server) !== null) return null;
  return age < ROUNDS * naptimeOf(server) ? duration(age) : null;
}

/** What a reader must know who sees nothing found because it was too early. */
export function tooEarly(tables: number, age: string | null): readonly string[] {
  if (tables === 0 || age === null) return [];
  const what = tables === 1 ? '1 table is' : `${tables} tables are`;
  return [`${what} above the trigger, but the statistics are ${age} old and autovacuum had no chance to come yet.`];
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
