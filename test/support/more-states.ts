/** States of what a run says beside statements and advice: movements, decisions and money, tables and indexes. */
import type { Decided } from '../../lib/model/decision.ts';
import type { Money } from '../../lib/model/money.ts';
import type { Movement, Regression } from '../../lib/model/regression.ts';
import type { Report } from '../../lib/model/report.ts';
import { aBusyTarget } from './busy-report.ts';
import { anOpportunity, aRegression, aReport, aTargetReport, aTrend, END } from './report.ts';

const movement = (over: Partial<Movement>): Movement => ({
  key: 'mean-time:shop/a',
  title: 'SELECT on orders is 12 % faster per call',
  subject: { database: 'shop' },
  change: { estimate: -0.11, low: -0.15, high: -0.07 },
  onset: '2026-11-16T00:00:00Z',
  shareOfDbTime: 0.02,
  ...over,
});

/** Nothing got worse for sure; some is faster, more is worth watching than fits. */
export function movements(): Report {
  const watch = Array.from({ length: 8 }, (_, at) =>
    movement({
      key: `mean-time:shop/w${at}`,
      title: `SELECT on order_items and products (query -712345678901234560${at}) is ${12 + at} % slower per call`,
      change: { estimate: 0.12 + at / 100, low: -0.01, high: 0.3 },
    }),
  );
  return aReport({ targets: [aTargetReport({ improvements: [movement({})], watch })] });
}

const money = (over: Partial<Money> = {}): Money => ({
  currency: 'EUR',
  perQuarter: { low: 120, likely: 236, high: 340 },
  cost: 180,
  paybackWeeks: { low: 7, likely: 10, high: 19 },
  basis: 'EUR 0.42 for an hour of database time, EUR 90 for one of work',
  ...over,
});
const decided = (over: Partial<Decided>): Decided => ({
  decision: 'mute',
  about: 'advisor unused-index, index audit_*',
  reason: 'Auditors read them once a year, in January.',
  until: '2027-01-31',
  state: 'in-force',
  justExpired: false,
  idleSince: null,
  findings: [],
  ...over,
});
const found = (index: string) => ({
  key: `unused-index:shop/public/audit/${index}`,
  advisor: 'unused-index',
  title: `Drop the index ${index}`,
  why: 'Nothing has read it since the statistics began.',
});

/** What is muted and accepted, what of it has run out or is about nothing, and a price on everything else. */
export function decisions(): Report {
  const base = aBusyTarget();
  const opportunities = base.opportunities.map((one, at) => ({
    ...one,
    ...(at === 0 ? { ranOut: { decision: 'mute', reason: 'After the release.', until: '2026-11-20' } as const } : {}),
    money: at === 1 ? money({ perQuarter: null, paybackWeeks: null, cost: 1080 }) : money(),
  }));
  const target = aBusyTarget({
    regressions: [],
    opportunities,
    summary: {
      ...base.summary,
      headline:
        '5 opportunities, worth between 22 % and 43 % of database time together; first: Create an index on orders (customer_id, created_at). Nothing got worse.',
      money: money({ perQuarter: { low: 480, likely: 790, high: 1160 }, cost: 6700, paybackWeeks: null }),
    },
    decisions: [
      decided({ findings: [found('audit_actor_idx'), found('audit_payload_idx')] }),
      decided({ decision: 'accept', about: 'advisor transaction-id-age', reason: 'Small server.', findings: [] }),
      decided({
        state: 'expired',
        justExpired: true,
        about: 'key missing-index:shop/public/orders',
        until: '2026-11-20',
      }),
      decided({
        state: 'idle',
        about: 'advisor unused-indexs',
        idleSince: '2026-10-01T00:00:00Z',
        note: 'There is no check of that name.',
      }),
    ],
  });
  return aReport({ targets: [target] });
}

