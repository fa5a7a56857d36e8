/** Columns with their statistics, by table. */
import type { Column, TableRow } from '../../model/rows.ts';
import { columnStatisticsSql, columnsSql } from './column-sql.ts';
import type { Attempt } from './gaps.ts';
import { present } from './present.ts';
import type { Session } from './source.ts';

/** As columnsSql builds it; the last is what few columns have. */
type ColumnLine = readonly [
  number: number,
  name: string,
  type: string,
  notNull: boolean,
  alignment: string,
  /** Of its type. */
  ownCollation: boolean,
  rare:
    | readonly [
        statisticsTarget: number | null,
        generated: string,
        identity: string,
        storage: string | null,
        compression: string | null,
      ]
    | null,
];

interface StatisticsLine {
  readonly oid: string;
  /** A column may be called `constructor`, which every object has. */
  readonly columns: Readonly<Record<string, Partial<Column>>> | null;
  /** By number: the function that a default calls. */
  readonly defaults: Readonly<Record<string, string | null>> | null;
  /** Every column may be read, so that absent statistics mean: never analyzed. */
  readonly readable: boolean;
}

/** What an index needs to know of a column. */
export type NumberedColumn = Pick<Column, 'name' | 'type'> & { readonly ownCollation: boolean };

/** By the table's oid. */
export interface Columns {
  of(oid: string): {
    readonly columns: readonly Column[] | null;
    readonly columnStatistics: TableRow['columnStatistics'] | null;
  };
  /** null: columns could not be read. */
  numbered(oid: string): ReadonlyMap<number, NumberedColumn> | null;
}

const generated: Readonly<Record<string, 'stored' | 'virtual'>> = { s: 'stored', v: 'virtual' };
const identities: Readonly<Record<string, 'always' | 'by default'>> = { a: 'always', d: 'by default' };
const storages: Readonly<Record<string, NonNullable<Column['storage']>>> = {
  ...{ p: 'plain', e: 'external', x: 'extended', m: 'main' },
};
const compressions: Readonly<Record<string, 'pglz' | 'lz4'>> = { p: 'pglz', l: 'lz4' };
const alignments: Readonly<Record<string, number>> = { c: 1, s: 2, i: 4 };

function columnOf(line: ColumnLine, told: StatisticsLine | undefined): Column {
  const [number, name, type, notNull, alignment, , rare] = line;
  const [statisticsTarget, made, identity, storage, compression] = rare ?? [];
  const defaultFunction = told?.defaults?.[number];
  const statistics = told?.columns;
  return {
    ...{ name, type, notNull, alignment: alignments[alignment] ?? 8 },
    ...(rare === null
      ? {}
      : present({
          statisticsTarget,
          generated: generated[made ?? ''],
          identity: identities[identity ?? ''],
          storage: storages[storage ?? ''],
          compression: compressions[compression ?? ''],
        })),
    ...(defaultFunction == null ? {} : { defaultFunction }),
    ...(statistics != null && Object.hasOwn(statistics, name) ? statistics[name] : {}),
  };
}

export async function readColumns(
  session: Session,
  database: string,
  version: number,
  attempt: Attempt,
): Promise<Columns> {
  const lines = await attempt({ kind: 'table', what: 'columns', database }, () =>
    session.ask<{ oid: string; columns: readonly ColumnLine[] }>(columnsSql(version)),
  );
  const told = await attempt({ kind: 'table', what: 'pg_stats', database }, () =>
    session.ask<StatisticsLine>(columnStatisticsSql),
  );
  const linesOf = new Map(lines?.map(({ oid, columns }) => [oid, columns]));
  const statisticsOf = new Map(told?.map((line) => [line.oid, line]));
  return {
    of: (oid) => {
      const statistics = statisticsOf.get(oid);
      return {
        columns: lines === null ? null : (linesOf.get(oid) ?? []).map((line) => columnOf(line, statistics)),
        columnStatistics: statistics === undefined ? 'not-read' : statistics.readable ? null : 'no-right',
      };
    },
    numbered: (oid) =>
      lines === null
        ? null
        : new Map(
            (linesOf.get(oid) ?? []).map(([number, name, type, , , ownCollation]) => [
              number,
              { name, type, ownCollation },
            ]),
          ),
  };
}
