/** Whole name, `*` for anything. By hand: as a regular expression a few stars could take until the end of time. */
export function matchesPattern(pattern: string, name: string): boolean {
  const [first = '', ...rest] = pattern.split('*');
  const last = rest.at(-1);
  if (last === undefined) return name === first;
  let at = first.length;
  if (!name.startsWith(first) || name.length < at + last.length || !name.endsWith(last)) return false;
  for (const part of rest.slice(0, -1)) {
    const found = name.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return at <= name.length - last.length;
}
