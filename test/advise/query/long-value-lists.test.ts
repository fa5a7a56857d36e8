import { describe, expect } from 'vitest';
import { longValueLists } from '../../../lib/advise/query/long-value-lists.ts';
import { testAdvisor } from '../../support/advisor.ts';
import { aSnapshot, aStatement } from '../../support/rows.ts';

const list = (length: number) => Array.from({ length }, (_, at) => `$${at + 1}`).join(', ');
const of = (text: string) => aSnapshot({ statements: [aStatement({ text, calls: 1_000, totalTimeMs: 1_200_000 })] });

describe('long-value-lists', () => {
  testAdvisor(longValueLists, {
    passes: [
      { name: 'a healthy snapshot', snapshot: aSnapshot() },
      { name: 'ninety-nine values', snapshot: of(`SELECT * FROM orders WHERE id IN (${list(99)})`) },
      { name: 'one array parameter', snapshot: of('SELECT * FROM orders WHERE id = ANY($1)') },
      { name: 'many columns of one row inserted', snapshot: of(`INSERT INTO orders VALUES (${list(200)})`) },
    ],
    flags: [
      {
        name: 'a hundred values in IN',
        snapshot: of(`SELECT * FROM orders WHERE id IN (${list(100)})`),
        expect: ([finding]) => expect(finding?.evidence.at(-1)?.value).toBe(100),
      },
      { name: 'a hundred values in ARRAY', snapshot: of(`SELECT * FROM orders WHERE id = ANY (ARRAY[${list(100)}])`) },
    ],
    blind: [
      {
        name: 'when no text was seen (trap 61)',
        snapshot: aSnapshot({ statements: [aStatement({ text: undefined })] }),
        why: /text/,
      },
    ],
  });
});
