/** A weekly finding in words and numbers, new or told before. */
import { findingKey, type Subject } from '../../model/finding.ts';
import type { Regression } from '../../model/regression.ts';
import type { Episode } from '../../model/series.ts';
import type { Snapshot } from '../../model/snapshot.ts';
import type { follow } from '../detect/states.ts';
import { beside, meanwhile } from '../meanwhile.ts';
import type { Week } from '../week.ts';
import { round } from '../words.ts';
import { causeOf } from './cause.ts';
import type { Judged } from './judge.ts';
import type { Metric } from './metrics.ts';
import type { Row } from './values.ts';

export function keyOf({ id }: Metric, row: Row): string {
  return findingKey(id, subjectOf(row));
}

export function subjectOf({ database, schema, table, index }: Row): Subject {
  return {
    ...(database === undefined ? {} : { database }),
    ...(schema === undefined ? {} : { schema }),
    ...(table === undefined ? {} : { table }),
    ...(index === undefined ? {} : { index }),
  };
}

export function nameOf({ database, schema, table, index }: Row): string {
  if (index !== undefined) return `Index ${index}`;
  if (table !== undefined) return `Table ${schema === 'public' ? '' : `${schema}.`}${table}`;
  return database === undefined ? 'The server' : `Database ${database}`;
}

export function described(
  { metric, row, moved, now }: Judged,
  {
    snapshot,
    week,
    before: earlier,
  }: { readonly snapshot: Snapshot; readonly week: Week; readonly before: Week | null },
): Regression {
  const { before = 0, effect = 0, low = 0, high = 0 } = moved ?? {};
  const value = now ?? 0;
  const table = snapshot.tables.filter(
    (one) => one.database === row.database && one.schema === row.schema && one.table === row.table,
  );
  const cause = earlier === null ? [] : causeOf(metric, row, { snapshot, week, earlier });
  const interval = [Math.expm1(low), Math.expm1(high)].sort((a, b) => a - b);
  return {
    key: keyOf(metric, row),
    title: titleOf(metric, row, value / before),
    subject: subjectOf(row),
    measure: metric.measure,
    unit: metric.unit,
    before,
    now: value,
    change: { estimate: Math.expm1(effect), low: interval[0] ?? null, high: interval[1] ?? null },
    cause: beside(
      cause.length === 0 ? [{ kind: 'unknown', share: 1, text: 'no earlier week was kept to look at' }] : cause,
      meanwhile(earlier, snapshot, table),
    ),
    // Their price is in the statements that pay it.
    costMsPerWeek: 0,
    shareOfDbTime: null,
    severity: 'medium',
    since: week.end,
    status: 'new',
    facts: [{ label: metric.label, unit: metric.unit, before, now: value }],
  };
}

export function titleOf(metric: Metric, row: Row, ratio: number): string {
  return `${nameOf(row)} ${metric.words(Number.isFinite(ratio) ? `${round(ratio)} times` : 'many times')}`;
}

export function continued(
  before: Regression,
  one: Judged,
  state: ReturnType<typeof follow>['state'],
  effect: number | null,
): Regression | null {
  if (state === 'unseen' || state === 'accepted' || one.now === null || effect === null) return null;
  const { recovering: _, ...known } = before;
  const facts = known.facts.map((fact) => ({ ...fact, now: one.now }));
  const calm = `${one.metric.label} of ${nameOf(one.row).replace(/^[A-Z](?=\w+ )/, (c) => c.toLowerCase())}: as before again`;
  const today = { ...known, now: one.now, facts };
  if (state === 'resolved') return { ...today, title: calm, status: 'resolved' };
  if (state === 'recovering') {
    return { ...today, title: `${calm} this week; over when the next is calm, too`, status: 'open', recovering: true };
  }
  const estimate = Math.expm1(effect * one.metric.direction);
  return {
    ...today,
    title: titleOf(one.metric, one.row, one.now / known.before),
    change: { ...known.change, estimate },
    status: 'open',
  };
}

export function episodeOf({ since, moved, level, metric }: Judged, { key }: Regression, end: string): Episode | null {
  if (since === null || moved === null || level === null) return null;
  const opening = moved.effect * metric.direction;
  const from = metric.test === 'growth' ? Math.log(moved.before) : level - moved.effect;
  return { key, onset: since, firstSeen: end, level: from, opening, calmSince: null, calmWeeks: 0, closed: false };
}
