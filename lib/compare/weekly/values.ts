/** One week's numbers by metric and row, from a run's rows as history keeps them. */

import type { Subject } from '../../model/finding.ts';
import type { RowKind } from '../../model/measures.ts';
import type { WeeklyValues } from '../../model/weekly.ts';
import type { Week } from '../week.ts';
import { type Kind, METRICS } from './metrics.ts';

/** Of transactions by database; '' is the server. */
export const TRAFFIC = 'traffic';

type Place = Pick<Subject, 'database' | 'schema' | 'table' | 'index'>;
type Numbers = Readonly<Record<string, number>>;
export type Row = Place & { readonly measures: Numbers };
type Kept = Pick<Week, 'end' | 'spans' | 'server' | 'databases' | 'tables' | 'indexes'>;

export function rowName({ database = '', schema = '', table = '', index = '' }: Place): string {
  return JSON.stringify([database, schema, table, index]);
}

export function rowsIn(week: Kept, kind: Kind): readonly Row[] {
  const all = {
    server: [{ measures: week.server }],
    database: week.databases,
    table: week.tables,
    index: week.indexes,
  };
  return all[kind];
}

/** Counters since a reset long past are no week; neither are a few hours. */
export function weeksOfKind({ spans }: Pick<Week, 'spans'>, kind: RowKind): number | null {
  const span = spans[kind];
  if (span === undefined || span.basis === 'statistics-reset') return null;
  const weeks = (Date.parse(span.end) - Date.parse(span.start)) / (7 * 24 * 3_600_000);
  return weeks >= 0.5 && weeks <= 2 ? weeks : null;
}

export function valuesIn(week: Kept): WeeklyValues {
  const values = new Map<string, ReadonlyMap<string, number>>();
  for (const { id, kind, value } of METRICS) {
    const weeks = weeksOfKind(week, kind);
    const known = rowsIn(week, kind).flatMap((row) => {
      const number = value(row.measures, weeks);
      return number === null || !Number.isFinite(number) ? [] : [[rowName(row), number] as const];
    });
    values.set(id, new Map(known));
  }
  const weeks = weeksOfKind(week, 'database');
  if (weeks !== null) {
    const rates = week.databases.flatMap(({ database, measures: { commits, rollbacks = 0 } }) =>
      commits === undefined ? [] : [[rowName({ database }), (commits + rollbacks) / weeks] as const],
    );
    const all = rates.reduce((sum, [, rate]) => sum + rate, 0);
    values.set(TRAFFIC, new Map([...rates, ...(rates.length === 0 ? [] : [[rowName({}), all] as const])]));
  }
  return { end: week.end, values };
}
