import { describe, expect } from 'vitest';
import { columnsInsideFunctions } from '../../../lib/advise/query/columns-inside-functions.ts';
import { testAdvisor } from '../../support/advisor.ts';
import { aColumn, aKey, anIndex, aSnapshot, aStatement, aTable } from '../../support/rows.ts';

const people = aTable({
  columns: [
    aColumn('id'),
    aColumn('email', { type: 'character varying(200)', averageBytes: 24 }),
    aColumn('note', { type: 'text', averageBytes: 24 }),
    aColumn('seen', { type: 'timestamp without time zone' }),
    aColumn('at', { type: 'timestamp with time zone' }),
  ],
});
const costly = aStatement({
  text: 'SELECT id FROM orders WHERE lower(email) = $1',
  calls: 1_000,
  totalTimeMs: 1_200_000,
  rows: 1_000,
  sharedBlocksHit: 25_600_000,
  sharedBlocksRead: 0,
});
const with_ = (changes: Parameters<typeof aStatement>[0]) =>
  aSnapshot({ tables: [people], statements: [aStatement({ ...costly, ...changes })] });
const sqlOf = (finding: { steps: readonly { sql?: string }[] } | undefined) =>
  finding?.steps.map(({ sql }) => sql ?? '').join('\n');

describe('columns-inside-functions', () => {
  testAdvisor(columnsInsideFunctions, {
    passes: [
      { name: 'a healthy snapshot', snapshot: aSnapshot() },
      { name: 'a bare column', snapshot: with_({ text: 'SELECT id FROM orders WHERE email = lower($1)' }) },
      { name: 'another condition leads there already', snapshot: with_({ sharedBlocksHit: 2_500_000 }) },
      { name: 'below OR', snapshot: with_({ text: 'SELECT id FROM orders WHERE lower(email) = $1 OR id = $2' }) },
      { name: 'a small table (trap 28)', snapshot: { ...with_({}), tables: [{ ...people, liveRows: 9_999 }] } },
      {
        name: 'an expression index on it exists (trap 35)',
        snapshot: {
          ...with_({}),
          indexes: [anIndex({ keys: [aKey('lower((email)::text)', { expression: true })] })],
        },
      },
      {
        name: 'blocks unknown: nobody can tell that it reads through',
        snapshot: with_({ sharedBlocksHit: undefined }),
      },
      {
        name: 'a partition (trap 41)',
        snapshot: { ...with_({}), tables: [{ ...people, partitionOf: 'public.all_orders' }] },
      },
    ],
    flags: [
      {
        name: 'lower(email): an index on the expression, seen done as PostgreSQL prints it',
        snapshot: with_({}),
        expect: ([finding]) => {
          expect(sqlOf(finding)).toContain(
            'CREATE INDEX CONCURRENTLY orders_lower_email_idx ON public.orders (lower(email));',
          );
          expect(sqlOf(finding)).toContain('ANALYZE public.orders;');
          expect(finding?.done).toMatchObject({ kind: 'index-created', columns: ['lower(email::text)'] });
          // 25,600 blocks a call for one row; four of a descent and one of the row remain, known to a factor of three.
          const { low, likely, high } = finding?.benefit.kind === 'time' ? finding.benefit.reduces : {};
          expect([low, likely, high].map((share) => share?.toFixed(5))).toEqual(['0.99917', '0.99979', '0.99994']);
        },
      },
      {
        name: 'seen::date of a timestamp without time zone may be indexed',
        snapshot: with_({ text: 'SELECT id FROM orders WHERE seen::date = $1' }),
        expect: ([finding]) => expect(sqlOf(finding)).toContain('(((seen)::date))'),
      },
      {
        name: 'at::date of a timestamp with time zone may not: only the rewrite is advised',
        snapshot: with_({ text: 'SELECT id FROM orders WHERE at::date = $1' }),
        expect: ([finding]) => {
          expect(sqlOf(finding)).not.toContain('CREATE');
          expect(finding?.approach).toContain('at >= $1 AND at < $2');
        },
      },
      {
        name: 'date_trunc with an argument',
        snapshot: with_({ text: "SELECT id FROM orders WHERE date_trunc('day', at) = $1" }),
        expect: ([finding]) => expect(sqlOf(finding)).not.toContain('CREATE'),
      },
    ],
    blind: [{ name: 'when no text was seen (trap 61)', snapshot: with_({ text: undefined }), why: /text/ }],
  });
});
