import { describe, expect, test } from 'vitest';
import type { Changes } from '../../lib/model/changes.ts';
import type { Outcome } from '../../lib/model/outcome.ts';
import type { Plan } from '../../lib/model/plan.ts';
import { reportSchema } from '../../lib/model/report.ts';
import type { Snapshot } from '../../lib/model/snapshot.ts';
import { plain } from '../../lib/report/format.ts';
import { headline } from '../../lib/report/headline.ts';
import { type Hunted, reportOf } from '../../lib/report/report.ts';
import { aBusyReport } from '../support/busy-report.ts';
import { anOpportunity, aProgress, aRegression, aReport, aTargetReport, END, START } from '../support/report.ts';

const window = { start: START, end: END };

function aSnapshot(over: Partial<Snapshot> = {}): Snapshot {
  return {
    version: 1,
    target: 'shop',
    takenAt: END,
    window,
    server: { versionNum: 180_004, role: 'primary', settings: {} },
    databases: [],
    tables: [],
    indexes: [],
    statements: [],
    hosts: [],
    spans: {},
    gaps: [
      {
        kind: 'host',
        measures: ['cpuCount'],
        source: 'prometheus',
        absence: 'not-exported',
        reason: 'No.',
        remedy: 'Do.',
      },
    ],
    quality: {
      sources: ['postgres'],
      coveredShare: null,
      resets: 0,
      statementCoverage: null,
      statisticsAgeSeconds: null,
      blindDatabases: [],
      notes: [],
    },
    sources: [
      { source: 'postgres', language: 'sql', measures: ['calls'], kind: 'statement', text: 'SELECT 1', rows: 1 },
    ],
    ...over,
  };
}

const card = {
  id: 'unused-index',
  area: 'index',
  title: 'Unused indexes',
  clear: 'All are used.',
  why: '',
  source: '',
  thresholds: [],
} as const;

function aHunt(over: Partial<Hunted> = {}, opportunities = [anOpportunity()]): Hunted {
  const changes: Changes = {
    firstRun: false,
    previousEnd: START,
    pinnedEnd: null,
    regressions: [],
    tracked: [],
    progress: [aProgress()],
    status: {},
    gone: ['x'],
    baseline: [],
    meanMsThen: { slow: 4 },
    notes: ['The history of the week before was damaged.'],
  };
  const plan: Plan = {
    opportunities,
    top: opportunities.slice(0, 3).map(({ key }) => key),
    estimatedImprovement: { low: 0.1, likely: 0.2, high: 0.3 },
    effortPersonDays: 0.5,
    roadmap: [],
    decided: [],
  };
  const outcomes: Outcome[] = [{ card, state: 'clear', examined: 12, caveats: ['Statistics are young.'] }];
  return { snapshot: aSnapshot(), outcomes, plan, changes, ...over };
}

function reported(...targets: Hunted[]) {
  return reportOf({ targets, failures: [], cadence: 'weekly', window, generatedAt: END });
}

describe('the document', () => {
  test('is valid, with everything in it and with nothing in it', () => {
    expect(reportSchema.parse(reported(aHunt()))).toEqual(reported(aHunt()));
    expect(reportSchema.safeParse(reported()).success).toBe(true);
    expect(reportSchema.safeParse(aBusyReport()).error).toBeUndefined();
    expect(reportSchema.safeParse(aReport()).error).toBeUndefined();
  });

  test('says per check what it came to and why', () => {
    const outcomes: Outcome[] = [
      { card, state: 'found', findings: [], examined: 3, caveats: [] },
      { card, state: 'clear', examined: 12, caveats: ['Statistics are young.'] },
      { card, state: 'blind', why: 'No definitions.' },
      { card, state: 'failed', why: 'TypeError: x' },
    ];
    expect(reported(aHunt({ outcomes })).targets[0]?.coverage.map(({ state, why }) => [state, why])).toEqual([
      ['found', 'Unused indexes: 0 findings among 3 examined.'],
      ['clear', 'All are used. 12 examined. Statistics are young.'],
      ['blind', 'No definitions.'],
      ['failed', 'TypeError: x'],
    ]);
  });

  test('keeps the order of the plan and names its first three', () => {
    const plan = ['c', 'a', 'b', 'd'].map((key) => anOpportunity({ key, status: key === 'd' ? 'new' : 'persisting' }));
    const [target] = reported(aHunt({}, plan)).targets;
    expect(target?.summary).toMatchObject({
      opportunities: 4,
      top: ['c', 'a', 'b'],
      newSinceLast: 1,
      goneSinceLast: 1,
    });
    expect(target?.risks.map(({ key }) => key)).toEqual(['c', 'a', 'b', 'd']);
    expect(target?.server).toEqual({ version: '18.4', role: 'primary', platform: null });
    expect(target?.quality.gaps).toHaveLength(1);
  });
});

