/** The brief's three phases. A phase without items is left out: an empty promise is no plan. */

import type { Opportunity } from '../model/opportunity.ts';
import type { Plan } from '../model/plan.ts';
import { HOURS_PER_DAY } from './effort.ts';

type Phase = Plan['roadmap'][number];

/** `days`: working days of one person in the phase; the third phase runs from the third to the sixth month. */
const phases: readonly {
  readonly horizon: Opportunity['horizon'];
  readonly phase: string;
  readonly weeks: string;
  readonly days: number;
}[] = [
  { horizon: 'quick-win', phase: 'Quick wins', weeks: '1–2', days: 10 },
  { horizon: 'medium', phase: 'Medium effort', weeks: '3–8', days: 30 },
  { horizon: 'long-term', phase: 'Long-term projects', weeks: '9–26', days: 90 },
];

const METRICS_SHOWN = 3;

export function roadmapOf(opportunities: readonly Opportunity[]): readonly Phase[] {
  return phases.flatMap(({ horizon, phase, weeks, days }) => {
    const own = opportunities.filter((one) => one.horizon === horizon);
    if (own.length === 0) return [];
    return [
      {
        phase,
        weeks,
        items: own.map((one) => one.key),
        resources: resources(own, days),
        successMetrics: successMetrics(own),
        mitigation: mitigation(own),
      },
    ];
  });
}

function resources(own: readonly Opportunity[], days: number): string {
  const needed = own.reduce((sum, one) => sum + one.effort.engineerHours, 0) / HOURS_PER_DAY;
  const people = Math.ceil(needed / days);
  const windows = own.filter((one) => !/^none\b/i.test(one.maintenanceWindow.trim())).length;
  const minutes = own.reduce((sum, one) => sum + (one.effort.machineMinutes ?? 0), 0);
  return [
    `${number(needed)} person-days${people > 1 ? `, ${people} people to keep the dates` : ' of one engineer'}`,
    windows === 0
      ? 'no maintenance window'
      : `${windows} ${windows === 1 ? 'item needs' : 'items need'} a maintenance window`,
    ...(minutes >= 60 ? [`about ${number(minutes / 60)} hours of machine time`] : []),
  ].join('; ');
}

/** What the first items promise to show; later ones keep theirs beside them. */
function successMetrics(own: readonly Opportunity[]): string[] {
  return [...new Set(own.map((one) => one.acceptance))].slice(0, METRICS_SHOWN);
}

function mitigation(own: readonly Opportunity[]): string {
  const risky = own.filter((one) => one.risk.level === 'high').length;
  const undo = own.filter((one) => one.risk.rollback.length > 0).length;
  const caution =
    risky > 0
      ? `Rehearse the ${risky} high-risk ${risky === 1 ? 'item' : 'items'} on a copy first.`
      : 'One change at a time, and a look at the numbers before the next.';
  return `${caution} ${undo} of ${own.length} ${own.length === 1 ? 'item has' : 'items have'} rollback statements ready.`;
}

function number(value: number): string {
  return value >= 10 ? String(Math.round(value)) : String(Math.round(value * 10) / 10);
}
