import { describe, expect } from 'vitest';
import { slowAndFrequentStatements } from '../../../lib/advise/query/slow-and-frequent-statements.ts';
import { testAdvisor } from '../../support/advisor.ts';
import { aDatabase, aSnapshot, aStatement, spansOf } from '../../support/rows.ts';

/** Sixty an hour for a week. */
const CALLS = 60 * 24 * 7;
const slow = aStatement({ calls: CALLS, totalTimeMs: CALLS * 50, rows: CALLS });

describe('slow-and-frequent-statements', () => {
  testAdvisor(slowAndFrequentStatements, {
    passes: [
      { name: 'a healthy snapshot', snapshot: aSnapshot() },
      {
        name: 'a statement just below 50 ms',
        snapshot: aSnapshot({ statements: [{ ...slow, totalTimeMs: CALLS * 49.9 }] }),
      },
      {
        name: 'a slow report that runs less than once a minute',
        snapshot: aSnapshot({ statements: [{ ...slow, calls: CALLS - 1, totalTimeMs: 36_000_000 }] }),
      },
      {
        name: 'a handful of calls in ten minutes, whose mean says little',
        snapshot: aSnapshot({
          spans: spansOf(600),
          databases: [aDatabase({ activeTimeMs: undefined })],
          statements: [{ ...slow, calls: 19, totalTimeMs: 19 * 400 }],
        }),
      },
      {
        name: 'less than a hundredth of the time',
        snapshot: aSnapshot({ databases: [aDatabase({ activeTimeMs: 60_000_000 })], statements: [slow] }),
      },
    ],
    flags: [
      { name: 'a statement of 50 ms run once a minute', snapshot: aSnapshot({ statements: [slow] }) },
      {
        name: 'the same in a window of ten minutes',
        snapshot: aSnapshot({
          spans: spansOf(600),
          databases: [aDatabase({ activeTimeMs: 60_000 })],
          statements: [{ ...slow, calls: 20, totalTimeMs: 1_000 }],
        }),
      },
      {
        name: 'a wide spread as such: the mean hides two kinds of calls (trap 54)',
        snapshot: aSnapshot({ statements: [{ ...slow, stddevTimeMs: 100 }] }),
        expect: ([finding]) => {
          expect(finding?.approach).toContain('spread');
          expect(finding?.evidence.map((item) => item.label)).toContain('Standard deviation');
        },
      },
      {
        name: 'a narrow spread with the reminder of lock waits (trap 56)',
        snapshot: aSnapshot({ statements: [slow] }),
        expect: ([finding]) => expect(finding?.approach).toContain('locks'),
      },
    ],
    blind: [
      {
        name: 'without times',
        snapshot: aSnapshot({ statements: [aStatement({ totalTimeMs: undefined })] }),
        why: /totalTimeMs/,
      },
    ],
  });
});
