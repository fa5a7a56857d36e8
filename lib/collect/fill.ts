/**
 * What an exporter leaves out and only the catalog counts, on a run whose catalog counters do not cover the window: of
 * statements it is brought to the calls of the window, of everything else it is a gap until the next run.
 */
import { measures, type RowKind } from '../model/measures.ts';
import type { StatementRow } from '../model/rows.ts';
import type { Gap, Span } from '../model/snapshot.ts';

type AnyRow = Readonly<Record<string, unknown>>;

/** Counters that some catalog row of the kind has and no row of the metrics. */
export function lackingCounters(
  kind: RowKind,
  metrics: readonly object[],
  catalog: readonly object[],
): readonly string[] {
  const all: Readonly<Record<string, { readonly over: string }>> = measures[kind];
  const has = (rows: readonly object[], name: string) => rows.some((row) => (row as AnyRow)[name] !== undefined);
  return Object.keys(all).filter((name) => all[name]?.over === 'counter' && !has(metrics, name) && has(catalog, name));
}

/**
 * Per call a statement does much the same in every week, so what it did since the catalog began to count is scaled by
 * calls of the window ÷ calls since then. Rows without both are left as they are.
 */
export function filledStatements(
  rows: readonly StatementRow[],
  catalog: readonly StatementRow[],
  names: readonly string[],
): readonly StatementRow[] {
  const keyOf = ({ database, statement }: StatementRow) => JSON.stringify([database, statement]);
  const known = new Map(catalog.map((row) => [keyOf(row), row]));
  return rows.map((row) => {
    const other = known.get(keyOf(row));
    const calls = other?.calls ?? 0;
    if (other === undefined || row.calls === undefined || calls <= 0) return row;
    const factor = row.calls / calls;
    const filled = names.flatMap((name) => {
      const value = (other as unknown as AnyRow)[name]; // by name of measure
      return typeof value === 'number' ? [[name, value * factor] as const] : [];
    });
    return { ...row, ...Object.fromEntries(filled) };
  });
}

export function filledNote(names: readonly string[], { start }: Span): string {
  return `Prometheus has no ${names.slice(0, 4).join(', ')}${names.length > 4 ? ` and ${names.length - 4} more` : ''} of statements; PostgreSQL's own counters since ${start.slice(0, 10)} were taken instead, brought to the calls of the window.`;
}

export function notYet(kind: RowKind, names: readonly string[]): readonly Gap[] {
  if (names.length === 0) return [];
  return [
    {
      kind,
      measures: names,
      source: 'prometheus',
      absence: 'no-history',
      reason: `Prometheus does not have them, and PostgreSQL's own counters of them do not cover the window.`,
      remedy: 'Run again in a week: PostgreSQL’s counters of both runs are then subtracted.',
    },
  ];
}
