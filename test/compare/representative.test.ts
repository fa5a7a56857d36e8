import { describe, expect, it } from 'vitest';
import { rememberedTraffic, trafficOf } from '../../lib/compare/representative.ts';
import { weekOf } from '../../lib/compare/week.ts';
import type { History } from '../../lib/model/history.ts';
import { aDatabase } from '../support/rows.ts';
import { EARLIER, lastWeek, noPast, now } from './weeks.ts';

const WEEK = 604_800;
const withRate = (perSecond: number) =>
  now([], { databases: [aDatabase({ commits: perSecond * WEEK, rollbacks: 0 })] });
const pastOf = (...rates: readonly number[]) => {
  const traffic = rates.map((perSecond) => ({ end: EARLIER.end, perSecond, of: 'transactions' as const }));
  return { previous: { ...(lastWeek([]).previous as History), traffic } };
};
const judged = (perSecond: number, past: Parameters<typeof trafficOf>[2]) => {
  const snapshot = withRate(perSecond);
  return trafficOf(snapshot, weekOf(snapshot), past);
};

describe('whether the week stands for others', () => {
  it.each([
    [100, 'representative'],
    [71, 'representative'],
    [69, 'quieter'],
    [140, 'representative'],
    [150, 'busier'],
  ])('%d transactions a second after weeks around 100 is %s', (perSecond, verdict) => {
    expect(judged(perSecond, pastOf(90, 100, 5_000))).toMatchObject({
      verdict,
      perSecond,
      usualPerSecond: 100,
      weeks: 3,
      of: 'transactions',
    });
  });

  it('is not known in the first week', () => {
    expect(judged(100, noPast)).toMatchObject({ verdict: 'unknown', usualPerSecond: null, weeks: 0 });
  });

  it('cannot be said of a part of a week, or of one with few samples', () => {
    const snapshot = withRate(100);
    const few = { ...snapshot, quality: { ...snapshot.quality, coveredShare: 0.5 } };
    expect(trafficOf(few, weekOf(few), pastOf(100)).verdict).toBe('partial');
    const start = '2026-11-20T00:00:00Z';
    const span = { start, end: snapshot.window.end, source: 'prometheus', basis: 'window' } as const;
    const short = { ...snapshot, spans: { ...snapshot.spans, database: span } };
    expect(trafficOf(short, weekOf(short), pastOf(100)).verdict).toBe('partial');
  });

  it('is held against the last eight whole weeks', () => {
    const past = pastOf(...Array.from({ length: 8 }, (_, at) => at + 1));
    const kept = rememberedTraffic(judged(100, past), 'now', past);
    expect(kept.map(({ perSecond }) => perSecond)).toEqual([2, 3, 4, 5, 6, 7, 8, 100]);
    const partial = { ...judged(100, past), verdict: 'partial' as const };
    expect(rememberedTraffic(partial, 'now', past)).toHaveLength(8);
    expect(rememberedTraffic(partial, 'now', past).at(-1)?.perSecond).toBe(8);
  });
});
