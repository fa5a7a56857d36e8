/** Server-wide counters since the last run: one span for the row's measures, spans of their own for lists. */
import type { ServerRow } from '../../model/rows.ts';
import type { CounterReading, Gap, Span } from '../../model/snapshot.ts';
import { type Past, serverIncrease } from './counters.ts';
import { otherSpanGap } from './gaps.ts';
import { type Counters, present } from './present.ts';
import { ioRows, measuresOfIo, type ServerCounters, slruRows } from './server-counters.ts';

/** By view; null or absent where it could not be read or this version has none. */
export interface ServerViews {
  readonly checkpoints?: ServerCounters | null;
  readonly background?: ServerCounters | null;
  readonly wal?: ServerCounters | null;
  readonly archiver?: ServerCounters | null;
  readonly io?: ServerCounters | null;
  readonly slru?: ServerCounters | null;
}

export interface ServerIncrease {
  readonly values: Counters;
  readonly lists: Pick<ServerRow, 'io' | 'slru'>;
  readonly span?: Span;
  readonly resets: number;
  readonly gaps: readonly Gap[];
}

/** Statistics of one crash or initdb begin within seconds of each other. */
const sameStartSeconds = 600;

export function increaseOf(views: ServerViews, past: Past, version: number, blockSize: number): ServerIncrease {
  const { checkpoints } = views;
  const main = checkpoints == null ? null : serverIncrease(checkpoints, past);
  let values: Counters = main?.rows[0]?.values ?? {};
  let span = main?.span;
  let resets = main?.resets ?? 0;
  const gaps: Gap[] = [];
  const add = (view: string, counted: Counters, own: Span) => {
    span ??= own;
    const sameStart = Math.abs(Date.parse(own.start) - Date.parse(span.start)) < sameStartSeconds * 1000;
    if (own.basis === span.basis && sameStart) values = { ...values, ...counted };
    // One span holds for the whole row: a younger or older counter would be divided by the wrong time.
    else if (Object.keys(counted).length > 0) gaps.push(otherSpanGap(view, Object.keys(counted)));
  };
  for (const view of ['background', 'wal', 'archiver'] as const) {
    const now = views[view];
    if (now == null) continue;
    const increase = serverIncrease(now, past, view);
    resets += increase.resets;
    add(view, increase.rows[0]?.values ?? {}, increase.span);
  }
  const lists = { io: listOf(views.io, past, 'io', ioRows), slru: listOf(views.slru, past, 'slru', slruRows) };
  if (lists.io !== undefined) add('io', measuresOfIo(lists.io.list.rows, version, blockSize), lists.io.span);
  return {
    values,
    lists: present({ io: lists.io?.list, slru: lists.slru?.list }),
    ...present({ span }),
    resets,
    gaps,
  };
}

function listOf<Row>(
  now: ServerCounters | null | undefined,
  past: Past,
  view: string,
  rowsOf: (values: Counters) => readonly Row[],
) {
  if (now == null) return undefined;
  const { rows, span } = serverIncrease(now, past, view);
  const { start, end } = span;
  return { span, list: { start, end, rows: rowsOf(rows[0]?.values ?? {}) } };
}

/** What the next run subtracts: names of views other than the checkpointer's stand before their counters. */
export function serverReading({ checkpoints, ...views }: ServerViews): CounterReading['server'] {
  const others = Object.entries(views).flatMap(([view, now]) =>
    now == null
      ? []
      : Object.entries({ ...now.values, ...present({ resetAt: now.since }) }).map(([name, value]) => [
          `${view}|${name}`,
          value,
        ]),
  );
  return { ...checkpoints?.values, ...present({ resetAt: checkpoints?.since }), ...Object.fromEntries(others) };
}
