import type { Column, ForeignKey, TableRow } from '../../model/rows.ts';
import type { CheckConstraint, ExtendedStatistics, Partitioning } from '../../model/table-facts.ts';
import type { Attempt } from './gaps.ts';
import { type Counters, counted, present } from './present.ts';
import type { Session } from './source.ts';
import {
  checksSql,
  columnStatisticsSql,
  columnsSql,
  extendedStatisticsSql,
  foreignKeysSql,
  partitioningSql,
  sizesSql,
  tablesSql,
  triggersSql,
} from './table-sql.ts';

const gauges = [
  'liveRows',
  'deadRows',
  'modifiedSinceAnalyze',
  'insertedSinceVacuum',
  'lastVacuumAt',
  'lastAutovacuumAt',
  'lastAnalyzeAt',
  'lastAutoanalyzeAt',
  'lastSequentialScanAt',
  'lastIndexScanAt',
  'estimatedRows',
  'pages',
  'allVisiblePages',
  'allFrozenPages',
  'xidAge',
  'multixactAge',
  'toastLiveRows',
  'toastDeadRows',
  'toastLastAutovacuumAt',
] as const;

interface TableLine extends Partial<Record<(typeof gauges)[number], number | null>> {
  readonly oid: string;
  readonly schema: string;
  readonly table: string;
  readonly partitioned: boolean;
  readonly materialized: boolean;
  readonly persistence: string;
  readonly storage: readonly string[];
  readonly parent: readonly [string, string] | null;
  readonly bounds: string | null;
  readonly inherits: readonly string[] | null;
  readonly extension: string | null;
  readonly method: string | null;
  readonly tablespace: string | null;
  readonly identity: NonNullable<TableRow['replicaIdentity']> | null;
  readonly secured: boolean;
  readonly heapBytes: number;
  readonly indexBytes: number;
  readonly mainBytes: number;
  readonly toastBytes: number | null;
  readonly counters: Readonly<Record<string, number | null>>;
}

type OfTable<Facts> = { readonly oid: string } & Facts;

export interface TableFacts {
  readonly row: TableRow;
  readonly counters: Counters;
  /** Every column may be read, so that absent statistics mean: never analyzed. */
  readonly readable: boolean;
}

/** By the table's oid. */
async function byTable<Facts>(session: Session, sql: string): Promise<ReadonlyMap<string, Facts>> {
  const lines = await session.ask<OfTable<Facts>>(sql);
  return new Map(lines.map(({ oid, ...facts }) => [oid, facts as Facts])); // what is left is what the caller named
}

type ColumnStatistics = Readonly<Record<string, Partial<Column>>>;

const statisticsKey = ({ schema, table }: { schema: string; table: string }, inherited: boolean) =>
  JSON.stringify([schema, table, inherited]);

async function readStatistics(session: Session): Promise<ReadonlyMap<string, ColumnStatistics>> {
  const lines = await session.ask<{ schema: string; table: string; inherited: boolean; columns: ColumnStatistics }>(
    columnStatisticsSql,
  );
  return new Map(lines.map((line) => [statisticsKey(line, line.inherited), line.columns]));
}

/** A column may be called `constructor`, which every object has. */
const known = (columns: readonly Column[], statistics: ColumnStatistics = {}): readonly Column[] =>
  columns.map((column) => ({ ...column, ...(Object.hasOwn(statistics, column.name) ? statistics[column.name] : {}) }));

type Trigger = NonNullable<TableRow['triggers']>[number];

interface Partitioned {
  readonly strategy: 'r' | 'l' | 'h';
  readonly key: string;
  readonly columns: readonly string[] | null;
}

const strategies = { r: 'range', l: 'list', h: 'hash' } as const;
const partitioningOf = ({ strategy, key, columns }: Partitioned): Partitioning => ({
  ...{ strategy: strategies[strategy], key },
  ...present({ columns }),
});

type Items<Item> = { readonly items: readonly Item[] };

