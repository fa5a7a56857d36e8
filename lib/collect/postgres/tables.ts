import type { ForeignKey, TableRow } from '../../model/rows.ts';
import type { CheckConstraint, ExtendedStatistics, Partitioning } from '../../model/table-facts.ts';
import { type Columns, readColumns } from './columns.ts';
import { checksSql, extendedStatisticsSql, foreignKeysSql, partitioningSql, triggersSql } from './constraint-sql.ts';
import type { Attempt } from './gaps.ts';
import { type Counters, counted, present } from './present.ts';
import type { Session } from './source.ts';
import { sizesSql, tableCounters, tableGauges, tablesSql } from './table-sql.ts';

type Measure = (typeof tableGauges | typeof tableCounters)[number];

interface TableLine extends Partial<Record<Measure, number | null>> {
  readonly oid: string;
  readonly schema: string;
  readonly table: string;
  readonly partitioned: boolean;
  readonly materialized: boolean;
  readonly persistence: string;
  readonly storage: readonly string[] | null;
  readonly toastStorage: readonly string[] | null;
  readonly isPartition: boolean;
  /** `schema.table` each. */
  readonly parents: readonly string[] | null;
  readonly bounds: string | null;
  readonly extension: string | null;
  readonly method: string | null;
  readonly tablespace: string | null;
  readonly identity: keyof typeof identities;
  readonly secured: boolean;
  readonly heapBytes: number;
  readonly indexBytes: number;
  readonly mainBytes: number;
  readonly toastBytes: number | null;
}

type OfTable<Facts> = { readonly oid: string } & Facts;

export interface TableFacts {
  readonly row: TableRow;
  readonly counters: Counters;
  /** Its sizes are those of the last VACUUM or ANALYZE, or unknown where there was none. */
  readonly roughSize: boolean;
}

/** By the table's oid. */
async function byTable<Facts>(session: Session, sql: string): Promise<ReadonlyMap<string, Facts>> {
  const lines = await session.ask<OfTable<Facts>>(sql);
  return new Map(lines.map(({ oid, ...facts }) => [oid, facts as Facts])); // what is left is what the caller named
}

type Trigger = NonNullable<TableRow['triggers']>[number];

interface Partitioned {
  readonly strategy: 'r' | 'l' | 'h';
  readonly key: string;
  readonly columns: readonly string[] | null;
}

const strategies = { r: 'range', l: 'list', h: 'hash' } as const;
const partitioningOf = ({ strategy, key, columns }: Partitioned): Partitioning => ({
  ...{ strategy: strategies[strategy], key: withoutTexts(key) },
  ...present({ columns }),
});

type Items<Item> = { readonly items: readonly Item[] };

export interface TablesRead {
  readonly tables: readonly TableFacts[];
  readonly columns: Columns;
}

