/** Keeps what was really asked, once per text, with the rows it gave over all databases. */
import type { RowKind } from '../../model/measures.ts';
import { serverMeasures } from '../../model/server-measures.ts';
import type { Load, SourceQuery } from '../../model/snapshot.ts';
import { statementMeasures } from '../../model/statement-measures.ts';
import { BudgetError } from './errors.ts';
import type { Session } from './source.ts';

/** What a question is about is told by the first view or catalog it reads; the order decides. */
const subjects: readonly (readonly [pattern: RegExp, kind: RowKind, measures: readonly string[]])[] = [
  [/pg_stat_statements/, 'statement', Object.keys(statementMeasures)],
  [/pg_get_indexdef/, 'index', ['scans', 'rowsRead', 'rowsFetched', 'blocksRead', 'blocksHit', 'scansSinceReset']],
  [/pg_stat_get_ins_since_vacuum/, 'table', ['liveRows', 'deadRows', 'sequentialScans', 'indexScans', 'rowsUpdated']],
  [/pg_table_size/, 'table', ['heapBytes', 'indexBytes', 'mainBytes', 'toastBytes']],
  [/pg_relation_size/, 'index', ['sizeBytes']],
  [/pg_sequence|pg_stat_progress_vacuum/, 'database', []],
  [/pg_attribute|pg_constraint|pg_stats|pg_partitioned_table|pg_statistic_ext|pg_trigger/, 'table', []],
  [/pg_stat_activity/, 'server', ['connectionsAverage', 'idleSessions', 'idleInTransactionSessions']],
  [/pg_stat_database/, 'database', ['sizeBytes', 'commits', 'blocksRead', 'tempBytes', 'activeTimeMs', 'xidAge']],
  [/pg_settings|pg_extension|pg_replication_slots|pg_prepared_xacts/, 'server', []],
  [/checkpoint/, 'server', ['checkpointsTimed', 'checkpointsRequested', 'checkpointWriteMs', 'walBytes']],
  [/server_version_num/, 'server', Object.keys(serverMeasures).slice(0, 5)],
];

/** Of one reading over all databases, in answers waited for. A weekly look takes seconds; what takes minutes is too much. */
export const budgetMs = 120_000;

export function recorder(now: () => number, budget = budgetMs) {
  const queries = new Map<string, SourceQuery>();
  let asked = 0;
  let spent = 0;
  /** Of one answer waited for; refused when nothing is left. */
  const timed = async <Answer>(work: (timeoutMs: number) => Promise<Answer>): Promise<Answer> => {
    const timeoutMs = budget - spent;
    if (timeoutMs <= 0)
      throw new BudgetError(`the ${Math.round(budget / 1000)} s that a hunt may take of a server were used up`);
    const began = now();
    asked += 1;
    try {
      return await work(timeoutMs);
    } finally {
      spent += now() - began;
    }
  };
  const watch = (session: Session): Session => ({
    ask: async <Row>(sql: string) => {
      const rows = await timed((timeoutMs) => session.ask<Row>(sql, { timeoutMs }));
      const [, kind, measures] = subjects.find(([pattern]) => pattern.test(sql)) ?? [null, 'server' as const, []];
      const earlier = queries.get(sql)?.rows ?? 0;
      const about = { source: 'postgres', language: 'sql', kind, measures } as const;
      queries.set(sql, { ...about, text: sql, rows: earlier + rows.length });
      return rows;
    },
    // What is asked in it holds statements of others; its caller says what of it goes on record.
    transaction: (settings, work) =>
      session.transaction(settings, (query) => work((...asked) => timed(() => query(...asked)))),
  });
  return {
    watch,
    queries: (): readonly SourceQuery[] => [...queries.values()],
    load: (): Load => ({ queries: asked, ms: Math.round(spent), budgetMs: budget }),
  };
}
