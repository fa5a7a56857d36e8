import { describe, expect } from 'vitest';
import { unfilteredWrites } from '../../../lib/advise/query/unfiltered-writes.ts';
import { testAdvisor } from '../../support/advisor.ts';
import { aSnapshot, aStatement } from '../../support/rows.ts';

const costly = aStatement({ text: 'UPDATE orders SET status = $1', calls: 10, totalTimeMs: 1_200_000, rows: 100_000 });
const with_ = (changes: Parameters<typeof aStatement>[0]) =>
  aSnapshot({ statements: [aStatement({ ...costly, ...changes })] });

describe('unfiltered-writes', () => {
  testAdvisor(unfilteredWrites, {
    passes: [
      { name: 'a healthy snapshot', snapshot: aSnapshot() },
      { name: 'with WHERE', snapshot: with_({ text: 'UPDATE orders SET status = $1 WHERE id < $2' }) },
      { name: 'joined to another table', snapshot: with_({ text: 'UPDATE orders SET status = s.x FROM staging s' }) },
      { name: 'a small table', snapshot: with_({ rows: 99_999 }) },
      { name: 'a single call, somebody at a prompt', snapshot: with_({ calls: 1 }) },
      { name: 'a query', snapshot: with_({ text: 'SELECT * FROM orders' }) },
    ],
    flags: [
      {
        name: 'an update of every row',
        snapshot: with_({}),
        expect: ([finding]) => expect(finding?.approach).toContain('IS DISTINCT FROM'),
      },
      {
        name: 'a delete of every row',
        snapshot: with_({ text: 'DELETE FROM orders' }),
        expect: ([finding]) => expect(finding?.approach).toContain('TRUNCATE'),
      },
    ],
    blind: [{ name: 'when no text was seen (trap 61)', snapshot: with_({ text: undefined }), why: /text/ }],
  });
});
