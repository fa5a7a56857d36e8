import { expect, it } from 'vitest';
import type { Opportunity } from '../../../lib/model/opportunity.ts';
import { choose } from './apply.ts';
import type { Item } from './loop.ts';
import { figures, holds, report } from './table.ts';

const item = (changes: Partial<Item> = {}): Item => ({
  ...{
    scene: 'shop',
    round: 1,
    advisor: 'missing-indexes',
    title: 'Create an index',
    unit: 'share',
    status: 'verified',
  },
  ...{ predicted: { low: 0.5, likely: 0.8, high: 0.9 }, realised: 0.7, direct: 0.85 },
  ...changes,
});
const MIB = 1024 ** 2;
const drop = item({
  unit: 'bytes',
  predicted: { low: MIB, likely: MIB, high: MIB },
  direct: null,
  realised: 0.96 * MIB,
});

it('a promise of time is held against what the bench measured, not against what the report says', () => {
  expect([holds(item()), holds(item({ direct: 0.95 })), holds(item({ direct: 0.49 }))]).toEqual([true, false, false]);
  expect(holds(item({ realised: 0.1 }))).toBe(true);
});

it('bytes are kept to a twentieth', () => {
  expect([holds(drop), holds({ ...drop, realised: 0.9 * MIB })]).toEqual([true, false]);
});

it('the median is of the distance to the likely figure, and what was not measured does not count', () => {
  const items = [item(), item({ direct: 0.6 }), item({ direct: 0.95 }), item({ direct: null }), drop];
  const { items: count, held, medianError } = figures(items, 'share');
  expect([count, held, medianError.toFixed(3)]).toEqual([3, 2 / 3, '0.150']);
});

it('the report names what was missed and what failed', () => {
  const failed = item({ title: 'Build it', failed: 'CREATE INDEX: no' });
  const text = report([{ scene: 'shop', items: [item(), failed, drop], weeks: [2000, 1000], slower: [] }]);
  expect(text.slice(text.indexOf('## Missed'), text.indexOf('## All'))).toContain('Build it: `CREATE INDEX: no`');
});

it('of two items on one statement the first is done, and migrations are left to people', () => {
  const one = (key: string, statements: string[], ...sql: string[]) =>
    ({ key, benefit: { statements }, steps: sql.map((each) => ({ sql: each, text: '' })) }) as unknown as Opportunity; // all that is read
  const all = [
    one('first', ['a'], 'SELECT 1;', 'CREATE INDEX CONCURRENTLY i ON t (a);'),
    one('same statement', ['a'], 'CREATE INDEX CONCURRENTLY j ON t (b);'),
    one('only looks', ['b'], 'EXPLAIN SELECT 1;'),
    one('somebody else’s transaction', ['c'], "SET LOCAL work_mem = '1GB';"),
    one('another', ['d'], 'VACUUM t;'),
  ];
  expect(choose(all).map(({ key }) => key)).toEqual(['first', 'another']);
});