/** Only the list of tables has to succeed; what else is asked about them is a gap by itself. */
export async function readTables(
  session: Session,
  database: string,
  version: number,
  attempt: Attempt,
): Promise<readonly TableFacts[]> {
  const lines = await session.ask<TableLine>(tablesSql(version));
  const ask = <Facts>(what: string, sql: string, ...measures: readonly string[]) =>
    attempt({ kind: 'table', what, measures, database }, () => byTable<Facts>(session, sql));
  const columns = await ask<{ columns: readonly Column[]; readable: boolean }>('columns', columnsSql(version));
  const statistics = await attempt({ kind: 'table', what: 'pg_stats', database }, () => readStatistics(session));
  const keys = await ask<Items<ForeignKey>>('foreign keys', foreignKeysSql(version));
  const checks = await ask<Items<CheckConstraint>>('check constraints', checksSql);
  const partitioned = await ask<Partitioned>('partitioning', partitioningSql);
  const extended = await ask<Items<ExtendedStatistics>>('extended statistics', extendedStatisticsSql(version));
  const triggers = await ask<Items<Trigger>>('triggers', triggersSql);
  const exact = ['mainBytes', 'toastBytes'];
  const sizes = await ask<Readonly<Record<string, number | null>>>('exact sizes of tables', sizesSql, ...exact);
  return lines.map((line) => {
    const { oid } = line;
    const own = columns?.get(oid);
    const strategy = partitioned?.get(oid);
    const items = <Item>(all: ReadonlyMap<string, Items<Item>> | null) =>
      all === null ? null : (all.get(oid)?.items ?? []);
    return {
      row: {
        ...{ database, schema: line.schema, table: line.table },
        storage: optionsOf(line.storage),
        persistence: line.persistence === 'u' ? 'unlogged' : 'permanent',
        partitioned: line.partitioned,
        rowSecurity: line.secured,
        ...(line.materialized ? { materializedView: true } : {}),
        ...present({
          columns:
            columns === null ? null : known(own?.columns ?? [], statistics?.get(statisticsKey(line, line.partitioned))),
          ...{ foreignKeys: items(keys), checks: items(checks) },
          ...{ extendedStatistics: items(extended), triggers: items(triggers) },
          ...{ partitionOf: line.parent?.join('.'), bounds: shownBounds(line.bounds), inherits: line.inherits },
          partitioning: strategy === undefined ? null : partitioningOf(strategy),
          ...{ method: line.method, tablespace: line.tablespace, replicaIdentity: line.identity },
          extension: line.extension,
        }),
        ...(line.partitioned ? {} : { ...measured(line), ...sizesOf(line, sizes?.get(oid)) }),
      },
      counters: line.partitioned ? {} : counted(line.counters),
      readable: own?.readable ?? true,
    };
  });
}

const measured = (line: TableLine) => present(Object.fromEntries(gauges.map((name) => [name, line[name]])));

function sizesOf(line: TableLine, exact: Readonly<Record<string, number | null>> = {}): Counters {
  const { heapBytes, indexBytes, mainBytes, toastBytes } = line;
  const sizes = { heapBytes, indexBytes, mainBytes, ...present({ toastBytes }), ...counted(exact) };
  return { ...sizes, totalBytes: sizes.heapBytes + sizes.indexBytes };
}

/** reloptions, `name=value` each. */
export function optionsOf(options: readonly string[] | null): Readonly<Record<string, string>> {
  return Object.fromEntries(
    (options ?? []).map((option) => {
      const at = option.indexOf('=');
      return at < 0 ? [option, ''] : [option.slice(0, at), option.slice(at + 1)];
    }),
  );
}

/** Texts in bounds are data, such as customers' names; dates and numbers say what the partition is for. */
const SHOWN = /^'-?\d[\d.:+ T-]*'$/;

export function shownBounds<Bounds extends string | null | undefined>(bounds: Bounds): Bounds | string {
  return bounds?.replace(/'(?:[^']|'')*'/g, (text) => (SHOWN.test(text) ? text : "'…'")) ?? bounds;
}
