/** The letters of one run: the digest, and alerts of their own for what newly got worse and for what came of it. */
import { createHash } from 'node:crypto';
import type { Message } from '../model/objects.ts';
import { periodName } from '../model/period.ts';
import type { Report } from '../model/report.ts';
import { type Alert, renderAlert } from './alert.ts';
import { pageKey } from './archive.ts';
import { type MailSettings, type Rendered, renderDigest } from './digest.ts';
import { isReviewed } from './review.ts';

export interface MailsInput {
  readonly report: Report;
  /** Earlier reports of the same targets, for the subjects of what they told first. */
  readonly earlier: readonly Report[];
  readonly from: string;
  readonly recipients: readonly string[];
  /** Where the store can be read over HTTP; without it mails name the archive key. */
  readonly archiveUrl: string | undefined;
  readonly unsubscribe?: Unsubscribe | undefined;
}

export interface Unsubscribe {
  /** An address to write to. */
  readonly mailto?: string | undefined;
  /** Takes a POST without a login (RFC 8058). */
  readonly https?: string | undefined;
}

export function mailSettings(report: Report, archiveUrl: string | undefined, stop?: Unsubscribe): MailSettings {
  const base = archiveUrl?.replace(/\/+$/, '');
  const key = (target: string): string => pageKey(report, target);
  return {
    pageUrl: (target) =>
      base === undefined ? null : `${base}/${key(target).split('/').map(encodeURIComponent).join('/')}`,
    pageKey: key,
    ...(stop === undefined ? {} : { stop: stop.https ?? stop.mailto }),
  };
}

export async function mailsOf(input: MailsInput): Promise<readonly Message[]> {
  const { report, earlier, from, recipients, archiveUrl, unsubscribe } = input;
  const settings = mailSettings(report, archiveUrl, unsubscribe);
  const run = `${periodName(report.cadence, report.window.end)}-${report.window.end.replace(/[^0-9TZ]/g, '-')}`;
  const message = (kind: string, { subject, html, text }: Rendered, headers = {}): Message => ({
    id: `${kind}-${run}`,
    from,
    to: recipients,
    subject,
    html,
    text,
    headers: { ...headers, ...stopHeaders(unsubscribe) },
  });
  // Alerts are the week's.
  if (report.targets.some(isReviewed)) return [message('digest', await renderDigest(report, settings))];
  const alert = await renderAlert(report, settings);
  const later = await renderAlert(report, settings, 'later', earlier);
  return [
    ...(alert === null ? [] : [{ ...message('alert', alert, threadOf(alert, from)), attachments: alert.attachments }]),
    ...(later === null
      ? []
      : [{ ...message('alert-later', later, threadOf(later, from)), attachments: later.attachments }]),
    message('digest', await renderDigest(report, settings)),
  ];
}

/** One click only where a server takes it: a mail program that offers the button to nobody is worse than none. */
function stopHeaders(stop: Unsubscribe | undefined): Message['headers'] {
  if (stop === undefined) return {};
  const { https, mailto } = stop;
  // Percent signs for what would end the header's address or begin another.
  const ways = [
    ...(https === undefined ? [] : [new URL(https).href.replace(/[<>,\s]/g, encodeURIComponent)]),
    ...(mailto === undefined ? [] : [`mailto:${encodeURIComponent(mailto).replace('%40', '@')}?subject=unsubscribe`]),
  ];
  return {
    'List-Unsubscribe': ways.map((way) => `<${way}>`).join(', '),
    ...(https === undefined ? {} : { 'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click' }),
  };
}

/**
 * Mails about one regression hang on a first one that was never sent: a carrier replaces the id of the mail that was,
 * so nothing could refer to it.
 */
function threadOf({ threads }: Alert, from: string): Message['headers'] {
  const domain = /@([^\s<>@]+)>?\s*$/.exec(from)?.[1] ?? 'localhost';
  const roots = threads.map(
    (thread) => `<alert-${createHash('sha256').update(thread).digest('hex').slice(0, 24)}@${domain}>`,
  );
  return { References: roots.join(' '), ...(roots[0] === undefined ? {} : { 'In-Reply-To': roots[0] }) };
}
