import { expect, test } from 'vitest';
import { elementReader } from '../../../lib/collect/prometheus/response.ts';

const series = (metric: object, points: readonly (readonly [number, string])[], space = ''): string =>
  JSON.stringify({ metric, values: points }, null, space);

test('points are what JSON says they are, whatever the series before had', () => {
  const read = elementReader();
  const all = [
    [[1_700_000_000, '1.5'] as const, [1_700_003_600, '2'] as const],
    // The same times again, fewer, other ones in between, none, and more than ever.
    [[1_700_000_000, '7'] as const, [1_700_003_600, '-0.25'] as const],
    [[1_700_003_600, '3e+06'] as const],
    [[1_700_000_000, '1'] as const, [1_700_001_800.5, '2'] as const, [1_700_003_600, '3'] as const],
    [],
    Array.from({ length: 500 }, (_, at) => [1_700_000_000 + at * 60, String(at / 7)] as const),
  ];
  for (const points of [...all, ...all]) {
    for (const space of ['', '  ']) {
      const { times, values, metric } = read(series({ a: 'b' }, points, space));
      expect(times).toEqual(points.map(([at]) => at));
      expect(values).toEqual(points.map(([, value]) => Number(value)));
      expect(metric).toEqual({ a: 'b' });
    }
  }
});

test('a value that is not finite is unknown, and leaves no trace in the next series', () => {
  const read = elementReader();
  expect(read('{"metric":{},"values":[[1,"NaN"],[2,"+Inf"],[3,"4"]]}').values).toEqual([null, null, 4]);
  expect(read('{"metric":{},"values":[[1,"5"],[2,"6"],[3,"7"]]}').values).toEqual([5, 6, 7]);
});

test('times that are the same are one list', () => {
  const read = elementReader();
  const first = read('{"metric":{},"values":[[1,"5"],[2,"6"]]}');
  expect(read('{"metric":{"a":"b"},"values":[[1,"7"],[2,"8"]]}').times).toBe(first.times);
  expect(read('{"metric":{"a":"b"},"values":[[1,"7"],[3,"8"]]}').times).not.toBe(first.times);
});

test.each([
  ['a comma too many', '{"metric":{},"values":[[1,"5"],]}'],
  ['a comma too few', '{"metric":{},"values":[[1,"5"][2,"6"]]}'],
  ['a time in quotes', '{"metric":{},"values":[["1","5"]]}'],
  ['a value without quotes', '{"metric":{},"values":[[1,5]]}'],
  ['three parts', '{"metric":{},"values":[[1,"5","6"]]}'],
  ['a time that is none', '{"metric":{},"values":[[1.2.3,"5"]]}'],
  ['points twice', '{"metric":{},"values":[[1,"5"]],"values":[[1,"6"]]}'],
  ['points as a label', '{"metric":{"values":[[1,"5"]]},"value":[1,"2"]}'],
  ['labels that are no texts', '{"metric":{"a":1},"values":[[1,"5"]]}'],
  ['labels that are a list', '{"metric":["a"],"values":[[1,"5"]]}'],
  ['no labels', '{"values":[[1,"5"]]}'],
  ['nothing', 'null'],
])('%s is no series', (_, text) => {
  expect(() => elementReader()(text)).toThrow();
});

test('the words "values":[] inside a label are a label', () => {
  const metric = { query: 'SELECT \'"values":[[1,"2"]]\'' };
  const { metric: read, values } = elementReader()(series(metric, [[1, '5']]));
  expect(read).toEqual(metric);
  expect(values).toEqual([5]);
});

test('a label named like the prototype of objects is left out', () => {
  const { metric } = elementReader()('{"metric":{"__proto__":"x","a":"b"},"value":[1,"2"]}');
  expect(Object.keys(metric)).toEqual(['a']);
});
