/** What was seen → rows with differences, what they cover, and the reading that the next run subtracts. */
import type { RowKind } from '../../model/measures.ts';
import type { DatabaseRow, IndexRow, ServerRow, StatementRow, TableRow } from '../../model/rows.ts';
import type { CounterReading, Gap, Span } from '../../model/snapshot.ts';
import type { Normalise } from '../text.ts';
import { bloatOf, indexBloat, tableBloat } from './bloat-estimate.ts';
import {
  type DatabaseState,
  databaseState,
  evictionsIn,
  type Increased,
  increases,
  type Past,
  statementIncrease,
  statisticsSince,
} from './counters.ts';
import { evictionGap, hiddenStatementsGap, monitorGap, noCountsGaps, noHistoryGaps, settingGaps } from './gaps.ts';
import { roughSizeNotes, unreadStatisticsNotes } from './limits.ts';
import type { Seen } from './look.ts';
import { type Counters, present } from './present.ts';
import { increaseOf, type ServerIncrease, serverReading } from './server-increase.ts';
import { type Identities, identitiesOf, mergeStatements } from './statements.ts';
import { versionGaps } from './version-gaps.ts';

export interface Assembled {
  readonly server: ServerRow;
  readonly databases: readonly DatabaseRow[];
  readonly tables: readonly TableRow[];
  readonly indexes: readonly IndexRow[];
  readonly statements: readonly StatementRow[];
  /** Every statement the catalog has, also those that did not run in the span. */
  readonly identities: Identities;
  readonly spans: { readonly [Kind in RowKind]?: Span };
  readonly gaps: readonly Gap[];
  readonly resets: number;
  readonly statisticsAgeSeconds: number | null;
  readonly skewSeconds: number | null;
  readonly blindDatabases: readonly string[];
  /** Whole sentences for the reader. */
  readonly notes: readonly string[];
  readonly counters: CounterReading;
}

export function assemble(seen: Seen, past: Past, normalise: Normalise): Assembled {
  const { facts, settings, databases } = seen;
  const states = new Map(databases.map((each) => [each.row.database, databaseState(each, past)]));
  const since = Math.min(past.takenAtSeconds, ...databases.map(({ row }) => statisticsSince(row.statsResetAt, past)));
  const counting = settings?.track_counts?.value !== false;
  const before = past.previous;
  const differences = <Row>(
    rows: readonly {
      readonly row: Row;
      readonly database: string;
      readonly key: string;
      readonly counters: Counters;
    }[],
    earlier: Readonly<Record<string, Counters>> | undefined,
    forStates: ReadonlyMap<string, DatabaseState> = states,
  ): Increased<Row> =>
    increases({
      rows: rows.map(({ row, database, key, counters }) => ({ of: row, database, key, now: counting ? counters : {} })),
      before: earlier ?? null,
      states: forStates,
      since,
      past,
    });

  const named = databases.map((each) => ({ ...each, database: each.row.database, key: databaseKey(each.row) }));
  const tables = seen.tables.map((each) => ({ ...each, database: each.row.database, key: tableKey(each.row) }));
  const indexes = seen.indexes.map((each) => {
    const key = indexKey(each.row);
    const firstSeenAt = firstSeen(key, each.row.database, before);
    return { ...each, row: { ...each.row, ...present({ firstSeenAt }) }, database: each.row.database, key };
  });
  // A database's own counters are in every reading, whether or not anybody looked inside of it.
  const ownStates = new Map(
    [...states].map(([name, state]) => [name, state === 'unseen' ? 'continued' : state] as const),
  );
  const byDatabase = differences(named, before?.databases, ownStates);
  const byTable = differences(tables, before?.tables);
  const byIndex = differences(indexes, before?.indexes);
  const blockSize = facts.row.blockSizeBytes ?? 8192;
  const tableOf = new Map(tables.map(({ row, key }) => [key, row]));
  const server = increaseOf(seen.views, past, facts.version, blockSize);
  const statements = seen.statements === null ? null : statementIncrease(seen.statements, past);
  const identities = identitiesOf(seen.statements ?? { entries: [], own: new Set() }, normalise);
  const evictions =
    seen.statements === null || statements === null ? null : evictionsIn(seen.statements, statements.span, past);
  const resetDatabases = [...states].filter(([, state]) => state === 'reset').map(([name]) => name);
  const spread = <Row>({ rows }: Increased<Row>): readonly Row[] =>
    rows.map(({ of, values }) => ({ ...of, ...values }));

  return {
    server: serverRow(seen, server, {
      ...present({
        statementEntries: seen.statements?.held,
        statementEvictions: evictions,
        statementStatsResetAt: seen.statements?.since,
      }),
    }),
    databases: spread(byDatabase).map((row): DatabaseRow => {
      const sessions = seen.activity?.sessionsOf.get(row.database);
      const sequences = seen.sequences.get(row.database);
      return { ...row, ...present({ connectionsAverage: sessions, connectionsPeak: sessions, sequences }) };
    }),
    tables: spread(byTable).map((row) => ({ ...row, ...bloatOf(tableBloat(row, blockSize)) })),
    indexes: spread(byIndex).map((row) => ({
      ...row,
      ...bloatOf(indexBloat(row, tableOf.get(tableKey(row)) ?? {}, blockSize)),
    })),
    statements: mergeStatements(statements?.rows ?? [], identities),
    identities,
    spans: present({
      server: server.span,
      database: databases.length > 0 ? byDatabase.span : undefined,
      table: seen.visited.size > 0 ? byTable.span : undefined,
      index: seen.visited.size > 0 ? byIndex.span : undefined,
      statement: statements?.span,
    }),
    gaps: [
      ...seen.gaps,
      ...server.gaps,
      ...furtherGaps(seen, states, counting),
      ...(evictions ? [evictionGap(evictions)] : []),
    ],
    resets: server.resets + (statements?.resets ?? 0) + resetDatabases.length + byTable.resets + byIndex.resets,
    statisticsAgeSeconds: Math.max(0, past.takenAtSeconds - Math.max(youngest(seen, past), facts.startedAt)),
    // Never -0, which JSON cannot say.
    skewSeconds: seen.skewSeconds === null ? null : Math.round(seen.skewSeconds) + 0,
    blindDatabases: databases.map(({ row }) => row.database).filter((name) => !seen.visited.has(name)),
    notes: [
      ...notesOf(resetDatabases),
      ...roughSizeNotes(seen.tables, seen.indexes),
      ...unreadStatisticsNotes(seen.tables),
      ...seen.notes,
    ],
    counters: readingOf({ ...seen, indexes }, past, since),
  };
}

