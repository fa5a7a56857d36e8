/** Maintenance under way. Each view names relations by number, so each database is asked for its own. */
import type { Progress } from '../../model/server-facts.ts';
import { present } from './present.ts';
import { ownMark, type Session } from './source.ts';

const share = (done: string, total: string) => `${done}::float8 / nullif(${total}, 0)`;

/** Columns: command, pid, relation, index, phase, share of the phase, passes through the indexes. */
const views = (version: number): readonly string[] => [
  `SELECT 'vacuum' AS command, pid, relid, NULL::oid AS indexrelid, phase, CASE phase WHEN 'scanning heap' THEN ${share('heap_blks_scanned', 'heap_blks_total')}
    WHEN 'vacuuming heap' THEN ${share('heap_blks_vacuumed', 'heap_blks_total')} END AS done, index_vacuum_count AS passes, datname FROM pg_stat_progress_vacuum`,
  `SELECT 'analyze', pid, relid, NULL, phase, CASE WHEN phase LIKE 'acquiring%' THEN ${share('sample_blks_scanned', 'sample_blks_total')} END,
    NULL, datname FROM pg_stat_progress_analyze`,
  `SELECT 'create-index', pid, relid, nullif(index_relid, 0), phase,
    coalesce(${share('blocks_done', 'blocks_total')}, ${share('tuples_done', 'tuples_total')}), NULL, datname FROM pg_stat_progress_create_index`,
  `SELECT 'cluster', pid, relid, nullif(cluster_index_relid, 0), phase, ${share('heap_blks_scanned', 'heap_blks_total')}, NULL, datname FROM pg_stat_progress_cluster`,
  ...(version >= 140_000
    ? [
        `SELECT 'copy', pid, relid, NULL, command, ${share('bytes_processed', 'bytes_total')}, NULL, datname FROM pg_stat_progress_copy`,
      ]
    : []),
];

const progressSql = (
  version: number,
) => `SELECT ${ownMark} p.command, n.nspname AS schema, c.relname AS table, i.relname AS index,
  p.phase, p.done AS "doneShare", p.passes::float8 AS "indexPasses",
  extract(epoch FROM clock_timestamp() - a.query_start)::float8 AS seconds,
  a.backend_type = 'autovacuum worker' AS automatic, a.query LIKE '%to prevent wraparound%' AS "againstWraparound"
FROM (${views(version).join('\nUNION ALL ')}) p
LEFT JOIN pg_class c ON c.oid = p.relid LEFT JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_class i ON i.oid = p.indexrelid LEFT JOIN pg_stat_activity a ON a.pid = p.pid
WHERE p.datname = current_database() ORDER BY p.command, n.nspname, c.relname`;

const backupSql = `SELECT ${ownMark} 'base-backup' AS command, p.phase, ${share('p.backup_streamed', 'p.backup_total')} AS "doneShare",
  extract(epoch FROM clock_timestamp() - a.query_start)::float8 AS seconds
FROM pg_stat_progress_basebackup p LEFT JOIN pg_stat_activity a ON a.pid = p.pid ORDER BY p.pid`;

type Line = { readonly [Name in keyof Progress]: Progress[Name] | null };

/** PostgreSQL repeats false for what is not a vacuum; there it says nothing. */
function progressOf(line: Line): Progress {
  const { automatic, againstWraparound, ...rest } = line;
  const flags = { automatic: automatic || null, againstWraparound: againstWraparound || null };
  return present({ ...rest, ...flags }) as Progress; // the command is never NULL
}

export async function readProgress(session: Session, database: string, version: number): Promise<readonly Progress[]> {
  return (await session.ask<Line>(progressSql(version))).map((line) => ({ ...progressOf(line), database }));
}

export async function readBackups(session: Session): Promise<readonly Progress[]> {
  return (await session.ask<Line>(backupSql)).map(progressOf);
}
