/**
 * Engineer-hours by sort of work and measured size. The hours are this project's assumptions, not measurements: one
 * engineer who knows the database, with reading, trying it on a copy, review, roll-out and checking the result a week
 * later included, waiting for the machine excluded. They are meant to rank and to add up, so they stay round.
 */
import type { Work } from '../model/finding.ts';
import type { Snapshot } from '../model/snapshot.ts';
import type { Candidate } from './candidate.ts';

const GIB = 1024 ** 3;
export const HOURS_PER_DAY = 8;

interface Hours {
  /** Reading plans and numbers, and trying it on a copy. */
  readonly analysis: number;
  /** Somebody else’s look. */
  readonly review: number;
  /** Running or releasing it, watching, and a look at the result a week later. */
  readonly rollout: number;
  /** Grows with the table, because a long run is watched. */
  readonly bySize?: true;
  /** For every further statement. */
  readonly each?: number;
}

export const effortTable: { readonly [W in Work]: Hours } = {
  analyze: { analysis: 0.25, review: 0, rollout: 0.25 }, // one command, online, nothing to review
  'change-setting': { analysis: 0.5, review: 0.25, rollout: 0.25 }, // value and reload; a restart is added below
  'change-storage': { analysis: 0.5, review: 0.25, rollout: 0.25 }, // one ALTER TABLE without a rewrite
  vacuum: { analysis: 0.5, review: 0, rollout: 0.5, bySize: true }, // look for what holds rows, run, watch
  'drop-index': { analysis: 0.5, review: 0.25, rollout: 0.25 }, // ask the owner, drop, keep the definition
  'rebuild-index': { analysis: 0.25, review: 0.25, rollout: 0.5, bySize: true }, // one command and its leftovers
  'create-index': { analysis: 0.75, review: 0.25, rollout: 1, bySize: true }, // plans before and after, build, watch writes
  investigate: { analysis: 3.5, review: 0.5, rollout: 0, each: 1 }, // half a day with plans and the code that asks
  'rewrite-query': { analysis: 4, review: 1, rollout: 3, each: 2 }, // a day with tests and a release
  'change-application': { analysis: 8, review: 3, rollout: 5, each: 2 }, // find the caller, change, review, release
  'change-schema': { analysis: 12, review: 8, rollout: 20, bySize: true }, // a migration in steps, with data to move
  'change-infrastructure': { analysis: 30, review: 10, rollout: 40 }, // choose, try, roll out, hand over
};

/** A planned window costs an announcement, someone who stays, and a check afterwards. */
const WINDOW_HOURS = 3;

export interface Effort {
  readonly engineerHours: number;
  readonly analysis: number;
  readonly review: number;
  readonly rollout: number;
  readonly machineMinutes?: number;
}

export function effortOf({ finding }: Candidate, snapshot: Snapshot): Effort {
  const row = effortTable[finding.work];
  const statements = finding.benefit.kind === 'time' ? new Set(finding.benefit.statements).size : 1;
  const analysis = row.analysis + (row.each ?? 0) * Math.max(0, statements - 1);
  const base = row.analysis + row.review + row.rollout;
  const watched = row.bySize === true ? base * (sizeFactor(finding.subject, snapshot) - 1) : 0;
  const window = /^none\b/i.test(finding.maintenanceWindow.trim()) || finding.work === 'change-infrastructure';
  const rollout = row.rollout + watched + (window ? 0 : WINDOW_HOURS);
  const minutes = finding.machineMinutes ?? stepMinutes(finding);
  return {
    engineerHours: analysis + row.review + rollout,
    analysis,
    review: row.review,
    rollout,
    ...(minutes === null ? {} : { machineMinutes: minutes }),
  };
}

/** Of the statements that it prints; null where it prints none. */
function stepMinutes({ steps }: Candidate['finding']): number | null {
  const seconds = steps.flatMap(({ sql, durationEstimate }) =>
    sql === undefined || durationEstimate === undefined ? [] : [durationEstimate.likely],
  );
  return seconds.length === 0 ? null : Math.max(1, Math.ceil(seconds.reduce((sum, one) => sum + one, 0) / 60));
}

/** Up to 10 GiB a run fits a coffee; up to 100 GiB an afternoon; beyond, a night. An unknown size counts as small. */
function sizeFactor(subject: Candidate['finding']['subject'], snapshot: Snapshot): number {
  const bytes = sizesOf(snapshot).get(JSON.stringify([subject.database, subject.schema, subject.table])) ?? 0;
  if (bytes >= 100 * GIB) return 2;
  return bytes >= 10 * GIB ? 1.5 : 1;
}

const known = new WeakMap<Snapshot, ReadonlyMap<string, number>>();

/** Bytes by place, made once: hundreds of findings ask about thousands of tables. */
function sizesOf(snapshot: Snapshot): ReadonlyMap<string, number> {
  const sizes =
    known.get(snapshot) ??
    new Map(
      snapshot.tables.map(({ database, schema, table, heapBytes = 0, indexBytes = 0 }) => [
        JSON.stringify([database, schema, table]),
        heapBytes + indexBytes,
      ]),
    );
  known.set(snapshot, sizes);
  return sizes;
}
