import { createHash } from 'node:crypto';

const MAX_READABLE = 80;

export function hashOf(text: string, length: number): string {
  return createHash('sha256').update(text).digest('hex').slice(0, length);
}

/** Any text → a name that is safe in a folder and a key; a hash keeps apart what looks alike after cleaning. */
export function safeName(text: string): string {
  const clean = text
    .replace(/[^A-Za-z0-9._-]+/g, '-')
    .replace(/^[.-]+/, '')
    .slice(0, MAX_READABLE);
  return clean === text ? text : `${clean}${clean === '' ? '' : '-'}${hashOf(text, 8)}`;
}
