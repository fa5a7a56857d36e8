/** A partitioned table as one: its load summed over its partitions, and an index on it without blocking writes for long. */
import type { Risk, Step } from '../../model/finding.ts';
import type { IndexRow, TableRow } from '../../model/rows.ts';
import type { With } from '../advisor.ts';
import { partsOf } from '../lookup.ts';
import { quoteQualified } from '../sql/quote.ts';
import { plural } from '../words.ts';
import { type NewIndex, newIndex, shapeOf } from './build.ts';
import { columnsOf, type Design } from './design.ts';

type Counted = With<'table', 'liveRows' | 'sequentialRowsRead'>;

const MOST_PRINTED = 24;

/** All tables below it that hold rows, and those between, in order of their names. */
function descendants(table: TableRow, tables: readonly TableRow[]): readonly TableRow[] {
  const own = [...partsOf(tables, table.database, `${table.schema}.${table.table}`)].sort((a, b) =>
    `${a.schema}.${a.table}` < `${b.schema}.${b.table}` ? -1 : 1,
  );
  return own.flatMap((row) => [row, ...(row.partitioned === true ? descendants(row, tables) : [])]);
}

export function partitionsOf(table: TableRow, tables: readonly TableRow[]): readonly TableRow[] {
  return descendants(table, tables).filter((row) => row.partitioned !== true);
}

/** Each table that is no partition; a partitioned one with the sums of its partitions, if all of them were counted. */
export function wholeTables(tables: readonly TableRow[]): readonly Counted[] {
  return tables.flatMap((table) => {
    if (table.partitionOf !== undefined) return [];
    const whole = table.partitioned === true ? summed(table, partitionsOf(table, tables)) : table;
    const { liveRows, sequentialRowsRead } = whole;
    return liveRows === undefined || sequentialRowsRead === undefined
      ? []
      : [{ ...whole, liveRows, sequentialRowsRead }];
  });
}

function summed(table: TableRow, parts: readonly TableRow[]): TableRow {
  const add = (of: (row: TableRow) => number | undefined): number | undefined =>
    parts.length === 0 || parts.some((row) => of(row) === undefined)
      ? undefined
      : parts.reduce((sum, row) => sum + (of(row) ?? 0), 0);
  const sums = {
    liveRows: add((row) => row.liveRows),
    sequentialRowsRead: add((row) => row.sequentialRowsRead),
    heapBytes: add((row) => row.heapBytes),
    rowsInserted: add((row) => row.rowsInserted),
    rowsUpdated: add((row) => row.rowsUpdated),
    rowsHotUpdated: add((row) => row.rowsHotUpdated),
    pages: add((row) => row.pages),
    allVisiblePages: add((row) => row.allVisiblePages),
    // One statement that reads them all is counted on each.
    sequentialScans: parts.every((row) => row.sequentialScans !== undefined)
      ? Math.max(...parts.map((row) => row.sequentialScans ?? 0))
      : undefined,
  };
  const known = Object.fromEntries(Object.entries(sums).filter(([, value]) => value !== undefined));
  const { liveRows: _rows, sequentialRowsRead: _read, ...rest } = table; // its own are zero: it holds nothing
  // Of a partitioned table nothing is known before somebody runs ANALYZE on it; one partition has fewer values, not more.
  const told = table.columns?.some((column) => column.distinct !== undefined) === true;
  const [largest] = [...parts].sort((a, b) => (b.liveRows ?? 0) - (a.liveRows ?? 0) || (a.table < b.table ? -1 : 1));
  const columns = told ? table.columns : (largest?.columns ?? table.columns);
  return { ...rest, ...known, ...(columns === undefined ? {} : { columns }) };
}

/** What one statement reads at most when it reads a single partition; undefined where the table is no partitioned one. */
export function largestPart(table: TableRow, tables: readonly TableRow[]): number | undefined {
  if (table.partitioned !== true) return undefined;
  return Math.max(0, ...partitionsOf(table, tables).map((row) => row.heapBytes ?? 0));
}

