import { describe, expect, it } from 'vitest';
import { successorsIn } from '../../lib/compare/successors.ts';
import type { Past } from '../../lib/model/changes.ts';
import { weeksOfShop } from './detect/weeks.ts';
import { remembered, now as thisWeek } from './weeks.ts';

const past = (series: Past['series']): Past => ({ previous: null, pinned: null, recent: [], series, notes: [] });
const none = new Map<string, number>();

/** Twenty statements, of which each takes longer than the one before; the last week has other ids. */
function upgraded(name: (statement: number, week: number) => string, statements = 20) {
  const weeks = weeksOfShop({ weeks: 3, statements, name });
  const [now, ...before] = weeks.toReversed();
  if (now === undefined) throw new Error('three weeks were made');
  return successorsIn(past(before), { series: now, rows: none });
}

describe('statements whose queryid changes', () => {
  it('are matched one to one, and never to another statement', () => {
    const found = upgraded((statement, week) => `id:${week === 2 ? 'new' : 'old'}${statement}`);
    expect(found.length).toBeGreaterThan(5);
    for (const { from, to } of found) expect(to).toBe(from.replace('old', 'new'));
  });

  it('are left alone where two are alike', () => {
    const all = weeksOfShop({ weeks: 3, statements: 2, name: (at, week) => `id:${week === 2 ? 'new' : 'old'}${at}` });
    const twins = all.map((week) => {
      const [first, second] = week.statements;
      if (first === undefined || second === undefined) throw new Error('two statements were made');
      return { ...week, statements: [first, { ...first, statement: second.statement, queryid: second.queryid }] };
    });
    const [now, ...before] = twins.toReversed();
    if (now === undefined) throw new Error('three weeks were made');
    expect(successorsIn(past(before), { series: now, rows: none })).toEqual([]);
    // Rows per call tell them apart.
    const rows = new Map([
      [JSON.stringify(['shop', 'id:new0']), 1],
      [JSON.stringify(['shop', 'id:new1']), 40],
    ]);
    const statements = [1, 40].map((each, at) => ({
      ...{ database: 'shop', statement: `id:old${at}`, queryid: `${at}` },
      measures: { calls: 10, rows: 10 * each },
    }));
    const found = successorsIn(
      { ...past(before), recent: [{ ...remembered(thisWeek([])), statements }] },
      { series: now, rows },
    );
    expect(found.map(({ from, to }) => [from, to])).toEqual([
      ['id:old0', 'id:new0'],
      ['id:old1', 'id:new1'],
    ]);
  });

  it('are not looked for among fingerprints, which stay', () => {
    expect(upgraded((statement, week) => `${week === 2 ? 'new' : 'old'}${statement}`)).toEqual([]);
  });

  it('are no statement that is still called', () => {
    expect(upgraded((statement, week) => (statement === 0 && week === 2 ? 'id:new0' : `id:old${statement}`))).toEqual([
      expect.objectContaining({ from: 'id:old0', to: 'id:new0' }),
    ]);
  });
});
