import { describe, expect } from 'vitest';
import { planningTime } from '../../../lib/advise/query/planning-time.ts';
import { testAdvisor } from '../../support/advisor.ts';
import { aSnapshot, aStatement } from '../../support/rows.ts';

const costly = aStatement({ calls: 1_000, totalTimeMs: 1_200_000, planTimeMs: 600_000, plans: 1_000 });
const with_ = (changes: Parameters<typeof aStatement>[0]) =>
  aSnapshot({ statements: [aStatement({ ...costly, ...changes })] });

describe('planning-time', () => {
  testAdvisor(planningTime, {
    passes: [
      { name: 'planning below three tenths', snapshot: with_({ planTimeMs: 500_000 }) },
      { name: 'prepared already: few plans for many calls', snapshot: with_({ plans: 400 }) },
      { name: 'a cheap statement', snapshot: with_({ totalTimeMs: 100_000, planTimeMs: 100_000 }) },
    ],
    flags: [
      {
        name: 'a third of the time is planning',
        snapshot: with_({}),
        expect: ([finding]) => expect(finding?.evidence.at(-1)?.value).toBeCloseTo(1 / 3, 6),
      },
    ],
    blind: [
      { name: 'when planning is not counted', snapshot: with_({ planTimeMs: 0, plans: 0 }), why: /track_planning/ },
      { name: 'when it is not exported', snapshot: aSnapshot(), why: /planTimeMs|plan/ },
    ],
  });
});
