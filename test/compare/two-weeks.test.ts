import { expect, it } from 'vitest';
import { encodeHistory, historyKey } from '../../lib/compare/history.ts';
import { keptTargets, keptWeek } from '../../lib/compare/kept-weeks.ts';
import { compareWeeks } from '../../lib/compare/two-weeks.ts';
import { memory } from '../support/memory.ts';
import { anIndex, aSpan, aTable, WINDOW } from '../support/rows.ts';
import { called, EARLIER, now, remembered, steady, week } from './weeks.ts';

const then = remembered(week(EARLIER, [called('slow'), called('calm', { meanMs: 2 }), called('gone'), ...steady(8)]));
const later = remembered(now([called('slow', { meanMs: 3 }), called('calm'), called('born'), ...steady(8)]));

it('gives each statement its change of weekly time with the cause, and the largest first', () => {
  const { statements, drift, numbers, notes } = compareWeeks(then, later);
  expect(notes).toEqual([]);
  expect(statements.slice(0, 4).map(({ statement, changeMsPerWeek }) => [statement, changeMsPerWeek])).toEqual([
    ['slow', 200_000],
    ['born', 100_000],
    ['calm', -100_000],
    ['gone', -100_000],
  ]);
  expect(statements.slice(0, 4).map(({ cause }) => cause[0]?.kind)).toEqual([
    'latency',
    'new-statement',
    'latency',
    'unknown',
  ]);
  expect(statements[2]?.cause[0]?.text).toMatch(/^in the earlier week each block takes .*longer/);
  expect(statements[3]).toMatchObject({ before: { msPerWeek: 100_000 }, now: null });
  expect(drift).toEqual({ change: 0, statements: 10 });
  const time = numbers.find(({ label }) => label === 'Database time');
  expect([time?.previous, time?.now]).toEqual([1_200_000, 1_300_000]);
});

it('read backwards is the same with the other sign', () => {
  const change = (all: ReturnType<typeof compareWeeks>) =>
    Object.fromEntries(all.statements.map(({ statement, changeMsPerWeek }) => [statement, changeMsPerWeek]));
  const forth = change(compareWeeks(then, later));
  const back = change(compareWeeks(later, then));
  for (const [statement, ms] of Object.entries(forth)) expect(back[statement]).toBe(ms === 0 ? 0 : -ms);
});

it('says that counters of the later week hold the earlier one, and compares no statement then', () => {
  const span = aSpan({ start: EARLIER.start, end: WINDOW.end, basis: 'statistics-reset' });
  const wide = remembered(now([called('slow')], { spans: { statement: span } }));
  const { statements, drift, notes } = compareWeeks(then, wide);
  expect([statements, drift]).toEqual([[], null]);
  expect(notes).toEqual([expect.stringContaining('their counters now reach back')]);
});

it('names settings, indexes and tables that were changed, and no index of a table nobody saw', () => {
  const table = aTable({ heapBytes: 100 });
  const other = anIndex({ index: 'other', table: 'unseen' });
  const before = remembered(
    week(EARLIER, steady(1), { tables: [table], indexes: [anIndex({ index: 'old' }), anIndex({ index: 'kept' })] }),
  );
  const after = remembered(
    now(steady(1), {
      tables: [{ ...table, heapBytes: 300 }],
      indexes: [anIndex({ index: 'new' }), anIndex({ index: 'kept' }), other],
    }),
  );
  const early = { ...before, settings: { ...before.settings, work_mem: 4096 } };
  const late = { ...after, settings: { ...after.settings, work_mem: 8192 } };
  const { settings, indexes, tables } = compareWeeks(early, late);
  expect(settings).toEqual([{ name: 'work_mem', before: '4096', now: '8192' }]);
  expect(indexes).toEqual({ created: ['shop: public.new'], dropped: ['shop: public.old'] });
  expect(tables).toEqual([{ name: 'shop: public.orders', before: 100, now: 300 }]);
});

it('a week is found by ISO week, day or time; of two runs in it the longer is meant', async () => {
  const store = memory();
  const short = { ...then, window: { start: '2026-11-13T23:00:00Z', end: '2026-11-14T00:00:00Z' } };
  for (const one of [then, short, later])
    await store.put(historyKey('a b', one.window.end), encodeHistory({ ...one, target: 'a b' }), '');
  expect(await keptTargets(store)).toEqual(['a b']);
  const end = async (text: string) => (await keptWeek(store, 'a b', text)).window.end;
  expect(await end('2026-W46')).toBe(then.window.end);
  expect(await end('2026-11-14')).toBe(short.window.end);
  expect(await end('2026-11-22T01:00:00+01:00')).toBe(later.window.end);
  await expect(end('2026-W40')).rejects.toThrow('a b has no history of 2026-W40; kept are 2026-W46, 2026-W47');
});
