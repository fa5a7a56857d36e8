import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Finding, Work } from '../../lib/model/finding.ts';
import { plan } from '../../lib/plan/plan.ts';
import { finding, found, snapshot, statement, time, unchanged } from './build.ts';

const seen = snapshot({ statements: ['q1', 'q2', 'q3', 'q4'].map((id, at) => statement(id, 1000 * (at + 1))) });
const on = (tableName: string) => ({ database: 'shop', schema: 'public', table: tableName });
const made = (findings: readonly Finding[]) =>
  plan({ outcomes: [found('missing-index', 'index', ...findings)], changes: unchanged, snapshot: seen });

// Not fc.double: most of its values are too tiny to matter.
const share = fc.integer({ min: 0, max: 100 }).map((percent) => percent / 100);
const findings = fc.uniqueArray(
  fc.record({
    table: fc.constantFrom('t1', 't2', 't3', 't4', 't5', 't6', 't7', 't8'),
    statements: fc.subarray(['q1', 'q2', 'q3', 'q4', 'unseen'], { minLength: 1 }),
    work: fc.constantFrom<Work>('create-index', 'rewrite-query', 'investigate'),
    confidence: fc.constantFrom('low', 'medium', 'high'),
    reduces: fc.tuple(share, share, share).map((three) => three.sort((a, b) => a - b)),
  }),
  { selector: (one) => one.table, maxLength: 8 },
);
const real = findings.map((all) =>
  all.map(({ table, statements, work, confidence, reduces: [low = 0, likely = 0, high = 0] }) =>
    finding(on(table), work, { kind: 'time', statements, reduces: { low, likely, high }, basis: 'b', confidence }),
  ),
);

describe('estimated improvement', () => {
  test('two items that each halve one statement save three quarters of it, not all', () => {
    const { estimatedImprovement } = made([
      finding(on('a'), 'create-index', time(['q4'], 0.5)),
      finding(on('b'), 'create-index', time(['q4'], 0.5)),
    ]);
    expect(estimatedImprovement?.likely).toBeCloseTo(0.75 * 0.4);
  });

  test('investigations add nothing, and alone they leave it unknown', () => {
    const look = finding(on('a'), 'investigate', time(['q4'], 0.9));
    expect(made([look]).estimatedImprovement).toBeNull();
    const index = finding(on('b'), 'create-index', time(['q1'], 0.5));
    expect(made([look, index]).estimatedImprovement).toEqual(made([index]).estimatedImprovement);
  });

  test('a low-confidence item counts at the high end only', () => {
    const guess = finding(on('a'), 'change-application', time(['q4'], 0.5, 'low'));
    expect(made([guess]).estimatedImprovement).toEqual({ low: 0, likely: 0, high: expect.closeTo(0.22) });
  });

  test('shares out of range or in disorder cannot lift it above what there is', () => {
    const wild = { low: 3, likely: 2, high: Number.NaN };
    const benefit = { kind: 'time', statements: ['q4'], reduces: wild, basis: 'b', confidence: 'medium' } as const;
    expect(made([finding(on('a'), 'create-index', benefit)]).estimatedImprovement).toEqual({
      low: 0.4,
      likely: 0.4,
      high: 0.4,
    });
  });

  test('it is ordered, within 0..1, and the parts add up to the likely whole', () => {
    fc.assert(
      fc.property(real, (all) => {
        const { estimatedImprovement: total, opportunities } = made(all);
        for (const { benefit } of opportunities) {
          if (benefit.likely === null || benefit.low === null || benefit.high === null) continue;
          expect(benefit.low).toBeLessThanOrEqual(benefit.likely + 1e-9);
          expect(benefit.likely).toBeLessThanOrEqual(benefit.high + 1e-9);
        }
        if (total === null) return;
        expect(total.low).toBeGreaterThanOrEqual(0);
        expect(total.low).toBeLessThanOrEqual(total.likely);
        expect(total.likely).toBeLessThanOrEqual(total.high);
        expect(total.high).toBeLessThanOrEqual(1);
        const trusted = all.filter((one) => one.work !== 'investigate' && one.benefit.confidence !== 'low');
        const counted = new Set(trusted.map((one) => one.title));
        const parts = opportunities.filter((one) => counted.has(one.title));
        const sum = parts.reduce((ms, one) => ms + (one.benefit.likely ?? 0), 0);
        expect(sum / 10_000).toBeCloseTo(total.likely, 9);
      }),
      { numRuns: 200 },
    );
  });

  test('one more item never lowers it', () => {
    fc.assert(
      fc.property(real, (all) => {
        const whole = made(all).estimatedImprovement;
        const fewer = made(all.slice(1)).estimatedImprovement;
        if (fewer === null) return;
        expect(whole?.low).toBeGreaterThanOrEqual(fewer.low - 1e-12);
        expect(whole?.likely).toBeGreaterThanOrEqual(fewer.likely - 1e-12);
        expect(whole?.high).toBeGreaterThanOrEqual(fewer.high - 1e-12);
      }),
      { numRuns: 200 },
    );
  });

  test('the same findings in any order make the same plan', () => {
    const shuffled = real.chain((all) =>
      fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length, maxLength: all.length })),
    );
    fc.assert(
      fc.property(shuffled, ([all, other]) => {
        expect(made(other)).toEqual(made(all));
      }),
      { numRuns: 200 },
    );
  });
});
