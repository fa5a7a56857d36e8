import type { Finding } from '../../model/finding.ts';
import { defineAdvisor } from '../advisor.ts';
import { about, duration, plural } from '../words.ts';
import { statementEvidence, subjectOf } from './explain.ts';
import { isRead, readableLoads } from './pattern.ts';
import { type Load, sketch } from './workload.ts';

const MEAN_MS_CEILING = 1;
const ROWS_PER_CALL_CEILING = 10;
const CALLS_PER_SECOND_FLOOR = 10;
const CALLS_SHARE_FLOOR = 0.1;
/** Called as often as other work of its database, give or take this much: one per request, not a loop. */
const SAME_PACE = 0.2;
/** Rows per call of a statement that a loop could go through. */
const LIST_ROWS = 2;
/** A round trip inside one data centre; the database cannot see it. */
const ROUND_TRIP_MS = 0.5;

export const chattyStatements = defineAdvisor({
  card: {
    id: 'chatty-statements',
    area: 'query',
    title: 'Lookups made one by one in a loop',
    clear: 'No quick lookup by key dominates the number of calls.',
    why: 'A query per row of another query (N+1) costs a round trip and an executor start each time, and each looks harmless alone. The waiting is on the application side, where the database does not see it.',
    source: 'PostgreSQL manual, F.32 pg_stat_statements; 9.25 Row and array comparisons',
    thresholds: [
      {
        name: 'calls per second',
        value: '≥ 10',
        reason: 'scales with the window; below it a loop is not worth a release',
      },
      { name: 'share of all calls', value: '≥ 10 %', reason: 'the shape stands out from the rest of the workload' },
      {
        name: 'other work at the same pace',
        value: 'none within 20 % of its calls',
        reason: 'a lookup made once with every write or report is no loop',
      },
      {
        name: 'rows of statements that return two or more a call',
        value: '≥ 80 % of its calls',
        reason: 'somebody has to fetch the rows that a loop goes through; else it is one lookup for each request',
      },
      { name: 'mean execution time', value: '≤ 1 ms', reason: 'slower ones have a plan to repair first' },
      { name: 'rows per call', value: '≤ 10', reason: 'one parent row, or the few children of one parent' },
    ],
  },
  needs: { statement: ['calls', 'totalTimeMs', 'rows'] },
  advise({ statement }, context) {
    const read = readableLoads(statement, context, 'Whether a statement is a lookup by key');
    if (!('loads' in read)) return read;
    const { work, loads: readable } = read;
    let alone = 0;
    const findings = readable.flatMap((load) => {
      const share = work.calls > 0 ? load.calls / work.calls : 0;
      const often = load.callsPerHour >= CALLS_PER_SECOND_FLOOR * 3600 && share >= CALLS_SHARE_FLOOR;
      const light = load.meanMs <= MEAN_MS_CEILING && (load.rows ?? Infinity) / load.calls <= ROWS_PER_CALL_CEILING;
      const column = often && light ? keyOf(load) : null;
      if (column === null || keepsPace(load, readable)) return [];
      if (hasRowsToLoop(load, readable)) return [finding(load, column, share)];
      alone += 1;
      return [];
    });
    const caveats =
      alone === 0
        ? []
        : [
            `${plural(alone, 'quick lookup')} ${alone === 1 ? 'stands' : 'stand'} out by calls, but no statement returned the rows that a loop would go through: one for each request, or keys from elsewhere.`,
          ];
    return { findings, examined: readable.length, caveats: [...work.caveats, ...caveats] };
  },
});

/** Another statement that is no lookup runs with every one of its calls, so it runs once for each unit of work. */
function keepsPace(load: Load, all: readonly Load[]): boolean {
  return all.some(
    (other) =>
      other !== load &&
      other.database === load.database &&
      Math.abs(other.calls / load.calls - 1) <= SAME_PACE &&
      isRead(other) &&
      keyOf(other) === null,
  );
}

/** A loop over the rows of another query makes as many calls as that returned rows. */
function hasRowsToLoop(load: Load, all: readonly Load[]): boolean {
  const needed = load.calls * (1 - SAME_PACE);
  let rows = 0;
  for (const other of all) {
    if (other === load || other.database !== load.database || (other.rows ?? 0) < LIST_ROWS * other.calls) continue;
    if (other.parsed?.kind === 'select') rows += other.rows ?? 0;
    if (rows >= needed) return true;
  }
  return false;
}

/** The key of a plain lookup: one table, every condition an equality with a parameter. */
function keyOf({ parsed }: Load): string | null {
  if (parsed === null || parsed.kind !== 'select' || parsed.tables.length !== 1 || parsed.aggregatesOnly) return null;
  const [first, ...others] = parsed.predicates;
  const isKey = (predicate: typeof first): boolean =>
    predicate?.op === 'equality' && predicate.onParameter && predicate.conjunct;
  return isKey(first) && others.every(isKey) ? (first?.column.name ?? null) : null;
}

function finding(load: Load, column: string, callShare: number): Finding {
  const waitingSeconds = (load.calls * ROUND_TRIP_MS) / 1000;
  return {
    subject: subjectOf(load),
    title: `Fetch many keys at once in ${sketch(load)}`,
    evidence: [
      ...statementEvidence(load),
      { label: 'Share of all calls', value: callShare, unit: 'share', source: 'pg_stat_statements' },
      { label: 'Calls per second', value: load.callsPerHour / 3600, unit: 'count', source: 'pg_stat_statements' },
    ],
    approach: `Collect the keys first and ask once with ${column} = ANY($1), or join to the query that produced the keys; in an ORM, load the association eagerly. If the calls come from unrelated requests, a cache is the answer instead.`,
    benefit: {
      kind: 'time',
      statements: [load.statement],
      reduces: { low: 0, likely: 0.3, high: 0.7 },
      confidence: 'low',
      basis: `Assumed, not measured: a batch pays executor start and end once, index descents remain; nothing, if the calls come from unrelated requests. Beyond database time, each call waits for a round trip: at an assumed ${ROUND_TRIP_MS} ms the ${about(load.calls)} calls seen waited ${duration(waitingSeconds)} in all.`,
    },
    work: 'change-application',
    risk: {
      level: 'low',
      technical:
        'A batch returns rows in no given order and leaves out keys that do not exist; the caller must match them.',
      business: 'A mistake in matching would show wrong data.',
      performance: 'Very large batches make long statements; some hundred keys at a time are enough.',
      mitigation: 'Release to a part of the traffic first, with a test that compares both ways.',
      rollback: [],
    },
    steps: [
      {
        text: `Find the caller: search the application for this lookup by ${column} inside a loop, or set application_name per component and watch pg_stat_activity.`,
      },
      { text: `Replace the loop by one statement with ${column} = ANY($1) and an array of keys, or by a join.` },
      { text: 'Release it; releasing the former version again undoes it.' },
    ],
    maintenanceWindow: 'none needed',
    acceptance: `The calls per hour of query ${load.queryid} in pg_stat_statements fall by at least half over a full week, and what replaces them takes less time together`,
    done: { kind: 'measure-moved' },
    gain: { kind: 'statement-time', statements: [load.statement] },
  };
}
