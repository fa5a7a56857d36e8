/** The last verb: archive, then mail, then history. Killed between any two steps, it is put right by running again. */
import { setTimeout as pause } from 'node:timers/promises';
import { DateTime } from 'luxon';
import type { ArchiveObject } from '../model/archive.ts';
import type { Mailbox, Message, Objects } from '../model/objects.ts';
import type { Cadence } from '../model/report.ts';
import { type Letter, sendOnce } from './claim.ts';
import { DeliveryError } from './error.ts';
import { hashOf, safeName } from './name.ts';

export interface Delivery {
  readonly store: Objects;
  readonly mailbox: Mailbox;
  readonly archive: readonly ArchiveObject[];
  readonly mail: readonly Message[];
  readonly history: readonly { readonly key: string; readonly body: Uint8Array }[];
  /** What makes two runs the same run: its mails go out once. */
  readonly claim: { readonly cadence: Cadence; readonly targets: readonly string[]; readonly windowEnd: string };
  readonly send: boolean;
  readonly force: boolean;
  readonly runId: string;
  /** ISO 8601. */
  readonly now: string;
  readonly sleep?: (ms: number) => Promise<unknown>;
}

export interface Delivered {
  /** At least one mail left in this run. */
  readonly mailSent: boolean;
  readonly mailsSkipped: readonly { readonly id: string; readonly why: string }[];
  /** Mails that the carrier has taken, from this run or from one before it. */
  readonly mailsDelivered: number;
  readonly archived: number;
}

export async function deliver(delivery: Delivery): Promise<Delivered> {
  const { store, archive, history } = delivery;
  for (const { key, body, contentType } of archive) await store.put(key, body, contentType);

  const { sent, before, skipped, failures } = await sendAll(delivery);
  // What surely was not sent is sent by the next run, which must find the history as this run found it.
  if (failures.some((failure) => failure.sent === 'no')) throw summaryOf(failures);

  for (const { key, body } of history) await store.putIfAbsent(key, body, 'application/gzip');
  // Running again cannot cure an unknown fate: the history is kept, and a person is told.
  if (failures.length > 0) throw summaryOf(failures);
  return { mailSent: sent > 0, mailsSkipped: skipped, mailsDelivered: sent + before, archived: archive.length };
}

async function sendAll(delivery: Delivery) {
  const { store, mailbox, mail, runId, now, force, sleep = pause } = delivery;
  const skipped: { id: string; why: string }[] = [];
  const failures: DeliveryError[] = [];
  let sent = 0;
  let before = 0;
  for (const letter of mail.flatMap((message) => lettersOf(message, delivery))) {
    if (!delivery.send) {
      skipped.push({ id: letter.message.id, why: 'sending is switched off' });
      continue;
    }
    try {
      const why = await sendOnce(letter, { store, mailbox, runId, now, force, sleep });
      if (why === null) sent += 1;
      else {
        before += 1;
        skipped.push({ id: letter.message.id, why });
      }
    } catch (error) {
      if (!(error instanceof DeliveryError)) throw error;
      failures.push(error); // one bad address must not cost the others their mail
    }
  }
  return { sent, before, skipped, failures };
}

/** A carrier that cannot take a letter back gets one a recipient, each with its own claim; a folder gets one file. */
function lettersOf(message: Message, { mailbox, claim }: Delivery): readonly Letter[] {
  const targets = hashOf(JSON.stringify([...new Set(claim.targets)].sort()), 16);
  const end = DateTime.fromISO(claim.windowEnd, { zone: 'utc' }).toFormat("yyyyMMdd'T'HHmmss'Z'");
  const letters =
    mailbox.idempotent === true
      ? [message]
      : message.to.map((to) => ({ ...message, id: `${message.id}-${hashOf(to.toLowerCase(), 8)}`, to: [to] }));
  if (letters.length === 0) throw new DeliveryError(`${message.id}: nobody to send to`, { sent: 'no' });
  return letters.map((letter) => ({
    message: letter,
    claimKey: `claims/${claim.cadence}/${targets}/${end}/${safeName(letter.id)}`,
  }));
}

function summaryOf(failures: readonly DeliveryError[]): DeliveryError {
  const [only, ...others] = failures;
  if (only !== undefined && others.length === 0) return only;
  return new DeliveryError(failures.map(({ message }) => message).join('\n'), {
    cause: new AggregateError(failures),
    sent: failures.some(({ sent }) => sent === 'no') ? 'no' : 'unknown',
  });
}
