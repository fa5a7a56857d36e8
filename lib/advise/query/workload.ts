/** The application's statements: one per database and identity, without what runs for the server's own sake. */
import type { StatementRow } from '../../model/rows.ts';
import { databaseTimeMs, spanSeconds } from '../../model/snapshot.ts';
import type { Context, With } from '../advisor.ts';
import type { ParsedStatement } from '../sql/statement.ts';
import { contains } from '../sql/visit.ts';
import { percent, plural } from '../words.ts';

export type Counted = With<'statement', 'calls' | 'totalTimeMs'>;

export interface Load {
  readonly database: string;
  readonly statement: string;
  /** Of the row with most time, where several queryids share the identity. */
  readonly queryid: string;
  /** Absent when not seen or cut. */
  readonly text?: string;
  /** Parsed when first asked for: most statements of a large server are never asked. */
  readonly parsed: ParsedStatement | null;
  readonly calls: number;
  readonly totalTimeMs: number;
  readonly meanMs: number;
  readonly timeShare: number;
  readonly callsPerHour: number;
  /** Absent unless every row has them. */
  readonly rows?: number;
  readonly blocks?: number;
  readonly stddevTimeMs?: number;
}

export interface Workload {
  /** Most time first. */
  readonly loads: readonly Load[];
  readonly hours: number;
  readonly databaseTimeMs: number;
  readonly calls: number;
  readonly caveats: readonly string[];
}

export const NO_SPAN =
  'It is not known how long the statement counters have been counting. Run again: the next run subtracts this one.';

/** Of all time and of all calls; what stays below both is not parsed to learn whose it is. */
const MATTERS = 0.0005;

/** By snapshot first: two may share their rows and differ in what else the answer is made of. */
const known = new WeakMap<Context['snapshot'], Map<readonly Counted[], Workload | null>>();

/** null when nobody knows what time the counters cover. Many advisors ask it of the same rows. */
export function workload(rows: readonly Counted[], context: Context): Workload | null {
  const ofSnapshot = known.get(context.snapshot) ?? new Map<readonly Counted[], Workload | null>();
  known.set(context.snapshot, ofSnapshot);
  const work = ofSnapshot.get(rows);
  if (work !== undefined) return work;
  const fresh = newWorkload(rows, context);
  ofSnapshot.set(rows, fresh);
  return fresh;
}

function newWorkload(rows: readonly Counted[], { snapshot, parse }: Context): Workload | null {
  const seconds = spanSeconds(snapshot, 'statement');
  const total = databaseTimeMs(snapshot);
  if (seconds === null || total === null) return null;
  const groups = new Map<string, Counted[]>();
  for (const row of rows) {
    const key = `${row.database}\0${row.statement}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [row]);
    else group.push(row);
  }
  const calls = sum(rows.map((row) => row.calls));
  const loads: Load[] = [];
  for (const group of groups.values()) {
    const load = merged(group, { hours: seconds / 3600, databaseTimeMs: total, calls, parse });
    if (load !== null) loads.push(load);
  }
  loads.sort((a, b) => b.totalTimeMs - a.totalTimeMs || (identity(a) < identity(b) ? -1 : 1));
  const textless = loads.filter((load) => load.text === undefined).length;
  const coverage = snapshot.quality.statementCoverage;
  const caveats = [
    coverage !== null && coverage < 0.5
      ? `The statements seen explain only ${percent(coverage)} of the databases' execution time; the rest was not exported or was evicted.`
      : null,
    textless > 0
      ? `${plural(textless, 'statement')} came without complete text and could be judged by numbers only; a PostgreSQL connection shows the text.`
      : null,
  ].filter((caveat) => caveat !== null);
  return { loads, hours: seconds / 3600, databaseTimeMs: total, calls, caveats };
}

interface Frame extends Pick<Workload, 'hours' | 'databaseTimeMs' | 'calls'> {
  readonly parse: Context['parse'];
}

