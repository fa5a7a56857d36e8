/** The letters of one run: the digest, and an alert of its own when something newly got worse. */
import type { Message } from '../model/objects.ts';
import { periodName } from '../model/period.ts';
import type { Report } from '../model/report.ts';
import { renderAlert } from './alert.ts';
import { pageKey } from './archive.ts';
import { type MailSettings, type Rendered, renderDigest } from './digest.ts';

export interface MailsInput {
  readonly report: Report;
  readonly from: string;
  readonly recipients: readonly string[];
  /** Where the store can be read over HTTP; without it mails name the archive key. */
  readonly archiveUrl: string | undefined;
}

export function mailSettings(report: Report, archiveUrl: string | undefined): MailSettings {
  const base = archiveUrl?.replace(/\/+$/, '');
  const key = (target: string): string => pageKey(report, target);
  return {
    pageUrl: (target) =>
      base === undefined ? null : `${base}/${key(target).split('/').map(encodeURIComponent).join('/')}`,
    pageKey: key,
  };
}

export async function mailsOf({ report, from, recipients, archiveUrl }: MailsInput): Promise<readonly Message[]> {
  const settings = mailSettings(report, archiveUrl);
  const run = `${periodName(report.cadence, report.window.end)}-${report.window.end.replace(/[^0-9TZ]/g, '-')}`;
  const message = (kind: string, { subject, html, text }: Rendered): Message => ({
    id: `${kind}-${run}`,
    from,
    to: recipients,
    subject,
    html,
    text,
    headers: {},
  });
  const alert = await renderAlert(report, settings);
  return [
    ...(alert === null ? [] : [message('alert', alert)]),
    message('digest', await renderDigest(report, settings)),
  ];
}
