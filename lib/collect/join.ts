/** Two views of one server → one snapshot: facts from the catalog, each kind's increases from one source only. */
import { measures, type RowKind } from '../model/measures.ts';
import type { StatementRow } from '../model/rows.ts';
import type { Gap, Snapshot, SourceName, Span, Window } from '../model/snapshot.ts';
import { filledNote, filledStatements, lackingCounters, notYet } from './fill.ts';
import { renamedHours } from './hours.ts';
import { formerly } from './names.ts';
import type { PostgresReading } from './postgres/read.ts';
import type { PrometheusTarget } from './prometheus/read.ts';
import { coversWindow, qualityOf } from './quality.ts';
import { postgresQuality, prometheusQuality, prometheusSpan } from './source-quality.ts';

type Kind = Exclude<RowKind, 'host'>;
type AnyRow = Readonly<Record<string, unknown>>;
const kinds = ['server', 'database', 'table', 'index', 'statement'] as const;

export interface JoinInput {
  readonly target: string;
  readonly takenAt: string;
  readonly window: Window;
  readonly prometheus: PrometheusTarget;
  readonly postgres: PostgresReading;
}

export function join({ target, takenAt, window, prometheus, postgres }: JoinInput): Snapshot {
  const statements = renamed(prometheus.statements, postgres);
  const chosen = new Map(
    kinds.map((kind) => [kind, counterSource(kind, { ...prometheus, statements }, postgres, window)]),
  );
  const from = (kind: Kind): SourceName => chosen.get(kind) ?? 'postgres';
  const merge = <Row extends object>(kind: Kind, metrics: readonly Row[], catalog: readonly Row[]): readonly Row[] =>
    mergeRows({ kind, metrics, catalog, counters: from(kind), visited: visitedOf(postgres) });
  const [server = postgres.server] = merge('server', [prometheus.server], [postgres.server]);
  const spans = Object.fromEntries(
    kinds.flatMap((kind): [Kind, Span][] => {
      const span = from(kind) === 'prometheus' ? prometheusSpan(kind, prometheus, window) : postgres.spans[kind];
      return span === undefined ? [] : [[kind, span]];
    }),
  );
  const lacking = (kind: Kind): readonly string[] =>
    from(kind) === 'prometheus'
      ? lackingCounters(kind, rowsOf({ ...prometheus, statements }, kind), rowsOf(postgres, kind))
      : [];
  const filled = lacking('statement');
  const snapshot = {
    version: 1 as const,
    target,
    ...formerly(prometheus.formerNames),
    takenAt,
    window,
    ...(prometheus.nodes === undefined ? {} : { nodes: prometheus.nodes }),
    server: { ...server, settings: { ...prometheus.server.settings, ...postgres.server.settings } },
    databases: merge('database', prometheus.databases, postgres.databases),
    tables: merge('table', prometheus.tables, postgres.tables),
    indexes: merge('index', prometheus.indexes, postgres.indexes),
    statements: filledStatements(merge('statement', statements, postgres.statements), postgres.statements, filled),
    hosts: prometheus.hosts,
    ...(prometheus.userExperience === undefined ? {} : { userExperience: prometheus.userExperience }),
    spans,
    gaps: [
      ...stillOpen(prometheus.gaps, { ...postgres, statements: postgres.statements }, from),
      ...stillOpen(postgres.gaps, { ...prometheus, statements }, from),
      ...kinds.flatMap((kind) => (kind === 'statement' ? [] : notYet(kind, lacking(kind)))),
    ],
    sources: [...postgres.sources, ...prometheus.sources],
    counters: postgres.counters,
    ...(prometheus.hourly === undefined ? {} : { hourly: renamedHours(prometheus.hourly, postgres) }),
    load: postgres.load,
  };
  const used = new Set(chosen.values());
  return {
    ...snapshot,
    quality: qualityOf({
      snapshot,
      window,
      sources: ['prometheus', 'postgres'],
      coveredShare: prometheus.coveredShare,
      resets: (used.has('prometheus') ? prometheus.resets : 0) + (used.has('postgres') ? postgres.resets : 0),
      statisticsAgeSeconds: youngest(postgres.statisticsAgeSeconds, prometheus, window),
      blindDatabases: postgres.blindDatabases,
      bySource: [prometheusQuality(prometheus), postgresQuality(postgres)],
      notes: [
        ...prometheus.notes,
        ...postgres.notes,
        ...(filled.length === 0 || postgres.spans.statement === undefined
          ? []
          : [filledNote(filled, postgres.spans.statement)]),
      ],
    }),
  };
}

