import { describe, expect } from 'vitest';
import { jitOverhead } from '../../../lib/advise/query/jit-overhead.ts';
import { testAdvisor } from '../../support/advisor.ts';
import { aSnapshot, aStatement } from '../../support/rows.ts';

const costly = aStatement({ calls: 1_000, totalTimeMs: 1_200_000, jitTimeMs: 240_000 });
const with_ = (changes: Parameters<typeof aStatement>[0]) =>
  aSnapshot({ statements: [aStatement({ ...costly, ...changes })] });

describe('jit-overhead', () => {
  testAdvisor(jitOverhead, {
    passes: [
      { name: 'compiling below a fifth', snapshot: with_({ jitTimeMs: 239_000 }) },
      { name: 'no compiling', snapshot: with_({ jitTimeMs: 0 }) },
    ],
    flags: [
      {
        name: 'a fifth of the time is compiling',
        snapshot: with_({}),
        expect: ([finding]) => {
          if (finding?.benefit.kind !== 'time') throw new Error('a benefit in time');
          expect(finding.benefit.reduces.high).toBeCloseTo(0.2, 6);
        },
      },
    ],
    blind: [{ name: 'when compiling is not exported', snapshot: aSnapshot(), why: /jit/i }],
  });
});
