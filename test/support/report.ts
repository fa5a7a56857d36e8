/** Builders: the smallest valid thing, with what a test is about put over it. */
import type { Opportunity } from '../../lib/model/opportunity.ts';
import type { Progress, Regression, Trend } from '../../lib/model/regression.ts';
import type { Report, TargetReport } from '../../lib/model/report.ts';
import type { PageNav } from '../../lib/report/page.ts';

export const START = '2026-11-15T15:30:00Z';
export const END = '2026-11-22T15:30:00Z';

/** A page that stands alone. */
export const noNav: PageNav = {
  index: null,
  method: null,
  previous: null,
  next: null,
  compared: null,
  pinned: null,
  files: [],
};

export function anOpportunity(over: Partial<Opportunity> = {}): Opportunity {
  return {
    key: 'unindexed-filter:shop/public/orders',
    advisor: 'unindexed-filter',
    area: 'index',
    horizon: 'quick-win',
    title: 'Create an index on orders (customer_id, created_at)',
    subject: { database: 'shop', schema: 'public', table: 'orders' },
    evidence: [
      { label: 'Rows read by sequential scans', value: 81_200_000, unit: 'rows', source: 'pg_stat_user_tables' },
      { label: 'Table size', value: 1_340_000_000, unit: 'bytes', source: 'pg_table_size' },
      { label: 'Filter', value: 'customer_id = $1', source: 'pg_stat_statements' },
    ],
    approach: 'Two statements filter on customer_id and sort by created_at; an index on both serves them.',
    benefit: {
      kind: 'time',
      low: 5_400_000,
      likely: 9_000_000,
      high: 10_800_000,
      unit: 'ms/week',
      shareOfDbTime: { low: 0.18, likely: 0.3, high: 0.36 },
      reduces: { low: 0.5, likely: 0.83, high: 0.95 },
      statements: ['a1b2c3'],
      basis: 'Rows read against rows returned by the statements concerned',
      confidence: 'medium',
    },
    effort: { engineerHours: 1.5, machineMinutes: 4 },
    roi: 21.7,
    risk: {
      level: 'low',
      technical: 'The build can fail and leave an invalid index behind.',
      business: 'None while it builds concurrently.',
      performance: 'Each insert maintains one more index.',
      mitigation: 'Build concurrently outside the peak and check indisvalid.',
      rollback: ['DROP INDEX CONCURRENTLY "public"."orders_customer_id_created_at_idx";'],
    },
    steps: [
      {
        sql: 'CREATE INDEX CONCURRENTLY "orders_customer_id_created_at_idx" ON "public"."orders" ("customer_id", "created_at");',
        text: 'Build the index without blocking writes',
        lock: 'SHARE UPDATE EXCLUSIVE on public.orders',
        blocks: 'other schema changes and VACUUM of the table',
        inTransaction: false,
        durationEstimate: { low: 60, likely: 140, high: 300, unit: 's' },
        diskBytes: 210_000_000,
      },
      { sql: 'ANALYZE "public"."orders";', text: 'Refresh the statistics', inTransaction: true },
    ],
    maintenanceWindow: 'none needed',
    acceptance: 'Mean time of the two statements falls below 15 ms within a week.',
    firstSeen: END,
    status: 'new',
    ...over,
  };
}

export function aRegression(over: Partial<Regression> = {}): Regression {
  return {
    key: 'mean-time:shop/a1b2c3',
    title: 'SELECT on orders is 2.6 times slower per call',
    subject: { database: 'shop', queryid: '-8123456789012345678', statement: 'a1b2c3' },
    measure: 'meanMs',
    unit: 'ms/call',
    before: 12.4,
    now: 31.9,
    change: { estimate: 1.57, low: 1.3, high: 1.9 },
    cause: [
      { kind: 'latency', share: 0.86, text: 'each call reads 5.1 times as many blocks for the same rows' },
      { kind: 'calls', share: 0.14, text: 'called 9 % more often' },
    ],
    costMsPerWeek: 3_900_000,
    shareOfDbTime: 0.13,
    severity: 'high',
    since: '2026-11-17T09:00:00Z',
    status: 'new',
    facts: [
      { label: 'Mean time', unit: 'ms/call', before: 12.4, now: 31.9 },
      { label: 'Calls', unit: 'calls/week', before: 183_000, now: 199_000 },
      { label: 'Rows', unit: 'rows/call', before: 20, now: 20 },
      { label: 'Blocks', unit: 'blocks/call', before: 41, now: 209 },
      { label: '95th percentile', unit: 'ms/call', before: null, now: null },
    ],
    text: 'SELECT * FROM orders WHERE customer_id = $1 ORDER BY created_at DESC LIMIT $2',
    ...over,
  };
}

