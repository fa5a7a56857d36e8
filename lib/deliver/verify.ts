/** Some time after a run was due, by somebody else's clock: did its mails go out? The claims know. */
import { DateTime } from 'luxon';
import type { Objects } from '../model/objects.ts';
import type { Cadence } from '../model/report.ts';
import { decode } from './claim.ts';
import { DeliveryError } from './error.ts';

export interface Expected {
  readonly cadence: Cadence;
  /** ISO 8601: runs whose window ended after the one and not after the other. */
  readonly after: string;
  readonly until: string;
}

const CLAIM = /^claims\/[^/]+\/[^/]+\/(\d{8}T\d{6}Z)\/(.+?)(?:\.(\d+))?\.json$/;

/** Claims of all mails that were due, each of them sent. Throws DeliveryError when one was not, or none was due. */
export async function verifyDelivered(store: Objects, expected: Expected): Promise<readonly string[]> {
  const { cadence, after, until } = expected;
  const [from, to] = [after, until].map((time) =>
    DateTime.fromISO(time, { zone: 'utc' }).toFormat("yyyyMMdd'T'HHmmss'Z'"),
  );
  if (from === undefined || to === undefined) throw new Error('two times give two names');
  const last = new Map<string, { readonly key: string; readonly attempt: number }>();
  for (const key of await store.list(`claims/${cadence}/`)) {
    const [, end = '', letter, nth = '1'] = CLAIM.exec(key) ?? [];
    if (letter === undefined || end <= from || end > to) continue;
    const name = `${key.slice(0, key.lastIndexOf('/'))}/${letter}`;
    const attempt = Number(nth);
    if (attempt > (last.get(name)?.attempt ?? 0)) last.set(name, { key, attempt });
  }
  if (last.size === 0) {
    throw new DeliveryError(
      `no ${cadence} digest was delivered: ${store.location} has no claim of a run between ${after} and ${until}`,
      { sent: 'no' },
    );
  }
  const keys = [...last.values()].map(({ key }) => key);
  const unsent: string[] = [];
  for (const key of keys) {
    const { state, why } = decode(key, await store.get(key));
    if (state !== 'sent') unsent.push(`${key} is "${state}"${why === undefined ? '' : `: ${why}`}`);
  }
  if (unsent.length > 0) throw new DeliveryError(`not delivered: ${unsent.join('; ')}`, { sent: 'unknown' });
  return keys;
}