/** What no standby has read in the time its own statistics cover may have been read there before. */
function youngest(age: number | null, { nodes = [] }: PrometheusTarget, window: Window): number | null {
  const since = nodes.flatMap(({ main, statisticsSince }) =>
    main || statisticsSince === undefined ? [] : [statisticsSince],
  );
  const ages = since.map((time) => Math.max(0, Date.parse(window.end) / 1000 - time));
  return age === null ? null : Math.min(age, ...ages);
}

const visitedOf = ({ databases, blindDatabases }: PostgresReading): ReadonlySet<string> =>
  new Set(databases.map((row) => row.database).filter((name) => !blindDatabases.includes(name)));

type RowsOf = Pick<PrometheusTarget, 'server' | 'databases' | 'tables' | 'indexes' | 'statements'>;

function rowsOf(all: RowsOf, kind: RowKind): readonly AnyRow[] {
  const rows: { readonly [K in RowKind]: readonly object[] } = {
    server: [all.server],
    database: all.databases,
    table: all.tables,
    index: all.indexes,
    statement: all.statements,
    host: [],
  };
  return rows[kind] as readonly AnyRow[]; // rows are plain objects; here they are looked at by name of measure
}

/** How the times of a statement spread; beside the counters of another span they would contradict these. */
const spreads: ReadonlySet<string> = new Set([
  ...['stddevTimeMs', 'minTimeMs', 'maxTimeMs', 'minMaxSinceAt'],
  ...['stddevPlanTimeMs', 'minPlanTimeMs', 'maxPlanTimeMs'],
]);

/** With what goes with the counters it was made of; so does how long they were seen. */
function isCounter(kind: RowKind, name: string): boolean {
  const all: Readonly<Record<string, { readonly over: string }>> = measures[kind];
  return all[name]?.over === 'counter' || spreads.has(name) || name === 'seenShare';
}

function counterSource(kind: Kind, metrics: RowsOf, catalog: PostgresReading, window: Window): SourceName {
  const counts = (all: RowsOf) =>
    rowsOf(all, kind).some((row) => Object.keys(row).some((name) => isCounter(kind, name)));
  const span = catalog.spans[kind];
  // The catalog is complete, an exporter may cut its rows; but only if both cover the same time.
  if (span?.basis === 'previous-run' && coversWindow(span, window) && counts(catalog)) return 'postgres';
  return counts(metrics) ? 'prometheus' : 'postgres';
}

function mergeRows<Row extends object>(input: {
  readonly kind: Kind;
  readonly metrics: readonly Row[];
  readonly catalog: readonly Row[];
  readonly counters: SourceName;
  readonly visited: ReadonlySet<string>;
}): readonly Row[] {
  const { kind, metrics, catalog, counters, visited } = input;
  const left = new Map(metrics.map((row) => [keyOf(kind, row as AnyRow), row]));
  const merged = catalog.map((row) => {
    const key = keyOf(kind, row as AnyRow);
    const other = left.get(key);
    left.delete(key);
    return mergeRow(kind, other, row, counters);
  });
  const alone = [...left.values()].filter((row) => {
    const { database } = row as AnyRow;
    if (kind === 'statement') return counters === 'prometheus';
    // What the catalog looked for and did not find is gone.
    return kind === 'database' ? catalog.length === 0 : !visited.has(String(database));
  });
  return [...merged, ...alone.map((row) => mergeRow(kind, row, undefined, counters))];
}

