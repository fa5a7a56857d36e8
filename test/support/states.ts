/** A report for every state that a reader can meet, by the name of the state. */
import type { Shelved } from '../../lib/model/archive.ts';
import { periodName } from '../../lib/model/period.ts';
import type { Report, TargetReport } from '../../lib/model/report.ts';
import { aBusyReport, aBusyTarget } from './busy-report.ts';
import { hostile } from './hostile.ts';
import { decisions, laterAlerts, movements, tables } from './more-states.ts';
import { anOpportunity, aProgress, aRegression, aReport, aTargetReport, aTrend, END } from './report.ts';

export interface State {
  readonly report: Report;
  /** What stands in the archive before. */
  readonly shelf: readonly Shelved[];
}

const STEADY = 'Steady: nothing worth doing was found. Nothing got worse.';

function empty(target: string, state: 'clear' | 'blind', headline: string): TargetReport {
  const why = state === 'clear' ? 'Nothing found. 42 examined.' : 'No statement was seen. Install pg_stat_statements.';
  const unseen = state === 'blind';
  const base = aTargetReport({ target, opportunities: [], ...(unseen ? { topStatements: [] } : {}) });
  return {
    ...base,
    quality: unseen ? { ...base.quality, coveredShare: 0.12, statementCoverage: null } : base.quality,
    summary: { ...base.summary, headline, estimatedImprovement: null, effortPersonDays: 0 },
    risks: [],
    coverage: ['unused-indexes', 'top-time-statements', 'dead-rows', 'cache-misses'].map((advisor, at) => ({
      advisor,
      area: (['index', 'query', 'maintenance', 'system'] as const)[at] ?? 'system',
      state,
      why,
    })),
    baselines: {
      ...base.baselines,
      ...(unseen ? { numbers: base.baselines.numbers.map((one) => ({ ...one, now: null, previous: null })) } : {}),
    },
  };
}

/** Weeks before `report`, all like it but for a load that comes and goes, oldest first. */
export function weeksBefore(report: Report, weeks: number): Shelved[] {
  return Array.from({ length: weeks }, (_, at) => at + 1)
    .reverse()
    .flatMap((back) => {
      const ago = (moment: string) => new Date(Date.parse(moment) - back * 7 * 86_400_000).toISOString();
      const window = { start: ago(report.window.start), end: ago(report.window.end) };
      return report.targets.map((target) => ({
        target: target.target,
        period: periodName(report.cadence, window.end),
        report: {
          ...report,
          generatedAt: ago(report.generatedAt),
          window,
          targets: [loaded(target, 1 + Math.sin(back) / 4)],
          failures: [],
        },
      }));
    });
}

function loaded(target: TargetReport, times: number): TargetReport {
  const numbers = target.baselines.numbers.map((one) =>
    one.unit === 'ms/week' && one.now !== null ? { ...one, now: one.now * times } : one,
  );
  return { ...target, baselines: { ...target.baselines, numbers } };
}

/** Of every eight targets one got worse, one is blind; the others are quiet or have little to do. */
export function aFleet(size: number): Report {
  const targets = Array.from({ length: size }, (_, at): TargetReport => {
    const target = `shop-eu-${String(at).padStart(4, '0')}`;
    if (at % 8 === 0) return aBusyTarget({ target });
    if (at % 8 === 1) return empty(target, 'blind', 'Cannot tell: not one check could look.');
    return at % 2 === 0 ? aTargetReport({ target }) : empty(target, 'clear', STEADY);
  });
  const failures = Array.from({ length: Math.ceil(size / 50) }, (_, at) => ({
    target: `lost-${at}`,
    why: 'connection refused; is the server running on that host and accepting TCP/IP connections?',
  }));
  return aReport({ targets, failures });
}

const long = (text: string, characters: number) =>
  text.repeat(Math.ceil(characters / text.length)).slice(0, characters);

