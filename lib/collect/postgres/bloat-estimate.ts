/**
 * Free space beyond the fill factor, estimated from column statistics. Estimates are wrong where statistics are stale or
 * hidden, values lie in TOAST, or entries are deduplicated: there nothing is estimated (pgstattuple can measure).
 */
import type { Column, IndexRow, TableRow } from '../../model/rows.ts';
import type { Counters } from './present.ts';

const PAGE_HEADER = 24;
const LINE_POINTER = 4;
/** Of a heap row before its columns, without a null bitmap. */
const ROW_HEADER = 23;
const INDEX_ROW_HEADER = 8;
const BTREE_SPECIAL = 16;
/** Below this a wrong page more or less is a large share. */
const LEAST_BYTES = 1024 ** 2;
/** Of the rows changed since ANALYZE. */
const STALE_SHARE = 0.1;
/** What a TOAST table without a row in it takes: its index. */
const EMPTY_TOAST_BYTES = 8192;

const fixedLength =
  /^("char"|boolean|smallint|integer|bigint|real|double precision|date|time|interval|oid|uuid|money)(?!.*\[\])/;
const aligned = (bytes: number, to: number) => Math.ceil(bytes / to) * to;

/** null: not all widths are known. Short values of variable length are stored unaligned. */
function widthOf(columns: readonly Column[], header: number): number | null {
  let bytes = header;
  for (const { type, averageBytes, nullShare, alignment = 8 } of columns) {
    if (averageBytes === undefined || nullShare === undefined) return null;
    const start = fixedLength.test(type) || averageBytes > 126 ? aligned(bytes, alignment) : bytes;
    bytes += (start - bytes + averageBytes) * (1 - nullShare);
  }
  return aligned(bytes, 8);
}

function isFresh({
  lastAnalyzeAt,
  lastAutoanalyzeAt,
  modifiedSinceAnalyze,
  estimatedRows,
}: Partial<TableRow>): boolean {
  const analyzed = lastAnalyzeAt !== undefined || lastAutoanalyzeAt !== undefined;
  if (!analyzed || modifiedSinceAnalyze === undefined || estimatedRows === undefined) return false;
  return modifiedSinceAnalyze <= STALE_SHARE * estimatedRows;
}

const fillOf = (storage: TableRow['storage'], usual: number) => Number(storage?.fillfactor ?? usual) / 100;

export function tableBloat(row: Partial<TableRow>, blockSize: number): number | undefined {
  const { columns = [], estimatedRows, mainBytes, deadRows = 0, toastBytes = 0, storage, method } = row;
  if (columns.length === 0 || estimatedRows === undefined || mainBytes === undefined || !isFresh(row)) return undefined;
  if (method !== 'heap' || mainBytes < LEAST_BYTES || toastBytes > EMPTY_TOAST_BYTES) return undefined;
  const bitmap = columns.some(({ nullShare = 0 }) => nullShare > 0) ? Math.ceil(columns.length / 8) : 0;
  const width = widthOf(columns, aligned(ROW_HEADER + bitmap, 8));
  if (width === null) return undefined;
  // Dead rows are vacuum's to remove; what they take is not free yet.
  const needed =
    ((estimatedRows + deadRows) * (width + LINE_POINTER)) / ((blockSize - PAGE_HEADER) * fillOf(storage, 100));
  return Math.max(0, mainBytes - Math.ceil(needed) * blockSize);
}

/** Of a btree on plain columns whose entries are all different. */
export function indexBloat(index: Partial<IndexRow>, table: Partial<TableRow>, blockSize: number): number | undefined {
  const { method, keys = [], included = [], predicate, sizeBytes, estimatedRows, storage, valid } = index;
  const different = index.unique === true || storage?.deduplicate_items === 'off';
  if (method !== 'btree' || predicate !== undefined || !different || valid !== true || !isFresh(table))
    return undefined;
  if (keys.length === 0 || keys.some(({ expression }) => expression)) return undefined;
  if (sizeBytes === undefined || sizeBytes < LEAST_BYTES || estimatedRows === undefined) return undefined;
  const names = [...keys.map(({ name }) => name), ...included];
  const columns = names.flatMap((name) => table.columns?.find((column) => column.name === name) ?? []);
  // A NULL needs a bitmap, and equal keys of a non-unique NULL are deduplicated: only columns without.
  if (columns.length < names.length || columns.some(({ nullShare }) => nullShare !== 0)) return undefined;
  const width = widthOf(columns, INDEX_ROW_HEADER);
  if (width === null) return undefined;
  const room = (blockSize - PAGE_HEADER - BTREE_SPECIAL) * fillOf(storage, 90);
  const leaves = (estimatedRows * (width + LINE_POINTER)) / room;
  // Inner pages hold one entry for each page below; the first page is the tree's own.
  const inner = (leaves * (width + LINE_POINTER)) / room;
  return Math.max(0, sizeBytes - Math.ceil(leaves + inner + 1) * blockSize);
}

export const bloatOf = (bytes: number | undefined): Counters =>
  bytes === undefined ? {} : { estimatedBloatBytes: bytes };
