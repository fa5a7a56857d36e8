import { expect, test } from 'vitest';
import { isClean } from '../../../lib/collect/prometheus/clean.ts';
import { parseAnswer, parseErrorText, parseNames } from '../../../lib/collect/prometheus/response.ts';

const vector = (...values: string[]) => ({
  status: 'success',
  data: { resultType: 'vector', result: values.map((value) => ({ metric: { v: value }, value: [1, value] })) },
});

test('numbers become samples, NaN is kept apart, infinities are dropped', () => {
  const answer = parseAnswer(vector('1.5e3', 'NaN', '+Inf', '-Inf', '0'));
  expect(answer.samples.map(({ value }) => value)).toEqual([1500, 0]);
  expect(answer.nan).toEqual([{ v: 'NaN' }]);
});

test('warnings and infos are kept, but for the remark about the names of counters', () => {
  const counter = 'PromQL info: metric might not be a counter, name does not end in _total: "pg_x"';
  const answer = parseAnswer({ ...vector(), warnings: ['store down'], infos: [counter, 'other'], isPartial: true });
  expect(answer.warnings).toEqual(['store down', 'other']);
  expect(answer.partial).toBe(true);
});

test('a range gives its times, and no value where there is no number', () => {
  const data = {
    resultType: 'matrix',
    result: [
      {
        metric: { a: 'b' },
        values: [
          [1, '2'],
          [3, 'NaN'],
        ],
      },
    ],
  };
  expect(parseAnswer({ status: 'success', data }).series).toEqual([
    { labels: { a: 'b' }, times: [1, 3], values: [2, null] },
  ]);
});

test('what is no answer is refused', () => {
  for (const body of [
    null,
    [],
    {},
    { status: 'error' },
    { status: 'success', data: { resultType: 'scalar', result: [] } },
  ]) {
    expect(() => parseAnswer(body)).toThrow();
  }
});

test('no names at all may come as null', () => {
  expect(parseNames({ status: 'success', data: null })).toEqual({ names: [], warnings: [], partial: false });
});

test('only an error of Prometheus has words of its own', () => {
  expect(parseErrorText('{"status":"error","errorType":"bad_data","error":"parse error"}')).toBe(
    'bad_data: parse error',
  );
  expect(parseErrorText('<html>')).toBeNull();
  expect(parseErrorText('{"message":"no"}')).toBeNull();
});

test('what is no number of Prometheus is left out and said, however Number() would take it', () => {
  const values = ['', ' ', '0x10', '1e999', '+Inf', '-Inf', '1,5', '7'];
  const result = values.map((value, at) => ({ metric: { at: String(at) }, value: [1, value] }));
  const answer = parseAnswer({ status: 'success', data: { resultType: 'vector', result } });
  expect(answer.samples).toEqual([{ labels: { at: '7' }, value: 7 }]);
  expect(answer.warnings).toEqual(['7 values are no numbers, or no possible ones, and were left out.']);
});

test('an answer about another time than the question is refused', () => {
  const data = { resultType: 'vector', result: [{ metric: {}, value: [1_800_000_000, '1'] }] };
  expect(parseAnswer({ status: 'success', data }, [], 1_800_000_010).samples).toHaveLength(1);
  expect(() => parseAnswer({ status: 'success', data }, [], 1_800_003_600)).toThrow(/another time/);
});

test('a text that names one thing twice is told from one whose strings only look so', () => {
  const is = (text: string) => isClean(text, JSON.parse(text));
  expect(is('{"a":{"b":[1,{"c" : "x\\":\\"y\\\\"}]},"d":"\\\\\\":"}')).toBe(true);
  expect(is('{"a":1,"b":{"c":1,"c":2}}')).toBe(false);
  expect(is('{"__proto__":1,"a":"__proto__"}')).toBe(true);
  expect(is('{"a":1, "\\u0061":2}')).toBe(false);
});