/** More of everything than a run gives, with names as long as PostgreSQL allows. */
export function aMaximum(): Report {
  const name = (at: number) => `${long('customer_orders_archive_', 60)}${String(at).padStart(3, '0')}`;
  const wide = `SELECT ${Array.from({ length: 400 }, (_, at) => `t.column_${at}`).join(', ')} FROM ${name(0)} t`;
  const horizons = ['quick-win', 'medium', 'long-term'] as const;
  const areas = ['query', 'index', 'maintenance', 'system'] as const;
  const opportunities = Array.from({ length: 60 }, (_, at) =>
    anOpportunity({
      key: `maximum-${at}`,
      area: areas[at % 4] ?? 'index',
      horizon: horizons[at % 3] ?? 'medium',
      title: `Create an index on ${name(at)} (${name(at + 100)}, ${name(at + 200)})`,
      subject: { database: name(1), schema: name(2), table: name(at) },
      approach: long('Two statements filter on it and sort by it; an index on both columns serves them. ', 600),
      evidence: Array.from({ length: 8 }, (_, row) => ({
        label: `Rows read by sequential scans of ${name(row)}`,
        value: 9.87e15,
        unit: 'rows' as const,
        source: 'pg_stat_user_tables',
      })),
    }),
  );
  const kinds = ['calls', 'latency', 'rows', 'blocks', 'data-growth', 'cache', 'plan', 'new-statement'] as const;
  const regressions = Array.from({ length: 30 }, (_, at) =>
    aRegression({
      key: `mean-time:${at}`,
      title: `SELECT on ${name(at)} is 2.6 times slower per call`,
      cause: kinds.map((kind) => ({
        kind,
        share: 0.125,
        text: `${kind}: ${long('each call reads more blocks ', 200)}`,
      })),
      severity: (['critical', 'high', 'medium', 'low'] as const)[at % 4] ?? 'low',
      status: (['new', 'open', 'resolved'] as const)[at % 3] ?? 'new',
      text: wide,
      trend: aTrend(),
      suspect: { key: 'x', title: `Drop the index ${name(at)}`, rollback: [`CREATE INDEX "${name(at)}" ON t (c);`] },
    }),
  );
  const busy = aBusyTarget();
  const target = aBusyTarget({
    target: long('production-eu-central-1-customer-orders-', 63),
    opportunities,
    regressions,
    summary: { ...busy.summary, opportunities: 60, top: opportunities.slice(0, 3).map(({ key }) => key) },
    progress: Array.from({ length: 20 }, (_, at) =>
      aProgress({ key: `p${at}`, title: `Create an index on ${name(at)}` }),
    ),
    risks: opportunities.map(({ key, title, risk }) => ({ key, title, ...risk })),
    topStatements: Array.from({ length: 30 }, (_, at) => ({
      statement: `fingerprint-${at}`,
      queryid: `-${9e18 + at}`,
      database: name(1),
      text: wide,
      totalTimeMs: 1e12 / (at + 1),
      share: 0.25 / (at + 1),
      calls: 1e12,
      meanMs: 123_456.789,
      rowsPerCall: 9.9e12,
      meanMsThen: 0.001,
    })),
    coverage: Array.from({ length: 70 }, (_, at) => ({
      advisor: `advisor-with-a-long-name-${at}`,
      area: areas[at % 4] ?? 'index',
      state: (['found', 'clear', 'blind', 'failed'] as const)[at % 4] ?? 'clear',
      why: long('No statement was seen with blocks read. Grant pg_read_all_stats to the role. ', 300),
    })),
    sources: Array.from({ length: 60 }, (_, at) => ({
      source: 'prometheus',
      language: 'promql',
      kind: 'statement',
      measures: ['calls', 'totalTimeMs'],
      text: `sum by (queryid) (increase(pg_stat_statements_${name(at)}{instance="${name(1)}"}[7d]))`,
      rows: 5000,
    })),
  });
  return aReport({ targets: [target] });
}

/** Two old regressions are cured, a third stands for its third week. */
export function anAftermath(): Report {
  const since = '2026-11-08T15:30:00Z';
  return aReport({
    targets: [
      aBusyTarget({
        regressions: [
          aRegression({ status: 'resolved', now: 12.1, since, onset: '2026-11-04T00:00:00Z', trend: aTrend() }),
          aRegression({
            key: 'mean-time:shop/77aa',
            status: 'open',
            since,
            title: 'SELECT on products is 38 % slower',
          }),
        ],
      }),
    ],
  });
}

