import { expect, test } from 'vitest';
import { bind } from '../../../lib/collect/prometheus/dialect.ts';
import { duration, lookback, promql, step } from '../../../lib/collect/prometheus/promql.ts';

const week = { seconds: 604_800, selector: '' };
const to = bind('Do it.');

test.each([
  [300, '5m'],
  [5_400, '90m'],
  [86_400, '1d'],
  [604_800, '7d'],
  [95, '95s'],
])('%i seconds are written %s', (seconds, text) => {
  expect(duration(seconds)).toBe(text);
});

test('the newest value is looked for within the window and within an hour', () => {
  expect(lookback(300)).toBe('5m');
  expect(lookback(604_800)).toBe('1h');
});

test('subquery steps follow the window', () => {
  expect(step(300)).toBe('15s');
  expect(step(604_800)).toBe('5m');
});

test('an increase is collapsed by max before anything is added up', () => {
  expect(promql(to('increase', 'x_total'), 'x_total', ['datname'], { ...week, selector: 'cluster="a"' })).toBe(
    'max by (instance, server, datname) (increase(x_total{cluster="a"}[7d]))',
  );
});

test('a peak of a sum is the peak of the sum, not the sum of peaks', () => {
  const binding = to('peakSum', 'x', { within: ['datname'], matching: 'state="idle"' });
  expect(promql(binding, 'x', [], week)).toBe(
    'max_over_time(sum by (instance, server) (max by (instance, server, datname) (x{state="idle"}))[7d:5m])',
  );
});

test('a snapshot histogram gives its mean, guarded against an empty one', () => {
  const binding = to('averageRatio', 'idle_sum', { ratio: ['_sum', '_count'], within: ['application_name'] });
  expect(promql(binding, 'idle_sum', [], { seconds: 300, selector: '' })).toBe(
    'sum by (instance, server) (max by (instance, server, application_name) (avg_over_time(idle_sum[5m]))) / ' +
      '(sum by (instance, server) (max by (instance, server, application_name) (avg_over_time(idle_count[5m]))) > 0)',
  );
});

test('the newest value and an average are read over time, never bare', () => {
  expect(promql(to('now', 'x'), 'x', [], week)).toBe('max by (instance, server) (last_over_time(x[1h]))');
  expect(promql(to('average', 'x'), 'x', [], week)).toBe('max by (instance, server) (avg_over_time(x[7d]))');
});
