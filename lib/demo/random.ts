/** Reproducible chance: the same seed draws the same shop visit on every machine. */
export type Random = () => number;

/** mulberry32: 32 bits of state, good enough to spread clicks. */
export function seeded(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** 1..n with the zipf-like head of shop.sql's function of the same name. */
export function skewed(random: Random, n: number, steepness: number): number {
  return 1 + Math.floor(n * random() ** steepness);
}

export function shuffled<Item>(items: readonly Item[], random: Random): readonly Item[] {
  return items
    .map((item) => ({ item, at: random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item);
}
