import { describe, expect } from 'vitest';
import { starOverWideRows } from '../../../lib/advise/query/star-over-wide-rows.ts';
import { testAdvisor } from '../../support/advisor.ts';
import { aColumn, aSnapshot, aStatement, aTable } from '../../support/rows.ts';

const wide = aTable({ columns: [aColumn('id'), aColumn('document', { type: 'jsonb', averageBytes: 792 })] });
const star = aStatement({
  text: 'SELECT * FROM orders WHERE status = $1',
  calls: 1_000,
  totalTimeMs: 1_200_000,
  rows: 10_000,
});
const with_ = (changes: Parameters<typeof aStatement>[0]) =>
  aSnapshot({ tables: [wide], statements: [aStatement({ ...star, ...changes })] });

describe('star-over-wide-rows', () => {
  testAdvisor(starOverWideRows, {
    passes: [
      { name: 'a healthy snapshot', snapshot: aSnapshot() },
      { name: 'narrow columns', snapshot: { ...with_({}), tables: [aTable()] } },
      { name: 'a single row', snapshot: with_({ rows: 9_999 }) },
      { name: 'named columns', snapshot: with_({ text: 'SELECT id, document FROM orders' }) },
      { name: 'a count', snapshot: with_({ text: 'SELECT count(*) FROM orders' }) },
    ],
    flags: [
      {
        name: 'all columns of ten rows with documents',
        snapshot: with_({}),
        expect: ([finding]) => {
          expect(finding?.approach).toContain('document of public.orders makes up 99 %');
          if (finding?.benefit.kind !== 'time') throw new Error('a benefit in time');
          expect(finding.benefit.reduces.high).toBeCloseTo((792 / 800) * 0.8, 6);
        },
      },
      { name: 'by an alias', snapshot: with_({ text: 'SELECT o.* FROM orders o' }) },
    ],
    blind: [
      { name: 'when no text was seen (trap 61)', snapshot: with_({ text: undefined }), why: /text/ },
      {
        name: 'when the role sees no statistics (trap 119)',
        snapshot: { ...with_({}), tables: [aTable({ columns: [aColumn('id', { averageBytes: undefined })] })] },
        why: /pg_stats/,
      },
    ],
  });
});
