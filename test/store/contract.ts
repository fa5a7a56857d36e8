/** What every store must do; run over each adapter. */
import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { Objects } from '../../lib/model/objects.ts';

const text = (body: Uint8Array | null): string | null => (body === null ? null : Buffer.from(body).toString('utf8'));
const bytes = (body: string): Uint8Array => new TextEncoder().encode(body);

export interface Room {
  readonly store: Objects;
  /** A second, independent client of the same place. */
  readonly other: Objects;
  /** Puts a file there by other means, cheaply. */
  readonly seed: (key: string, body: string) => void;
}

export function contract(name: string, open: () => Promise<Room>): void {
  describe(`${name} keeps the contract of a store`, () => {
    test('what was put is read back, byte for byte, by another client', async () => {
      const { store, other } = await open();
      const body = randomBytes(1000);
      await store.put('reports/shop/index.html', body, 'text/html');
      expect(Buffer.from((await other.get('reports/shop/index.html')) ?? []).equals(body)).toBe(true);
    });

    test('a missing key is null and an empty body is not', async () => {
      const { store } = await open();
      expect(await store.get('history/none.json')).toBeNull();
      await store.put('history/empty', new Uint8Array(), 'text/plain');
      expect(await store.get('history/empty')).toHaveLength(0);
    });

    test('putIfSame changes only what is still what it was', async () => {
      const { store, other } = await open();
      expect(await store.putIfSame('a/key', bytes('new'), bytes('old'), 'text/plain')).toBe(false);
      expect(await store.get('a/key')).toBeNull();
      await store.put('a/key', bytes('old'), 'text/plain');
      expect(await other.putIfSame('a/key', bytes('new'), bytes('old'), 'text/plain')).toBe(true);
      expect(await store.putIfSame('a/key', bytes('late'), bytes('old'), 'text/plain')).toBe(false);
      expect(text(await store.get('a/key'))).toBe('new');
      expect(await store.list('a/')).toEqual(['a/key']);
    });

    test('of eight who count at once, none is lost', async () => {
      const { store, other } = await open();
      await store.put('count', bytes('0'), 'text/plain');
      const add = async (client: Objects): Promise<void> => {
        for (;;) {
          const was = await client.get('count');
          if (was === null) throw new Error('it is there');
          if (await client.putIfSame('count', bytes(String(Number(text(was)) + 1)), was, 'text/plain')) return;
        }
      };
      await Promise.all(Array.from({ length: 8 }, (_, at) => add(at % 2 === 0 ? store : other)));
      expect(text(await store.get('count'))).toBe('8');
    });

    test('put overwrites, putIfAbsent never does', async () => {
      const { store } = await open();
      expect(await store.putIfAbsent('a/key', bytes('first'), 'text/plain')).toBe(true);
      expect(await store.putIfAbsent('a/key', bytes('second'), 'text/plain')).toBe(false);
      expect(text(await store.get('a/key'))).toBe('first');
      await store.put('a/key', bytes('third'), 'text/plain');
      expect(text(await store.get('a/key'))).toBe('third');
      expect(await store.putIfAbsent('a/key', bytes('third'), 'text/plain')).toBe(false);
    });

    test.each(['different', 'the same'])('of 8 writers with %s bytes exactly one wins', async (kind) => {
      const { store, other } = await open();
      const bodies = Array.from({ length: 8 }, (_, index) => (kind === 'different' ? `writer ${index}` : 'writer'));
      const won = await Promise.all(
        bodies.map((body, index) =>
          (index % 2 === 0 ? store : other).putIfAbsent('claims/one.json', bytes(body), 'text/plain'),
        ),
      );
      expect(won.filter(Boolean)).toHaveLength(1);
      expect(text(await store.get('claims/one.json'))).toBe(bodies[won.indexOf(true)]);
    });

    test('a reader never sees a part of a body that is being overwritten', async () => {
      const { store, other } = await open();
      const old = 'a'.repeat(300_000);
      const young = 'b'.repeat(200_000);
      await store.put('report', bytes(old), 'text/plain');
      const seen: (string | null)[] = [];
      let writing = true;
      const reading = (async () => {
        while (writing) seen.push(text(await other.get('report')));
      })();
      for (let round = 0; round < 5; round += 1) {
        await store.put('report', bytes(young), 'text/plain');
        await store.put('report', bytes(old), 'text/plain');
      }
      writing = false;
      await reading;
      expect(seen.length).toBeGreaterThan(0);
      expect(seen.every((body) => body === old || body === young)).toBe(true);
    });

    test('a body of 20 MB makes it there and back', async () => {
      const { store } = await open();
      const body = randomBytes(20_000_000);
      await store.put('history/big.json.gz', body, 'application/gzip');
      expect(Buffer.compare(Buffer.from((await store.get('history/big.json.gz')) ?? []), body)).toBe(0);
    });

    test('keys may hold spaces, quotes, markup and any script', async () => {
      const { store } = await open();
      const keys = ['t/ü ñ 表/данные.json', 't/a+b&c=d%20e?f#g', 't/<i>"q"\'s\'</i>', 't/😀~!*()@:,;$'];
      for (const key of keys) await store.put(key, bytes(key), 'text/plain');
      expect([...(await store.list('t/'))].sort()).toEqual([...keys].sort());
      for (const key of keys) expect(text(await store.get(key))).toBe(key);
    });

    test('list answers keys under a prefix, which need not end at a slash, in the order of their UTF-8 bytes', async () => {
      const { store, seed } = await open();
      for (const key of ['p/b', 'p/B', 'p/a/z', 'p/a-1', 'p/\u{1F600}', 'p/\uFF21', 'q/x', 'p2/y']) seed(key, '1');
      expect(await store.list('p/')).toEqual(['p/B', 'p/a-1', 'p/a/z', 'p/b', 'p/\uFF21', 'p/\u{1F600}']);
      expect(await store.list('p')).toHaveLength(7);
      expect(await store.list('p/a')).toEqual(['p/a-1', 'p/a/z']);
      expect(await store.list('none/')).toEqual([]);
      expect(await store.list('')).toHaveLength(8);
    });

    test('list goes on behind the first 1,000 keys', async () => {
      const { store, seed } = await open();
      const keys = Array.from({ length: 2105 }, (_, index) => `history/shop/${String(index).padStart(5, '0')}.json`);
      for (const key of keys) seed(key, 'x');
      expect(await store.list('history/')).toEqual(keys);
    });

    test.each([
      '',
      '/etc/passwd',
      '../out',
      'a/../../b',
      'a//b',
      'a/',
      './a',
      'a\\b',
      'a\0b',
      'a\nb',
      '\ud800',
      'a/.tmp-1',
      'x'.repeat(1025),
    ])('the key %j is refused', async (key) => {
      const { store } = await open();
      const refusal = /cannot be a key of the store/;
      await expect(async () => store.get(key)).rejects.toThrow(refusal);
      await expect(async () => store.put(key, bytes('x'), 'text/plain')).rejects.toThrow(refusal);
      await expect(async () => store.putIfAbsent(key, bytes('x'), 'text/plain')).rejects.toThrow(refusal);
    });
  });
}
