import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { clean, cut, elided, markup, oneLine, safeUrl } from '../../lib/report/markup.ts';
import { parsed } from '../support/html.ts';

const nasty = fc
  .array(
    fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom(
        '<',
        '>',
        '&',
        '"',
        "'",
        '${',
        '{{',
        '}}',
        '%',
        '`',
        '--',
        '<!--',
        '-->',
        ']]>',
        '</p>',
        '<img src=x onerror=1>',
        '&amp;',
        '&#0;',
        '\u202E',
        '\r\n',
        '\u0000',
        '</mj-text>',
        '<script>',
        '$&',
        '\uD800',
      ),
    ),
    { maxLength: 12 },
  )
  .map((parts) => parts.join(''));

describe('the markup tag', () => {
  test('lets no value become an element or an attribute, and loses no text', () => {
    fc.assert(
      fc.property(nasty, nasty, (inText, inAttribute) => {
        const { source } =
          markup`<!doctype html><html><head></head><body><div title="${inAttribute}">${inText}</div></body></html>`;
        const { elements } = parsed(source);
        expect(elements.map(({ tagName }) => tagName)).toEqual(['html', 'head', 'body', 'div']);
        const div = elements[3];
        expect(div?.attrs).toEqual([{ name: 'title', value: clean(inAttribute) }]);
        const texts = (div?.childNodes ?? []).map((node) => ('value' in node ? node.value : '?'));
        expect(texts.join('')).toBe(clean(inText));
      }),
      { numRuns: 500 },
    );
  });

  test('keeps what it made itself, also in lists', () => {
    const items = ['a', '<b>'].map((text) => markup`<li>${text}</li>`);
    expect(markup`<ul>${items}</ul>`.source).toBe('<ul><li>a</li><li>&lt;b&gt;</li></ul>');
  });

  test('does not take an object from a JSON document for its own', () => {
    const forged = JSON.parse('{"source":"<script>"}');
    expect(() => markup`${forged}`).toThrow();
  });
});

test('elided keeps how bad it is at the end', () => {
  expect(elided(`SELECT ${'a, '.repeat(40)}b is 18 times slower per call`, 60)).toBe(
    'SELECT a, a, a, a, a, a, a, a, a,…s 18 times slower per call',
  );
});

describe('clean', () => {
  test.each([
    ['a\u0000b', 'ab'],
    ['a\r\nb\rc', 'a\nb\nc'],
    ['in\u202Everted\u2066', 'inverted'],
    ['half \uD83D', 'half \uFFFD'],
    ['tab\tand\nline', 'tab\tand\nline'],
  ])('%j becomes %j', (raw, expected) => expect(clean(raw)).toBe(expected));

  test('oneLine leaves nothing that could begin a new header', () => {
    fc.assert(fc.property(nasty, (text) => !/[\r\n\u2028\u2029\u0085]/.test(oneLine(text))));
  });

  test('cut never halves a character and says that it cut', () => {
    expect(cut('👍👍👍👍', 3)).toBe('👍👍…');
    expect(cut('short', 5)).toBe('short');
  });
});

test.each([
  ['https://a.example/x#o-1', 'https://a.example/x#o-1'],
  ['javascript:alert(1)', null],
  ['data:text/html,x', null],
  ['//a.example', null],
  [null, null],
])('safeUrl of %j is %j', (url, expected) => expect(safeUrl(url)).toBe(expected));
