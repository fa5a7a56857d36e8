import { describe, expect } from 'vitest';
import { patternSearches } from '../../../lib/advise/query/pattern-searches.ts';
import { testAdvisor } from '../../support/advisor.ts';
import { aColumn, aKey, anIndex, aServer, aSnapshot, aStatement, aTable } from '../../support/rows.ts';

const people = aTable({
  columns: [aColumn('id'), aColumn('name', { type: 'text', averageBytes: 20 }), aColumn('zip', { type: 'integer' })],
});
const costly = aStatement({
  text: 'SELECT id FROM orders WHERE name ILIKE $1',
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

describe('pattern-searches', () => {
  testAdvisor(patternSearches, {
    passes: [
      { name: 'a healthy snapshot', snapshot: aSnapshot() },
      { name: 'an index leads there already', snapshot: with_({ sharedBlocksHit: 2_500_000 }) },
      {
        name: 'NOT LIKE, which no index serves',
        snapshot: with_({ text: 'SELECT id FROM orders WHERE name NOT LIKE $1' }),
      },
      {
        name: 'below OR, where one index is not enough',
        snapshot: with_({ text: 'SELECT id FROM orders WHERE name ILIKE $1 OR zip = $2' }),
      },
      { name: 'an equality', snapshot: with_({ text: 'SELECT id FROM orders WHERE name = $1' }) },
      { name: 'no text', snapshot: with_({ text: 'SELECT id FROM orders WHERE zip LIKE $1' }) },
      {
        name: 'a trigram index exists, so the patterns are too short for it',
        snapshot: {
          ...with_({}),
          indexes: [anIndex({ method: 'gin', keys: [aKey('name', { opclass: 'gin_trgm_ops' })] })],
        },
      },
    ],
    flags: [
      {
        name: 'ILIKE through the table: extension and trigram index',
        snapshot: with_({}),
        expect: ([finding]) => {
          expect(sqlOf(finding)).toContain('CREATE EXTENSION IF NOT EXISTS pg_trgm;');
          expect(sqlOf(finding)).toContain(
            'CREATE INDEX CONCURRENTLY orders_name_trgm_idx ON public.orders USING gin (name gin_trgm_ops);',
          );
        },
      },
      {
        name: 'LIKE names the cheaper index for fixed beginnings, and pg_trgm is there',
        snapshot: {
          ...with_({ text: 'SELECT o.id FROM orders o WHERE o.name LIKE $1 AND o.zip = $2' }),
          server: aServer({ extensions: ['pg_trgm'] }),
        },
        expect: ([finding]) => {
          expect(finding?.approach).toContain('text_pattern_ops');
          expect(sqlOf(finding)).not.toContain('EXTENSION');
        },
      },
    ],
    blind: [{ name: 'when no text was seen (trap 61)', snapshot: with_({ text: undefined }), why: /text/ }],
  });
});