/** Six weeks of days that wander a little, and a step on the last Tuesday. */
export function aTrend(over: Partial<Trend> = {}): Trend {
  const first = Date.parse('2026-10-12T00:00:00Z');
  const points = Array.from({ length: 42 }, (_, at) => ({
    at: new Date(first + at * 86_400_000).toISOString(),
    value: at === 20 ? null : (at < 36 ? 12.2 : 31) + Math.round(10 * Math.sin(at)) / 10,
  }));
  const from = '2026-11-17T00:00:00Z';
  return { unit: 'ms/call', step: 'day', points, usual: { low: 11.3, high: 13.1 }, from, ...over };
}

export function aProgress(over: Partial<Progress> = {}): Progress {
  return {
    key: 'foreign-key-without-index:shop/public/order_items',
    title: 'Create an index on order_items (order_id)',
    status: 'verified',
    unit: 'share',
    predicted: { low: 0.4, likely: 0.6, high: 0.8 },
    realised: { low: 0.62, likely: 0.66, high: 0.7 },
    sentence: 'The index order_items_order_id_idx was created; its statements take 66 % less time.',
    since: '2026-11-15T15:30:00Z',
    ...over,
  };
}

export function aTargetReport(over: Partial<TargetReport> = {}): TargetReport {
  const opportunities = over.opportunities ?? [anOpportunity()];
  return {
    target: 'shop',
    server: { version: '18.4', role: 'primary', platform: 'self-managed' },
    quality: {
      sources: ['prometheus', 'postgres'],
      coveredShare: 0.998,
      resets: 0,
      statementCoverage: 0.93,
      statisticsAgeSeconds: 2_600_000,
      blindDatabases: [],
      notes: [],
      gaps: [],
    },
    summary: {
      headline: '1 opportunity, worth between 18 % and 36 % of database time together. Nothing got worse.',
      opportunities: opportunities.length,
      estimatedImprovement: { low: 0.18, likely: 0.3, high: 0.36 },
      effortPersonDays: 0.2,
      quickWins: opportunities.filter(({ horizon }) => horizon === 'quick-win').length,
      newSinceLast: opportunities.filter(({ status }) => status === 'new').length,
      goneSinceLast: 0,
      top: opportunities.slice(0, 3).map(({ key }) => key),
    },
    opportunities,
    regressions: [],
    progress: [],
    baselines: {
      previousEnd: START,
      pinnedEnd: null,
      numbers: [
        { label: 'Database time', unit: 'ms/week', now: 30_000_000, previous: 27_100_000, pinned: null },
        {
          label: 'CPU busy',
          unit: 'share',
          now: null,
          previous: null,
          pinned: null,
          why: 'No host metrics; scrape node_exporter beside the server.',
        },
      ],
    },
    roadmap: [],
    risks: opportunities.map(({ key, title, risk }) => ({ key, title, ...risk })),
    coverage: [{ advisor: 'unindexed-filter', area: 'index', state: 'found', why: '1 finding among 42 examined.' }],
    topStatements: [
      {
        statement: 'a1b2c3',
        queryid: '-8123456789012345678',
        database: 'shop',
        text: 'SELECT * FROM orders WHERE customer_id = $1 ORDER BY created_at DESC LIMIT $2',
        totalTimeMs: 6_350_000,
        share: 0.21,
        calls: 199_000,
        meanMs: 31.9,
        rowsPerCall: 20,
        meanMsThen: 12.4,
      },
    ],
    sources: [
      {
        source: 'postgres',
        language: 'sql',
        kind: 'statement',
        measures: ['calls', 'totalTimeMs'],
        text: 'SELECT queryid, calls, total_exec_time FROM pg_stat_statements',
        rows: 214,
      },
    ],
    ...over,
  };
}

export function aReport(over: Partial<Report> = {}): Report {
  return {
    version: 1,
    generatedAt: '2026-11-22T15:31:00Z',
    cadence: 'weekly',
    window: { start: START, end: END },
    targets: [aTargetReport()],
    failures: [],
    ...over,
  };
}
