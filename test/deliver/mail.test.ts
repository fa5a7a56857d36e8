import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { simpleParser } from 'mailparser';
import { afterAll, expect, test } from 'vitest';
import { openMailbox } from '../../lib/deliver/mail.ts';
import { message, now } from './room.ts';

const root = mkdtempSync(join(tmpdir(), 'pg-hunt-mail-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

test('a folder gets one file a message, which opens in a mail program', async () => {
  const mailbox = await openMailbox(join(root, 'new/mail'));
  const { messageId } = await mailbox.send(message, now);
  expect(messageId).toBe(join(root, 'new/mail/digest-2026-W47.eml'));
  expect(readdirSync(join(root, 'new/mail'))).toEqual(['digest-2026-W47.eml']);
  expect((await simpleParser(readFileSync(messageId))).subject).toBe(message.subject);
});

test('the same message again is the same file, also when 8 runs write it at once', async () => {
  const folder = join(root, 'again');
  const mailbox = await openMailbox(folder);
  await Promise.all(Array.from({ length: 8 }, (_, at) => mailbox.send({ ...message, text: `run ${at}` }, now)));
  const [file, ...others] = readdirSync(folder);
  expect(others).toEqual([]);
  const before = readFileSync(join(folder, file ?? ''));
  await mailbox.send(message, now);
  expect(readFileSync(join(folder, file ?? '')).equals(before)).toBe(true);
});

test('no id leads out of the folder, and ids that look alike stay apart', async () => {
  const folder = join(root, 'safe');
  const mailbox = await openMailbox(folder);
  const ids = [
    '../../etc/cron.d/x',
    '..',
    'a/b',
    'a-b',
    'a b',
    'ü',
    `${'long'.repeat(100)}1`,
    `${'long'.repeat(100)}2`,
  ];
  for (const id of ids) await mailbox.send({ ...message, id }, now);
  const files = readdirSync(folder);
  expect(files).toHaveLength(ids.length);
  expect(files.every((file) => /^[A-Za-z0-9._-]{1,120}\.eml$/.test(file) && !file.startsWith('.'))).toBe(true);
});

test('a folder that cannot be made is named', async () => {
  const file = join(root, 'file');
  writeFileSync(file, '');
  const mailbox = await openMailbox(join(file, 'mail'));
  await expect(mailbox.send(message, now)).rejects.toMatchObject({
    sent: 'no',
    message: expect.stringContaining(join(file, 'mail')),
  });
});

test.skipIf(process.platform !== 'linux')('where no folder can be made, sending fails at once', async () => {
  const mailbox = await openMailbox('/proc/pg-hunt/mail');
  await expect(mailbox.send(message, now)).rejects.toThrow(/ENOENT.*Give mail a folder that this user may write/);
});

test('"ses" opens SES, and another scheme is refused by name', async () => {
  expect((await openMailbox('ses', 'hunt-mail')).location).toBe('ses');
  await expect(openMailbox('smtp://mail.example.com')).rejects.toThrow(/smtp:\/\/mail.example.com: mail goes to "ses"/);
});
