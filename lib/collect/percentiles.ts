/** Median and 95th percentile of each statement, where its source tells enough. */
import { mixturePercentile, timedOf } from '../model/percentile.ts';
import type { StatementRow } from '../model/rows.ts';
import type { Snapshot } from '../model/snapshot.ts';

export function withPercentiles(snapshot: Snapshot): Snapshot {
  return { ...snapshot, statements: snapshot.statements.map((row) => completed(row, snapshot.spans.statement?.start)) };
}

function completed(row: StatementRow, since: string | undefined): StatementRow {
  const timed = timedOf(row, since);
  if (timed === null) return row;
  const median = mixturePercentile([timed], 0.5);
  const p95 = mixturePercentile([timed], 0.95);
  return { ...row, ...(median === null ? {} : { medianMs: median }), ...(p95 === null ? {} : { p95Ms: p95 }) };
}