/** The index as it is built on this table, plain or partitioned. */
export function builtOn(
  table: TableRow,
  design: Design,
  { indexes, tables }: { readonly indexes: readonly IndexRow[]; readonly tables: readonly TableRow[] },
  nth = 1,
): NewIndex {
  const on = (row: TableRow): NewIndex => newIndex(row, columnsOf(design), indexes, { ...shapeOf(design, row), nth });
  const whole = on(table);
  if (table.partitioned !== true) return whole;
  const below = descendants(table, tables);
  const names = new Map([table, ...below].map((row) => [`${row.schema}.${row.table}`, { row, built: on(row) }]));
  const [look, ...others] = whole.steps;
  const check = others.at(-1);
  const [first, ...between] = [table, ...below.filter((row) => row.partitioned === true)].map((row) =>
    only(row, on(row)),
  );
  const parts = below.filter((row) => row.partitioned !== true);
  const printed = new Set(parts.slice(0, MOST_PRINTED));
  const rest = parts.length - printed.size;
  const perPart = below.flatMap((row): readonly Step[] => {
    const parent = names.get(row.partitionOf ?? '');
    const attach = attachStep(row, on(row).name, parent?.row ?? table, parent?.built.name ?? whole.name);
    if (row.partitioned === true) return [attach];
    const create = on(row).steps[1];
    return create === undefined || !printed.has(row) ? [] : [create, attach];
  });
  const more: Step = {
    text: `Build and attach the index on the other ${plural(rest, 'partition')} in the same way; until the last is attached, the index of the whole stays invalid.`,
  };
  const steps = [look, first, ...between, ...perPart, rest > 0 ? more : undefined, check];
  return { ...whole, steps: steps.filter((step) => step !== undefined), risk: riskOf(whole, table) };
}

function only(row: TableRow, built: NewIndex): Step {
  const name = `${row.schema}.${row.table}`;
  const sql = built.steps[1]?.sql ?? '';
  return {
    sql: sql.replace('CREATE INDEX CONCURRENTLY', 'CREATE INDEX').replace(' ON ', ' ON ONLY '),
    text: `Create the index on ${name} itself, empty and invalid: a partitioned table cannot be indexed CONCURRENTLY. Begin with SET lock_timeout = '3s' and try again if it gives up.`,
    lock: `SHARE on ${name}`,
    blocks:
      'writes through the partitioned table for a moment, and as long as it waits for a transaction that wrote to it',
    inTransaction: true,
    durationEstimate: { low: 0.01, likely: 0.1, high: 3, unit: 's' },
    diskBytes: 0,
  };
}

function attachStep(row: TableRow, index: string, parent: TableRow, parentIndex: string): Step {
  return {
    sql: `ALTER INDEX ${quoteQualified(parent.schema, parentIndex)} ATTACH PARTITION ${quoteQualified(row.schema, index)};`,
    text: `Attach the index of ${row.schema}.${row.table}. With the last one the index of the whole becomes valid.`,
    lock: `ACCESS EXCLUSIVE on the index ${row.schema}.${index}, SHARE UPDATE EXCLUSIVE on the index ${parent.schema}.${parentIndex}, ACCESS SHARE on the tables`,
    blocks: 'statements on the partition while they are planned, for a moment',
    inTransaction: true,
    durationEstimate: { low: 0.01, likely: 0.05, high: 1, unit: 's' },
    diskBytes: 0,
  };
}

function riskOf({ risk, name }: NewIndex, table: TableRow): Risk {
  return {
    ...risk,
    technical: `${risk.technical} Before it is attached, an index on a partition is undone by itself with DROP INDEX CONCURRENTLY; the index of the whole goes with all that is attached, and not CONCURRENTLY: its rollback locks the table and its partitions exclusively for a moment.`,
    rollback: [`DROP INDEX ${quoteQualified(table.schema, name)};`],
  };
}
