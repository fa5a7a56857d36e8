/**
 * Two weeks in half a minute. Counters, spans and ages stay what they really were; only the dates of the first week
 * are moved back, so that the archive has two weeks to show.
 */
import { measures, type RowKind } from '../model/measures.ts';
import { rowsOf, type Snapshot, type Span } from '../model/snapshot.ts';
import { WEEK_SECONDS } from '../model/units.ts';

/** The same snapshot, with every time in it a number of weeks earlier. */
export function weeksEarlier(snapshot: Snapshot, weeks: number): Snapshot {
  const seconds = -weeks * WEEK_SECONDS;
  const moved = (iso: string): string => new Date(Date.parse(iso) + seconds * 1000).toISOString();
  const { counters, window } = snapshot;
  const spans = Object.entries(snapshot.spans) as [RowKind, Span][]; // Object.entries widens the keys
  return {
    ...snapshot,
    takenAt: moved(snapshot.takenAt),
    window: { start: moved(window.start), end: moved(window.end) },
    server: shift('server', snapshot.server, seconds),
    databases: rowsOf(snapshot, 'database').map((row) => shift('database', row, seconds)),
    tables: rowsOf(snapshot, 'table').map((row) => shift('table', row, seconds)),
    indexes: rowsOf(snapshot, 'index').map((row) => shift('index', row, seconds)),
    statements: rowsOf(snapshot, 'statement').map((row) => shift('statement', row, seconds)),
    spans: Object.fromEntries(
      spans.map(([kind, span]) => [kind, { ...span, start: moved(span.start), end: moved(span.end) }]),
    ),
    ...(counters === undefined
      ? {}
      : {
          counters: {
            ...counters,
            at: moved(counters.at),
            since: counters.since === null ? null : moved(counters.since),
            startedAt: counters.startedAt === null ? null : counters.startedAt + seconds,
          },
        }),
  };
}

/** Which numbers are moments, measures.ts knows. */
function shift<Row extends object>(kind: RowKind, row: Row, seconds: number): Row {
  const moments = Object.entries(measures[kind]).flatMap(([name, { unit }]) => (unit === 'unix-s' ? [name] : []));
  const values = row as Readonly<Record<string, unknown>>; // rows are flat; their types do not say so
  const moved = moments.flatMap((name) => {
    const value = values[name];
    return typeof value === 'number' ? [[name, value + seconds] as const] : [];
  });
  return { ...row, ...Object.fromEntries(moved) };
}
