/** Plain JSON documents: one laid over another. */

export function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

export function nest(path: string, value: unknown): Record<string, unknown> {
  return path.split('.').reduceRight<unknown>((inner, key) => ({ [key]: inner }), value) as Record<string, unknown>;
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Far more than the document has; below that nothing is laid over another, and the check refuses both. */
const DEEPEST = 20;

export function merge(
  under: Record<string, unknown>,
  over: Readonly<Record<string, unknown>>,
  depth = 0,
): Record<string, unknown> {
  const merged: Record<string, unknown> = { ...under };
  for (const [key, value] of Object.entries(over)) {
    if (value === undefined || key === '__proto__') continue;
    const below = merged[key];
    merged[key] = isObject(below) && isObject(value) && depth < DEEPEST ? merge(below, value, depth + 1) : value;
  }
  return merged;
}
