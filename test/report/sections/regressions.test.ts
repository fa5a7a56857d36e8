import { expect, test } from 'vitest';
import type { Movement } from '../../../lib/model/regression.ts';
import { movementLines } from '../../../lib/report/opportunity.ts';
import { rooms } from '../../../lib/report/room.ts';
import { regressions } from '../../../lib/report/sections/regressions.ts';
import { aRegression, aTargetReport } from '../../support/report.ts';

const [room] = rooms;
const blocks = (over: Parameters<typeof aTargetReport>[0]) => {
  if (room === undefined) throw new Error('there is a room');
  return regressions(aTargetReport(over), room);
};
const faster: Movement = {
  key: 'mean-time:shop/a',
  title: 'SELECT on orders is 12 % faster per call',
  subject: { database: 'shop' },
  change: { estimate: -0.11, low: -0.15, high: -0.07 },
  onset: '2026-11-16T00:00:00Z',
  shareOfDbTime: 0.02,
};

test('what got faster and what to watch is a list each, and no word where there is none', () => {
  const headings = (over: Parameters<typeof aTargetReport>[0]) =>
    blocks(over).flatMap((block) => (block.kind === 'heading' ? [block.text] : []));
  expect(headings({ regressions: [] })).toEqual(['Regressions']);
  expect(headings({ improvements: [faster], watch: [faster] })).toEqual([
    'Regressions',
    'Got faster',
    'Worth watching',
  ]);
});

test('five lines at most, the rest counted', () => {
  const lines = movementLines(Array.from({ length: 7 }, () => faster));
  expect(lines).toHaveLength(6);
  expect(lines[0]).toMatch(/^SELECT on orders is 12 % faster per call, since /);
  expect(lines[5]).toBe('and 2 more in report.json');
});

test('a table costs nothing by itself: no cost is claimed', () => {
  const facts = (over: Parameters<typeof aRegression>[0]) =>
    JSON.stringify(blocks({ regressions: [aRegression(over)] }));
  expect(facts({})).toContain('"Costs"');
  const table = {
    measure: 'deadRows',
    unit: 'rows',
    costMsPerWeek: 0,
    subject: { database: 'shop', table: 'orders' },
  } as const;
  expect(facts(table)).not.toContain('"Costs"');
});
