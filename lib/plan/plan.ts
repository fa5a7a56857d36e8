/** Outcomes → what to do, in which order, and what it adds up to. Policy lives in this folder, never in an advisor. */
import type { Changes } from '../model/changes.ts';
import type { Decided, Decision, RememberedDecision } from '../model/decision.ts';
import type { Prices } from '../model/money.ts';
import type { Opportunity } from '../model/opportunity.ts';
import type { Outcome } from '../model/outcome.ts';
import type { Plan } from '../model/plan.ts';
import type { Snapshot } from '../model/snapshot.ts';
import { benefitOf, roiOf } from './benefit.ts';
import { candidatesOf } from './candidate.ts';
import { settle } from './conflicts.ts';
import { applyDecisions } from './decisions.ts';
import { doubtOf } from './doubt.ts';
import { effortOf, HOURS_PER_DAY } from './effort.ts';
import { horizonOf } from './horizon.ts';
import { type Load, loadOf } from './load.ts';
import { moneyOf, ratesOf, totalMoney } from './money.ts';
import { notesOf } from './notes.ts';
import { type Ranked, rank } from './priority.ts';
import { roadmapOf } from './roadmap.ts';
import { estimatedImprovement } from './totals.ts';

/** The mail asks for three decisions at most. */
const TOP = 3;

interface Input {
  readonly outcomes: readonly Outcome[];
  readonly changes: Changes;
  readonly snapshot: Snapshot;
  readonly decisions?: readonly Decision[];
  /** What the last run kept of them. */
  readonly remembered?: readonly RememberedDecision[];
  readonly prices?: Prices | undefined;
}

export function plan({ outcomes: all, changes, snapshot, decisions = [], remembered = [], prices }: Input): Plan {
  const { outcomes, decided, ranOut } = applyDecisions({ outcomes: all, snapshot, decisions, remembered });
  const load = { ...loadOf(snapshot), doubt: doubtOf(snapshot, changes) };
  const rates = prices === undefined ? null : ratesOf(prices, snapshot);
  const ranked = rank(settle(candidatesOf(outcomes), snapshot), load, snapshot);
  const opportunities = ranked
    .map((one) => opportunity(one, load, changes, snapshot))
    .map((one) => ({
      ...one,
      ...wordOf(ranOut.get(one.key)),
      ...(rates === null ? {} : { money: moneyOf(one, rates) }),
    }));
  const improvement = estimatedImprovement(
    ranked.map((one) => one.candidate),
    load,
  );
  const hours = opportunities.reduce((sum, one) => sum + one.effort.engineerHours, 0);
  return {
    opportunities,
    top: [...ranked]
      .sort((a, b) => b.impact - a.impact)
      .slice(0, TOP)
      .map(({ candidate }) => candidate.finding.key),
    estimatedImprovement: improvement,
    effortPersonDays: Math.round((hours / HOURS_PER_DAY) * 10) / 10,
    roadmap: [...roadmapOf(opportunities)],
    decided,
    ...(rates === null ? {} : { money: totalMoney({ opportunities, estimatedImprovement: improvement }, load, rates) }),
  };
}

function wordOf(decision: Pick<Decided, 'decision' | 'reason' | 'until'> | undefined): Pick<Opportunity, 'ranOut'> {
  if (decision === undefined) return {};
  const { decision: kind, reason, until } = decision;
  return { ranOut: { decision: kind, reason, until } };
}

function opportunity({ candidate, remaining }: Ranked, load: Load, changes: Changes, snapshot: Snapshot): Opportunity {
  const { finding, advisor, area } = candidate;
  const effort = effortOf(candidate, snapshot);
  const benefit = benefitOf(candidate, load, remaining);
  const known = changes.status[finding.key];
  return {
    key: finding.key,
    advisor,
    area,
    horizon: horizonOf(effort.engineerHours, finding.risk.level),
    title: finding.title,
    subject: finding.subject,
    evidence: [...finding.evidence],
    approach: finding.approach,
    benefit,
    effort,
    roi: roiOf(benefit, effort.engineerHours),
    risk: { ...finding.risk, rollback: [...finding.risk.rollback] },
    steps: [...finding.steps],
    maintenanceWindow: finding.maintenanceWindow,
    acceptance: finding.acceptance,
    ...(finding.measuredBy === undefined ? {} : { measuredBy: finding.measuredBy }),
    notes: notesOf(candidate, snapshot),
    firstSeen: known?.firstSeen ?? snapshot.takenAt,
    status: known?.status ?? 'new',
  };
}
