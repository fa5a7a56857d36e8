/** Which share of a table's rows a condition keeps, from pg_stats, and null rather than a guess. */
import type { Column, TableRow } from '../../model/rows.ts';
import type { Filter } from './design.ts';

export function columnOf({ columns }: TableRow, name: string): Column | null {
  return columns?.find((column) => column.name === name) ?? null;
}

/**
 * Expected share for `column = $1` when values are asked for as often as they occur: the sum of their squared shares.
 * A column that is nearly always one value is then rightly useless, whatever its number of values.
 */
export function equalitySelectivity(column: Column, rows: number): number | null {
  if (column.distinct === undefined || column.distinct === 0) return null;
  const values = Math.max(1, column.distinct > 0 ? column.distinct : -column.distinct * rows);
  if (values <= 1) return 1;
  const top = Math.max(column.topShare ?? 0, 1 / values);
  const notNull = 1 - (column.nullShare ?? 0);
  return Math.min(1, top ** 2 + Math.max(0, notNull - top) ** 2 / (values - 1));
}

/** Types without a useful btree order, and values too wide for an index entry. */
export function isIndexable({ type, averageBytes }: Column): boolean {
  const base = type.replace(/\(.*$/, '').trim();
  const odd = [
    'json',
    'jsonb',
    'xml',
    'point',
    'line',
    'lseg',
    'box',
    'path',
    'polygon',
    'circle',
    'tsvector',
    'tsquery',
    'boolean',
  ];
  return !odd.includes(base) && !base.endsWith('[]') && (averageBytes ?? 0) <= 500;
}

/** Of a condition without a value, such as `deleted_at IS NULL` or `active`. */
export function filterShare({ holds }: Filter, { type, nullShare, trueShare }: Column): number | null {
  if (nullShare === undefined) return null;
  if (holds === 'null') return nullShare;
  if (holds === 'not-null') return 1 - nullShare;
  if (type !== 'boolean' || trueShare === undefined) return null;
  return holds === 'is-true' ? trueShare : Math.max(0, 1 - nullShare - trueShare);
}
