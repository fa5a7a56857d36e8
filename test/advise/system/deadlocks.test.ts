import { describe, expect } from 'vitest';
import { deadlocks } from '../../../lib/advise/system/deadlocks.ts';
import { testAdvisor } from '../../support/advisor.ts';
import { aDatabase, aSnapshot, spansOf } from '../../support/rows.ts';

const one = (deadlocks: number | undefined) => aSnapshot({ databases: [aDatabase({ deadlocks })] });

describe('deadlocks', () => {
  testAdvisor(deadlocks, {
    passes: [
      { name: 'a healthy snapshot', snapshot: aSnapshot() },
      { name: 'six in a week', snapshot: one(6) },
      { name: 'two in an hour: chance', snapshot: { ...one(2), spans: spansOf(3_600) } },
    ],
    flags: [
      {
        name: 'one a day',
        snapshot: one(7),
        expect: ([finding]) => expect(finding?.title).toContain('7 deadlocks in database shop'),
      },
    ],
    blind: [{ name: 'when deadlocks are not exported', snapshot: one(undefined), why: /deadlocks/ }],
  });
});
