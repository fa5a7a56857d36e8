import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { attribute, causesOf, type Effect, logMean } from '../../lib/compare/attribution.ts';
import type { Load } from '../../lib/compare/loads.ts';

const load = (over: Partial<Load> = {}): Load => {
  const all = {
    key: 'shop/s',
    database: 'shop',
    statement: 's',
    queryids: ['1'],
    weeks: 1,
    calls: 1000,
    meanMs: 2,
    stddevTimeMs: 1,
    rowsPerCall: 10,
    blocksPerCall: 100,
    missShare: 0,
    tempPerCall: 0,
    planShape: null,
    ...over,
  };
  return { ...all, totalTimeMs: all.calls * all.meanMs };
};

const amount = fc.double({ min: 1e-3, max: 1e6, noNaN: true });
const maybe = fc.option(fc.oneof(amount, fc.constant(0)));
const anyLoad = fc
  .record({
    calls: amount,
    meanMs: fc.oneof(amount, fc.constant(0)),
    weeks: fc.double({ min: 1e-4, max: 50, noNaN: true }),
    rowsPerCall: maybe,
    blocksPerCall: maybe,
    missShare: fc.option(fc.double({ min: 0, max: 1, noNaN: true })),
    tempPerCall: maybe,
    planShape: fc.option(fc.integer({ min: 1, max: 2 })),
  })
  .map(load);

const perWeek = ({ totalTimeMs, weeks }: Load): number => totalTimeMs / weeks;

const perCall = (effects: readonly Effect[]): number =>
  effects.filter(({ kind }) => kind !== 'calls').reduce((sum, { msPerWeek }) => sum + msPerWeek, 0);

describe('attribution', () => {
  it('adds up to the change exactly, whatever is known', () => {
    fc.assert(
      fc.property(anyLoad, anyLoad, fc.option(amount), fc.option(fc.string()), (before, now, growth, locks) => {
        const sum = attribute(before, now, growth, locks).reduce((total, effect) => total + effect.msPerWeek, 0);
        const change = perWeek(now) - perWeek(before);
        expect(Math.abs(sum - change)).toBeLessThanOrEqual(1e-9 * Math.max(perWeek(now), perWeek(before), 1e-9));
      }),
    );
  });

  it('gives shares that add up to 1, largest first, none negative', () => {
    fc.assert(
      fc.property(anyLoad, anyLoad, fc.option(amount), (before, now, growth) => {
        const shares = causesOf(attribute(before, now, growth)).map(({ share }) => share);
        expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 9);
        expect(shares.every((share) => share >= 0)).toBe(true);
        expect([...shares].sort((a, b) => b - a)).toEqual(shares);
      }),
    );
  });

  it('flips its signs when the periods are swapped', () => {
    fc.assert(
      fc.property(anyLoad, anyLoad, (a, b) => {
        const forth = perCall(attribute(a, b, null));
        const back = perCall(attribute(b, a, null));
        expect(Math.abs(forth + back)).toBeLessThanOrEqual(1e-9 * Math.max(perWeek(a), perWeek(b), 1e-9));
      }),
    );
  });

  it('has a logarithmic mean between its two numbers, steady where they are close', () => {
    expect(logMean(100, 100)).toBe(100);
    expect(logMean(100, 100 * (1 + 1e-13))).toBeCloseTo(100, 9);
    expect(logMean(3, 3.0000000031)).toBeCloseTo(3.00000000155, 9);
    expect(logMean(1, Math.E)).toBeCloseTo(Math.E - 1, 12);
  });

  const base = load();
  const cases: readonly [string, Load, number | null, string, string][] = [
    ['more calls', load({ calls: 3000 }), null, 'calls', '3 times more calls'],
    ['more blocks', load({ meanMs: 28, blocksPerCall: 1400 }), null, 'blocks', 'reads 14 times more blocks per call'],
    ['more rows', load({ meanMs: 8, rowsPerCall: 40, blocksPerCall: 400 }), null, 'rows', '4 times more rows per call'],
    ['larger tables', load({ meanMs: 4, blocksPerCall: 200 }), 2, 'data-growth', 'its tables hold 2 times more rows'],
    [
      'a colder cache',
      load({ meanMs: 6, missShare: 0.3 }),
      null,
      'cache',
      'misses the cache for 30 % of its blocks, 0 % before',
    ],
    ['slower blocks', load({ meanMs: 3 }), null, 'latency', 'each block takes 50 % longer'],
    [
      'nothing but time known',
      load({ meanMs: 6, blocksPerCall: null, rowsPerCall: null, missShare: null }),
      null,
      'latency',
      'each call takes 3 times longer; blocks per call were not seen',
    ],
  ];
  for (const [name, now, growth, kind, text] of cases) {
    it(`blames ${name}`, () => {
      expect(causesOf(attribute(base, now, growth))[0]).toMatchObject({ kind, text, share: expect.closeTo(1, 6) });
    });
  }

  it('compares weeks, not spans: the same load over half the time is no change', () => {
    const half = load({ calls: 500, weeks: 0.5 });
    expect(attribute(base, half, null).every(({ msPerWeek }) => Math.abs(msPerWeek) < 1e-9)).toBe(true);
  });

  it('lets rows explain no more blocks than there are', () => {
    const effects = attribute(base, load({ meanMs: 4, rowsPerCall: 1000, blocksPerCall: 100 }), null);
    expect(effects.find(({ kind }) => kind === 'rows')?.msPerWeek).toBeCloseTo(2000);
    expect(causesOf(effects)).toHaveLength(1);
  });
});

describe('what makes a call slower', () => {
  const first = (before: Partial<Load>, now: Partial<Load>, locks: string | null = null) =>
    causesOf(attribute(load(before), load({ meanMs: 8, ...now }), null, locks))[0];

  it('another plan, where it was asked for both times: by its blocks, or without them by its time', () => {
    expect(first({ planShape: 1 }, { planShape: 2, blocksPerCall: 400 })).toMatchObject({
      kind: 'plan',
      text: 'under another plan it reads 4 times more blocks per call',
    });
    expect(first({ planShape: 1, blocksPerCall: null }, { planShape: 2, blocksPerCall: null })).toMatchObject({
      kind: 'plan',
      text: 'under another plan each call takes 4 times longer',
    });
    expect(first({ planShape: 1 }, { planShape: 1, blocksPerCall: 400 })?.kind).toBe('blocks');
    expect(first({ planShape: null }, { planShape: 2, blocksPerCall: 400 })?.kind).toBe('blocks');
  });

  it('spilling into temporary files', () => {
    expect(first({}, { tempPerCall: 5_000 })).toMatchObject({
      kind: 'temp-spill',
      text: 'spills 5,000 blocks per call into temporary files, none before',
    });
    expect(first({ tempPerCall: 4_000 }, { tempPerCall: 5_000 })?.kind).toBe('latency');
  });

  it('waiting for locks, only where blocks do not explain it', () => {
    expect(first({}, {}, 'sessions wait for locks')).toMatchObject({
      kind: 'lock-wait',
      text: 'each block takes 4 times longer; sessions wait for locks',
    });
    expect(first({}, { blocksPerCall: 400 }, 'sessions wait for locks')?.kind).toBe('blocks');
  });
});
