/** What the maintenance advisors share: which tables are theirs, the commands they print, and what those lock. */
import type { Step, Subject } from '../model/finding.ts';
import type { MeasureOf, RowKind } from '../model/measures.ts';
import type { ServerRow, TableRow } from '../model/rows.ts';
import type { Snapshot } from '../model/snapshot.ts';
import { quoteQualified, quoteRegclass, quoteText } from './sql/quote.ts';

const MB = 1_000_000;
/** What upkeep may block, and what it never does. */
const BLOCKS = 'VACUUM, ANALYZE, index builds and ALTER TABLE of this table; reads and writes go on';

/** A standby has no counters of rows written: they stay zero there and mean nothing. */
export function standbyIsBlind(server: ServerRow): string | null {
  if (server.role !== 'standby') return null;
  return 'This server is a standby, where PostgreSQL does not count changed rows. Point the hunt at the primary.';
}

/** Tables that autovacuum serves and that are ours to change. */
export function isOurs(table: TableRow): boolean {
  return table.partitioned !== true && table.persistence !== 'temporary' && table.extension === undefined;
}

export function subjectOf(table: TableRow): Subject {
  return { database: table.database, schema: table.schema, table: table.table };
}

export function nameOf(table: TableRow): string {
  return `${table.schema}.${table.table}`;
}

/** Absent because nobody could look, as opposed to absent because it never happened. */
export function isUnseen<Kind extends RowKind>(
  snapshot: Snapshot,
  kind: Kind,
  measure: MeasureOf<Kind> & string,
): boolean {
  return snapshot.gaps.some(
    (gap) => gap.kind === kind && (gap.measures.length === 0 || gap.measures.includes(measure)),
  );
}

/** At the moment of the look. */
export function isVacuumed(row: TableRow, { server: { progress = [] } }: Snapshot): boolean {
  return progress.some(
    (one) =>
      one.command === 'vacuum' && one.database === row.database && one.schema === row.schema && one.table === row.table,
  );
}

export interface RolledUp<Row> {
  readonly row: Row;
  /** Partitions of the same parent that are in the same state. */
  readonly siblings: number;
}

/** One finding for a partitioned table: its worst partition. Takes rows worst first. */
export function rolledUp<Row extends TableRow>(rows: readonly Row[]): readonly RolledUp<Row>[] {
  const family = (row: Row) =>
    JSON.stringify([row.database, row.partitionOf ?? nameOf(row), row.partitionOf === undefined]);
  const families = new Map<string, Row[]>();
  for (const row of rows) families.set(family(row), [...(families.get(family(row)) ?? []), row]);
  return [...families.values()].flatMap(([row, ...others]) =>
    row === undefined ? [] : [{ row, siblings: others.length }],
  );
}

/** A held horizon makes VACUUM useless, a running one makes it needless: both are looked for before anything is done. */
export function lookBeforeVacuum(row: TableRow): readonly Step[] {
  const name = quoteRegclass(row.schema, row.table);
  return [
    {
      text: 'Find what keeps dead rows alive: old transactions, replication slots, prepared transactions. End or release it first.',
      sql:
        "SELECT 'session ' || pid AS holder, state, age(backend_xmin) AS xids FROM pg_stat_activity WHERE backend_xmin IS NOT NULL " +
        "UNION ALL SELECT 'slot ' || slot_name, CASE WHEN active THEN 'active' ELSE 'inactive' END, age(xmin) FROM pg_replication_slots WHERE xmin IS NOT NULL " +
        "UNION ALL SELECT 'prepared ' || gid, 'prepared', age(transaction) FROM pg_prepared_xacts ORDER BY xids DESC;",
      inTransaction: true,
    },
    {
      text: 'See whether a vacuum is at work on the table already; if so, let it finish.',
      sql: `SELECT pid, phase, heap_blks_scanned, heap_blks_total FROM pg_stat_progress_vacuum WHERE relid = ${name}::regclass;`,
      inTransaction: true,
    },
  ];
}

