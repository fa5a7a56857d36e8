import type { StatementRow } from '../../model/rows.ts';
import type { Normalise } from '../text.ts';
import type { Counters } from './counters.ts';
import { counted, present } from './present.ts';
import { ownMark, type Session } from './source.ts';

export const extensionSql = `SELECT ${ownMark} quote_ident(n.nspname) AS schema, e.extversion AS version,
  (SELECT json_agg(a.attname) FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
    WHERE c.relname = 'pg_stat_statements' AND c.relnamespace = n.oid AND a.attnum > 0) AS columns
FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = 'pg_stat_statements'`;

/** Where the extension lives: columns depend on its version, not on the server's. */
export interface Extension {
  readonly schema: string;
  readonly version: string;
  readonly columns: readonly string[];
}

export async function findExtension(session: Session): Promise<Extension | null> {
  return (await session.ask<Extension>(extensionSql))[0] ?? null;
}

/** Only statements that a client sent: with track = all, what functions run is in its caller's time as well. */
export function statementsSql({ schema, columns }: Extension): string {
  const either = (...names: readonly string[]) => {
    const there = names.find((name) => columns.includes(name));
    return there === undefined ? 'NULL' : `s.${there}`;
  };
  return `SELECT ${ownMark} d.datname AS database, r.rolname AS user, s.queryid::text AS queryid, s.query AS text,
  ${columns.includes('stats_since') ? 'extract(epoch FROM s.stats_since)::float8' : 'NULL::float8'} AS since,
  s.stddev_exec_time AS stddev, json_build_object('calls', s.calls, 'totalTimeMs', s.total_exec_time,
    'planTimeMs', CASE WHEN current_setting('pg_stat_statements.track_planning', true) = 'on' THEN s.total_plan_time END,
    'rows', s.rows, 'sharedBlocksHit', s.shared_blks_hit, 'sharedBlocksRead', s.shared_blks_read,
    'tempBlocksWritten', s.temp_blks_written, 'blockReadTimeMs', CASE WHEN current_setting('track_io_timing') = 'on'
      THEN ${either('shared_blk_read_time', 'blk_read_time')} END, 'walBytes', s.wal_bytes) AS counters
FROM ${schema}.pg_stat_statements(true) s JOIN pg_database d ON d.oid = s.dbid LEFT JOIN pg_roles r ON r.oid = s.userid
${columns.includes('toplevel') ? 'WHERE s.toplevel' : ''}
ORDER BY d.datname COLLATE "C", s.queryid, r.rolname COLLATE "C"`;
}

export const resetSql = ({ schema }: Extension) =>
  `SELECT ${ownMark} extract(epoch FROM stats_reset)::float8 AS since, dealloc::float8 AS dealloc
FROM ${schema}.pg_stat_statements_info()`;

interface StatementLine {
  readonly database: string;
  readonly user: string | null;
  /** NULL, like the text, for other people's statements without pg_read_all_stats. */
  readonly queryid: string | null;
  readonly text: string | null;
  readonly since: number | null;
  readonly stddev: number | null;
  readonly counters: Readonly<Record<string, number | null>>;
}

/** One entry of pg_stat_statements; its text never leaves this folder as it is. */
export interface Entry {
  readonly key: string;
  readonly database: string;
  readonly user: string | null;
  readonly queryid: string;
  readonly raw: string;
  readonly since: number | null;
  readonly counters: Counters;
}

export interface StatementFacts {
  readonly entries: readonly Entry[];
  /** statementKey of statements that are not the application's work: our own, and BEGIN, COMMIT and their kin. */
  readonly own: ReadonlySet<string>;
  /** Entries of which the role may see the times only. */
  readonly hidden: number;
  /** Unix seconds; null before version 1.9 of the extension. */
  readonly since: number | null;
  /** How often the least used entries were thrown away to make room. */
  readonly evictions: number;
  /** Text as it was sent, for the record. */
  readonly sql: string;
}

/** No work of their own, and ours cannot be told from the application's: the server counts them together. */
const transactionControl =
  /^\s*(\/\*.*?\*\/\s*)*(begin|start\s+transaction|commit(?!\s+prepared)|end|rollback(?!\s+prepared)|abort|savepoint|release)\b/is;

const isNobodys = ({ text }: StatementLine): boolean =>
  text !== null && (text.includes(ownMark) || transactionControl.test(text));

