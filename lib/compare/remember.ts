/** What this run leaves for the next: its numbers, its findings, and the fate of earlier ones. */
import type { Changes, Past } from '../model/changes.ts';
import { decisionId } from '../model/decision.ts';
import type { History, HistoryFinding } from '../model/history.ts';
import type { KeyedFinding, Outcome } from '../model/outcome.ts';
import type { Plan } from '../model/plan.ts';
import type { Snapshot } from '../model/snapshot.ts';
import { seriesOf } from './detect/series.ts';
import { openingOf } from './follow-up.ts';
import { fatesOf } from './progress.ts';
import { rememberedTraffic } from './representative.ts';
import { weekOf } from './week.ts';

/** Half a year: what was not seen for longer is not waited for. */
const KEPT_DAYS = 182;

export interface Remember {
  readonly snapshot: Snapshot;
  readonly outcomes: readonly Outcome[];
  readonly plan: Plan;
  readonly changes: Changes;
  readonly past: Past;
}

export function historyOf({ snapshot, outcomes, plan, changes, past }: Remember): History {
  const { end: _, databaseTimeMsPerWeek, ...numbers } = weekOf(snapshot);
  const fates = fatesOf({ snapshot, week: weekOf(snapshot), outcomes, past });
  // Only what the plan kept was ever advised; a finding folded into another would be credited a second time.
  // What is muted or accepted keeps its age, and is judged when somebody does it after all.
  const decided = plan.decided.flatMap(({ findings }) => findings);
  const advised = new Set([...plan.opportunities, ...decided].map(({ key }) => key));
  const found = outcomes.flatMap((outcome) =>
    outcome.state === 'found'
      ? outcome.findings
          .filter(({ key }) => advised.has(key))
          .map((finding) => entry(finding, outcome.card.id, { snapshot, plan, changes }))
      : [],
  );
  const earlier = fates.flatMap(({ next }) => next ?? []).filter((finding) => isRecent(finding, snapshot.window.end));
  const told = new Set(changes.regressions.map(({ key }) => key));
  const unseen = (past.previous?.regressions ?? []).filter(
    ({ key, status }) => status !== 'resolved' && !told.has(key) && changes.accepted?.includes(key) !== true,
  );
  const regressions = [...changes.regressions, ...unseen];
  const openings = past.previous?.openings ?? {};
  return {
    version: 2,
    target: snapshot.target,
    takenAt: snapshot.takenAt,
    window: snapshot.window,
    ...numbers,
    headline: {
      databaseTimeMsPerWeek,
      opportunities: plan.opportunities.length,
      statements: snapshot.statements.length,
    },
    ...(changes.traffic === undefined
      ? {}
      : { traffic: [...rememberedTraffic(changes.traffic, snapshot.window.end, past)] }),
    counters: snapshot.counters ?? null,
    findings: [...found, ...earlier].sort(byKey),
    regressions,
    openings: Object.fromEntries(
      regressions
        .filter(({ status }) => status !== 'resolved')
        .map((regression) => [regression.key, openings[regression.key] ?? openingOf(regression)]),
    ),
    progress: [...changes.progress],
    series: snapshot.hourly === undefined ? null : seriesOf(snapshot.hourly),
    tracked: [...changes.tracked],
    ...(changes.episodes === undefined ? {} : { episodes: [...changes.episodes] }),
    ...(plan.decided.length === 0
      ? {}
      : { decisions: plan.decided.map((one) => ({ id: decisionId(one), idleSince: one.idleSince })) }),
    ...(past.successors === undefined ? {} : { successors: [...past.successors] }),
  };
}

/** An entry with a verdict can stand beside a new one of the same key. */
function byKey(a: HistoryFinding, b: HistoryFinding): number {
  const order = (finding: HistoryFinding): string => `${finding.key} ${finding.firstSeen} ${finding.state}`;
  return order(a) < order(b) ? -1 : 1;
}

function isRecent({ lastSeen }: HistoryFinding, end: string): boolean {
  return Date.parse(end) - Date.parse(lastSeen) <= KEPT_DAYS * 24 * 3600 * 1000;
}

function entry(
  finding: KeyedFinding,
  advisor: string,
  { snapshot, plan, changes }: Pick<Remember, 'snapshot' | 'plan' | 'changes'>,
): HistoryFinding {
  const { key, title, subject, done, gain, risk } = finding;
  const { end } = snapshot.window;
  return {
    key,
    advisor,
    title,
    subject,
    done,
    gain,
    predicted: predictedOf(finding, plan),
    rollback: [...risk.rollback],
    firstSeen: changes.status[key]?.firstSeen ?? end,
    lastSeen: end,
    state: 'open',
    doneAt: null,
  };
}

/** Only what the gain can be held against: a share of the statements' time, or bytes of the object. */
function predictedOf({ key, benefit, gain }: KeyedFinding, plan: Plan): HistoryFinding['predicted'] {
  const planned = plan.opportunities.find((opportunity) => opportunity.key === key)?.benefit;
  const { confidence } = planned ?? benefit;
  const said = {
    confidence,
    ...(benefit.kind === 'risk' || benefit.uncorrected === undefined ? {} : { raw: benefit.uncorrected }),
  };
  if (benefit.kind === 'time' && gain.kind === 'statement-time') {
    const { low, likely, high } = planned?.reduces ?? benefit.reduces;
    return { low, likely, high, unit: 'share', ...said };
  }
  if (benefit.kind === 'space' && gain.kind === 'object-gone') {
    const { low, likely, high } = benefit.bytes;
    return { low, likely, high, unit: 'bytes', ...said };
  }
  return null;
}
