import { describe, expect } from 'vitest';
import { distinctOverJoins } from '../../../lib/advise/query/distinct-over-joins.ts';
import { testAdvisor } from '../../support/advisor.ts';
import { aSnapshot, aStatement, spansOf } from '../../support/rows.ts';

const costly = aStatement({
  text: `SELECT DISTINCT o.id, o.status FROM orders o JOIN items i ON i.order_id = o.id WHERE i.sku = $1`,
  calls: 1_000,
  totalTimeMs: 1_200_000,
  rows: 20_000,
  sharedBlocksHit: 5_000_000,
  sharedBlocksRead: 0,
});

describe('distinct-over-joins', () => {
  testAdvisor(distinctOverJoins, {
    passes: [
      { name: 'a healthy snapshot', snapshot: aSnapshot() },
      ...[
        `SELECT DISTINCT o.id, i.sku FROM orders o JOIN items i ON i.order_id = o.id`,
        `SELECT DISTINCT status FROM orders`,
        `SELECT DISTINCT ON (o.id) o.id, o.status FROM orders o JOIN items i ON i.order_id = o.id`,
        `SELECT o.id FROM orders o JOIN items i ON i.order_id = o.id`,
      ].map((text) => ({ name: text, snapshot: aSnapshot({ statements: [{ ...costly, text }] }) })),
      {
        name: 'the same form where it reads little (a form alone costs nothing)',
        snapshot: aSnapshot({ statements: [{ ...costly, sharedBlocksHit: 24_000 }] }),
      },
      {
        name: 'less than ten minutes in the week',
        snapshot: aSnapshot({ statements: [{ ...costly, totalTimeMs: 600_000 }] }),
      },
      { name: 'a single call, somebody at a prompt', snapshot: aSnapshot({ statements: [{ ...costly, calls: 1 }] }) },
    ],
    flags: [
      {
        name: 'the costly form, with what can go at most measured from blocks',
        snapshot: aSnapshot({ statements: [costly] }),
        expect: ([finding]) => {
          expect(finding?.approach).toMatch(/EXISTS/);
          if (finding?.benefit.kind !== 'time') throw new Error('a benefit in time');
          expect(finding.benefit.reduces.low).toBe(0);
          expect(finding.benefit.reduces.high).toBeCloseTo(1 - 24 / 5_000, 5);
        },
      },
      {
        name: 'slow calls where blocks were not exported: no number is promised',
        snapshot: aSnapshot({
          statements: [{ ...without(costly), totalTimeMs: 1_200_000 }],
        }),
        expect: ([finding]) => expect(finding?.benefit.kind).toBe('risk'),
      },
      {
        name: 'in a window of ten minutes',
        snapshot: aSnapshot({
          spans: spansOf(600),
          statements: [{ ...costly, calls: 2, rows: 40, sharedBlocksHit: 10_000 }],
        }),
      },
    ],
    blind: [
      {
        name: 'when no text was seen (trap 61)',
        snapshot: aSnapshot({ statements: [aStatement({ ...costly, text: undefined })] }),
        why: /text/,
      },
    ],
  });
});

function without({ sharedBlocksHit: _hit, sharedBlocksRead: _read, ...rest }: typeof costly) {
  return rest;
}
