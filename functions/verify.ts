/** The look afterwards: whether the hunt that was due has delivered. It fails loudly, and an alarm is on failures. */
import { readConfig } from '../lib/config.ts';
import type { Verify } from '../lib/config-schema.ts';
import { verifyDelivered } from '../lib/deliver/verify.ts';
import { openStore } from '../lib/store/open.ts';
import type { Log } from './log.ts';

export interface VerifyInput {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** ISO 8601. */
  readonly now: string;
  readonly log: Log;
}

/** Keys of the claims that say "sent". */
export async function verify(verify: Verify, { env, now, log }: VerifyInput): Promise<readonly string[]> {
  const { cadence, end = now, within } = verify;
  const config = readConfig({ env, flags: {}, now });
  const after = new Date(Date.parse(end) - within * 1000).toISOString();
  log('info', `verifying that a ${cadence} digest was delivered`, { after, until: end });
  const sent = await verifyDelivered(await openStore(config.store), { cadence, after, until: end });
  log('info', 'delivered', { claims: sent });
  return sent;
}
