/** Target names: part of paths in the store, so only what is safe there. */
import { createHash } from 'node:crypto';

const longest = 80;

/** A changed name leaves a trace of what it was, so that two names never become one; the colon before a port is plain. */
export function targetName(name: string): string {
  const plain = name.replace(/:(\d+)$/, '-$1');
  if (/^[A-Za-z0-9_-][A-Za-z0-9._-]*$/.test(plain) && plain.length <= longest) return plain;
  const hash = createHash('sha256').update(name).digest('hex').slice(0, 8);
  const kept = plain.replace(/[^A-Za-z0-9._-]/g, '-').replace(/^[.-]+/, '');
  return `${kept.slice(0, longest - hash.length - 1) || 'target'}-${hash}`;
}

export const formerly = (names: readonly string[]): { readonly formerNames?: readonly string[] } =>
  names.length === 0 ? {} : { formerNames: names.map(targetName) };
