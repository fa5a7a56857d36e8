/** Benjamini-Hochberg: among what is told, at most the share q is chance. */

/** q of each p, in the same order; NaN is not in the family and stays NaN. */
export function falseDiscovery(ps: readonly number[]): number[] {
  const order = [...ps.keys()].filter((at) => !Number.isNaN(ps[at])).sort((a, b) => (ps[b] ?? 0) - (ps[a] ?? 0));
  const qs = ps.map(() => Number.NaN);
  let least = 1;
  for (const [rank, at] of order.entries()) {
    least = Math.min(least, ((ps[at] ?? 1) * order.length) / (order.length - rank));
    qs[at] = least;
  }
  return qs;
}
