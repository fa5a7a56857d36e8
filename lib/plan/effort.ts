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

/** `bySize`: grows with the table, because a long run is watched. `each`: for every further statement. */
const table: { readonly [W in Work]: { readonly hours: number; readonly bySize: boolean; readonly each: number } } = {
  analyze: { hours: 0.5, bySize: false, each: 0 }, // one command, online, nothing to review
  'change-setting': { hours: 1, bySize: false, each: 0 }, // value and reload; a restart is added below
  'change-storage': { hours: 1, bySize: false, each: 0 }, // one ALTER TABLE without a rewrite
  vacuum: { hours: 1, bySize: true, each: 0 }, // look for what holds rows, run, watch
  'drop-index': { hours: 1, bySize: false, each: 0 }, // ask the owner, drop, keep the definition
  'rebuild-index': { hours: 1, bySize: true, each: 0 }, // one command and its leftovers
  'create-index': { hours: 2, bySize: true, each: 0 }, // check plans before and after, build, watch writes
  investigate: { hours: 4, bySize: false, each: 1 }, // half a day with plans and the code that asks
  'rewrite-query': { hours: 8, bySize: false, each: 2 }, // a day with tests and a release
  'change-application': { hours: 16, bySize: false, each: 2 }, // find the caller, change, review, release
  'change-schema': { hours: 40, bySize: true, each: 0 }, // a migration in steps, with data to move
  'change-infrastructure': { hours: 80, bySize: false, each: 0 }, // choose, try, roll out, hand over
};

/** A planned window costs an announcement, someone who stays, and a check afterwards. */
const WINDOW_HOURS = 3;

export interface Effort {
  readonly engineerHours: number;
  readonly machineMinutes?: number;
}

export function effortOf({ finding }: Candidate, snapshot: Snapshot): Effort {
  const row = table[finding.work];
  const statements = finding.benefit.kind === 'time' ? new Set(finding.benefit.statements).size : 1;
  const hours =
    row.hours * (row.bySize ? sizeFactor(finding.subject, snapshot) : 1) + row.each * Math.max(0, statements - 1);
  const window = /^none\b/i.test(finding.maintenanceWindow.trim()) || finding.work === 'change-infrastructure';
  return {
    engineerHours: window ? hours : hours + WINDOW_HOURS,
    ...(finding.machineMinutes === undefined ? {} : { machineMinutes: finding.machineMinutes }),
  };
}

/** Up to 10 GiB a run fits a coffee; up to 100 GiB an afternoon; beyond, a night. An unknown size counts as small. */
function sizeFactor(subject: Candidate['finding']['subject'], snapshot: Snapshot): number {
  const row = snapshot.tables.find(
    (one) => one.database === subject.database && one.schema === subject.schema && one.table === subject.table,
  );
  const bytes = (row?.heapBytes ?? 0) + (row?.indexBytes ?? 0);
  if (bytes >= 100 * GIB) return 2;
  return bytes >= 10 * GIB ? 1.5 : 1;
}
