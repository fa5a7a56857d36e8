/** Every rendering of every state: valid, within its budget, and the same after a mail program has read it. */
import { HtmlValidate } from 'html-validate';
import { simpleParser } from 'mailparser';
import { beforeAll, describe, expect, it } from 'vitest';
import { type File, filesOf, mailFilesOf } from '../support/preview.ts';
import { aFleet, states } from '../support/states.ts';

const validator = new HtmlValidate({
  extends: ['html-validate:standard'],
  rules: {
    'long-title': 'off',
    'require-sri': 'off',
    // Void elements and attributes are written as HTML has them.
    'void-style': 'off',
    'no-trailing-whitespace': 'off',
    'no-raw-characters': 'off',
  },
});
/** What mail programs need of 1999: presentational tables and attributes, written by the MJML library. */
const mailValidator = new HtmlValidate({
  extends: ['html-validate:standard'],
  rules: {
    'long-title': 'off',
    'require-sri': 'off',
    'void-style': 'off',
    'no-trailing-whitespace': 'off',
    'no-inline-style': 'off',
    'no-deprecated-attr': 'off',
    'attribute-allowed-values': 'off',
    'no-unknown-attributes': 'off',
    'prefer-native-element': 'off',
    'doctype-style': 'off',
    'no-conditional-comment': 'off',
    'attribute-boolean-style': 'off',
    'attr-case': 'off',
  },
});

const textOf = ({ body }: File) => new TextDecoder().decode(body);
const KB = 1024;

/** Bytes of the HTML part in the encoding in which it is sent. */
function encodedHtml(eml: string): number {
  const [, part = ''] = /Content-Type: text\/html[\s\S]*?\r\n\r\n([\s\S]*?)\r\n--/.exec(eml) ?? [];
  return part.length;
}

function faults(file: File): string[] {
  const by = file.path.startsWith('mail/') || file.path.endsWith('digest.html') ? mailValidator : validator;
  const { results } = by.validateStringSync(textOf(file), file.path);
  return results.flatMap(({ messages }) =>
    messages.map(({ ruleId, message, line }) => `${ruleId} ${line}: ${message}`),
  );
}

describe.each(Object.keys(states))('in the state %s', (name) => {
  let files: readonly File[] = [];
  beforeAll(async () => {
    files = await filesOf(states[name]?.() ?? { report: aFleet(1), shelf: [] });
  });
  const of = (pattern: RegExp) => files.filter(({ path }) => pattern.test(path));

  it('everything is valid HTML', () => {
    // Of a fleet the first few pages: two hundred are made of the same kinds.
    const html = of(/\.html$/)
      .slice(0, 12)
      .concat(of(/^(index|mail\/[\w-]+)\.html$/));
    expect(html.length).toBeGreaterThan(1);
    for (const file of html) expect([...new Set(faults(file))], file.path).toEqual([]);
  });

  it('mails and pages keep their budgets', () => {
    for (const file of of(/^mail\/digest\.eml$/)) expect(encodedHtml(textOf(file)), file.path).toBeLessThan(60 * KB);
    for (const file of of(/^mail\/alert.*\.eml$/)) expect(encodedHtml(textOf(file)), file.path).toBeLessThan(20 * KB);
    for (const file of of(/index\.html$/)) expect(file.body.length, file.path).toBeLessThanOrEqual(400 * KB);
    const digests = of(/^mail\/digest\.eml$/);
    expect(digests.map((file) => encodedHtml(textOf(file)) > 2 * KB)).toEqual([true]);
  });

  it('a mail program reads what was written', async () => {
    for (const eml of of(/\.eml$/)) {
      const mail = await simpleParser(Buffer.from(eml.body), { skipTextToHtml: true });
      const beside = (ending: string) => textOf(of(new RegExp(`^${eml.path.replace('eml', ending)}$`))[0] ?? eml);
      const plain = (text: string) => text.replaceAll('\r\n', '\n').trim();
      expect(plain(String(mail.html))).toBe(plain(beside('html')));
      expect(plain(`Subject: ${mail.subject}\n\n${mail.text}`)).toBe(plain(beside('txt')));
    }
  });
});

it('a thousand targets are still one mail that can be read', async () => {
  const files = await mailFilesOf({ report: aFleet(1000), shelf: [] });
  const digest = files.find(({ path }) => path === 'mail/digest.eml');
  const text = textOf(files.find(({ path }) => path === 'mail/digest.txt') ?? { path: '', body: new Uint8Array() });
  expect(encodedHtml(textOf(digest ?? { path: '', body: new Uint8Array() }))).toBeLessThan(40 * KB);
  expect(text).toContain('125 of 1,000 databases got worse.');
  expect(text.match(/^Total Optimization/gm)).toHaveLength(3);
  expect(text).toMatch(/And 9\d\d more; see the archive/);
});
