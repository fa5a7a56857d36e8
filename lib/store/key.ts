import { StoreError } from './error.ts';

/** S3's own limit. */
const MAX_KEY_BYTES = 1024;
/** Begins the names of the folder's half-written files. */
export const TEMPORARY = '.tmp-';

/** One rule for both adapters, so that what works in a folder works in S3 and no key leads out of the store. */
export function checkKey(key: string): string {
  const fault = faultOf(key);
  if (fault !== null) throw new StoreError(`${JSON.stringify(key)} cannot be a key of the store: ${fault}`);
  return key;
}

/** A prefix is the beginning of a key: the same rule, but it may be empty or end inside a name or at a slash. */
export function checkPrefix(prefix: string): string {
  if (prefix !== '') checkKey(prefix.endsWith('/') ? prefix.slice(0, -1) : prefix);
  return prefix;
}

function faultOf(key: string): string | null {
  if (key === '') return 'it is empty';
  if (Buffer.byteLength(key) > MAX_KEY_BYTES) return `it is longer than ${MAX_KEY_BYTES} bytes`;
  if (/\p{Surrogate}/u.test(key)) return 'it is no valid Unicode';
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  if (/[\u0000-\u001f\u007f\\]/.test(key)) return 'it has a control character or a backslash';
  const parts = key.split('/');
  if (parts.includes('')) return 'it has an empty part (leading, trailing or doubled slash)';
  if (parts.some((part) => part === '.' || part === '..')) return 'it has a part that is . or ..';
  if (parts.some((part) => part.startsWith(TEMPORARY))) return `a part begins with ${TEMPORARY}`;
  return null;
}

/** S3 lists keys by their UTF-8 bytes; JavaScript compares UTF-16 units, which differs above U+FFFF. */
export function byUtf8(left: string, right: string): number {
  return Buffer.compare(Buffer.from(left), Buffer.from(right));
}
