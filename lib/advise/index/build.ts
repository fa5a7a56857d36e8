/** A new btree index: its name, the statements around it, what it costs. The one place that prints CREATE INDEX. */
import type { DoneSign, Risk, Step } from '../../model/finding.ts';
import type { IndexRow, TableRow } from '../../model/rows.ts';
import type { Interval } from '../../model/units.ts';
import { indexNamesIn } from '../lookup.ts';
import { quoteName, quoteQualified, quoteRegclass } from '../sql/quote.ts';
import { type Design, keySql, whereSql } from './design.ts';
import { filterShare } from './selectivity.ts';

const NAME_BYTES = 63;
/** Index tuple header, item pointer and alignment. */
const ENTRY_BYTES = 16;
/** One row more of a key that is there already: deduplication keeps the pointer only. */
const POINTER_BYTES = 6;
/** Equal values that look different, so each keeps its own entry. */
const NOT_DEDUPLICATED = /^(numeric|real|double precision|jsonb|interval)/;
const FILL_FACTOR = 0.9;
const MIB = 1024 ** 2;
/** Reading speed from fast and cached to slow and busy; a concurrent build reads the table twice. */
const BYTES_PER_SECOND: Interval = { low: 30 * MIB, likely: 150 * MIB, high: 500 * MIB };
/** Where the size of the table is not known. */
const ROW_BYTES_ASSUMED = 100;

export interface NewIndex {
  readonly name: string;
  readonly columns: readonly string[];
  readonly sizeBytes: number;
  readonly machineMinutes: number;
  readonly steps: readonly Step[];
  readonly risk: Risk;
  readonly done: DoneSign;
}

export interface IndexShape {
  /** As pg_get_indexdef prints the keys; default: the columns, quoted. */
  readonly keys?: readonly string[];
  /** Default: btree. */
  readonly method?: string;
  /** Width of an entry's key where the columns do not tell, such as an expression or trigrams. */
  readonly entryBytes?: number;
  /** Of a partial index, as SQL. */
  readonly where?: string;
  /** Columns carried along without being keys. */
  readonly include?: readonly string[];
  /** Rows it holds, where it is partial. */
  readonly rows?: number;
  /** Of several new ones on the same columns of one table, which differ in what they hold: 1, 2, … */
  readonly nth?: number;
  /** How pg_get_indexdef will print the keys afterwards; default: the columns. */
  readonly printedKeys?: readonly string[];
}

/** A design as a shape: only what differs from a plain list of columns. */
export function shapeOf(design: Design, { liveRows = 0, columns = [] }: TableRow): IndexShape {
  const where = whereSql(design);
  const kept = design.where.map(({ column: name, holds }) => {
    const column = columns.find((one) => one.name === name);
    return column === undefined ? 1 : (filterShare({ column: name, holds }, column) ?? 1);
  });
  return {
    keys: design.keys.map(keySql),
    ...(where === null ? {} : { where, rows: Math.ceil(liveRows * Math.min(1, ...kept)) }),
    ...(design.include.length === 0 ? {} : { include: design.include }),
  };
}

export function newIndex(
  table: TableRow,
  columns: readonly string[],
  indexes: readonly IndexRow[],
  shape: IndexShape = {},
): NewIndex {
  const { database, schema } = table;
  const taken = indexNamesIn(indexes, database, schema);
  const name = freeName([table.table, ...columns], taken, shape.nth);
  const rows = shape.rows ?? table.liveRows ?? 0;
  const stored = [...columns, ...(shape.include ?? [])];
  const entry = shape.entryBytes ?? entryBytes(table, stored);
  const bytes =
    shape.entryBytes === undefined ? entriesBytes({ ...table, liveRows: rows }, stored, entry) : rows * entry;
  const sizeBytes = Math.max(16_384, Math.ceil(bytes / FILL_FACTOR));
  const duration = durationOf(table);
  const qualified = quoteQualified(schema, name);
  const included = (shape.include ?? []).length === 0 ? '' : ` INCLUDE (${shape.include?.map(quoteName).join(', ')})`;
  const steps: readonly Step[] = [
    {
      sql: "SELECT pid, usename, state, xact_start, left(query, 60) AS query FROM pg_stat_activity WHERE xact_start < now() - interval '5 minutes' ORDER BY xact_start;",
      text: 'Look for old transactions: the build waits for them. Let them end, or choose another moment.',
      lock: 'none that matters',
      blocks: 'nothing',
      inTransaction: true,
    },
    {
      sql: `CREATE INDEX CONCURRENTLY ${quoteName(name)} ON ${quoteQualified(schema, table.table)} ${shape.method === undefined ? '' : `USING ${shape.method} `}(${(shape.keys ?? columns.map(quoteName)).join(', ')})${included}${shape.where === undefined ? '' : ` WHERE ${shape.where}`};`,
      text: 'Build the index without blocking writes. Run it alone, outside a transaction block and without statement_timeout.',
      lock: `SHARE UPDATE EXCLUSIVE on ${schema}.${table.table}`,
      blocks: 'VACUUM, ANALYZE, other DDL and other index builds on the table; neither reads nor writes',
      inTransaction: false,
      durationEstimate: { ...duration, unit: 's' },
      // The sort before it keeps an entry for every row, deduplicated or not.
      diskBytes: sizeBytes + Math.ceil(rows * entry),
    },
    {
      sql: 'SELECT phase, blocks_done, blocks_total, tuples_done, tuples_total FROM pg_stat_progress_create_index;',
      text: 'Watch its progress from a second session, and the lag of the replicas with it.',
      lock: 'none that matters',
      blocks: 'nothing',
      inTransaction: true,
    },
    {
      sql: `SELECT indisvalid FROM pg_index WHERE indexrelid = ${quoteRegclass(schema, name)}::regclass;`,
      text: 'Check that it is valid. A build that failed leaves an invalid index: drop it with the rollback statement and begin again.',
      lock: 'none that matters',
      blocks: 'nothing',
      inTransaction: true,
    },
  ];
  return {
    name,
    columns,
    sizeBytes,
    machineMinutes: Math.max(1, Math.ceil(duration.likely / 60)),
    steps,
    risk: {
      level: 'low',
      technical:
        'A build that is cancelled or fails leaves an invalid index that costs writes and serves nobody until dropped.',
      business: 'None that users see; the table stays readable and writable.',
      performance:
        'The build reads the table twice and writes WAL; afterwards each insert, and each update that is not HOT, maintains one index more.',
      mitigation: 'Build in a quiet hour, watch free disk space and replica lag, and compare plans before and after.',
      rollback: [`DROP INDEX CONCURRENTLY ${qualified};`],
    },
    done: {
      kind: 'index-created',
      database,
      schema,
      table: table.table,
      columns: shape.printedKeys ?? columns,
      ...(shape.where === undefined ? {} : { partial: true }),
    },
  };
}