function mergeRow<Row extends object>(
  kind: Kind,
  metrics: Row | undefined,
  catalog: Row | undefined,
  counters: SourceName,
): Row {
  const pick = (row: Row | undefined, source: SourceName) =>
    Object.entries(row ?? {}).filter(([name]) => !isCounter(kind, name) || counters === source);
  const isMeasure = ([name]: [string, unknown]) => name in measures[kind];
  // pgwatch shows the root of a tree with the sums of its partitions, which are there themselves.
  const isRoot = (catalog as AnyRow | undefined)?.partitioned === true;
  const ofMetrics = pick(metrics, 'prometheus').filter((entry) => !(isRoot && isMeasure(entry)));
  // Later entries win: facts of the catalog over those of the metrics, measured history over one look.
  return Object.fromEntries([
    ...ofMetrics,
    ...pick(catalog, 'postgres'),
    ...ofMetrics.filter((entry) => isMeasure(entry) && !steady.has(entry[0])),
  ]) as Row; // the same fields as the two rows it is made of
}

/** Facts that happen to be numbers: the catalog's are exact, an exporter's may be rounded or from before a restart. */
const steady = new Set(['versionNum', 'startedAt', 'blockSizeBytes', 'maxConnections', 'reservedConnections']);

function keyOf(kind: Kind, row: AnyRow): string {
  const names = { server: [], database: ['database'], table: ['database', 'schema', 'table'] };
  const more = { index: ['database', 'schema', 'index'], statement: ['database', 'statement'] };
  return JSON.stringify({ ...names, ...more }[kind].map((name) => row[name]));
}

/** Exporters know a statement by its queryid only; the catalog knows its text. */
function renamed(rows: readonly StatementRow[], { identities }: PostgresReading): readonly StatementRow[] {
  const merged = new Map<string, StatementRow>();
  for (const row of rows) {
    const identity = identities.get(JSON.stringify([row.database, row.queryid]));
    // null: our own questions.
    if (identity === null) continue;
    const named = { ...row, ...identity };
    const key = keyOf('statement', named);
    const same = merged.get(key);
    merged.set(key, same === undefined ? named : added(same, named));
  }
  return [...merged.values()];
}

function added(one: StatementRow, other: StatementRow): StatementRow {
  const larger = (one.totalTimeMs ?? 0) >= (other.totalTimeMs ?? 0) ? one : other;
  const { user: _user, ...facts } = larger;
  const rest = Object.fromEntries(
    Object.entries<unknown>(facts).filter(([name]) => !spreads.has(name)),
  ) as unknown as StatementRow; // only optional fields are left out
  const sums = (Object.keys(measures.statement) as (keyof typeof measures.statement)[])
    .filter((name) => isCounter('statement', name) && !spreads.has(name))
    .flatMap((name) => {
      const [a, b] = [one[name], other[name]];
      return a === undefined || b === undefined ? [] : [[name, a + b] as const];
    });
  return {
    ...rest,
    ...(one.user === other.user && one.user !== undefined ? { user: one.user } : {}),
    ...Object.fromEntries(sums),
  };
}

/** What the other source shows is no gap; what it cannot show stays one. */
function stillOpen(gaps: readonly Gap[], other: RowsOf, from: (kind: Kind) => SourceName): readonly Gap[] {
  return gaps.flatMap((gap) => {
    if (gap.kind === 'host') return [gap];
    const theirs = rowsOf(other, gap.kind).filter((row) => gap.database === undefined || row.database === gap.database);
    const partial = gap.absence === 'truncated' || gap.absence === 'no-right';
    // The owner of the gap has some of these rows; only complete numbers of the other close it.
    if (partial && from(gap.kind) === gap.source) return [gap];
    if (gap.measures.length === 0) {
      const catalogFacts = gap.source === 'postgres' && gap.kind !== 'statement';
      return catalogFacts || theirs.length === 0 ? [gap] : [];
    }
    const open = gap.measures.filter((name) => !theirs.some((row) => row[name] !== undefined));
    return open.length === 0 ? [] : [{ ...gap, measures: open }];
  });
}