/** Only the list of tables has to succeed; what else is asked about them is a gap by itself. */
export async function readTables(
  session: Session,
  database: string,
  version: number,
  attempt: Attempt,
): Promise<TablesRead> {
  const lines = await session.ask<TableLine>(tablesSql(version));
  const ask = <Facts>(what: string, sql: string, ...measures: readonly string[]) =>
    attempt({ kind: 'table', what, measures, database }, () => byTable<Facts>(session, sql));
  const known = await readColumns(session, database, version, attempt);
  const keys = await ask<Items<ForeignKey>>('foreign keys', foreignKeysSql(version));
  const checks = await ask<Items<CheckConstraint>>('check constraints', checksSql);
  const partitioned = await ask<Partitioned>('partitioning', partitioningSql);
  const extended = await ask<Items<ExtendedStatistics>>('extended statistics', extendedStatisticsSql(version));
  const triggers = await ask<Items<Trigger>>('triggers', triggersSql);
  const exact = ['mainBytes', 'toastBytes'];
  const sizes = await ask<Readonly<Record<string, number | null>>>('exact sizes of tables', sizesSql, ...exact);
  const tables = lines.map((line): TableFacts => {
    const { oid, partitioned: isPartitioned } = line;
    const strategy = partitioned?.get(oid);
    const exact = sizes?.get(oid);
    const items = <Item>(all: ReadonlyMap<string, Items<Item>> | null) =>
      all === null ? null : (all.get(oid)?.items ?? []);
    return {
      row: {
        ...{ database, schema: line.schema, table: line.table },
        storage: { ...optionsOf(line.storage), ...optionsOf(line.toastStorage, 'toast.') },
        persistence: line.persistence === 'u' ? 'unlogged' : 'permanent',
        partitioned: isPartitioned,
        rowSecurity: line.secured,
        replicaIdentity: identities[line.identity],
        ...(line.materialized ? { materializedView: true } : {}),
        ...present({
          ...known.of(oid),
          ...{ foreignKeys: items(keys), checks: items(checks) },
          ...{ extendedStatistics: items(extended)?.map(withoutData), triggers: items(triggers) },
          ...(line.isPartition ? { partitionOf: line.parents?.[0] } : { inherits: line.parents }),
          bounds: shownBounds(line.bounds),
          partitioning: strategy === undefined ? null : partitioningOf(strategy),
          ...{ method: line.method, tablespace: line.tablespace, extension: line.extension },
        }),
        ...(isPartitioned ? {} : { ...measured(line), ...sizesOf(line, exact) }),
      },
      counters: isPartitioned ? {} : counted(of(line, tableCounters)),
      roughSize: !isPartitioned && exact === undefined,
    };
  });
  return { tables, columns: known };
}

const identities = { d: 'default', n: 'nothing', f: 'full', i: 'index' } as const;

const of = (line: TableLine, names: readonly Measure[]) =>
  Object.fromEntries(names.map((name) => [name, line[name] ?? null]));

/** Counters that were reset say 0 rows until the next VACUUM or ANALYZE; what the last one counted is nearer. */
function measured(line: TableLine): Counters {
  const { liveRows, estimatedRows, lastVacuumAt, lastAutovacuumAt, lastAnalyzeAt, lastAutoanalyzeAt } = line;
  const looked = lastVacuumAt ?? lastAutovacuumAt ?? lastAnalyzeAt ?? lastAutoanalyzeAt ?? null;
  const reset = liveRows === 0 && looked === null && (estimatedRows ?? 0) > 0;
  return counted({ ...of(line, tableGauges), ...(reset ? { liveRows: estimatedRows ?? null } : {}) });
}

/** Rows without a page: nobody has counted its pages yet. */
function sizesOf(line: TableLine, exact: Readonly<Record<string, number | null>> | undefined): Counters {
  const { heapBytes, indexBytes, mainBytes, toastBytes } = line;
  if (exact === undefined && line.pages === 0 && (line.liveRows ?? 0) > 0) return {};
  const sizes = { heapBytes, indexBytes, mainBytes, ...present({ toastBytes }), ...counted(exact ?? {}) };
  return { ...sizes, totalBytes: sizes.heapBytes + sizes.indexBytes };
}

/** reloptions, `name=value` each. */
export function optionsOf(options: readonly string[] | null, prefix = ''): Readonly<Record<string, string>> {
  return Object.fromEntries(
    (options ?? []).map((option) => {
      const at = option.indexOf('=');
      return at < 0 ? [prefix + option, ''] : [prefix + option.slice(0, at), option.slice(at + 1)];
    }),
  );
}

/** Texts are data, such as customers' names; dates and numbers in bounds say what the partition is for. */
const SHOWN = /^'-?\d[\d.:+ T-]*'$/;
/** As PostgreSQL prints them, which doubles quotes and backslashes. */
const TEXT = /'(?:[^']|'')*'/g;

export function shownBounds<Bounds extends string | null | undefined>(bounds: Bounds): Bounds | string {
  return bounds?.replace(TEXT, (text) => (SHOWN.test(text) ? text : "'…'")) ?? bounds;
}

const withoutTexts = (expression: string): string => expression.replace(TEXT, "'…'");

/** No advice needs more of an expression than that it is one. */
const withoutData = ({ expressions, ...rest }: ExtendedStatistics): ExtendedStatistics => ({
  ...rest,
  ...present({ expressions: expressions?.map(withoutTexts) }),
});
