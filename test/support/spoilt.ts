/** Documents that somebody has changed since we wrote them. */

/** In the place of any value. */
const WRONG: readonly unknown[] = [null, -1, 1e308, '', '\ud800', '__proto__', [], {}, true, '2026-13-45T99:99:99Z'];

/** The document with one value replaced: once for every value in it and every wrong one. */
export function* spoilt(document: unknown): Generator<readonly [path: string, document: unknown]> {
  const paths: (readonly string[])[] = [];
  const visit = (value: unknown, path: readonly string[]): void => {
    if (path.length > 0) paths.push(path);
    if (typeof value !== 'object' || value === null) return;
    // The first of a list stands for all.
    const keys = Array.isArray(value) ? Object.keys(value).slice(0, 1) : Object.keys(value);
    for (const key of keys) visit((value as Record<string, unknown>)[key], [...path, key]);
  };
  visit(document, []);
  for (const path of paths) {
    for (const wrong of WRONG) {
      const copy = structuredClone(document) as Record<string, unknown>;
      const parent = path.slice(0, -1).reduce((at, key) => at[key] as Record<string, unknown>, copy);
      parent[path.at(-1) ?? ''] = wrong;
      yield [`${path.join('.')} = ${JSON.stringify(wrong)}`, copy];
    }
  }
}
