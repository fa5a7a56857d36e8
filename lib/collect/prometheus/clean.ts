/** JSON that says one thing only. */
export const TWICE = 'an object names one thing twice';

/**
 * Whether no object of the text names one thing twice, of which JSON.parse would keep the last: keys in the text against
 * keys of what came of it.
 */
export function isClean(text: string, parsed: unknown): boolean {
  let keys = 0;
  for (let start = text.indexOf('"'); start >= 0; ) {
    let end = text.indexOf('"', start + 1);
    while (isEscaped(text, end)) end = text.indexOf('"', end + 1);
    let after = end + 1;
    while (' \t\r\n'.includes(text[after] ?? 'x')) after += 1;
    if (text[after] === ':') keys += 1;
    start = text.indexOf('"', end + 1);
  }
  return keys === keysOf(parsed);
}

function isEscaped(text: string, quote: number): boolean {
  let before = quote - 1;
  while (text[before] === '\\') before -= 1;
  return (quote - 1 - before) % 2 === 1;
}

function keysOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  const inside = Object.values(value).reduce((sum: number, each) => sum + keysOf(each), 0);
  return Array.isArray(value) ? inside : inside + Object.keys(value).length;
}
