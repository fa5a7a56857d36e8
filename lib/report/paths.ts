import { keyPart } from '../model/finding.ts';

/** An address inside the archive; null where a name of dots would lead out of it, however it is written. */
export function pathTo(...parts: readonly string[]): string | null {
  return parts.some((part) => /^\.+$/.test(part)) ? null : parts.map(keyPart).join('/');
}