function entryBytes({ columns = [] }: TableRow, names: readonly string[]): number {
  const widths = names.map((name) => columns.find((column) => column.name === name)?.averageBytes ?? 8);
  return ENTRY_BYTES + widths.reduce((total, width) => total + Math.ceil(width / 8) * 8, 0);
}

/** As PostgreSQL 13 and later store it: a key once, and a pointer for each of its rows. */
function entriesBytes({ columns = [], liveRows: rows = 0 }: TableRow, names: readonly string[], entry: number): number {
  const keys = names.reduce((product, name) => {
    const column = columns.find((one) => one.name === name);
    if (column?.distinct === undefined || NOT_DEDUPLICATED.test(column.type)) return Number.POSITIVE_INFINITY;
    return product * Math.max(1, column.distinct < 0 ? -column.distinct * rows : column.distinct);
  }, 1);
  return keys > rows / 2 ? rows * entry : keys * entry + rows * POINTER_BYTES;
}

function durationOf(table: TableRow): Interval {
  const bytes = 2 * (table.heapBytes ?? (table.liveRows ?? 0) * ROW_BYTES_ASSUMED);
  const seconds = (speed: number): number => Math.max(1, Math.round(bytes / speed));
  return {
    low: seconds(BYTES_PER_SECOND.high),
    likely: seconds(BYTES_PER_SECOND.likely),
    high: seconds(BYTES_PER_SECOND.low),
  };
}

/** PostgreSQL cuts names at 63 bytes; two of ours must not meet there, nor one that exists. */
function freeName(parts: readonly string[], taken: ReadonlySet<string>, nth = 1): string {
  const readable = parts.join('_').replace(/(?! )[\p{C}\p{Z}]/gu, '');
  // What the end of a name tells apart is lost in the cut: the hash keeps it, or undoing one would drop the other.
  const isWhole = readable === parts.join('_') && byteLength(readable) <= NAME_BYTES - '_idx'.length;
  const stem = isWhole ? readable : `${cutToBytes(readable, NAME_BYTES - 16)}_${hashOf(JSON.stringify(parts))}`;
  let free = 0;
  for (let attempt = 1; ; attempt += 1) {
    const suffix = attempt === 1 ? '_idx' : `_idx${attempt}`;
    const name = `${cutToBytes(stem, NAME_BYTES - suffix.length)}${suffix}`;
    if (taken.has(name)) continue;
    free += 1;
    if (free === nth) return name;
  }
}

function byteLength(text: string): number {
  return new TextEncoder().encode(text).length;
}

/** FNV-1a: enough to tell the indexes of one schema apart. */
function hashOf(text: string): string {
  const hash = [...text].reduce(
    (sum, sign) => Math.imul(sum ^ (sign.codePointAt(0) ?? 0), 0x01000193) >>> 0,
    0x811c9dc5,
  );
  return hash.toString(16).padStart(8, '0').slice(-6);
}

function cutToBytes(text: string, most: number): string {
  let [cut, bytes] = ['', 0];
  for (const character of text) {
    bytes += byteLength(character);
    if (bytes > most) break;
    cut += character;
  }
  return cut;
}
