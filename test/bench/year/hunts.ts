/** Week after week through the product's comparison, each looking back on what the ones before left. */
import { compare } from '../../../lib/compare/compare.ts';
import { historyOf } from '../../../lib/compare/history.ts';
import { weekThen } from '../../../lib/compare/week.ts';
import { valuesIn } from '../../../lib/compare/weekly/values.ts';
import type { Changes, Past } from '../../../lib/model/changes.ts';
import type { History } from '../../../lib/model/history.ts';
import type { Hourly } from '../../../lib/model/hourly.ts';
import type { Plan } from '../../../lib/model/plan.ts';
import type { Snapshot } from '../../../lib/model/snapshot.ts';
import { plan } from '../../../lib/plan/plan.ts';
import { aSnapshot, aSpan, aStatement } from '../../support/rows.ts';
import { hoursOf, WEEK_MS, type Year } from './shop.ts';

export interface Hunted {
  readonly week: number;
  readonly snapshot: Snapshot;
  readonly changes: Changes;
  readonly plan: Plan;
}

/** `twice`: each run once more with the same past, as after a crash; it must say the same. */
export function* huntsOf(year: Year, twice = false): Generator<Hunted> {
  const kept: History[] = [];
  let week = 0;
  for (const hourly of hoursOf(year)) {
    if (!year.missed.includes(week)) {
      const snapshot = snapshotOf(hourly);
      const past: Past = {
        ...{ previous: kept.at(-1) ?? null, pinned: null, notes: [] },
        recent: kept.slice(-4).reverse(),
        series: kept.slice(-14).flatMap(({ series }) => series ?? []),
        weekly: kept.slice(-14).map((one) => valuesIn(weekThen(one))),
      };
      const changes = compare({ snapshot, outcomes: [], past });
      if (twice && JSON.stringify(compare({ snapshot, outcomes: [], past })) !== JSON.stringify(changes)) {
        throw new Error(`week ${week} says something else when it is run again`);
      }
      const planned = plan({ outcomes: [], changes, snapshot });
      kept.push(historyOf({ snapshot, outcomes: [], plan: planned, changes, past }));
      if (kept.length > 15) kept.shift();
      yield { week, snapshot, changes, plan: planned };
    }
    week += 1;
  }
}

export function snapshotOf(hourly: Hourly): Snapshot {
  const window = { start: hourly.start, end: new Date(Date.parse(hourly.start) + WEEK_MS).toISOString() };
  const span = aSpan(window);
  const sum = (values: readonly (number | null)[]): number => values.reduce<number>((all, one) => all + (one ?? 0), 0);
  return aSnapshot({
    window,
    takenAt: window.end,
    spans: { server: span, database: span, table: span, index: span, statement: span, host: span },
    ...{ databases: [], tables: [], indexes: [], hourly },
    statements: hourly.statements.map(({ database, statement, queryid, calls, timeMs }) =>
      aStatement({
        ...{ database, statement, queryid, label: `Query ${statement}`, text: `SELECT ${queryid}` },
        ...{ calls: sum(calls), totalTimeMs: sum(timeMs), stddevTimeMs: undefined, rows: sum(calls) },
      }),
    ),
  });
}