describe('the statements that cost most', () => {
  const row = { database: 'shop', queryid: '1', statement: 'slow', text: 'SELECT $1' };
  const top = (statements: Snapshot['statements']) =>
    reported(aHunt({ snapshot: aSnapshot({ statements }) })).targets[0]?.topStatements;

  test('are added up over users, with shares of all time and the mean of the last run', () => {
    const statements = [
      { ...row, totalTimeMs: 60, calls: 10, rows: 30, user: 'a' },
      { ...row, queryid: '2', totalTimeMs: 90, calls: 20, rows: 30, user: 'b' },
      { ...row, statement: 'other', totalTimeMs: 50, calls: 1 },
    ];
    expect(top(statements)).toMatchObject([
      {
        statement: 'slow',
        queryid: '2',
        totalTimeMs: 150,
        share: 0.75,
        calls: 30,
        meanMs: 5,
        rowsPerCall: 2,
        meanMsThen: 4,
      },
      { statement: 'other', share: 0.25, rowsPerCall: null, meanMsThen: null },
    ]);
  });

  test('have no mean where calls were not seen, and are none where time was not', () => {
    expect(top([{ ...row, totalTimeMs: 60 }])).toMatchObject([{ calls: null, meanMs: null, share: 1 }]);
    expect(top([{ ...row, calls: 60 }])).toEqual([]);
    expect(top([{ ...row, totalTimeMs: 0 }])).toEqual([]);
  });
});

describe('the headline', () => {
  const found = { state: 'found', advisor: 'a', area: 'index', why: '' } as const;
  const blind = { ...found, state: 'blind' } as const;
  const first = { previousEnd: null, pinnedEnd: null, numbers: [] };
  const quiet = {
    opportunities: [],
    regressions: [],
    coverage: [found],
    baselines: aTargetReport().baselines,
    plan: { estimatedImprovement: null, top: [] },
  };

  test('is the worst regression with its numbers and its cause', () => {
    const regressions = [
      aRegression({ key: 'a', title: 'Small', severity: 'medium' }),
      aRegression({ key: 'b', title: 'Large.', severity: 'critical' }),
      aRegression({ key: 'c', title: 'Over', severity: 'critical', status: 'resolved' }),
    ];
    expect(plain(headline({ ...quiet, opportunities: [anOpportunity()], regressions }))).toBe(
      'Large, from 12.4 to 31.9 ms: each call reads 5.1 times as many blocks for the same rows. 1 more regression.',
    );
  });

  test('does not say of a new statement that it was not called before, twice', () => {
    const fresh = aRegression({
      title: 'SELECT on x is new and takes 4 % of database time',
      before: 0,
      cause: [{ kind: 'new-statement', share: 1, text: 'it was not called before' }],
    });
    expect(headline({ ...quiet, regressions: [fresh] })).toBe(
      'SELECT on x is new and takes 4\u00A0% of database time.',
    );
  });

  test('else is the gain, and claims no comparison on a first hunt', () => {
    const gain = {
      ...quiet,
      opportunities: [anOpportunity()],
      plan: { estimatedImprovement: { low: 0.18, likely: 0.3, high: 0.36 }, top: [] },
    };
    expect(plain(headline(gain))).toBe(
      '1 opportunity, worth between 18 % and 36 % of database time together; first: Create an index on orders (customer_id, created_at). Nothing got worse.',
    );
    const [one, other] = [anOpportunity(), anOpportunity({ key: 'b', title: 'Do what brings most' })];
    const recommended = { ...gain, opportunities: [one, other], plan: { ...gain.plan, top: ['b', one.key] } };
    expect(headline(recommended), 'as the recommendations below it').toContain('first: Do what brings most.');
    expect(headline({ ...gain, baselines: first })).toContain('First hunt, nothing to compare with yet.');
    expect(headline({ ...gain, baselines: first })).not.toContain('Nothing got worse');
  });

  test('does not call it unchanged when statement time was not seen in both runs', () => {
    const numbers = [{ label: 'Database time', unit: 'ms/week', now: 5, previous: null, pinned: null } as const];
    const said = headline({ ...quiet, baselines: { previousEnd: START, pinnedEnd: null, numbers: [...numbers] } });
    expect(said).toContain('cannot be told');
    expect(said).not.toContain('Nothing got worse');
  });

  test.each([
    ['all looked', [found], 'Steady: nothing worth doing was found. Nothing got worse.'],
    [
      'one could not',
      [found, blind],
      'Steady: nothing worth doing was found. Nothing got worse. 1 of 2 checks could not look.',
    ],
    [
      'most could not',
      [found, blind, blind],
      'Little could be seen: 2 of 3 checks could not look, the others found nothing. Nothing got worse.',
    ],
    [
      'none could',
      [blind, { ...found, state: 'failed' } as const],
      'Cannot tell: not one check could look. See what is missing below.',
    ],
  ])('is steady only as far as one looked: %s', (_, coverage, expected) => {
    expect(headline({ ...quiet, coverage })).toBe(expected);
  });
});
