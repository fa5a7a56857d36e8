import { expect, it } from 'vitest';
import { loadNames, saveNames } from '../../lib/collect/known-names.ts';
import type { Objects } from '../../lib/model/objects.ts';

/** Answers what was put last, and counts. */
function store(content?: string) {
  let bytes = content === undefined ? null : new TextEncoder().encode(content);
  const puts: string[] = [];
  const objects: Objects = {
    get: async (key) => (key === 'targets.json' ? bytes : null),
    put: async (key, body) => {
      puts.push(key);
      bytes = new Uint8Array(body);
    },
    putIfAbsent: async () => false,
    putIfSame: async () => false,
    list: async () => [],
    location: 'nowhere',
  };
  return { objects, puts };
}

it('remembers a name, adds others to it, and writes only what is new', async () => {
  const { objects, puts } = store();
  expect(await loadNames(objects)).toEqual(new Map());
  await saveNames(objects, new Map(), new Map([['db:5432', 'orders']]));
  const known = await loadNames(objects);
  await saveNames(objects, known, new Map([['db:5432', 'orders']]));
  await saveNames(objects, known, new Map());
  expect(puts).toEqual(['targets.json']);
  await saveNames(objects, known, new Map([['__proto__', 'odd']]));
  await saveNames(objects, known, new Map([['db:5432', 'moved']]));
  expect((await loadNames(objects)).get('db:5432')).toBe('moved');
});

it.each(['', 'not json', '{"version":2}', '{"version":1,"postgres":{"a":7}}'])(
  'takes %j for nothing, since the next run with both sources writes it again',
  async (content) => {
    expect(await loadNames(store(content).objects)).toEqual(new Map());
  },
);
