import { randomNormal } from 'd3-random';
import { expect, it } from 'vitest';
import { capacityOf, fitOf } from '../../lib/compare/capacity.ts';

const point = (x: number, value: number) => ({ x, value });

it('needs six weeks: a line through fewer has no error to speak of', () => {
  expect(fitOf([0, 1, 2, 3, 4].map((x) => point(x, x)))).toBeNull();
});

it('is exact on a line, and grows wider with the distance where weeks scatter', () => {
  const line = fitOf([-5, -4, -3, -2, -1, 0].map((x) => point(x, 100 + 2 * x)));
  expect(line?.slope).toEqual({ low: expect.closeTo(2, 9), likely: expect.closeTo(2, 9), high: expect.closeTo(2, 9) });
  expect(line?.at(13).likely).toBeCloseTo(126, 9);
  const rough = fitOf([-5, -4, -3, -2, -1, 0].map((x) => point(x, 100 + 2 * x + (x % 2 === 0 ? 1 : -1))));
  const width = (x: number) => (rough?.at(x).high ?? 0) - (rough?.at(x).low ?? 0);
  expect(width(13)).toBeGreaterThan(2 * width(0));
});

it('holds nine of ten weeks to come, where the trend goes on', () => {
  let state = 7;
  const uniform = () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
  const noise = randomNormal.source(uniform)(0, 5);
  let inside = 0;
  const rounds = 2000;
  for (let round = 0; round < rounds; round += 1) {
    const fit = fitOf(Array.from({ length: 13 }, (_, at) => point(at - 12, 1000 + 3 * at + noise())));
    const come = 1000 + 3 * 25 + noise();
    const { low, high } = fit?.at(13) ?? { low: 0, high: 0 };
    if (come >= low && come <= high) inside += 1;
  }
  expect(inside / rounds).toBeGreaterThan(0.88);
  expect(inside / rounds).toBeLessThan(0.92);
});

it('says when a limit may be reached, and that it does not know one', () => {
  const weeks = Array.from({ length: 10 }, (_, at) => ({
    end: new Date(Date.UTC(2026, 8, 6) + at * 7 * 86_400_000).toISOString(),
    maxConnections: 100,
    numbers: [
      {
        label: 'Connections at the peak',
        unit: 'count' as const,
        now: 50 + 4 * at + (at % 2),
        previous: null,
        pinned: null,
      },
      { label: 'Database size', unit: 'bytes' as const, now: 1e9 + (at % 2) * 1e6, previous: null, pinned: null },
    ],
  }));
  const [size, connections] = capacityOf(weeks);
  expect(size?.says).toBe('No trend can be told from its ups and downs. No limit is known here.');
  expect(connections).toMatchObject({ limit: 100, now: 87 });
  expect(connections?.says).toBe('It grows. The limit may be reached in 3 weeks, by the middle of the interval in 4.');
});