export function vacuumStep(table: TableRow): Step {
  return {
    sql: `VACUUM (ANALYZE) ${quoteQualified(table.schema, table.table)};`,
    text: 'Make the dead rows’ space usable again and refresh the statistics. The file does not shrink, which is right: the space is used again.',
    lock: `SHARE UPDATE EXCLUSIVE on ${nameOf(table)}`,
    blocks: `${BLOCKS}; for a moment at its end, if empty pages are cut off, everything (it gives way to waiters)`,
    inTransaction: false,
    ...duration(table, { slow: 20 * MB, usual: 100 * MB, fast: 500 * MB }),
  };
}

export function analyzeStep(table: TableRow, text: string): Step {
  return {
    sql: `ANALYZE ${quoteQualified(table.schema, table.table)};`,
    text,
    lock: `SHARE UPDATE EXCLUSIVE on ${nameOf(table)}`,
    blocks: BLOCKS,
    inTransaction: true,
    // 300 × default_statistics_target rows are read wherever they lie, whatever the size of the table.
    durationEstimate: { low: 0.1, likely: 3, high: 60, unit: 's' },
  };
}

/** Bytes a second: with the cost delay off, as a command by hand has it, the disk is the limit. */
function duration(
  table: TableRow,
  speed: { slow: number; usual: number; fast: number },
): Pick<Step, 'durationEstimate'> {
  if (table.heapBytes === undefined) return {};
  const total = table.heapBytes + (table.indexBytes ?? 0);
  const seconds = (bytesPerSecond: number) => Math.max(1, Math.ceil(total / bytesPerSecond));
  return {
    durationEstimate: { low: seconds(speed.fast), likely: seconds(speed.usual), high: seconds(speed.slow), unit: 's' },
  };
}

export type Parameters = Readonly<Record<string, string>>;

export function storageStep(table: TableRow, parameters: Parameters, text: string): Step {
  return {
    sql: `ALTER TABLE ${quoteQualified(table.schema, table.table)} SET (${assignments(parameters)});`,
    text,
    lock: `SHARE UPDATE EXCLUSIVE on ${nameOf(table)}`,
    blocks: BLOCKS,
    inTransaction: true,
    durationEstimate: { low: 0.01, likely: 0.05, high: 5, unit: 's' },
  };
}

/** Back to exactly what was there: former values set again, new parameters taken away. */
export function storageRollback(table: TableRow, parameters: Parameters): readonly string[] {
  const name = quoteQualified(table.schema, table.table);
  const former = Object.entries(table.storage ?? {}).filter(([parameter]) => parameter in parameters);
  const added = Object.keys(parameters).filter((parameter) => table.storage?.[parameter] === undefined);
  return [
    ...(former.length > 0 ? [`ALTER TABLE ${name} SET (${assignments(Object.fromEntries(former))});`] : []),
    ...(added.length > 0 ? [`ALTER TABLE ${name} RESET (${added.join(', ')});`] : []),
  ];
}

function assignments(parameters: Parameters): string {
  return Object.entries(parameters)
    .map(([name, value]) => `${name} = ${/^-?\d+(\.\d+)?$/.test(value) ? value : quoteText(value)}`)
    .join(', ');
}

/** Rows that may die before a vacuum: small enough to be cheap each time, large enough not to run all day. */
const TARGET_SHARE = 0.02;
const TARGET_LEAST = 10_000;
const THRESHOLD = 1_000;

/** Parameters that vacuum at 2 % of the rows; null where the trigger is already as low. */
export function vacuumAtTwoPercent(
  liveRows: number,
  triggerRows: number,
): { rows: number; parameters: Parameters } | null {
  const wanted = Math.max(TARGET_LEAST, TARGET_SHARE * liveRows);
  if (triggerRows <= wanted * 1.5) return null;
  const factor = Math.max(0.0001, Number(((wanted - THRESHOLD) / liveRows).toFixed(4)));
  return {
    rows: Math.round(THRESHOLD + factor * liveRows),
    parameters: { autovacuum_vacuum_scale_factor: String(factor), autovacuum_vacuum_threshold: String(THRESHOLD) },
  };
}
