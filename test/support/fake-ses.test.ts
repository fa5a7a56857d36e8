import { SESClient, SendRawEmailCommand } from '@aws-sdk/client-ses';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { testCredentials } from './aws-signature.ts';
import { type FakeSes, startFakeSes } from './fake-ses.ts';

let ses: FakeSes;
beforeAll(async () => {
  ses = await startFakeSes();
});
afterAll(() => ses.close());

const open = (secretAccessKey = testCredentials.secretAccessKey) =>
  new SESClient({
    endpoint: ses.endpoint,
    region: 'eu-central-1',
    credentials: { ...testCredentials, secretAccessKey },
    maxAttempts: 1,
  });
const raw = (over: { from?: string; body?: string; head?: string } = {}) =>
  `From: ${over.from ?? 'hunt@example.com'}\r\nTo: ada@example.org\r\nSubject: hi\r\n${over.head ?? ''}\r\n${over.body ?? 'body'}\r\n`;
const send = (text: string, over: Record<string, unknown> = {}) =>
  open().send(
    new SendRawEmailCommand({ Destinations: ['ada@example.org'], RawMessage: { Data: Buffer.from(text) }, ...over }),
  );

test('what was accepted is kept as it came and parses again', async () => {
  const { MessageId } = await send(raw({ body: 'größer & + = %' }));
  const kept = ses.accepted.at(-1);
  expect(kept?.messageId).toBe(MessageId);
  expect(kept?.destinations).toEqual(['ada@example.org']);
  expect(Buffer.from(kept?.raw ?? '', 'latin1').toString('utf8')).toBe(raw({ body: 'größer & + = %' }));
  expect((await kept?.parse())?.subject).toBe('hi');
});

test.each([
  ['a sender that is not verified', { from: 'me@elsewhere.net' }, {}, /not verified/],
  ['a bare line feed', { body: 'a\nb' }, {}, /CRLF/],
  ['a line over 998 characters', { body: 'x'.repeat(999) }, {}, /998/],
  ['a header twice', { head: 'subject: again\r\n' }, {}, /Duplicate/],
  [
    '51 recipients',
    {},
    { Destinations: Array.from({ length: 51 }, (_, at) => `a${at}@example.org`) },
    /Recipient count/,
  ],
  ['an unknown configuration set', {}, { ConfigurationSetName: 'other' }, /does not exist/],
] as const)('%s is refused', async (_, parts, over, words) => {
  const before = ses.accepted.length;
  await expect(send(raw(parts), over)).rejects.toThrow(words);
  expect(ses.accepted).toHaveLength(before);
});

test('a wrong secret is refused', async () => {
  const command = new SendRawEmailCommand({ RawMessage: { Data: Buffer.from(raw()) } });
  await expect(open('wrong').send(command)).rejects.toMatchObject({ name: 'SignatureDoesNotMatch' });
  expect((await fetch(ses.endpoint, { method: 'POST', body: 'Action=SendRawEmail' })).status).toBe(403);
});
