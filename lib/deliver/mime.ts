/** Message → RFC 5322 bytes. The same message gives the same bytes: date, boundaries and Message-ID are derived. */
import addressparser from 'nodemailer/lib/addressparser';
import MailComposer from 'nodemailer/lib/mail-composer';
import type { Message } from '../model/objects.ts';
import { DeliveryError } from './error.ts';
import { hashOf } from './name.ts';

/** Ours to set: a value from outside could add a recipient or break the structure. */
const RESERVED =
  /^(from|to|cc|bcc|sender|reply-to|return-path|subject|date|message-id|mime-version|content-.*|resent-.*)$/i;
const ADDRESS = /^[^\s<>()[\]\\,;:@"]+@[^\s<>()[\]\\,;:@"]+$/;

/** `date`: ISO 8601. */
export async function compose(message: Message, date: string): Promise<Buffer> {
  const from = checkAddress(message.from);
  const domain = from.slice(from.lastIndexOf('@') + 1);
  const identity = JSON.stringify([message.id, message.to]);
  for (const address of message.to) checkAddress(address);
  checkHeaders(message.headers);
  const headers = {
    'auto-submitted': 'auto-generated', // RFC 3834: no out-of-office answers, please
    'x-auto-response-suppress': 'OOF, AutoReply', // the same for Exchange
    'list-id': `pg-hunt <pg-hunt.${domain}>`,
    ...Object.fromEntries(Object.entries(message.headers).map(([key, value]) => [key.toLowerCase(), value])),
  };
  const composer = new MailComposer({
    from: message.from,
    to: [...message.to],
    subject: oneLine(message.subject),
    text: message.text,
    html: message.html,
    date: new Date(date),
    messageId: `<${hashOf(identity, 32)}@${domain}>`,
    headers: Object.entries(headers).map(([key, value]) => ({ key, value })),
    attachments: (message.attachments ?? []).map(({ filename, cid, contentType, body }) => ({
      filename,
      contentType,
      content: Buffer.from(body),
      ...(cid === undefined ? {} : { cid, contentDisposition: 'inline' as const }),
    })),
    // Content is what the report wrote, never a file or URL that a hostile name points to.
    disableFileAccess: true,
    disableUrlAccess: true,
    newline: 'windows',
    ...{ baseBoundary: hashOf(identity, 16) }, // missing from the types; random when not given
  });
  return composer.compile().build();
}

/** The bare address; a display name is allowed, a second address or a line break is not. */
export function checkAddress(text: string): string {
  const parsed = addressparser(text);
  const [only] = parsed;
  const address = only !== undefined && 'address' in only ? (only.address ?? '') : '';
  if (parsed.length !== 1 || hasControl(text) || !ADDRESS.test(address)) {
    throw new DeliveryError(`${JSON.stringify(text)} is not one mail address`, { sent: 'no' });
  }
  return address;
}

function checkHeaders(headers: Message['headers']): void {
  for (const [key, value] of Object.entries(headers)) {
    if (!/^[A-Za-z][A-Za-z0-9-]*$/.test(key) || RESERVED.test(key)) {
      throw new DeliveryError(`${JSON.stringify(key)} is no header that a message may set`, { sent: 'no' });
    }
    if (hasControl(value)) throw new DeliveryError(`the header ${key} has a control character`, { sent: 'no' });
  }
}

/** Subjects carry names of tables and databases; a line break in one must not cost the reader the mail. */
function oneLine(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is removed
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, ' ').trim();
}

function hasControl(text: string): boolean {
  return oneLine(text) !== text.trim();
}
