import type { StatementRow } from '../../model/rows.ts';
import type { Normalise } from '../text.ts';
import { type Counters, counted, present } from './present.ts';
import { ownMark, type Session } from './source.ts';
import { type Extension, informationSql, statementsSql } from './statement-columns.ts';

export const extensionSql = `SELECT ${ownMark} quote_ident(n.nspname) AS schema, e.extversion AS version,
  (SELECT json_agg(a.attname) FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
    WHERE c.relname = 'pg_stat_statements' AND c.relnamespace = n.oid AND a.attnum > 0) AS columns
FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = 'pg_stat_statements'`;

export async function findExtension(session: Session): Promise<Extension | null> {
  return (await session.ask<Extension>(extensionSql))[0] ?? null;
}

interface StatementLine {
  readonly database: string;
  readonly user: string | null;
  /** NULL, like the text, for other people's statements without pg_read_all_stats. */
  readonly queryid: string | null;
  readonly text: string | null;
  readonly since: number | null;
  readonly extremes_since: number | null;
  readonly counters: Readonly<Record<string, number | null>>;
  readonly gauges: Readonly<Record<string, number | null>>;
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
  /** As they stand; not to be subtracted. */
  readonly gauges: Counters;
}

export interface StatementFacts {
  readonly entries: readonly Entry[];
  /** statementKey of statements that are not the application's work: our own, BEGIN, COMMIT and their kin, and what may carry a password. */
  readonly own: ReadonlySet<string>;
  /** Entries of which the role may see the times only. */
  readonly hidden: number;
  /** Unix seconds; null before version 1.9 of the extension. */
  readonly since: number | null;
  /** How often the least used entries were thrown away to make room, since `since`; null as above. */
  readonly evictions: number | null;
  /** Entries there are, of pg_stat_statements.max. */
  readonly held: number;
}

const opening = String.raw`^(\s|/\*.*?\*/|--[^\n]*\n)*`;
/** No work of their own, and ours cannot be told from the application's: the server counts them together. */
const transactionControl = new RegExp(
  String.raw`${opening}(begin|start\s+transaction|commit(?!\s+prepared)|end|rollback(?!\s+prepared)|abort|savepoint|release)\b`,
  'is',
);
/** They may carry a password, and their queryid is a hash of the whole text. */
const credentials = new RegExp(
  String.raw`${opening}(create|alter)\s+(role|user|group|subscription|server|foreign\s+table)\b`,
  'is',
);

const isNobodys = ({ text }: StatementLine): boolean =>
  text !== null && (text.includes(ownMark) || transactionControl.test(text) || credentials.test(text));

export async function readStatements(session: Session, extension: Extension): Promise<StatementFacts> {
  const lines = await session.ask<StatementLine>(statementsSql(extension));
  const [information] = await session.ask<Information>(informationSql(extension));
  const entries = lines.flatMap((line) => {
    if (line.queryid === null || isNobodys(line)) return [];
    const { database, user, queryid, since } = line;
    const key = JSON.stringify([database, user, queryid]);
    const { stddev, planStddev, ...extremes } = counted(line.gauges);
    const counters = withSquares(counted(line.counters), stddev, planStddev);
    const minMaxSinceAt = line.extremes_since ?? information?.since;
    const gauges = { ...happened(extremes, counters), ...present({ minMaxSinceAt, firstSeenAt: since }) };
    return [{ key, database, user, queryid, raw: line.text ?? '', since, counters, gauges }];
  });
  const ours = lines.filter((line) => line.queryid !== null && isNobodys(line));
  return {
    entries,
    own: new Set(ours.map(({ database, queryid }) => statementKey(database, queryid ?? ''))),
    hidden: lines.filter((line) => line.queryid === null).length,
    since: information?.since ?? null,
    evictions: information?.evictions ?? null,
    held: information?.entries ?? lines.length,
  };
}

interface Information {
  readonly entries: number;
  readonly since: number | null;
  readonly evictions: number | null;
}

/** Zeros of what did not happen yet, or not since the extremes alone were reset (17+), are no times. */
function happened(extremes: Counters, { plans }: Counters): Counters {
  const { minTimeMs, maxTimeMs, minPlanTimeMs, maxPlanTimeMs } = extremes;
  const took = (maximum: number | undefined) => maximum !== undefined && maximum > 0;
  return present({
    ...(took(maxTimeMs) ? { minTimeMs, maxTimeMs } : {}),
    ...(took(maxPlanTimeMs) && plans !== 0 ? { minPlanTimeMs, maxPlanTimeMs } : {}),
  });
}

/** A standard deviation cannot be subtracted; the sum of the squared times can. */
function withSquares(counters: Counters, stddev?: number, planStddev?: number): Counters {
  const { calls, totalTimeMs, plans, planTimeMs } = counters;
  const squares = {
    squaresMs2: squared(calls, totalTimeMs, stddev),
    planSquaresMs2: squared(plans, planTimeMs, planStddev),
  };
  return { ...counters, ...present(squares) };
}

function squared(times?: number, totalMs?: number, stddev?: number): number | undefined {
  if (times === undefined || totalMs === undefined || stddev === undefined || times === 0) return undefined;
  return times * (stddev ** 2 + (totalMs / times) ** 2);
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
  const groups = new Map<string, Group>();
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
      groups.set(key, { row, values, gauges: entry.gauges, users: new Set([entry.user]), most: time });
      continue;
    }
    group.users.add(entry.user);
    group.values = sum(group.values, values);
    group.gauges = extremesOf(group.gauges, entry.gauges);
    if (time > group.most) Object.assign(group, { row, most: time });
  }
  return [...groups.values()].map(({ row, values, gauges, users }) => {
    const [user] = users.size === 1 ? users : [];
    const { squaresMs2, planSquaresMs2, ...counters } = values;
    const stddevTimeMs = deviation(counters.calls, counters.totalTimeMs, squaresMs2);
    const stddevPlanTimeMs = deviation(counters.plans, counters.planTimeMs, planSquaresMs2);
    const jitTimeMs = jitTime(counters);
    return { ...row, ...present({ user, stddevTimeMs, stddevPlanTimeMs, jitTimeMs }), ...counters, ...gauges };
  });
}

interface Group {
  row: StatementRow;
  values: Counters;
  gauges: Counters;
  users: Set<string | null>;
  most: number;
}

/** Of both together. The times since when they were kept: the earlier, as it holds for both. */
function extremesOf(one: Counters, other: Counters): Counters {
  const shared = Object.entries(one).filter(([name]) => other[name] !== undefined);
  const larger = (name: string) => (name.startsWith('max') ? Math.max : Math.min);
  return Object.fromEntries(shared.map(([name, value]) => [name, larger(name)(value, other[name] ?? value)]));
}

/** 17 counts deforming by itself; before, it is in the generation. */
function jitTime(counters: Counters): number | undefined {
  const { jitGenerationTimeMs, jitInliningTimeMs, jitOptimizationTimeMs, jitEmissionTimeMs } = counters;
  if (jitGenerationTimeMs === undefined) return undefined;
  return jitGenerationTimeMs + (jitInliningTimeMs ?? 0) + (jitOptimizationTimeMs ?? 0) + (jitEmissionTimeMs ?? 0);
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
