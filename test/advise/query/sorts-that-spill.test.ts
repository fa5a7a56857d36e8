import { describe, expect } from 'vitest';
import { sortsThatSpill } from '../../../lib/advise/query/sorts-that-spill.ts';
import { testAdvisor } from '../../support/advisor.ts';
import { aServer, aSnapshot, aStatement } from '../../support/rows.ts';

/** 1,280 blocks are 10 MiB. */
const costly = aStatement({
  text: 'SELECT status, sum(total) FROM orders GROUP BY status ORDER BY 2',
  calls: 100,
  totalTimeMs: 1_200_000,
  tempBlocksWritten: 128_000,
});
const with_ = (changes: Parameters<typeof aStatement>[0]) =>
  aSnapshot({ statements: [aStatement({ ...costly, ...changes })] });

describe('sorts-that-spill', () => {
  testAdvisor(sortsThatSpill, {
    passes: [
      { name: 'a healthy snapshot', snapshot: aSnapshot() },
      { name: 'just below ten MiB a call', snapshot: with_({ tempBlocksWritten: 127_999 }) },
      { name: 'ten minutes a week in all', snapshot: with_({ totalTimeMs: 600_000 }) },
    ],
    flags: [
      {
        name: 'ten MiB a call: memory for this statement alone (traps 86, 96)',
        snapshot: with_({}),
        expect: ([finding]) => {
          expect(finding?.steps.map(({ sql }) => sql)).toContain("SET LOCAL work_mem = '36MB';");
          expect(finding?.steps.some(({ sql }) => /ALTER SYSTEM/.test(sql ?? ''))).toBe(false);
        },
      },
      {
        name: 'more than memory may hold: no setting is printed',
        snapshot: with_({ tempBlocksWritten: 100 * 128_000 }),
        expect: ([finding]) => expect(finding?.steps.every(({ sql }) => sql === undefined)).toBe(true),
      },
      {
        name: 'where work_mem could not be read',
        snapshot: { ...with_({}), server: aServer({ settings: {} }) },
        expect: ([finding]) => expect(finding?.evidence.some(({ label }) => label === 'work_mem')).toBe(false),
      },
    ],
    blind: [
      {
        name: 'when temporary blocks were not exported',
        snapshot: with_({ tempBlocksWritten: undefined }),
        why: /tempBlocksWritten|temp/,
      },
      { name: 'when no text was seen (trap 61)', snapshot: with_({ text: undefined }), why: /text/ },
    ],
  });
});
