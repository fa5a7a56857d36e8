/** Everything the run found → the Report document. Assembly only: no number is made here but shares and sums. */
import type { Changes } from '../model/changes.ts';
import type { Outcome } from '../model/outcome.ts';
import { mixturePercentile, timedOf } from '../model/percentile.ts';
import type { Plan } from '../model/plan.ts';
import type { Cadence, Report, TargetReport, TopStatement } from '../model/report.ts';
import type { StatementRow } from '../model/rows.ts';
import { databaseTimeMs, type Snapshot, type Window } from '../model/snapshot.ts';
import { many, plain } from './format.ts';
import { headline } from './headline.ts';

const MAX_STATEMENTS = 30;

export interface Hunted {
  readonly snapshot: Snapshot;
  readonly outcomes: readonly Outcome[];
  readonly plan: Plan;
  readonly changes: Changes;
}

export interface ReportInput {
  readonly targets: readonly Hunted[];
  readonly failures: Report['failures'];
  readonly cadence: Cadence;
  readonly window: Window;
  readonly generatedAt: string;
}

export function reportOf({ targets, failures, cadence, window, generatedAt }: ReportInput): Report {
  return {
    version: 1,
    generatedAt,
    cadence,
    window: { start: window.start, end: window.end },
    targets: targets.map(targetReport),
    failures: [...failures],
  };
}

function targetReport({ snapshot, outcomes, plan, changes }: Hunted): TargetReport {
  const { server, quality } = snapshot;
  const coverage = outcomes.map((outcome) => coverageOf(outcome, plan.decided));
  const opportunities = [...plan.opportunities];
  const regressions = [...changes.regressions];
  const { previousEnd, pinnedEnd } = changes;
  const baselines = { previousEnd, pinnedEnd, numbers: [...changes.baseline] };
  return {
    target: snapshot.target,
    server: { version: versionOf(server), role: server.role ?? null, platform: server.platform ?? null },
    quality: {
      ...quality,
      sources: [...quality.sources],
      blindDatabases: [...quality.blindDatabases],
      notes: [...quality.notes, ...changes.notes],
      bySource: (quality.bySource ?? []).map((one) => ({
        ...one,
        holes: one.holes === null ? null : one.holes.map(({ start, end }) => ({ start, end })),
        truncated: [...one.truncated],
        withoutRight: [...one.withoutRight],
      })),
      ...(snapshot.load === undefined ? {} : { load: loadIn(snapshot.load) }),
      ...(changes.traffic === undefined ? {} : { traffic: { ...changes.traffic } }),
      spans: spansIn(snapshot),
      gaps: snapshot.gaps.map((gap) => ({ ...gap, measures: [...gap.measures] })),
    },
    summary: {
      headline: plain(headline({ opportunities, regressions, coverage, baselines, plan })),
      opportunities: opportunities.length,
      estimatedImprovement: plan.estimatedImprovement,
      effortPersonDays: plan.effortPersonDays,
      ...(plan.money === undefined ? {} : { money: plan.money }),
      quickWins: opportunities.filter(({ horizon }) => horizon === 'quick-win').length,
      newSinceLast: opportunities.filter(({ status }) => status === 'new').length,
      goneSinceLast: changes.gone.length,
      top: [...plan.top],
    },
    opportunities,
    regressions,
    ...(changes.watch === undefined || changes.watch.length === 0 ? {} : { watch: [...changes.watch] }),
    ...(changes.improvements === undefined || changes.improvements.length === 0
      ? {}
      : { improvements: [...changes.improvements] }),
    progress: [...changes.progress],
    ...(changes.calibration === undefined ? {} : { calibration: changes.calibration }),
    baselines,
    roadmap: [...plan.roadmap],
    ...(plan.decided.length === 0 ? {} : { decisions: [...plan.decided] }),
    risks: opportunities.map(({ key, title, risk }) => ({ key, title, ...risk })),
    coverage,
    topStatements: topStatements(snapshot, changes),
    sources: snapshot.sources.map((query) => ({ ...query, measures: [...query.measures] })),
  };
}

function spansIn({ spans }: Snapshot): NonNullable<TargetReport['quality']['spans']> {
  const kinds = ['statement', 'table', 'index', 'database', 'server', 'host'] as const;
  return kinds.flatMap((kind) => {
    const span = spans[kind];
    if (span === undefined) return [];
    return [{ kind, start: span.start, end: span.end, source: span.source, basis: span.basis }];
  });
}

