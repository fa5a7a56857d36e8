/** A report that says whatever an attacker wanted it to, in every rendering, against its harmless twin. */

import fc from 'fast-check';
import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { simpleParser } from 'mailparser';
import { describe, expect, it } from 'vitest';
import type { Report } from '../../lib/model/report.ts';
import { checkKey } from '../../lib/store/key.ts';
import { aBusyReport } from '../support/busy-report.ts';
import { infected } from '../support/hostile.ts';
import { parsed } from '../support/html.ts';
import { type File, filesOf } from '../support/preview.ts';
import { type State, weeksBefore } from '../support/states.ts';
import { hostileText, pollution, runs } from './hostile-text.ts';

const TURNS = /[\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069\uFEFF]/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/;

const stateOf = (report: Report): State => ({ report, shelf: weeksBefore(report, 1) });
const textOf = ({ body }: File) => new TextDecoder().decode(body);
/** Targets keep their names: they are checked where they come in, as they become folders. */
function saying(text: string): State {
  const report = infected(aBusyReport(), text);
  const named = report.targets.map((one, at) => ({ ...one, target: aBusyReport().targets[at]?.target ?? '' }));
  return stateOf({ ...report, targets: named });
}
/** As long, with its lines and blanks, and of nothing but a letter. */
const tame = (text: string) => text.replace(/[^ \n\r\t\u2028\u2029]/gu, 'x');

/** Elements, in no order as lists are sorted by name, with the names of their attributes: all that a text could have added. */
const skeleton = (html: string) =>
  parsed(html)
    .elements.map(({ tagName, attrs }) => [tagName, ...attrs.map(({ name }) => name)].join(' '))
    .sort();

function harmless(html: string, path: string): void {
  const { elements, text } = parsed(html);
  const attributes = elements.flatMap(({ attrs }) => attrs);
  expect(
    attributes.filter(({ name }) => /^on|^(srcdoc|formaction|ping)$/.test(name)),
    path,
  ).toEqual([]);
  const addresses = attributes.filter(({ name }) => /^(href|src|action|background|poster|data)$/.test(name));
  const outward = addresses.filter(
    ({ value }) =>
      /^[\s\p{Cc}]*([a-z+.-]+:|[/\\]{2})/iu.test(value) &&
      !/^(https:\/\/reports\.example\.com\/hunts\/|data:image\/png;|cid:)/.test(value),
  );
  expect(outward, path).toEqual([]);
  // Out of the archive: more steps up than there are folders.
  expect(
    addresses.filter(({ value }) => /^(\.\.\/){4}|[^./]\/+\.\.(\/|$)|%2e%2e|\\/i.test(value)),
    path,
  ).toEqual([]);
  expect(
    attributes.filter(({ name, value }) => name === 'style' && /url\(|expression|@import/i.test(value)),
    path,
  ).toEqual([]);
  expect(TURNS.exec(text)?.[0], path).toBeUndefined();
  expect(CONTROL.exec(text)?.[0], path).toBeUndefined();
}

/** Cells of RFC 4180, by a reader that knows nothing of our writer. */
function cellsOf(csv: string): readonly (readonly string[])[] {
  const rows: string[][] = [[]];
  for (const [whole, quoted, plain, end] of csv
    .replace(/^\uFEFF/, '')
    .matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n|$)/g)) {
    if (whole === '') break;
    rows.at(-1)?.push(quoted?.replaceAll('""', '"') ?? plain ?? '');
    if (end === '\r\n') rows.push([]);
  }
  return rows.filter((row) => row.length > 0);
}

function checkCsv(csv: string, other: string, path: string): void {
  const [cells, same] = [cellsOf(csv), cellsOf(other)];
  expect(
    cells.map((row) => row.length),
    path,
  ).toEqual(same.map((row) => row.length));
  const NUMBER = /^[-+]?\d+(\.\d+)?(e[-+]?\d+)?$/i;
  // As spreadsheets see them: without what is in front of a formula and cannot be seen.
  const formulas = cells
    .flat()
    .filter(
      (cell) =>
        /^[\s\p{Cc}\p{Cf}"']*[=+\-@\uFF1D\uFF0B\uFF0D\uFF20|%]/u.test(cell) &&
        !cell.startsWith("'") &&
        !NUMBER.test(cell),
    );
  expect(formulas, path).toEqual([]);
}

async function checkMail(eml: string, other: string): Promise<void> {
  const [mail, same] = [await simpleParser(eml), await simpleParser(other)];
  expect([...mail.headers.keys()]).toEqual([...same.headers.keys()]);
  for (const header of ['to', 'from', 'list-id']) expect(mail.headers.get(header)).toEqual(same.headers.get(header));
  expect(mail.subject).not.toMatch(/[\r\n\t]/);
  expect(`${mail.subject}${mail.text}`).not.toMatch(TURNS);
  expect(`${mail.subject}${mail.text}`).not.toMatch(CONTROL);
  expect(mail.attachments.map(({ filename, contentType }) => [filename, contentType])).toEqual(
    same.attachments.map(({ filename, contentType }) => [filename, contentType]),
  );
  expect(eml.split('\r\n').filter((line) => Buffer.byteLength(line) > 998)).toEqual([]);
  harmless(String(mail.html), 'mail');
}

describe('a report of hostile texts', () => {
  it('has no element, header, cell, path or link that its harmless twin has not', async () => {
    await fc.assert(
      fc.asyncProperty(hostileText, async (text) => {
        // Never nothing at all: an empty name is left out where its twin is not.
        const files = await filesOf(saying(`x${text} `));
        const expected = await filesOf(saying(`x${tame(text)} `));
        const of = (path: string) =>
          textOf(expected.find((file) => file.path === path) ?? expect.fail(`no twin of ${path}`));
        expect(files.map(({ path }) => path)).toEqual(expected.map(({ path }) => path));
        for (const file of files) {
          const { path } = file;
          if (!path.startsWith('mail/')) checkKey(path);
          if (path.endsWith('.html')) {
            harmless(textOf(file), path);
            expect(skeleton(textOf(file)), path).toEqual(skeleton(of(path)));
          } else if (path.endsWith('.csv')) checkCsv(textOf(file), of(path), path);
          else if (path.endsWith('.eml')) await checkMail(textOf(file), of(path));
          else if (path.endsWith('.xml')) {
            expect(XMLValidator.validate(textOf(file))).toBe(true);
            const names = (xml: string) =>
              JSON.stringify(new XMLParser({ ignoreAttributes: false }).parse(xml), (_, value: unknown) =>
                typeof value === 'string' ? '' : value,
              );
            expect(names(textOf(file))).toEqual(names(of(path)));
          } else if (path.endsWith('.json')) expect(() => JSON.parse(textOf(file)) as unknown).not.toThrow();
          else expect(textOf(file), path).not.toMatch(TURNS);
        }
        expect(pollution()).toEqual([]);
      }),
      {
        ...runs(4),
        endOnFailure: true,
        // Whatever is drawn, these are tried; short, as texts are cut.
        examples: [
          [`"'><script>1</script><a href="javascript:1">\u202E\u0007`],
          ['\r\nBcc: x@y\r\n\r\n=1,"]]>&lt;../..'],
        ],
      },
    );
  });
});