export async function readStatements(session: Session, extension: Extension): Promise<StatementFacts> {
  const sql = statementsSql(extension);
  const lines = await session.ask<StatementLine>(sql);
  // The columns of 1.9 came together with the view.
  const info = extension.columns.includes('toplevel')
    ? (await session.ask<{ since: number | null; dealloc: number }>(resetSql(extension)))[0]
    : undefined;
  const entries = lines.flatMap((line) => {
    if (line.queryid === null || isNobodys(line)) return [];
    const key = JSON.stringify([line.database, line.user, line.queryid]);
    const counters = withSquares(counted(line.counters), line.stddev);
    const { database, user, queryid, since } = line;
    return [{ key, database, user, queryid, raw: line.text ?? '', since, counters }];
  });
  const ours = lines.filter((line) => line.queryid !== null && isNobodys(line));
  return {
    entries,
    own: new Set(ours.map(({ database, queryid }) => statementKey(database, queryid ?? ''))),
    hidden: lines.filter((line) => line.queryid === null).length,
    since: info?.since ?? null,
    evictions: info?.dealloc ?? 0,
    sql,
  };
}

/** A standard deviation cannot be subtracted; the sum of the squared times can. */
function withSquares(counters: Counters, stddev: number | null): Counters {
  const { calls, totalTimeMs } = counters;
  if (stddev === null || calls === undefined || totalTimeMs === undefined || calls === 0) return counters;
  return { ...counters, squaresMs2: calls * (stddev ** 2 + (totalTimeMs / calls) ** 2) };
}

/** How other sources name a statement. */
export const statementKey = (database: string, queryid: string) => JSON.stringify([database, queryid]);

/** What the text of an entry says about it, by statementKey; null for our own statements. */
export type Identities = ReadonlyMap<string, Pick<StatementRow, 'statement' | 'text' | 'label' | 'textCut'> | null>;

export function identitiesOf(
  { entries, own }: Pick<StatementFacts, 'entries' | 'own'>,
  normalise: Normalise,
): Identities {
  const ours = [...own].map((key) => [key, null] as const);
  const others = entries.map(({ database, queryid, raw }) => {
    const { text, fingerprint, label, cut } = normalise(raw);
    const identity = {
      statement: fingerprint ?? `id:${queryid}`,
      ...present({ text, label }),
      ...(cut ? { textCut: true } : {}),
    };
    return [statementKey(database, queryid), identity] as const;
  });
  return new Map([...ours, ...others]);
}

/** Entries of one statement (other users, other queryids of the same text) become one row. */
export function mergeStatements(
  increased: readonly { readonly of: Entry; readonly values: Counters }[],
  identities: Identities,
): readonly StatementRow[] {
  const groups = new Map<string, { row: StatementRow; values: Counters; users: Set<string | null>; most: number }>();
  for (const { of: entry, values } of increased) {
    const { database, queryid } = entry;
    const identity = identities.get(statementKey(database, queryid));
    // Not run in this span: there is nothing to say about it.
    if (values.calls === 0 || identity == null) continue;
    const row: StatementRow = { database, queryid, ...identity };
    const key = JSON.stringify([database, row.statement]);
    const group = groups.get(key);
    const time = values.totalTimeMs ?? 0;
    if (group === undefined) {
      groups.set(key, { row, values, users: new Set([entry.user]), most: time });
      continue;
    }
    group.users.add(entry.user);
    group.values = sum(group.values, values);
    if (time > group.most) Object.assign(group, { row, most: time });
  }
  return [...groups.values()].map(({ row, values, users }) => {
    const [user] = users.size === 1 ? users : [];
    const { squaresMs2, ...counters } = values;
    const stddevTimeMs = deviation(counters.calls, counters.totalTimeMs, squaresMs2);
    return { ...row, ...present({ user, stddevTimeMs }), ...counters };
  });
}

/** Only what both know: a sum over a part would be no sum. */
function sum(one: Counters, other: Counters): Counters {
  const shared = Object.entries(one).filter(([name]) => other[name] !== undefined);
  return Object.fromEntries(shared.map(([name, value]) => [name, value + (other[name] ?? 0)]));
}

function deviation(calls?: number, totalTimeMs?: number, squaresMs2?: number): number | undefined {
  if (calls === undefined || totalTimeMs === undefined || squaresMs2 === undefined || calls <= 0) return undefined;
  // Differences of large sums can come out slightly below zero.
  return Math.sqrt(Math.max(0, squaresMs2 / calls - (totalTimeMs / calls) ** 2));
}