function loadIn(load: NonNullable<Snapshot['load']>): NonNullable<TargetReport['quality']['load']> {
  return (['prometheus', 'postgres', 'cloudwatch'] as const).flatMap((source) => {
    const one = load[source];
    return one === undefined ? [] : [{ source, queries: one.queries, ms: one.ms, budgetMs: one.budgetMs }];
  });
}

function versionOf(server: Snapshot['server']): string | null {
  const number = server.versionNum;
  if (number !== undefined) return `${Math.floor(number / 10_000)}.${number % 10_000}`;
  return server.versionText ?? null;
}

function coverageOf(outcome: Outcome, decided: Plan['decided']): TargetReport['coverage'][number] {
  const { card, state } = outcome;
  const who = { advisor: card.id, area: card.area, state };
  switch (outcome.state) {
    case 'found': {
      const found = `${card.title}: ${many(outcome.findings.length, 'finding')} among ${outcome.examined} examined.`;
      const held = decided.filter(({ state }) => state === 'in-force').flatMap(({ findings }) => findings);
      const own = held.filter(({ advisor }) => advisor === card.id).length;
      const put = own === 0 ? [] : [`${many(own, 'finding is', 'findings are')} muted or accepted.`];
      return { ...who, why: [found, ...put, ...outcome.caveats].join(' ') };
    }
    case 'clear':
      return { ...who, why: [`${card.clear} ${outcome.examined} examined.`, ...outcome.caveats].join(' ') };
    case 'blind':
    case 'failed':
      return { ...who, why: outcome.why };
    default:
      throw new Error(`unknown outcome ${outcome satisfies never}`);
  }
}

/** One row a statement and database, whoever ran it; shares of all time that the server spent, where that is known. */
function topStatements(snapshot: Snapshot, changes: Changes): TopStatement[] {
  const total = databaseTimeMs(snapshot);
  if (total === null || total <= 0) return [];
  const groups = new Map<string, StatementRow[]>();
  for (const row of snapshot.statements) {
    const identity = JSON.stringify([row.database, row.statement]);
    groups.set(identity, [...(groups.get(identity) ?? []), row]);
  }
  return [...groups.values()]
    .flatMap((rows) => topStatement(rows, total, changes, snapshot.spans.statement?.start) ?? [])
    .sort((a, b) => b.totalTimeMs - a.totalTimeMs || (a.statement < b.statement ? -1 : 1))
    .slice(0, MAX_STATEMENTS);
}

function topStatement(
  rows: readonly StatementRow[],
  total: number,
  changes: Changes,
  since: string | undefined,
): TopStatement | null {
  const timed = rows.filter((row) => row.totalTimeMs !== undefined);
  const largest = timed.toSorted((a, b) => (b.totalTimeMs ?? 0) - (a.totalTimeMs ?? 0))[0];
  if (largest === undefined) return null;
  const totalTimeMs = sum(timed, 'totalTimeMs') ?? 0;
  const calls = sum(timed, 'calls');
  const returned = sum(timed, 'rows');
  return {
    statement: largest.statement,
    queryid: largest.queryid,
    database: largest.database,
    text: timed.find(({ text }) => text !== undefined)?.text ?? null,
    totalTimeMs,
    share: totalTimeMs / total,
    calls,
    meanMs: calls === null || calls === 0 ? null : totalTimeMs / calls,
    rowsPerCall: calls === null || calls === 0 || returned === null ? null : returned / calls,
    meanMsThen: changes.meanMsThen[largest.statement] ?? null,
    ...percentiles(timed, since),
  };
}

/** Of several rows their mixture; none where one of them does not know. */
function percentiles(rows: readonly StatementRow[], since: string | undefined): Pick<TopStatement, 'median' | 'p95'> {
  const all = rows.flatMap((row) => timedOf(row, since) ?? []);
  const of = (share: number) => (all.length < rows.length ? null : mixturePercentile(all, share));
  const median = of(0.5);
  const p95 = of(0.95);
  return { ...(median === null ? {} : { median }), ...(p95 === null ? {} : { p95 }) };
}

/** null as soon as one row does not know: a partial sum would pass for the whole. */
function sum(rows: readonly StatementRow[], measure: 'totalTimeMs' | 'calls' | 'rows'): number | null {
  let total = 0;
  for (const row of rows) {
    const value = row[measure];
    if (value === undefined) return null;
    total += value;
  }
  return total;
}
