/** How a server setting is changed and put back: by SQL where the server is ours, in the provider's console where not. */
import type { DoneSign, Step } from '../model/finding.ts';
import type { ServerRow, Setting } from '../model/rows.ts';
import { quoteText } from './sql/quote.ts';

export interface SettingChange {
  readonly steps: readonly Step[];
  readonly rollback: readonly string[];
  readonly maintenanceWindow: string;
}

const consoles: { readonly [P in NonNullable<ServerRow['platform']>]: string | null } = {
  'self-managed': null,
  rds: 'the DB parameter group',
  aurora: 'the DB cluster parameter group',
  'cloud-sql': 'the instance’s database flags',
  azure: 'the server parameters page',
};

/** `to` as SQL takes it, such as `8GB`. */
export function changeSetting(server: ServerRow, name: string, to: string, restart: boolean): SettingChange {
  const maintenanceWindow = restart ? 'a restart of the server: seconds to minutes without connections' : 'none needed';
  const where = server.platform === undefined ? null : consoles[server.platform];
  const former = serverSetting(server, name);
  if (where !== null) {
    const was = former === undefined ? 'the former value, which you note first' : literal(former);
    const after = restart ? ' and restart in a maintenance window' : '; no restart is needed';
    const text = `In ${where}, set ${name} to ${to}${after}. To undo it, set ${was} again.`;
    return { steps: [{ text }], rollback: [], maintenanceWindow };
  }
  const unsure =
    server.platform === undefined ? ' On a managed service this is refused: use its parameter group instead.' : '';
  return {
    steps: [
      {
        sql: `ALTER SYSTEM SET ${name} = ${quoteText(to)};`,
        text: `Write the new value to postgresql.auto.conf; it needs a superuser.${unsure} The rollback beside it can undo it.`,
        lock: 'none',
        blocks: 'nothing',
        inTransaction: false,
      },
      restart
        ? { text: 'Restart the server in the maintenance window; on a cluster, the standbys first.' }
        : { sql: 'SELECT pg_reload_conf();', text: 'Make the server read it; sessions go on.', inTransaction: true },
      {
        sql: `SHOW ${name};`,
        text: 'Check it in a new session: a value set for the role or the database goes before the server’s.',
        inTransaction: true,
      },
    ],
    rollback: [
      former === undefined || former.source === 'default'
        ? `ALTER SYSTEM RESET ${name};`
        : `ALTER SYSTEM SET ${name} = ${quoteText(literal(former))};`,
      ...(restart ? [] : ['SELECT pg_reload_conf();']),
    ],
    maintenanceWindow,
  };
}

function literal({ value, unit }: Setting): string {
  if (typeof value === 'boolean') return value ? 'on' : 'off';
  if (typeof value !== 'number' || value < 0) return String(value);
  if (unit === 'bytes') return `${Math.round(value / 1024)}kB`;
  return unit === 'ms' ? `${value}ms` : String(value);
}

/** Set for the session, role or database that looked: what others get is not known. */
const NOT_THE_SERVERS = new Set(['session', 'client', 'interactive', 'user', 'database', 'database user']);

/** The server's own value; undefined where nobody saw it or only an override was seen. */
export function serverSetting(server: ServerRow, name: string): Setting | undefined {
  const setting = server.settings[name];
  return setting === undefined || NOT_THE_SERVERS.has(setting.source ?? '') ? undefined : setting;
}

/** Somebody changed it already, and the server goes on with the former value: what is missing is the restart. */
export function waitsForRestart(server: ServerRow, name: string): boolean {
  return server.settings[name]?.pendingRestart === true;
}

export function waitsCaveat(name: string): string {
  return `${name} was changed already and waits for a restart; its value in effect was not judged.`;
}

export function numberOf(server: ServerRow, name: string): number | undefined {
  const value = serverSetting(server, name)?.value;
  return typeof value === 'number' ? value : undefined;
}

/** `from` is null where it was not seen: then a later run cannot tell whether it was changed. */
export function doneSign(server: ServerRow, name: string): DoneSign {
  return { kind: 'setting-changed', setting: name, from: serverSetting(server, name)?.value ?? null };
}
