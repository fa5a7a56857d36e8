/** How to look at one statement's plan without harm, and the number that says it got better. */
import type { Evidence, Step, Subject } from '../../model/finding.ts';
import type { Snapshot } from '../../model/snapshot.ts';
import { spelledOut } from '../sql/quote.ts';
import type { Load } from './workload.ts';

const GENERIC_PLAN_SINCE = 160_000;
/** `interval $1` is how pg_stat_statements prints it; no server reads that back. */
const TYPED_PARAMETER =
  /\b(interval|date|time|timetz|timestamp|timestamptz|zone|numeric|inet|cidr|json|jsonb|uuid|bytea|box|point)\s+\$\d/i;
/** For parameters alone there are five of it, and PostgreSQL takes none. */
const AMBIGUOUS_CALL = /\bgenerate_series\s*\(\s*\$\d+\s*,\s*\$\d+\s*[,)]/i;

export function explainSteps({
  load,
  snapshot,
}: {
  readonly load: Load;
  readonly snapshot: Snapshot;
}): readonly Step[] {
  const { text, queryid, parsed } = load;
  if (text === undefined || parsed === null) {
    const number = /^-?\d+$/.test(queryid);
    return [
      {
        ...(number ? { sql: `SELECT query FROM pg_stat_statements WHERE queryid = ${queryid};` } : {}),
        text: `Get the statement's text: look up queryid ${queryid} in pg_stat_statements of ${load.database}, with the rights of pg_read_all_stats.`,
        inTransaction: true,
      },
      analyzeStep(load),
    ];
  }
  const version = snapshot.server.versionNum;
  const readable = !TYPED_PARAMETER.test(text) && !AMBIGUOUS_CALL.test(text);
  const canPlan = version !== undefined && version >= GENERIC_PLAN_SINCE && readable;
  const plan: Step = {
    sql: `EXPLAIN (GENERIC_PLAN, VERBOSE) ${spelledOut(text.trim().replace(/;+$/, ''))};`,
    text: 'See the plan PostgreSQL makes without knowing the values; this does not execute the statement. Where it cannot tell the type of a parameter, add a cast.',
    lock: parsed.kind === 'select' ? 'ACCESS SHARE on what it reads' : 'ROW EXCLUSIVE on what it writes',
    blocks: 'nothing but DDL, for milliseconds',
    inTransaction: true,
  };
  return canPlan ? [plan, analyzeStep(load)] : [analyzeStep(load)];
}

function analyzeStep({ parsed }: Load): Step {
  const writes = parsed !== null && parsed.kind !== 'select';
  const care = writes ? ' It executes the write: wrap it in BEGIN and ROLLBACK.' : '';
  return {
    text: `On staging or a replica with production-sized data, run EXPLAIN (ANALYZE, BUFFERS) on it with a common and a rare value for each parameter.${care} Compare rows removed by filters, estimated with actual rows, and blocks read.`,
  };
}

export function subjectOf({ database, queryid, statement }: Load): Subject {
  return { database, queryid, statement };
}

export function acceptanceOf({ queryid }: Load, share: string): string {
  return `The mean execution time of query ${queryid} (total_exec_time ÷ calls in pg_stat_statements) is ${share} over a full week, and its calls have not moved to another statement`;
}

const SOURCE = 'pg_stat_statements';

/** The numbers every statement finding shows first. */
export function statementEvidence(load: Load): readonly Evidence[] {
  const { calls, rows, blocks, stddevTimeMs, meanMs } = load;
  return [
    { label: 'Share of database time', value: load.timeShare, unit: 'share', source: SOURCE },
    { label: 'Execution time', value: load.totalTimeMs, unit: 'ms', source: SOURCE },
    { label: 'Calls', value: calls, unit: 'count', source: SOURCE },
    { label: 'Mean time', value: meanMs, unit: 'ms/call', source: SOURCE },
    ...(rows === undefined ? [] : [{ label: 'Rows', value: rows / calls, unit: 'rows/call', source: SOURCE } as const]),
    ...(blocks === undefined
      ? []
      : [{ label: 'Blocks touched', value: blocks / calls, unit: 'blocks/call', source: SOURCE } as const]),
    // A mean of quick and slow executions describes neither.
    ...(stddevTimeMs === undefined || stddevTimeMs < 2 * meanMs
      ? []
      : [{ label: 'Standard deviation', value: stddevTimeMs, unit: 'ms/call', source: SOURCE } as const]),
  ];
}