/** Worse, and none of it a statement: what is followed from week to week of tables, indexes, databases and the server. */
export function tables(): Report {
  const weekly = (over: Partial<Regression>): Regression => {
    const { text: _, ...known } = aRegression();
    return { ...known, costMsPerWeek: 0, shareOfDbTime: null, severity: 'medium', since: END, ...over };
  };
  const table = { database: 'shop', schema: 'public', table: 'sessions' };
  const regressions = [
    weekly({
      key: 'sequential-reads:shop/public/sessions',
      title: 'Table sessions reads 6.1 times the rows by sequential scans',
      subject: table,
      measure: 'sequentialRowsRead',
      unit: 'rows',
      before: 41e6,
      now: 250e6,
      change: { estimate: 5.1, low: 3.9, high: 6.6 },
      cause: [{ kind: 'plan', share: 1, text: '6.1 times as many sequential scans' }],
      facts: [{ label: 'Rows read by sequential scans', unit: 'rows', before: 41e6, now: 250e6 }],
    }),
    weekly({
      key: 'index-scans:shop/public/sessions/sessions_token_idx',
      title: 'Index sessions_token_idx is scanned 0.02 times as often',
      subject: { ...table, index: 'sessions_token_idx' },
      measure: 'scans',
      unit: 'count',
      before: 1_900_000,
      now: 31_000,
      change: { estimate: -0.98, low: -0.99, high: -0.97 },
      cause: [{ kind: 'index', share: 1, text: 'the index sessions_token_hash_idx is scanned instead' }],
      facts: [{ label: 'Scans', unit: 'count', before: 1_900_000, now: 31_000 }],
    }),
    weekly({
      key: 'wal-rate:',
      title: 'The server writes 2.3 times the WAL a week',
      subject: {},
      measure: 'walBytes',
      unit: 'bytes',
      before: 120 * 1024 ** 3,
      now: 276 * 1024 ** 3,
      change: { estimate: 1.3, low: 1.1, high: 1.5 },
      cause: [{ kind: 'writes', share: 1, text: '2.2 times as many more rows written' }],
      facts: [{ label: 'WAL', unit: 'bytes', before: 120 * 1024 ** 3, now: 276 * 1024 ** 3 }],
      status: 'open',
      recovering: true,
    }),
  ];
  const base = aTargetReport();
  return aReport({
    targets: [
      aTargetReport({
        opportunities: [anOpportunity()],
        regressions,
        summary: {
          ...base.summary,
          headline:
            'Table sessions reads 6.1 times the rows by sequential scans, from 41 to 250 million rows: 6.1 times as many sequential scans. 1 more regression.',
        },
      }),
    ],
  });
}

/** One is over, one stands for its second week, a third is calm: what an alert says later. */
export function laterAlerts(): Report {
  const [since, onset] = ['2026-11-15T15:30:00Z', '2026-11-11T00:00:00Z'];
  const regressions = [
    aRegression({
      key: 'mean-time:shop/over',
      title: 'SELECT on orders is as fast as before again',
      status: 'resolved',
      fixedBy: 'our advice was carried out: Create an index on orders (customer_id, created_at)',
      now: 12.1,
      since,
      onset,
      trend: aTrend(),
    }),
    aRegression({
      key: 'mean-time:shop/open',
      title: 'SELECT on products is 38 % slower per call',
      status: 'open',
      since,
    }),
    aRegression({
      key: 'mean-time:shop/calm',
      title: 'UPDATE of sessions is as fast as before again this week; over when the next is calm, too',
      status: 'open',
      recovering: true,
      now: 12.6,
      since,
    }),
  ];
  const previousEnd = since;
  const base = aBusyTarget();
  return aReport({
    targets: [
      aBusyTarget({
        regressions,
        baselines: { ...base.baselines, previousEnd },
        summary: { ...base.summary, headline: 'SELECT on products is 38 % slower per call, from 12.4 to 31.9 ms.' },
      }),
    ],
  });
}
