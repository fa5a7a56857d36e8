/** The table that advisors on the form of a statement share: it speaks where the form costs, and only there. */
import { expect } from 'vitest';
import type { Advisor } from '../../lib/advise/advisor.ts';
import { testAdvisor } from './advisor.ts';
import { aSnapshot, aStatement, spansOf } from './rows.ts';

export function testForm(
  advisor: Advisor,
  {
    text,
    harmless,
    approach,
  }: { readonly text: string; readonly harmless: readonly string[]; readonly approach: RegExp },
): void {
  const costly = aStatement({
    text,
    calls: 1_000,
    totalTimeMs: 1_200_000,
    rows: 20_000,
    sharedBlocksHit: 5_000_000,
    sharedBlocksRead: 0,
  });
  const { sharedBlocksHit: _hit, sharedBlocksRead: _read, ...withoutBlocks } = costly;
  const one = (...statements: readonly (typeof costly)[]) => aSnapshot({ statements });
  testAdvisor(advisor, {
    passes: [
      { name: 'a healthy snapshot', snapshot: aSnapshot() },
      ...harmless.map((other) => ({ name: other, snapshot: one({ ...costly, text: other }) })),
      {
        name: 'the same form where it reads little (a form alone costs nothing)',
        snapshot: one({ ...costly, sharedBlocksHit: 24_000 }),
      },
      { name: 'less than ten minutes in the week', snapshot: one({ ...costly, totalTimeMs: 600_000 }) },
      { name: 'a single call, somebody at a prompt', snapshot: one({ ...costly, calls: 1 }) },
    ],
    flags: [
      {
        name: 'the costly form, with what can go at most measured from blocks',
        snapshot: one(costly),
        expect: ([finding]) => {
          expect(finding?.approach).toMatch(approach);
          if (finding?.benefit.kind !== 'time') throw new Error('a benefit in time');
          expect(finding.benefit.reduces.low).toBe(0);
          expect(finding.benefit.reduces.high).toBeCloseTo(1 - 24 / 5_000, 5);
        },
      },
      {
        name: 'slow calls where blocks were not exported: no number is promised',
        snapshot: one(withoutBlocks),
        expect: ([finding]) => expect(finding?.benefit.kind).toBe('risk'),
      },
      {
        name: 'in a window of ten minutes',
        snapshot: { ...one({ ...costly, calls: 2, rows: 40, sharedBlocksHit: 10_000 }), spans: spansOf(600) },
      },
    ],
    blind: [
      {
        name: 'when no text was seen (trap 61)',
        snapshot: one(aStatement({ ...costly, text: undefined })),
        why: /text/,
      },
    ],
  });
}