function firstRun(): Report {
  const [target] = aReport().targets;
  if (target === undefined) throw new Error('a report has a target');
  const numbers = target.baselines.numbers.map((one) => ({ ...one, previous: null, pinned: null }));
  return aReport({
    targets: [
      {
        ...target,
        summary: {
          ...target.summary,
          headline:
            '1 opportunity, worth between 18 % and 36 % of database time together; first: Create an index on orders (customer_id, created_at). First hunt, nothing to compare with yet.',
        },
        baselines: { previousEnd: null, pinnedEnd: null, numbers },
      },
    ],
  });
}

/** A target's name is part of paths: what reaches a report has been made safe. */
function hostileWithName(report: Report): Report {
  const wild = hostile(report);
  return { ...wild, targets: wild.targets.map((one) => ({ ...one, target: '-img-src-x-onerror-1-8c0ffee0' })) };
}

const alone = (report: Report): State => ({ report, shelf: [] });
const after = (report: Report, weeks: number): State => ({ report, shelf: weeksBefore(report, weeks) });

/** A run of one target: the others' weeks stand in the archive, one of them for so long that nobody seems to look. */
function oneOfSeveral(): State {
  const report = aReport({ targets: [aTargetReport({ target: 'shop' })] });
  const other = aReport({ targets: [aBusyTarget({ target: 'billing' }), empty('reports', 'clear', STEADY)] });
  const old = weeksBefore(other, 12).filter(({ report: { window } }) => window.end < '2026-10-20');
  const recent = weeksBefore(aReport({ targets: [aBusyTarget({ target: 'warehouse' })] }), 6);
  return { report, shelf: [...old, ...recent, ...weeksBefore(report, 5)] };
}

interface Known {
  /** What a reader meets in it. */
  readonly about: string;
  readonly make: () => State;
}

export const described: Readonly<Record<string, Known>> = {
  'first-run': { about: 'The first hunt: nothing to compare with', make: () => alone(firstRun()) },
  quiet: {
    about: 'A quiet week: nothing to do, nothing worse',
    make: () => after(aReport({ targets: [empty('shop', 'clear', STEADY)] }), 3),
  },
  regression: { about: 'A week with regressions, and an alert', make: () => after(aBusyReport(), 12) },
  aftermath: { about: 'A regression is over, another stands for weeks', make: () => after(anAftermath(), 2) },
  'later-alerts': {
    about: 'Alerts of later runs: resolved, still open, recovering',
    make: () => after(laterAlerts(), 3),
  },
  movements: { about: 'Faster statements and a long list to watch', make: () => after(movements(), 3) },
  decisions: { about: 'Muted, accepted, run out; a price on the rest', make: () => after(decisions(), 3) },
  tables: { about: 'Tables, indexes and the server got worse', make: () => after(tables(), 3) },
  blind: {
    about: 'No check could look',
    make: () =>
      alone(
        aReport({
          targets: [empty('shop', 'blind', 'Cannot tell: not one check could look. See what is missing below.')],
        }),
      ),
  },
  several: { about: 'A run of one target among others, one of them stale', make: oneOfSeveral },
  fleet: { about: 'Two hundred targets', make: () => alone(aFleet(200)) },
  hostile: {
    about: 'Names that try to be markup',
    make: () => alone(hostileWithName(aBusyReport({ failures: [{ target: 'lost', why: 'connection refused' }] }))),
  },
  maximum: { about: 'Everything as long and as much as it can be', make: () => after(aMaximum(), 1) },
  'nobody-reached': {
    about: 'Not one target could be reached',
    make: () => alone(aReport({ targets: [], failures: [{ target: 'shop', why: 'connection refused' }] })),
  },
};

export const states: Readonly<Record<string, () => State>> = Object.fromEntries(
  Object.entries(described).map(([name, { make }]) => [name, make]),
);

/** The newest moment that a state knows of. */
export const NOW = END;
