import fc from 'fast-check';
import { parseSync } from 'libpg-query';
import { beforeAll, describe, expect, it } from 'vitest';
import { loadParser } from '../../../lib/advise/sql/parse.ts';
import { quoteName, quoteQualified, quoteText } from '../../../lib/advise/sql/quote.ts';

beforeAll(async () => {
  await loadParser();
});

describe('quote', () => {
  it.each([
    ['orders', 'orders'],
    ['Orders', '"Orders"'],
    ['order', '"order"'],
    ['a"b', '"a""b"'],
    ['1st', '"1st"'],
    ['a b; DROP TABLE x', '"a b; DROP TABLE x"'],
  ])('prints %s as %s', (name, quoted) => {
    expect(quoteName(name)).toBe(quoted);
  });

  it('is read back by PostgreSQL as the same name, whatever the name', () => {
    const names = fc.string({ minLength: 1, maxLength: 20, unit: 'grapheme' }).filter((name) => !name.includes('\0'));
    fc.assert(
      fc.property(names, names, (schema, name) => {
        const tree = JSON.stringify(parseSync(`SELECT 1 FROM ${quoteQualified(schema, name)}`));
        expect(tree).toContain(`"schemaname":${JSON.stringify(schema)},"relname":${JSON.stringify(name)}`);
      }),
      { numRuns: 200, seed: 7 },
    );
  });

  it('keeps a text one text', () => {
    expect(quoteText(`o'Brien`)).toBe(`'o''Brien'`);
    expect(quoteText('a\\')).toBe(`E'a\\\\'`);
    for (const text of [`'; DROP TABLE x; --`, `\\'; DROP TABLE x; --`]) {
      expect(parseSync(`SELECT ${quoteText(text)}`).stmts).toHaveLength(1);
    }
  });
});