function merged(group: readonly Counted[], frame: Frame): Load | null {
  const { hours, databaseTimeMs: databaseTime, parse } = frame;
  const byTime =
    group.length === 1
      ? group
      : [...group].sort((a, b) => b.totalTimeMs - a.totalTimeMs || (a.queryid < b.queryid ? -1 : 1));
  const [first] = byTime;
  const calls = sum(group.map((row) => row.calls));
  const totalTimeMs = sum(group.map((row) => row.totalTimeMs));
  if (first === undefined || calls <= 0 || totalTimeMs <= 0) return null;
  const text = byTime.find((row) => row.text !== undefined && row.textCut !== true)?.text;
  const matters = totalTimeMs >= MATTERS * databaseTime || calls >= MATTERS * frame.calls;
  const suspect = looksServersOwn(byTime);
  // What names a table, and none of the server's, is the application's; to parse it would say nothing more.
  if (matters && (suspect || !namesTable(text)) ? isServersOwn(byTime, parse(text)) : suspect) return null;
  const rows = sumIfAll(group, (row) => row.rows);
  const blocks = sumIfAll(group, (row) =>
    row.sharedBlocksHit === undefined || row.sharedBlocksRead === undefined
      ? undefined
      : row.sharedBlocksHit + row.sharedBlocksRead,
  );
  return {
    database: first.database,
    statement: first.statement,
    queryid: first.queryid,
    ...(text === undefined ? {} : { text }),
    get parsed() {
      return parse(text);
    },
    calls,
    totalTimeMs,
    meanMs: totalTimeMs / calls,
    timeShare: databaseTime > 0 ? Math.min(1, totalTimeMs / databaseTime) : 0,
    callsPerHour: calls / hours,
    ...(rows === undefined ? {} : { rows }),
    ...(blocks === undefined ? {} : { blocks }),
    ...(group.length === 1 && first.stddevTimeMs !== undefined ? { stddevTimeMs: first.stddevTimeMs } : {}),
  };
}

/** Roles that only agents and providers use. */
const AGENTS =
  /^(rdsadmin|rds_superuser|cloudsql\w*|azure\w*|datadog|pganalyze|pgwatch\w*|pgmonitor|ccp_monitoring|postgres_exporter)$/;
const UTILITY =
  /^\s*(\/\*.*?\*\/\s*)*(begin|commit|rollback|start|end|abort|savepoint|release|prepare|deallocate|discard|set|reset|show|copy|vacuum|analyze|create|alter|drop|truncate|grant|revoke|lock|listen|notify|unlisten|declare|fetch|close|move|explain|checkpoint|reindex|cluster|refresh|do|call|comment)\b/is;

/** Utility statements, catalog queries of monitors and backups, and pings: no index or rewrite helps them. */
function isServersOwn(rows: readonly StatementRow[], parsed: ParsedStatement | null): boolean {
  if (rows.every((row) => AGENTS.test(row.user ?? ''))) return true;
  if (parsed === null) return rows.some((row) => UTILITY.test(row.text ?? ''));
  if (parsed.kind === 'utility') return true;
  const isSystem = parsed.tables.some(
    ({ schema, name }) => schema === 'pg_catalog' || schema === 'information_schema' || name.startsWith('pg_'),
  );
  return isSystem || (parsed.tables.length === 0 && !callsUserFunction(parsed));
}

/** The same from the text alone. */
function looksServersOwn(rows: readonly StatementRow[]): boolean {
  return (
    rows.every((row) => AGENTS.test(row.user ?? '')) ||
    rows.some(({ text = '' }) => UTILITY.test(text) || /\b(?:information_schema\b|pg_\w)/i.test(text))
  );
}

/** Not by every FROM: some functions are written with one inside. */
const namesTable = (text = ''): boolean =>
  /\b(?:from|join|into|update)\s+["a-z_]/i.test(text) &&
  !/\b(?:extract|substring|trim|overlay|distinct\s+from)\b/i.test(text);

function callsUserFunction(parsed: ParsedStatement): boolean {
  return contains(parsed.tree, 'FuncCall') && !JSON.stringify(parsed.tree).includes('"sval":"pg_catalog"');
}

export function sketch({ parsed, queryid }: Pick<Load, 'parsed' | 'queryid'>): string {
  const tables = [...new Set((parsed?.tables ?? []).map((table) => table.name))];
  if (parsed === null || tables.length === 0) return `statement ${queryid}`;
  const shown = tables.length > 3 ? [...tables.slice(0, 2), `${tables.length - 2} more`] : tables;
  return `${parsed.kind.toUpperCase()} on ${shown.join(', ')} (query ${queryid})`;
}

function identity(load: Load): string {
  return `${load.database}/${load.statement}`;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function sumIfAll<Row>(rows: readonly Row[], of: (row: Row) => number | undefined): number | undefined {
  const values = rows.map(of).filter((value) => value !== undefined);
  return values.length === rows.length ? sum(values) : undefined;
}
