/** Advice carried out on statements of a database that drifts: is it verified, and does the interval hold what was planted? */
import { compare } from '../../../lib/compare/compare.ts';
import { historyOf } from '../../../lib/compare/history.ts';
import type { Past } from '../../../lib/model/changes.ts';
import type { History, HistoryFinding } from '../../../lib/model/history.ts';
import { plan } from '../../../lib/plan/plan.ts';
import { anIndex } from '../../support/rows.ts';
import { snapshotOf } from './hunts.ts';
import { hoursOf } from './shop.ts';

const BEFORE = 10;

export interface Verified {
  readonly planted: number;
  readonly held: boolean | null;
  readonly verified: boolean;
}

/** The statement gets faster by `gain` and the whole database by `drift`, at the same moment; two weeks are judged. */
export function verificationOf(seed: number, gain: number, drift: number): Verified {
  const from = BEFORE;
  const treated = { statement: 3, from, to: null, size: -gain };
  const year = { seed, weeks: BEFORE + 2, statements: 40, events: [treated], wide: { from, to: null, size: drift } };
  const kept: History[] = [];
  const told: { status: string; realised: { low: number; high: number } | null }[] = [];
  let week = 0;
  for (const hourly of hoursOf({ ...year, missed: [], outages: [], resets: [] })) {
    const created = anIndex({
      database: 'shop',
      schema: 'public',
      table: 'orders',
      index: 'x',
      definition: INDEX,
      keys: [KEY],
    });
    const snapshot = { ...snapshotOf(hourly), indexes: week >= from ? [created] : [OTHER] };
    const past: Past = {
      ...{ previous: kept.at(-1) ?? null, pinned: null, notes: [], recent: kept.slice(-4).reverse() },
      series: kept.flatMap(({ series }) => series ?? []),
    };
    const changes = compare({ snapshot, outcomes: [], past });
    told.push(...changes.progress.map(({ status, realised }) => ({ status, realised })));
    const history = historyOf({
      snapshot,
      outcomes: [],
      plan: plan({ outcomes: [], changes, snapshot }),
      changes,
      past,
    });
    kept.push(week === from - 1 ? { ...history, findings: [advice(history.window.end)] } : history);
    week += 1;
  }
  const last = told.findLast(({ realised }) => realised !== null)?.realised ?? null;
  return {
    planted: gain,
    held: last === null ? null : last.low <= gain && gain <= last.high,
    verified: told.some(({ status }) => status === 'verified'),
  };
}

const INDEX = 'CREATE INDEX x ON public.orders USING btree (status)';
const KEY = { name: 'status', expression: false, opclass: 'text_ops', descending: false, nullsFirst: false };
const OTHER = anIndex({ database: 'shop', schema: 'public', table: 'orders', index: 'orders_pkey' });

function advice(end: string): HistoryFinding {
  return {
    ...{
      key: 'missing-index:shop/public/orders',
      advisor: 'missing-index',
      title: 'Create an index on orders (status)',
    },
    subject: { database: 'shop', schema: 'public', table: 'orders' },
    done: { kind: 'index-created', database: 'shop', schema: 'public', table: 'orders', columns: ['status'] },
    gain: { kind: 'statement-time', statements: ['s3'] },
    predicted: { low: 0.1, likely: 0.2, high: 0.4, unit: 'share' },
    ...{ rollback: [], firstSeen: end, lastSeen: end, state: 'open', doneAt: null },
  };
}
