/** Why a statement has no plan: what PostgreSQL said, as a clause for its row and as one gap for all it is true of. */
import pg from 'pg';
import type { Gap } from '../../model/snapshot.ts';
import { codeOf, messageOf } from './errors.ts';

export interface Miss {
  readonly why: string;
  readonly absence: Gap['absence'];
  /** In the imperative, ending in a full stop. */
  readonly remedy: string;
}

export function missOf(error: unknown, role: string, version: number): Miss {
  // What PostgreSQL puts in quotes may be a value; of what leads nowhere, it is a name.
  const said = messageOf(error);
  const unquoted = said.replace(/"[^"]*"/g, '"…"');
  const who = pg.escapeIdentifier(role);
  switch (codeOf(error)) {
    case '42501':
      return {
        why: `role ${role} may not read all it names`,
        absence: 'no-right',
        remedy:
          version >= 140_000
            ? `Run GRANT SELECT on its tables (and USAGE on their schemas) to ${who}, or GRANT pg_read_all_data TO ${who};.`
            : `Run GRANT USAGE ON SCHEMA … and GRANT SELECT ON ALL TABLES IN SCHEMA … TO ${who};.`,
      };
    case '42P01':
    case '42703':
    case '42883':
    case '42704':
    case '3F000':
      return {
        why: `its names lead nowhere with the search_path of its role (${said})`,
        absence: 'unsupported',
        remedy:
          'Give the role that runs it its search_path with ALTER ROLE … IN DATABASE … SET search_path, or name schemas in the statement.',
      };
    case '42P18':
    case '42P08':
    case '42725':
    case '42804':
    case '22P02':
      return {
        why: `the types of its parameters cannot be told from its text (${unquoted})`,
        absence: 'unsupported',
        remedy: 'Cast the parameters in the statement, such as $1::bigint, or look at its plan by hand.',
      };
    case '57014':
      return {
        why: 'planning it took too long',
        absence: 'unreachable',
        remedy: 'Look at its plan by hand; so long a planning is worth a look by itself.',
      };
    case '55P03':
      return {
        why: 'somebody held one of its tables exclusively',
        absence: 'unreachable',
        remedy: 'Run again when no ALTER TABLE, VACUUM FULL or other exclusive work is going on.',
      };
    default:
      return {
        why: `PostgreSQL could not plan it (${unquoted})`,
        absence: 'unsupported',
        remedy: 'Look at its plan by hand, with EXPLAIN and values of your own.',
      };
  }
}

export const unreadable = (why: string): Miss => ({
  why,
  absence: 'unsupported',
  remedy: 'Look at its plan by hand, with EXPLAIN and values of your own.',
});

export const distrusted = (names: readonly string[]): Miss => ({
  why: `planning it could run a function of somebody who is no superuser, by way of ${names.join(', ')}`,
  absence: 'unsupported',
  remedy: 'Look at its plan by hand, as the role that runs it.',
});

export const outOfTime = (seconds: number): Miss => ({
  why: `the ${seconds} s for plans were used up`,
  absence: 'truncated',
  remedy: 'Run again at a quieter time; costlier statements come first.',
});

/** One gap for each reason and database, with the queryids for those who want to look. */
export function planGaps(
  misses: readonly { readonly database: string; readonly queryid: string; readonly miss: Miss }[],
): readonly Gap[] {
  const groups = new Map<string, { database: string; miss: Miss; queryids: string[] }>();
  for (const { database, queryid, miss } of misses) {
    // What PostgreSQL said differs from statement to statement; the rest of the reason does not.
    const key = JSON.stringify([database, miss.why.replace(/ \(.*$/s, ''), miss.remedy]);
    const group = groups.get(key) ?? { database, miss, queryids: [] };
    group.queryids.push(queryid);
    groups.set(key, group);
  }
  return [...groups.values()].map(({ database, miss, queryids }) => ({
    kind: 'statement',
    measures: ['plan'],
    source: 'postgres',
    database,
    absence: miss.absence,
    reason:
      queryids.length === 1
        ? `Statement ${queryids[0]} of ${database} has no plan: ${miss.why}.`
        : `${queryids.length} of the costliest statements of ${database} have no plan: of the first, ${queryids[0]}, ${miss.why}.`,
    remedy: miss.remedy,
  }));
}
