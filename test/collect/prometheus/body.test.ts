import { Readable } from 'node:stream';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { receive, splitter } from '../../../lib/collect/prometheus/body.ts';

/** The body in pieces of such sizes. */
function split(text: string, sizes: readonly number[] = [text.length]) {
  const elements: string[] = [];
  const one = splitter((element) => elements.push(element));
  const bytes = Buffer.from(text);
  for (let from = 0, turn = 0; from < bytes.length; turn += 1) {
    const size = sizes[turn % sizes.length] ?? 1;
    one.push(bytes.subarray(from, from + size));
    from += size;
  }
  return { elements, rest: one.rest() };
}

const isJson = (text: string): boolean => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};

const answer = (result: unknown) => ({
  status: 'success',
  data: { resultType: 'vector', result },
  warnings: ['w ]}"'],
});

test('however the bytes come, elements and rest are what JSON.parse would see', () => {
  const label = fc.oneof(fc.string(), fc.constantFrom('"]}', '\\', '{"result":[', '∑', '"data":{'));
  const element = fc.record({
    metric: fc.dictionary(fc.constantFrom('a', 'result', 'data'), label),
    value: fc.tuple(fc.integer(), label),
  });
  const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 });
  fc.assert(
    fc.property(fc.array(element), sizes, fc.constantFrom(0, 2), (all, pieces, indent) => {
      const { elements, rest } = split(JSON.stringify(answer(all), null, indent), pieces);
      expect(elements.map((text) => JSON.parse(text))).toEqual(all);
      expect(JSON.parse(rest)).toEqual(answer([]));
    }),
  );
});

test.each([
  ['{"data":{"result":[{},]}}'],
  ['{"data":{"result":[,{}]}}'],
  ['{"data":{"result":[{}{}]}}'],
  ['{"data":{"result":[{},,{}]}}'],
  ['{"data":{"result":[{},1]}}'],
  ['{"data":{"result":[[]]}}'],
  ['{"data":{"result":[{}'],
  ['{"data":{"result":[{"a":'],
])('what is no JSON leaves a rest that is none: %s', (text) => {
  expect(isJson(split(text).rest)).toBe(false);
});

test('a result elsewhere is not taken for that of the data', () => {
  const text = '{"other":{"result":[{"a":1}]},"data":{"result":[{"b":2}]}}';
  expect(split(text)).toEqual({ elements: ['{"b":2}'], rest: '{"other":{"result":[{"a":1}]},"data":{"result":[]}}' });
});

test('the first element that cannot be read is told, and the rest is still read', async () => {
  const stream = Readable.from([Buffer.from('{"data":{"result":[{"a":1},{"a":2}]}}')]);
  const body = await receive(stream, new AbortController().signal, (text) => {
    if (text.includes('1')) throw new Error('odd');
    return text;
  });
  expect(body).toMatchObject({ text: '{"data":{"result":[]}}', bytes: 37, fault: new Error('odd') });
});
