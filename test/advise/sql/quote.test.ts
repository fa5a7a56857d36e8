import fc from 'fast-check';
import { parseSync } from 'libpg-query';
import { beforeAll, describe, expect, it } from 'vitest';
import { loadParser } from '../../../lib/advise/sql/parse.ts';
import { quoteName, quoteQualified, quoteRegclass, quoteText, spelledOut } from '../../../lib/advise/sql/quote.ts';

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

describe('names that a screen cannot show', () => {
  it.each([
    ['orders\u202E', 'U&"orders\\202E"'],
    ['a\nb', 'U&"a\\000Ab"'],
    [' a  b ', 'U&"\\0020a \\0020b\\0020"'],
    ['tag\u{E0041}"\\', 'U&"tag\\+0E0041""\\\\"'],
    ['a b', '"a b"'],
    ['Größe 🦊', '"Größe 🦊"'],
  ])('prints %j as %s', (name, quoted) => {
    expect(quoteName(name)).toBe(quoted);
  });

  it('are spelt out in texts and for regclass too, where identifiers have no escapes', () => {
    expect(quoteText('a\u202E\\')).toBe("E'a\\u202E\\\\'");
    expect(quoteRegclass('s', 'a\u202E')).toBe(`E's."a\\u202E"'`);
    expect(quoteRegclass('S x', "it's")).toBe(`'"S x"."it''s"'`);
  });

  it('are spelt out in SQL that others wrote, and nothing else of it is touched', () => {
    expect(spelledOut('CREATE INDEX "a\u202E" ON s."b""\n" (c) WHERE d = \'e\u200B\\\'::text AND f = \'plain\'')).toBe(
      'CREATE INDEX U&"a\\202E" ON s.U&"b""\\000A" (c) WHERE d = E\'e\\u200B\\\\\'::text AND f = \'plain\'',
    );
    expect(spelledOut('SELECT\n "a b" ,\t1')).toBe('SELECT\n "a b" ,\t1');
  });

  it('never print as something else than what is read back', () => {
    const names = fc.string({ minLength: 1, maxLength: 12, unit: 'binary' }).filter((name) => !/\0|\p{Cs}/u.test(name));
    fc.assert(
      fc.property(names, (name) => {
        expect(quoteName(name)).not.toMatch(/(?! )[\p{C}\p{Z}]/u);
        const [statement] = parseSync(`SELECT ${quoteText(name)} FROM ${quoteName(name)}`).stmts ?? [];
        const tree = JSON.stringify(statement);
        expect(tree).toContain(`"sval":${JSON.stringify(name)}`);
        expect(tree).toContain(`"relname":${JSON.stringify(name)}`);
      }),
      { numRuns: 100, seed: 7 },
    );
  });
});
