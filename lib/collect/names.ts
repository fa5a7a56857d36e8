/** Target names: part of paths in the store, so only what is safe there. */
import { createHash } from 'node:crypto';

const longest = 80;

/** Two different names never become one: what is not only the colon before a port leaves a trace of what it was. */
export function targetName(name: string): string {
  const plain = name.replace(/:(\d+)$/, '-$1');
  const safe = plain.replace(/[^A-Za-z0-9._-]/g, '-').slice(0, longest);
  if (safe === plain && !/^\.{0,2}$/.test(safe)) return safe;
  const hash = createHash('sha256').update(name).digest('hex').slice(0, 8);
  return `${safe.replace(/^\.+$/, '')}-${hash}`.replace(/^-/, 'target-');
}
