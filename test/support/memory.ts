import type { Objects } from '../../lib/model/objects.ts';

/** A store that lives as long as the test. */
export function memory(): Objects & { readonly all: Map<string, Uint8Array> } {
  const all = new Map<string, Uint8Array>();
  return {
    all,
    location: 'memory',
    get: async (key) => all.get(key) ?? null,
    put: async (key, body) => void all.set(key, body),
    putIfAbsent: async (key, body) => !all.has(key) && all.set(key, body) !== undefined,
    putIfSame: async (key, body, was) => {
      const there = all.get(key);
      return there !== undefined && Buffer.compare(there, was) === 0 && all.set(key, body) !== undefined;
    },
    list: async (prefix) => [...all.keys()].filter((key) => key.startsWith(prefix)).sort(),
  };
}
