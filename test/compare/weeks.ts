/** Two weeks of the same shop: the run before as history, this run as a snapshot. */

import { compare } from '../../lib/compare/compare.ts';
import { historyOf } from '../../lib/compare/history.ts';
import type { Changes, Past } from '../../lib/model/changes.ts';
import type { History, HistoryFinding } from '../../lib/model/history.ts';
import type { Card, KeyedFinding, Outcome } from '../../lib/model/outcome.ts';
import type { Plan } from '../../lib/model/plan.ts';
import type { StatementRow } from '../../lib/model/rows.ts';
import type { Snapshot } from '../../lib/model/snapshot.ts';
import { anOpportunity } from '../support/report.ts';
import { aDatabase, aSnapshot, aSpan, aStatement, type Over, WINDOW } from '../support/rows.ts';

export const EARLIER = { start: '2026-11-08T00:00:00Z', end: '2026-11-15T00:00:00Z' } as const;
export const NEXT = { start: '2026-11-22T00:00:00Z', end: '2026-11-29T00:00:00Z' } as const;
export const noPlan: Plan = {
  opportunities: [],
  top: [],
  estimatedImprovement: null,
  effortPersonDays: 0,
  roadmap: [],
  decided: [],
};
/** A plan that keeps every finding, and changes nothing about what was promised. */
export function planKeeping(outcomes: readonly Outcome[]): Plan {
  const keys = outcomes.flatMap((one) => (one.state === 'found' ? one.findings.map(({ key }) => key) : []));
  const benefit = {
    kind: 'risk',
    low: null,
    likely: null,
    high: null,
    unit: 'none',
    basis: '',
    confidence: 'low',
  } as const;
  return { ...noPlan, opportunities: keys.map((key) => anOpportunity({ key, benefit })) };
}

export const noPast: Past = { previous: null, pinned: null, recent: [], series: [], notes: [] };

/** A statement by name: 1 ms a call and 100,000 calls unless told otherwise. */
export function called(name: string, row: Over<StatementRow> & { readonly meanMs?: number } = {}): StatementRow {
  const { meanMs = 1, ...rest } = row;
  const calls = rest.calls ?? 100_000;
  return aStatement({
    statement: name,
    queryid: `q-${name}`,
    text: `SELECT * FROM orders WHERE ${name} = $1`,
    calls,
    totalTimeMs: calls * meanMs,
    stddevTimeMs: meanMs,
    rows: calls,
    sharedBlocksHit: calls * 4,
    sharedBlocksRead: 0,
    ...rest,
  });
}

export const steady = (count: number, meanMs = 1): StatementRow[] =>
  Array.from({ length: count }, (_, at) => called(`steady${at}`, { meanMs }));

/** activeTimeMs is left out, so that database time is what the statements add up to. */
export function week(
  window: { start: string; end: string },
  statements: StatementRow[],
  over: Partial<Snapshot> = {},
): Snapshot {
  const span = aSpan(window);
  return aSnapshot({
    window,
    takenAt: window.end,
    spans: { server: span, database: span, table: span, index: span, statement: span, host: span },
    databases: [aDatabase({ activeTimeMs: undefined })],
    statements,
    ...over,
  });
}

export const now = (statements: StatementRow[], over: Partial<Snapshot> = {}): Snapshot =>
  week(WINDOW, statements, over);

export function remembered(snapshot: Snapshot, over: Partial<History> = {}): History {
  const changes = compare({ snapshot, outcomes: [], past: noPast });
  return { ...historyOf({ snapshot, outcomes: [], plan: noPlan, changes, past: noPast }), ...over };
}

export const lastWeek = (
  statements: StatementRow[],
  over: Partial<Snapshot> = {},
  kept: Partial<History> = {},
): Past => ({
  ...noPast,
  previous: remembered(week(EARLIER, statements, over), kept),
});

/** One run after another, each remembered for the next. */
export function runs(...snapshots: Snapshot[]): { changes: Changes; history: History }[] {
  const all: { changes: Changes; history: History }[] = [];
  for (const snapshot of snapshots) {
    const past: Past = { ...noPast, previous: all.at(-1)?.history ?? null };
    const changes = compare({ snapshot, outcomes: [], past });
    all.push({ changes, history: historyOf({ snapshot, outcomes: [], plan: noPlan, changes, past }) });
  }
  return all;
}

export function aCard(id = 'missing-index'): Card {
  return { id, area: 'index', title: 'T', clear: 'C', why: 'W', source: 'S', thresholds: [] };
}

export const clear = (id?: string): Outcome => ({ card: aCard(id), state: 'clear', examined: 1, caveats: [] });
export const blind = (id?: string): Outcome => ({ card: aCard(id), state: 'blind', why: 'No index was seen.' });

export const found = (finding: KeyedFinding, id?: string): Outcome => ({
  card: aCard(id),
  state: 'found',
  findings: [finding],
  examined: 1,
  caveats: [],
});

const KEY = 'missing-index:shop/public/orders';

export const anEarlierFinding = (over: Partial<HistoryFinding> = {}): HistoryFinding => ({
  key: KEY,
  advisor: 'missing-index',
  title: 'Create an index on orders (status)',
  subject: { database: 'shop', schema: 'public', table: 'orders' },
  done: { kind: 'index-created', database: 'shop', schema: 'public', table: 'orders', columns: ['status'] },
  gain: { kind: 'statement-time', statements: ['treated'] },
  predicted: { low: 0.5, likely: 0.7, high: 0.9, unit: 'share' },
  rollback: ['DROP INDEX CONCURRENTLY public.orders_status_idx;'],
  firstSeen: EARLIER.end,
  lastSeen: EARLIER.end,
  state: 'open',
  doneAt: null,
  ...over,
});

export const aFinding = (over: Partial<KeyedFinding> = {}): KeyedFinding => ({
  key: KEY,
  subject: { database: 'shop', schema: 'public', table: 'orders' },
  title: 'Create an index on orders (status)',
  evidence: [],
  approach: 'A',
  benefit: {
    kind: 'time',
    statements: ['treated'],
    reduces: { low: 0.5, likely: 0.7, high: 0.9 },
    basis: 'B',
    confidence: 'medium',
  },
  work: 'create-index',
  risk: { level: 'low', technical: '', business: '', performance: '', mitigation: '', rollback: ['DROP INDEX x;'] },
  steps: [],
  maintenanceWindow: 'none needed',
  acceptance: 'A',
  done: { kind: 'index-created', database: 'shop', schema: 'public', table: 'orders', columns: ['status'] },
  gain: { kind: 'statement-time', statements: ['treated'] },
  ...over,
});
