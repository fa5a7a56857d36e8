import { SESClient } from '@aws-sdk/client-ses';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createSesMailbox } from '../../lib/deliver/ses.ts';
import type { Message } from '../../lib/model/objects.ts';
import { testCredentials } from '../support/aws-signature.ts';
import { type FakeSes, startFakeSes } from '../support/fake-ses.ts';
import { message, now } from './room.ts';

let ses: FakeSes;
let client: SESClient;
let pauses: number[];
beforeEach(async () => {
  ses = await startFakeSes();
  pauses = [];
  client = open(ses.endpoint);
});
afterEach(async () => {
  client.destroy();
  await ses.close();
});

const open = (endpoint: string, over: { maxAttempts?: number; secretAccessKey?: string } = {}) =>
  new SESClient({
    endpoint,
    region: 'eu-central-1',
    credentials: { ...testCredentials, ...(over.secretAccessKey ? { secretAccessKey: over.secretAccessKey } : {}) },
    maxAttempts: over.maxAttempts ?? 1,
    requestHandler: { requestTimeout: 300, throwOnRequestTimeout: true },
  });
const mailbox = (using = client) =>
  createSesMailbox({
    client: using,
    configurationSet: 'hunt-mail',
    sleep: async (ms) => void pauses.push(ms),
  });
const letter: Message = { ...message, to: ['Ada <ada@example.org>'] };

describe('SES', () => {
  test('gets the whole message for one recipient, with the configuration set', async () => {
    const { messageId } = await mailbox().send(letter, now);
    const [sent] = ses.accepted;
    expect(sent).toMatchObject({ messageId, destinations: ['ada@example.org'], configurationSet: 'hunt-mail' });
    const parsed = await sent?.parse();
    expect(parsed?.subject).toBe(message.subject);
    expect(parsed?.html).toContain(message.html);
    expect(parsed?.text?.trim()).toBe(message.text);
  });

  test('is asked again, after growing pauses, when it throttles, and only so often', async () => {
    ses.fault({ kind: 'throttling', times: 3 });
    await mailbox().send(letter, now);
    expect(ses.accepted).toHaveLength(1);
    expect(pauses).toEqual([500, 1000, 2000]);
    ses.fault({ kind: 'throttling', times: 99 });
    await expect(mailbox().send(letter, now)).rejects.toMatchObject({
      sent: 'no',
      message: expect.stringMatching(/digest-2026-W47 to Ada.*Maximum sending rate.*run again later/),
    });
  });

  test.each([
    ['rejected', 'no', /Verify the sender in SES; in the sandbox also each recipient/],
    ['denied', 'no', /ses:SendRawEmail on the identity and on the configuration set/],
    ['internal', 'unknown', /InternalFailure/],
    ['lost-response', 'unknown', /did not confirm/],
    ['silence', 'unknown', /did not confirm/],
  ] as const)('that answers with %s is asked once only; sent: %s', async (kind, sent, words) => {
    ses.fault({ kind });
    await expect(mailbox().send(letter, now)).rejects.toMatchObject({ sent, message: expect.stringMatching(words) });
    expect(ses.requests).toBe(1);
    expect(ses.accepted).toHaveLength(kind === 'lost-response' || kind === 'silence' ? 1 : 0);
  });

  test('behind a closed port was surely not reached', async () => {
    const closed = open('http://127.0.0.1:9');
    await expect(mailbox(closed).send(letter, now)).rejects.toMatchObject({
      sent: 'no',
      message: expect.stringMatching(/SES cannot be reached/),
    });
    expect(pauses).toHaveLength(4);
  });

  test('refuses a wrong key, and the error repeats no secret', async () => {
    const wrong = open(ses.endpoint, { secretAccessKey: 'guessed-secret' });
    const failure = await mailbox(wrong)
      .send(letter, now)
      .catch((error: unknown) => error);
    expect(failure).toMatchObject({ sent: 'no' });
    expect(String(failure)).not.toContain('guessed-secret');
  });

  test('is not given several recipients at once, a huge message, or a client that repeats by itself', async () => {
    await expect(mailbox().send(message, now)).rejects.toThrow(/one recipient/);
    const huge = {
      ...letter,
      attachments: [{ filename: 'a', contentType: 'image/png', body: Buffer.alloc(8_000_000) }],
    };
    await expect(mailbox().send(huge, now)).rejects.toThrow(/more than SES takes/);
    await expect(mailbox(open(ses.endpoint, { maxAttempts: 3 })).send(letter, now)).rejects.toThrow(/must not repeat/);
    expect(ses.requests).toBe(0);
  });
});
