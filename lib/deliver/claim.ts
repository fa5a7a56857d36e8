/**
 * At most once. Before a message goes out, its claim is created, which only one run can do; afterwards the claim says
 * what came of it. A claim is never taken over: a further attempt is a further claim, so two runs cannot both retry.
 */
import { DateTime } from 'luxon';
import * as z from 'zod';
import type { Mailbox, Message, Objects } from '../model/objects.ts';
import { DeliveryError } from './error.ts';

/** Longer than any send lasts (mailboxes time out), so a claim unchanged for that long belongs to a dead run. */
const LEASE_MS = 120_000;
const POLL_MS = 2_000;
/** Past it nobody need wait. Generous, because the clocks of two runs may differ and `now` is a run's start. */
const ANCIENT = { minutes: 30 };

const claimSchema = z.object({
  /** failed: surely not sent. unknown: no answer came. */
  state: z.enum(['sending', 'sent', 'failed', 'unknown']),
  run: z.string(),
  since: z.string(),
  until: z.string(),
  messageId: z.string().optional(),
  why: z.string().optional(),
});
type Claim = z.infer<typeof claimSchema>;

export interface Letter {
  readonly message: Message;
  /** Of the first attempt, without `.json`. */
  readonly claimKey: string;
}

export interface SendOnce {
  readonly store: Objects;
  readonly mailbox: Mailbox;
  readonly runId: string;
  /** ISO 8601. */
  readonly now: string;
  readonly force: boolean;
  readonly sleep: (ms: number) => Promise<unknown>;
}

/** null: sent by this run. Otherwise how another one sent it. */
export async function sendOnce({ message, claimKey }: Letter, context: SendOnce): Promise<string | null> {
  const { store, mailbox, runId, now, force } = context;
  const keyOf = (attempt: number): string => `${claimKey}${attempt === 1 ? '' : `.${attempt}`}.json`;
  // Force goes past the claims that are there now, not past one that a forced twin makes meanwhile.
  let known = 0;
  while (force && (await store.get(keyOf(known + 1))) !== null) known += 1;

  for (let attempt = 1, forced = false; ; attempt += 1) {
    const key = keyOf(attempt);
    const claim: Claim = { state: 'sending', run: runId, since: now, until: later(now) };
    // A forced copy must not be swallowed by a folder that has the first one.
    const letter = forced ? { ...message, id: `${message.id}.${attempt}` } : message;
    if (await store.putIfAbsent(key, encode(claim), 'application/json')) return send(letter, key, claim, context);

    const found = await settled(key, context);
    if (found.state === 'failed') continue;
    const may = force && attempt <= known && found.run !== runId;
    if (found.state === 'sent') {
      if (!may) return `sent already (${key})`;
    } else if (mailbox.idempotent === true) {
      return send(letter, key, claim, context);
    } else if (!may) {
      throw new DeliveryError(
        `nobody knows whether ${message.id} was sent: ${key} in ${store.location} was left "${found.state}" by run ` +
          `${found.run}. If it did not arrive, run again with force; if it did, there is nothing to do`,
        { sent: 'unknown' },
      );
    }
    forced = true;
  }
}

async function send(message: Message, key: string, claim: Claim, { store, mailbox, now }: SendOnce): Promise<null> {
  const settle = (outcome: Partial<Claim>) => store.put(key, encode({ ...claim, ...outcome }), 'application/json');
  let messageId: string;
  try {
    ({ messageId } = await mailbox.send(message, now));
  } catch (error) {
    const state = error instanceof DeliveryError && error.sent === 'no' ? 'failed' : 'unknown';
    const why = error instanceof Error ? error.message : String(error);
    await settle({ state, why });
    if (error instanceof DeliveryError) throw error;
    throw new DeliveryError(`nobody knows whether ${message.id} was sent: ${why}`, { cause: error, sent: 'unknown' });
  }
  await settle({ state: 'sent', messageId });
  return null;
}

/** The claim of another run, once that run is done with it or can be given up. */
async function settled(key: string, { store, mailbox, now, sleep }: SendOnce): Promise<Claim> {
  for (let waited = 0; ; waited += POLL_MS) {
    const claim = decode(key, await store.get(key));
    const over = claim.state !== 'sending' || mailbox.idempotent === true || now > claim.until || waited >= LEASE_MS;
    if (over) return claim;
    await sleep(POLL_MS);
  }
}

function later(now: string): string {
  const until = DateTime.fromISO(now, { zone: 'utc' }).plus(ANCIENT).toISO();
  if (until === null) throw new Error(`${now} is no ISO 8601 time`);
  return until;
}

function encode(claim: Claim): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify(claim)}\n`);
}

/** Throws when nobody can tell what it says. */
export function decode(key: string, body: Uint8Array | null): Claim {
  try {
    return claimSchema.parse(JSON.parse(new TextDecoder().decode(body ?? new Uint8Array())));
  } catch (error) {
    throw new DeliveryError(`the claim ${key} cannot be read: look whether its mail was sent`, {
      cause: error,
      sent: 'unknown',
    });
  }
}
