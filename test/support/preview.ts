/** One state as files: its archive, and each mail as HTML, as text and as the message that would be sent. */
import { roster } from '../../lib/advise/index.ts';
import { regressionRules } from '../../lib/compare/method.ts';
import { compose } from '../../lib/deliver/mime.ts';
import type { Method } from '../../lib/model/archive.ts';
import type { Message } from '../../lib/model/objects.ts';
import { effortRules } from '../../lib/plan/method.ts';
import { archiveOf } from '../../lib/report/archive.ts';
import { mailSettings, mailsOf } from '../../lib/report/mails.ts';
import { NOW, type State } from './states.ts';

/** As hunt.ts hands it in. */
export const method: Method = {
  advisors: roster.map(({ card }) => card),
  regressions: regressionRules,
  effort: effortRules,
};

const ARCHIVE_URL = 'https://reports.example.com/hunts';

export interface File {
  readonly path: string;
  readonly body: Uint8Array;
}

export async function filesOf({ report, shelf }: State): Promise<readonly File[]> {
  const archive = await archiveOf({ report, snapshots: [], shelf, mail: mailSettings(report, ARCHIVE_URL), method });
  return [...archive.map(({ key, body }) => ({ path: key, body })), ...(await mailFilesOf({ report, shelf }))];
}

export async function mailFilesOf({ report, shelf }: State): Promise<readonly File[]> {
  const mails = await mailsOf({
    report,
    earlier: shelf.map((one) => one.report),
    from: 'pg-hunt <pg-hunt@example.com>',
    recipients: ['team@example.com'],
    archiveUrl: ARCHIVE_URL,
  });
  const bytes = (text: string) => new TextEncoder().encode(text);
  const files: File[] = [];
  for (const mail of mails) {
    const [kind = mail.id] = /^[a-z]+(-[a-z]+)?/.exec(mail.id) ?? [];
    files.push({ path: `mail/${kind}.html`, body: bytes(withPictures(mail)) });
    files.push({ path: `mail/${kind}.txt`, body: bytes(`Subject: ${mail.subject}\n\n${mail.text}`) });
    files.push({ path: `mail/${kind}.eml`, body: await compose(mail, NOW) });
  }
  return files;
}

/** As a mail program shows it: what is attached stands where it is named. */
function withPictures({ html, attachments = [] }: Message): string {
  return attachments.reduce(
    (shown, { cid, contentType, body }) =>
      shown.replaceAll(`cid:${cid}`, `data:${contentType};base64,${Buffer.from(body).toString('base64')}`),
    html,
  );
}
