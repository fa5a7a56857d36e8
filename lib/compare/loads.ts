/** What each statement cost in one span: rows of the same statement and database (several users) made one. */
import { keyPart } from '../model/finding.ts';
import type { Week } from './week.ts';
import { weeksIn } from './week.ts';

export interface Load {
  /** database/statement, both encoded. */
  readonly key: string;
  readonly database: string;
  readonly statement: string;
  readonly queryids: readonly string[];
  /** Length of the span, to scale counters of spans of different length. */
  readonly weeks: number;
  readonly calls: number;
  readonly totalTimeMs: number;
  readonly meanMs: number;
  readonly stddevTimeMs: number | null;
  readonly rowsPerCall: number | null;
  readonly blocksPerCall: number | null;
  /** Share of those blocks that was not found in shared buffers. */
  readonly missShare: number | null;
  /** Blocks written into temporary files. */
  readonly tempPerCall: number | null;
  /** plan-shape.ts, where its generic plan was asked for. */
  readonly planShape: number | null;
}

export interface Loads {
  readonly byKey: ReadonlyMap<string, Load>;
  readonly byQueryid: ReadonlyMap<string, Load>;
}

type Row = Pick<Week['statements'][number], 'database' | 'statement' | 'queryid' | 'measures'>;

export function loadsOf(week: Week): Loads {
  return loadsFrom(week.statements, weeksIn(week.spans.statement) ?? 0);
}

export function loadsFrom(rows: readonly Row[], weeks: number): Loads {
  const groups = new Map<string, Row[]>();
  for (const row of rows) {
    const { calls, totalTimeMs } = row.measures;
    if (calls === undefined || calls <= 0 || totalTimeMs === undefined) continue;
    const key = statementKey(row.database, row.statement);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [row]);
    else group.push(row);
  }
  const byKey = new Map([...groups].map(([key, group]) => [key, merge(key, group, weeks)]));
  const byQueryid = new Map(
    [...byKey.values()].flatMap((load) => load.queryids.map((id) => [statementKey(load.database, id), load])),
  );
  return { byKey, byQueryid };
}

export function statementKey(database: string, statement: string): string {
  return `${keyPart(database)}/${keyPart(statement)}`;
}

/** The same statement in the other span; by queryid where one of the two runs saw no text to fingerprint. */
export function counterpart(load: Load, others: Loads): Load | undefined {
  const same = others.byKey.get(load.key);
  if (same !== undefined) return same;
  for (const id of load.queryids) {
    const byId = others.byQueryid.get(statementKey(load.database, id));
    if (byId !== undefined) return byId;
  }
  return undefined;
}

function merge(key: string, rows: readonly Row[], weeks: number): Load {
  const sum = (name: string): number | null => {
    let total = 0;
    for (const { measures } of rows) {
      const value = measures[name];
      if (value === undefined) return null;
      total += value;
    }
    return total;
  };
  const calls = sum('calls') ?? 0;
  const totalTimeMs = sum('totalTimeMs') ?? 0;
  const meanMs = totalTimeMs / calls;
  const returned = sum('rows');
  const hit = sum('sharedBlocksHit');
  const read = sum('sharedBlocksRead');
  const spilt = sum('tempBlocksWritten');
  const shapes = new Set(rows.flatMap((row) => row.measures.planShape ?? []));
  const blocks = hit === null || read === null ? null : hit + read;
  const [first] = rows;
  return {
    key,
    database: first?.database ?? '',
    statement: first?.statement ?? '',
    queryids: [...new Set(rows.map((row) => row.queryid))].sort(),
    weeks,
    calls,
    totalTimeMs,
    meanMs,
    stddevTimeMs: stddev(rows, calls, meanMs),
    rowsPerCall: returned === null ? null : returned / calls,
    blocksPerCall: blocks === null ? null : blocks / calls,
    missShare: blocks === null || read === null || blocks === 0 ? null : read / blocks,
    tempPerCall: spilt === null ? null : spilt / calls,
    planShape: shapes.size === 1 ? ([...shapes][0] ?? null) : null,
  };
}

/** Of the merged rows: their second moments add up, their deviations do not. */
function stddev(rows: readonly Row[], calls: number, meanMs: number): number | null {
  let moment = 0;
  for (const { measures } of rows) {
    const { stddevTimeMs, calls: part, totalTimeMs } = measures;
    if (stddevTimeMs === undefined || part === undefined || totalTimeMs === undefined) return null;
    moment += part * (stddevTimeMs ** 2 + (totalTimeMs / part) ** 2);
  }
  return Math.sqrt(Math.max(0, moment / calls - meanMs ** 2));
}
