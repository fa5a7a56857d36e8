/** The reports that stand in the archive already, for its index pages and the links between weeks. */
import type { Shelved } from '../model/archive.ts';
import type { Objects } from '../model/objects.ts';
import { type Report, reportSchema } from '../model/report.ts';

const REPORT = /^reports\/([^/]+)\/([^/]+)\/report\.json$/;
const AT_ONCE = 8;

/**
 * Every report of `targets`, and of the other targets the newest ones: as many of each as make no more than `others`
 * together, but one at least. Oldest first. What cannot be read is left out.
 */
export async function readShelf(store: Objects, targets: readonly string[], others = 0): Promise<readonly Shelved[]> {
  const found = (await store.list('reports/')).flatMap((key) => {
    const [, target, period] = REPORT.exec(key) ?? [];
    return target === undefined || period === undefined ? [] : [{ key, target, period }];
  });
  const elsewhere = found.filter(({ target }) => !targets.includes(target));
  const names = [...new Set(elsewhere.map(({ target }) => target))];
  const each = Math.max(1, Math.floor(others / Math.max(1, names.length)));
  const newest = new Set(
    names.flatMap((name) =>
      elsewhere
        .filter(({ target }) => target === name)
        .toSorted((a, b) => (a.period < b.period ? 1 : -1))
        .slice(0, each),
    ),
  );
  const wanted = found.filter((one) => targets.includes(one.target) || newest.has(one));
  const shelf: Shelved[] = [];
  for (let at = 0; at < wanted.length; at += AT_ONCE) {
    const some = wanted.slice(at, at + AT_ONCE);
    const reports = await Promise.all(some.map(({ key }) => readReport(store, key)));
    some.forEach(({ target, period }, index) => {
      const report = reports[index];
      if (report !== null && report !== undefined) shelf.push({ target, period, report });
    });
  }
  return shelf;
}

/** null for a report of another version or a damaged one: its page stays, only the index lists less. */
async function readReport(store: Objects, key: string): Promise<Report | null> {
  const bytes = await store.get(key);
  if (bytes === null) return null;
  try {
    return reportSchema.safeParse(JSON.parse(new TextDecoder().decode(bytes))).data ?? null;
  } catch {
    return null;
  }
}