/** PostgreSQL keeps no date of birth: an index that the last run did not see, though it looked, is younger than it. */
function firstSeen(key: string, database: string, before: CounterReading | null): number | null {
  if (before === null) return null;
  const earlier = Object.hasOwn(before.indexes, key) ? before.indexes[key] : undefined;
  if (earlier !== undefined) return earlier.firstSeenAt ?? null;
  const looked = Object.hasOwn(before.databases, database) && before.databases[database]?.visited === 1;
  return looked ? Date.parse(before.at) / 1000 : null;
}

const databaseKey = (row: { database: string }) => row.database;
const tableKey = (row: { database: string; schema: string; table: string }) =>
  JSON.stringify([row.database, row.schema, row.table]);
const indexKey = (row: { database: string; schema: string; index: string }) =>
  JSON.stringify([row.database, row.schema, row.index]);

const youngest = (seen: Seen, past: Past) =>
  Math.max(...seen.databases.map(({ row }) => statisticsSince(row.statsResetAt, past)), past.sharedSince ?? 0);

function serverRow(seen: Seen, increase: ServerIncrease, ofStatements: Counters): ServerRow {
  const { activity, facts, gauges, overrides, horizon, slots, replicas, subscriptions, waits } = seen;
  return {
    ...facts.row,
    settings: seen.settings ?? {},
    extensions: seen.extensions,
    progress: seen.progress,
    ...present({ overrides, horizon, slots, replicas, subscriptions, waits }),
    ...increase.lists,
    ...increase.values,
    ...gauges,
    ...ofStatements,
    ...present({ connectionsAverage: activity?.sessions, connectionsPeak: activity?.sessions }),
    // Without the right, states are NULL and would be counted as none.
    ...(activity === null || !facts.readsAll
      ? {}
      : present({
          activeSessions: activity.active,
          oldestTransactionSeconds: activity.oldestSeconds,
          idleSessions: activity.idle,
          idleSeconds: activity.idleSeconds,
          idleInTransactionSessions: activity.idleInTransaction,
          idleInTransactionSeconds: activity.idleInTransactionSeconds,
        })),
  };
}

function furtherGaps(seen: Seen, states: ReadonlyMap<string, DatabaseState>, counting: boolean): readonly Gap[] {
  const { facts, statements, settings } = seen;
  const unseen = [...states].filter(([name, state]) => state === 'unseen' && seen.visited.has(name));
  return [
    ...(facts.readsAll ? [] : [monitorGap(facts.role)]),
    ...(statements !== null && statements.hidden > 0 ? [hiddenStatementsGap(facts.role, statements.hidden)] : []),
    ...(statements === null ? [] : settingGaps(settings ?? {})),
    ...(counting ? [] : noCountsGaps()),
    ...unseen.flatMap(([name]) => noHistoryGaps(name)),
    ...versionGaps(facts.version),
  ];
}

function notesOf(resetDatabases: readonly string[]): readonly string[] {
  if (resetDatabases.length === 0) return [];
  const names = resetDatabases.join(', ');
  return [`Statistics were reset since the last run in ${names}; the numbers there began anew.`];
}

function readingOf(seen: Seen, past: Past, since: number): CounterReading {
  const { facts, statements, views } = seen;
  const entries = <Facts>(all: readonly Facts[], of: (facts: Facts) => readonly [string, Counters]) =>
    Object.fromEntries(all.map(of));
  return {
    at: past.takenAt,
    since: new Date(since * 1000).toISOString(),
    startedAt: facts.startedAt,
    server: {
      ...serverReading(views),
      ...present({ sharedSince: facts.sharedSince }),
      ...(statements === null
        ? {}
        : {
            statementsSeen: 1,
            ...present({ statementsSince: statements.since, statementEvictions: statements.evictions }),
          }),
    },
    databases: entries(seen.databases, ({ row, counters }) => [
      databaseKey(row),
      { ...counters, ...present({ statsResetAt: row.statsResetAt }), visited: seen.visited.has(row.database) ? 1 : 0 },
    ]),
    tables: entries(seen.tables, ({ row, counters }) => [tableKey(row), counters]),
    indexes: entries(seen.indexes, ({ row, counters }) => [
      indexKey(row),
      { ...counters, ...present({ firstSeenAt: row.firstSeenAt }) },
    ]),
    statements: entries(statements?.entries ?? [], ({ key, counters }) => [key, counters]),
  };
}
