/** pg_stat_statements keeps no search_path: what a role gets in a database by its settings is the best there is. */
import pg from 'pg';
import type { TableRow } from '../../model/rows.ts';
import type { Explainable } from './explainable.ts';
import { ownMark, type Session } from './source.ts';

export const searchPathsSql = `SELECT ${ownMark} r.rolname AS role, s.setdatabase <> 0 AS here, substr(c, 13) AS path
FROM pg_db_role_setting s LEFT JOIN pg_roles r ON r.oid = s.setrole, unnest(s.setconfig) c
WHERE s.setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
  AND (s.setrole = 0 OR r.rolname IS NOT NULL) AND c LIKE 'search_path=%'
UNION ALL SELECT NULL, false, reset_val FROM pg_settings WHERE name = 'search_path'
  AND NOT EXISTS (SELECT FROM pg_db_role_setting o WHERE o.setrole = current_user::regrole AND o.setconfig::text LIKE '%search_path=%')`;

interface PathLine {
  readonly role: string | null;
  readonly here: boolean;
  readonly path: string;
}

/** The role's in this database, the role's, the database's, the server's. */
export async function readSearchPaths(session: Session): Promise<(user: string | undefined) => string> {
  const lines = await session.ask<PathLine>(searchPathsSql);
  const find = (role: string | null, here: boolean) =>
    lines.find((line) => line.role === role && line.here === here)?.path;
  return (user) => {
    const own = user === undefined ? undefined : (find(user, true) ?? find(user, false));
    const path = own ?? find(null, true) ?? find(null, false) ?? '"$user", public';
    return user === undefined ? path : path.replaceAll('"$user"', pg.escapeIdentifier(user));
  };
}

/** Where the path leads nowhere: the only schema that has all the tables; null where there is none, or several. */
export function onlySchema(
  { relations }: Explainable,
  tables: readonly Pick<TableRow, 'schema' | 'table'>[],
): string | null {
  if (relations.length === 0) return null;
  const schemas = new Map<string, Set<string>>();
  for (const { schema, table } of tables) {
    if (relations.includes(table)) schemas.set(schema, (schemas.get(schema) ?? new Set()).add(table));
  }
  const [first, ...more] = [...schemas].filter(([, there]) => there.size === relations.length);
  return first === undefined || more.length > 0 ? null : `${pg.escapeIdentifier(first[0])}, public`;
}
