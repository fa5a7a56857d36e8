import { simpleParser } from 'mailparser';
import { describe, expect, test } from 'vitest';
import { compose } from '../../lib/deliver/mime.ts';
import { mailsOf, type Unsubscribe } from '../../lib/report/mails.ts';
import { aBusyReport } from '../support/busy-report.ts';
import { NOW } from '../support/states.ts';

/** Alert and digest as a mail program reads them. */
async function read(unsubscribe?: Unsubscribe) {
  const mails = await mailsOf({
    report: aBusyReport(),
    earlier: [],
    from: 'pg-hunt <pg-hunt@example.com>',
    recipients: ['a@example.com'],
    archiveUrl: undefined,
    unsubscribe,
  });
  return Promise.all(mails.map(async (mail) => simpleParser(await compose(mail, NOW))));
}

const lineOf = ({ headerLines }: Awaited<ReturnType<typeof read>>[number], name: string) =>
  headerLines.find(({ key }) => key === name)?.line.replace(/\r\n\s+/g, ' ');

describe('every mail', () => {
  test('says that it is automatic and which list it is of, and offers no way out that is not there', async () => {
    const mails = await read();
    expect(mails.length).toBeGreaterThanOrEqual(2);
    for (const mail of mails) {
      expect(mail.headers.get('auto-submitted')).toBe('auto-generated');
      expect(lineOf(mail, 'list-id')).toBe('List-ID: pg-hunt <pg-hunt.example.com>');
      expect(lineOf(mail, 'list-unsubscribe')).toBeUndefined();
      expect(lineOf(mail, 'list-unsubscribe-post')).toBeUndefined();
    }
  });

  test('offers one click where a server takes it, and says so in its last line', async () => {
    const https = 'https://stop.example.com/pg-hunt?list=1&who=a,b';
    for (const mail of await read({ https, mailto: 'stop@example.com' })) {
      expect(lineOf(mail, 'list-unsubscribe')).toBe(
        'List-Unsubscribe: <https://stop.example.com/pg-hunt?list=1&who=a%2Cb>, <mailto:stop@example.com?subject=unsubscribe>',
      );
      expect(lineOf(mail, 'list-unsubscribe-post')).toBe('List-Unsubscribe-Post: List-Unsubscribe=One-Click');
      expect(mail.html).toContain('>Stop these mails</a>');
    }
  });

  test('with a mailbox alone asks for a mail, never for a click', async () => {
    for (const mail of await read({ mailto: 'stop@example.com' })) {
      expect(lineOf(mail, 'list-unsubscribe')).toBe('List-Unsubscribe: <mailto:stop@example.com?subject=unsubscribe>');
      expect(lineOf(mail, 'list-unsubscribe-post')).toBeUndefined();
      expect(mail.text?.replace(/\s+/g, ' ')).toContain('To stop them, write to stop@example.com.');
    }
  });
});
