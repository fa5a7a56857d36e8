import { type ParsedMail, simpleParser } from 'mailparser';
import { describe, expect, test } from 'vitest';
import { compose } from '../../lib/deliver/mime.ts';
import type { Message } from '../../lib/model/objects.ts';
import { message, now } from './room.ts';

const parsed = async (over: Partial<Message>): Promise<ParsedMail> =>
  simpleParser(await compose({ ...message, ...over }, now));
const addresses = (field: ParsedMail['to']) =>
  [field ?? []].flat().flatMap(({ value }) => value.map((one) => one.address));

describe('a message', () => {
  test('holds text and HTML as alternatives, with the headers of an automatic mail', async () => {
    const mail = await parsed({});
    expect(mail.text?.trim()).toBe(message.text);
    expect(mail.html).toContain(message.html);
    expect(mail.date?.toISOString()).toBe(now);
    expect(mail.headers.get('auto-submitted')).toBe('auto-generated');
    expect(mail.headers.get('x-auto-response-suppress')).toBe('OOF, AutoReply');
    expect(mail.headers.get('list')).toMatchObject({ id: { id: 'pg-hunt.example.com', name: 'pg-hunt' } });
    expect(mail.headers.get('content-type')).toMatchObject({ value: 'multipart/alternative' });
  });

  test('is the same bytes every time, and others for another id', async () => {
    const first = await compose(message, now);
    expect((await compose(message, now)).equals(first)).toBe(true);
    const other = await compose({ ...message, id: 'other' }, now);
    expect(other.equals(first)).toBe(false);
    expect((await simpleParser(other)).messageId).not.toBe((await simpleParser(first)).messageId);
  });

  test('ends every line with CRLF, none longer than 998 octets, whatever the report holds', async () => {
    const html = `<p>${'wide '.repeat(2000)}表😀\n.\nFrom here\r\n</p>`;
    const text = `${'x'.repeat(5000)}\n.\n表${'ü'.repeat(3000)}`;
    const bytes = await compose({ ...message, html, text, subject: 'ü表😀'.repeat(60) }, now);
    const lines = bytes.toString('latin1').split('\r\n');
    expect(lines.filter((line) => /[\r\n]/.test(line))).toEqual([]);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(998);
    const mail = await simpleParser(bytes);
    expect(mail.subject).toBe('ü表😀'.repeat(60));
    expect(mail.text?.replace(/\s+$/, '')).toBe(text);
    expect(String(mail.html).replaceAll('\r\n', '\n')).toContain(html.replaceAll('\r\n', '\n').trimEnd());
  });

  test('keeps an inline picture with its content id', async () => {
    const body = Buffer.from('89504e470d0a1a0a', 'hex');
    const mail = await parsed({
      html: '<img src="cid:trend">',
      attachments: [{ filename: 'trend.png', cid: 'trend', contentType: 'image/png', body }],
    });
    expect(mail.attachments).toMatchObject([{ cid: 'trend', contentType: 'image/png', content: body }]);
  });

  test('carries headers of its own, one of them instead of a standard one', async () => {
    const mail = await parsed({ headers: { 'LIST-ID': 'shop <shop.example.com>', References: '<root@example.com>' } });
    expect(mail.headers.get('list')).toMatchObject({ id: { id: 'shop.example.com' } });
    expect(mail.references).toBe('<root@example.com>');
  });

  test.each(['a\r\nBcc: evil@example.net', 'a\nBcc: evil@example.net', 'a\r\n\r\n<p>', 'a\u2028b\u0000c'])(
    'makes one harmless line of the subject %j',
    async (subject) => {
      const mail = await parsed({ subject });
      expect(mail.bcc).toBeUndefined();
      for (const control of ['\r', '\n', '\0', '\u2028']) expect(mail.subject).not.toContain(control);
      expect(mail.subject?.startsWith('a ')).toBe(true);
      expect(addresses(mail.to)).toEqual(message.to);
      expect(mail.text?.trim()).toBe(message.text);
    },
  );

  test.each([
    'a@example.org\r\nBcc: evil@example.net',
    'a@example.org, b@example.org',
    'friends: a@example.org;',
    'no address',
    '<>',
    '',
    'a@b@c',
  ])('is refused with the address %j', async (address) => {
    await expect(compose({ ...message, to: ['ada@example.org', address] }, now)).rejects.toMatchObject({ sent: 'no' });
    await expect(compose({ ...message, from: address }, now)).rejects.toThrow(/is not one mail address/);
  });

  test.each(['Bcc', 'to', 'Content-Type', 'Message-ID', 'X:Y', 'X\r\nBcc', ''])(
    'is refused with the header %j',
    async (name) => {
      await expect(compose({ ...message, headers: { [name]: 'x' } }, now)).rejects.toThrow(
        /no header that a message may set/,
      );
    },
  );

  test('is refused when the value of a header breaks the line', async () => {
    const headers = { 'X-Target': 'shop\r\nBcc: evil@example.net' };
    await expect(compose({ ...message, headers }, now)).rejects.toThrow(/X-Target has a control character/);
  });

  test('reads no file and no URL that its HTML or names point to', async () => {
    const mail = await parsed({ html: '<img src="file:///etc/passwd"><img src="http://127.0.0.1:9/x">' });
    expect(mail.attachments).toEqual([]);
  });
});
