/** What a server can testify about who did what to it. */
import pg from 'pg';

export async function ask(url: string, ...statements: readonly string[]): Promise<readonly Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    let rows: readonly Record<string, unknown>[] = [];
    for (const statement of statements) rows = (await client.query(statement)).rows ?? [];
    return rows;
  } finally {
    await client.end();
  }
}

/** Grows by one with each transaction that writes anything at all. */
export const writes = async (url: string) =>
  (await ask(url, 'SELECT pg_snapshot_xmax(pg_current_snapshot())::text AS xmax'))[0]?.xmax;

export const catalog = (url: string) =>
  ask(
    url,
    `SELECT 'relation' AS what, n.nspname || '.' || c.relname AS name, c.relkind::text || coalesce(c.reloptions::text, '') AS is
     FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid >= 16384 AND n.nspname NOT LIKE 'pg_toast%'
     UNION ALL SELECT 'index', indexrelid::regclass::text, pg_get_indexdef(indexrelid) || indisreplident || indisclustered
     FROM pg_index WHERE indexrelid >= 16384 AND indrelid::regclass::text NOT LIKE 'pg_toast%'
     UNION ALL SELECT 'constraint', conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE oid >= 16384
     UNION ALL SELECT 'statistics', stxname, stxkind::text || stxkeys::text FROM pg_statistic_ext
     UNION ALL SELECT 'extension', extname, extversion FROM pg_extension
     UNION ALL SELECT 'setting', name, setting || pending_restart FROM pg_settings
     ORDER BY 1, 2, 3`,
  );

/** What our sessions sent, from the server's own log. */
export function sent(log: string): readonly string[] {
  // Further lines of one statement begin with a tab.
  const entries = log.split(/\n(?!\t)/).filter((entry) => entry.startsWith('pg-hunt|LOG:'));
  return entries.flatMap((entry) => /(?:statement|execute [^:]*): (.*)/s.exec(entry)?.[1]?.trim() ?? []);
}
