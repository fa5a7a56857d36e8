import type { Mailbox } from '../model/objects.ts';
import { DeliveryError } from './error.ts';

/** `ses`, or a folder for `.eml` files. */
export async function openMailbox(location: string, configurationSet?: string): Promise<Mailbox> {
  if (location === 'ses') {
    // Loaded when needed: the AWS client is slow to start.
    const { createSesMailbox } = await import('./ses.ts');
    return createSesMailbox({ configurationSet });
  }
  if (/^[a-z][a-z0-9+.-]+:\/\//i.test(location)) {
    throw new DeliveryError(`${location}: mail goes to "ses" or to a folder`, { sent: 'no' });
  }
  const { createFolderMailbox } = await import('./folder.ts');
  return createFolderMailbox(location);
}
