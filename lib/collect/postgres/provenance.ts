/** Keeps what was really asked, once per text, with the rows it gave over all databases. */
import type { RowKind } from '../../model/measures.ts';
import { serverMeasures } from '../../model/server-measures.ts';
import type { SourceQuery } from '../../model/snapshot.ts';
import { statementMeasures } from '../../model/statement-measures.ts';
import type { Session } from './source.ts';

/** What a question is about is told by the first view or catalog it reads; the order decides. */
const subjects: readonly (readonly [pattern: RegExp, kind: RowKind, measures: readonly string[]])[] = [
  [/pg_stat_statements/, 'statement', Object.keys(statementMeasures)],
  [/pg_stat_all_indexes/, 'index', ['scans', 'rowsRead', 'rowsFetched', 'blocksRead', 'blocksHit', 'scansSinceReset']],
  [/pg_relation_size/, 'index', ['sizeBytes']],
  [/pg_stat_all_tables/, 'table', ['liveRows', 'deadRows', 'sequentialScans', 'indexScans', 'rowsUpdated']],
  [/pg_table_size/, 'table', ['heapBytes', 'indexBytes']],
  [/pg_attribute|pg_constraint/, 'table', []],
  [/pg_stat_activity/, 'server', ['connectionsAverage', 'idleSessions', 'idleInTransactionSessions']],
  [/pg_stat_database/, 'database', ['sizeBytes', 'commits', 'blocksRead', 'tempBytes', 'activeTimeMs', 'xidAge']],
  [/pg_settings|pg_extension/, 'server', []],
  [/checkpoint/, 'server', ['checkpointsTimed', 'checkpointsRequested', 'checkpointWriteMs', 'walBytes']],
  [/server_version_num/, 'server', Object.keys(serverMeasures).slice(0, 5)],
];

export function recorder() {
  const queries = new Map<string, SourceQuery>();
  const watch = (session: Session): Session => ({
    ask: async <Row>(sql: string) => {
      const rows = await session.ask<Row>(sql);
      const [, kind, measures] = subjects.find(([pattern]) => pattern.test(sql)) ?? [null, 'server' as const, []];
      const earlier = queries.get(sql)?.rows ?? 0;
      const about = { source: 'postgres', language: 'sql', kind, measures } as const;
      queries.set(sql, { ...about, text: sql, rows: earlier + rows.length });
      return rows;
    },
  });
  return { watch, queries: (): readonly SourceQuery[] => [...queries.values()] };
}
