/** Small stand-ins shared by the tests of this room. */
import type { Message, Objects } from '../../lib/model/objects.ts';

export const now = '2026-11-22T06:00:00.000Z';

export const message: Message = {
  id: 'digest-2026-W47',
  from: 'pg-hunt <hunt@example.com>',
  to: ['ada@example.org', 'bob@example.org'],
  subject: 'shop: 3 opportunities, 1 regression',
  html: '<!doctype html><p>Hello &lt;table&gt;</p>',
  text: 'Hello <table>',
  headers: {},
};

/** Every awaited step can be made to fail before it happens ("before") or after it has ("after"). */
export interface Killer {
  step(name: string): void;
  after(name: string): void;
}

export const peaceful: Killer = { step: () => {}, after: () => {} };

export function memoryStore(killer: Killer = peaceful, objects = new Map<string, Uint8Array>()) {
  const doing = async <Result>(name: string, run: () => Result): Promise<Result> => {
    await Promise.resolve();
    killer.step(name);
    const result = run();
    killer.after(name);
    return result;
  };
  const store: Objects = {
    location: 'memory',
    get: (key) => doing(`get ${key}`, () => objects.get(key) ?? null),
    put: (key, body) => doing(`put ${key}`, () => void objects.set(key, body)),
    putIfAbsent: (key, body) =>
      doing(`create ${key}`, () => {
        if (objects.has(key)) return false;
        objects.set(key, body);
        return true;
      }),
    putIfSame: (key, body, was) =>
      doing(`change ${key}`, () => {
        const there = objects.get(key);
        if (there === undefined || Buffer.compare(there, was) !== 0) return false;
        objects.set(key, body);
        return true;
      }),
    list: (prefix) => doing(`list ${prefix}`, () => [...objects.keys()].filter((key) => key.startsWith(prefix)).sort()),
  };
  const text = (key: string) => new TextDecoder().decode(objects.get(key));
  return { store, objects, text };
}
