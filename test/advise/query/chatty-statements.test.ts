import { describe, expect } from 'vitest';
import { chattyStatements } from '../../../lib/advise/query/chatty-statements.ts';
import { testAdvisor } from '../../support/advisor.ts';
import { aSnapshot, aStatement, spansOf } from '../../support/rows.ts';

/** Ten a second for a week. */
const CALLS = 10 * 3600 * 24 * 7;
const text = 'SELECT * FROM order_items WHERE order_id = $1';
const lookup = aStatement({ text, calls: CALLS, totalTimeMs: CALLS * 0.05, rows: CALLS });
const rest = aStatement({ queryid: '2', statement: 'id:2', text: 'INSERT INTO log VALUES ($1)', calls: CALLS });

const list = aStatement({
  queryid: '3',
  statement: 'id:3',
  text: 'SELECT id FROM orders WHERE day = $1',
  calls: 1_000,
});
const parents = { ...list, rows: CALLS * 0.8 };

describe('chatty-statements', () => {
  testAdvisor(chattyStatements, {
    passes: [
      { name: 'a healthy snapshot', snapshot: aSnapshot() },
      {
        name: 'just below ten calls a second',
        snapshot: aSnapshot({ statements: [parents, { ...lookup, calls: CALLS - 7 }] }),
      },
      {
        name: 'a lookup that is less than a tenth of all calls',
        snapshot: aSnapshot({ statements: [parents, lookup, { ...rest, calls: CALLS * 10 }] }),
      },
      {
        name: 'a lookup made once with every write, as pgbench does',
        snapshot: aSnapshot({ statements: [parents, lookup, { ...rest, calls: CALLS * 1.1 }] }),
      },
      {
        name: 'a lookup once per request: nothing returns the rows of a loop',
        snapshot: aSnapshot({ statements: [lookup, { ...list, rows: CALLS * 0.79 }] }),
        expect: (outcome) => expect(outcome.caveats.join()).toContain('1 quick lookup stands out by calls, but no'),
      },
      {
        name: 'nor do rows that are written, returned one a call, or in another database',
        snapshot: aSnapshot({
          statements: [
            lookup,
            { ...parents, text: 'UPDATE orders SET seen = $1' },
            { ...rest, text: 'SELECT max(id) FROM log', calls: CALLS * 1.3, rows: CALLS * 1.3 },
            { ...parents, statement: 'id:4', database: 'other' },
          ],
        }),
      },
      {
        name: 'a slow lookup',
        snapshot: aSnapshot({ statements: [parents, { ...lookup, totalTimeMs: CALLS * 1.01 }] }),
      },
      { name: 'many rows per call', snapshot: aSnapshot({ statements: [parents, { ...lookup, rows: CALLS * 11 }] }) },
      ...[
        'SELECT * FROM order_items WHERE order_id = ANY($1)',
        'SELECT * FROM order_items WHERE order_id > $1',
        'SELECT i.* FROM order_items i JOIN orders o ON o.id = i.order_id WHERE o.id = $1',
        'SELECT count(*) FROM order_items WHERE order_id = $1',
        'UPDATE order_items SET amount = $1 WHERE order_id = $2',
        'SELECT * FROM order_items',
        'SELECT * FROM order_items WHERE order_id = $1 OR id = $2',
      ].map((other) => ({
        name: `what is no lookup by key: ${other}`,
        snapshot: aSnapshot({ statements: [parents, { ...lookup, text: other }] }),
      })),
    ],
    flags: [
      {
        name: 'a lookup by key ten times a second, by the name of its key',
        snapshot: aSnapshot({ statements: [parents, lookup, { ...rest, calls: 2 * CALLS }] }),
        expect: ([finding]) => {
          expect(finding?.approach).toContain('order_id = ANY($1)');
          expect(finding?.benefit).toMatchObject({ kind: 'time', confidence: 'low' });
          expect(finding?.benefit.basis).toMatch(/Assumed.*round trip/);
        },
      },
      {
        name: 'the same in a window of ten minutes',
        snapshot: aSnapshot({
          spans: spansOf(600),
          statements: [parents, { ...lookup, calls: 6_000, totalTimeMs: 300, rows: 6_000 }],
        }),
      },
    ],
    blind: [
      {
        name: 'when no text was seen (trap 61)',
        snapshot: aSnapshot({ statements: [aStatement({ text: undefined, calls: CALLS })] }),
        why: /text/,
      },
      { name: 'without rows', snapshot: aSnapshot({ statements: [aStatement({ rows: undefined })] }), why: /rows/ },
    ],
  });
});
