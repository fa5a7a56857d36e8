import { expect, test } from 'vitest';
import { withFixes } from '../../lib/compare/fixed-by.ts';
import type { Past } from '../../lib/model/changes.ts';
import type { History, HistoryFinding } from '../../lib/model/history.ts';
import type { Regression } from '../../lib/model/regression.ts';
import { aRegression } from '../support/report.ts';
import { aSnapshot } from '../support/rows.ts';

const orders = { database: 'shop', schema: 'public', table: 'orders' };
const index = (name: string, table = 'orders') => ({ ...orders, table, index: name });
const statement = { database: 'shop', statement: 'a1b2c3', queryid: '1', text: 'SELECT * FROM orders' };
const snapshot = aSnapshot({
  server: { settings: { work_mem: { value: 65_536 } } },
  tables: [orders],
  indexes: [index('orders_pkey'), index('orders_day_idx'), index('items_day_idx', 'items')],
  statements: [statement],
});
// Of a past run and of a finding only what is read here.
const previous = {
  settings: { work_mem: 4096 },
  indexes: [{ ...index('orders_pkey'), measures: {} }],
} as unknown as History;
const past = (one: History | null) => ({ previous: one, recent: [], series: [] }) as unknown as Past;
const advice = (table: string) =>
  ({
    title: `Analyze ${table}`,
    subject: { ...orders, table },
    gain: { kind: 'object-gone' },
  }) as unknown as HistoryFinding;

const fixOf = (over: Partial<Regression>, then: History | null = previous, carriedOut = [advice('orders')]) =>
  withFixes([aRegression({ status: 'resolved', ...over })], { snapshot, past: past(then), carriedOut })[0]?.fixedBy;

test('what is over names our advice, a new index of its tables and a setting that plans follow', () => {
  expect(fixOf({})).toBe(
    'our advice was carried out: Analyze orders; the index orders_day_idx was created; work_mem was changed from 4096 to 65536',
  );
  expect(fixOf({ status: 'open', recovering: true })).toBe(fixOf({}));
});

test('what concerns other tables, or what nobody looked at before, fixed nothing', () => {
  expect(fixOf({}, null, [advice('items')])).toBeUndefined();
  const unseen = { settings: {}, indexes: [] } as unknown as History;
  expect(fixOf({}, unseen, [])).toBeUndefined();
});

test('what was said in the first calm week stays, and goes when it is worse again', () => {
  expect(fixOf({ fixedBy: 'the index x was created' })).toBe('the index x was created');
  expect(fixOf({ fixedBy: 'the index x was created', status: 'open' })).toBeUndefined();
});
