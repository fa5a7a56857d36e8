import { describe, expect, test } from 'vitest';
import type { Unit } from '../../lib/model/units.ts';
import { between, change, compact, date, days, effort, fromTo, many, plain, words } from '../../lib/report/format.ts';

test('calls a time beyond the calendar not measured', () => {
  expect(words(1e300, 'unix-s')).toBe('not measured');
});

describe('a number and its unit', () => {
  test.each<[number | null, Unit, string]>([
    [0.0421, 'ms', '0.042 ms'],
    [12.44, 'ms', '12.4 ms'],
    [1234, 'ms', '1.2 s'],
    [90_000, 'ms', '90 s'],
    [9_000_000, 'ms/week', '2.5 h a week'],
    [400_000_000, 'ms/week', '4.6 days a week'],
    [31.94, 'ms/call', '31.9 ms a call'],
    [45, 's', '45 s'],
    [1_340_000_000, 'bytes', '1.2 GiB'],
    [512, 'bytes', '512 bytes'],
    [0.384, 'share', '38 %'],
    [0.004, 'share', 'under 1 %'],
    [0.998, 'share', '99.8 %'],
    [1, 'share', '100 %'],
    [0, 'share', '0 %'],
    [81_234_567, 'rows', '81.2 million rows'],
    [12_345, 'rows/call', '12,345 rows a call'],
    [199_421, 'calls/week', '199,000 calls a week'],
    [-3, 'count', '−3'],
    [1_763_825_400, 'unix-s', 'Sat 22 Nov 2025 15:30 UTC'],
    [null, 'ms', 'not measured'],
    [Number.NaN, 'ms', 'not measured'],
  ])('%s %s is %s', (value, unit, expected) => expect(plain(words(value, unit))).toBe(expected));

  test('no line breaks between number and unit', () => expect(words(12, 'ms')).toBe('12\u00A0ms'));
});

describe('an interval', () => {
  test.each<[number, number, Unit, string]>([
    [0.3, 0.6, 'share', 'between 30 % and 60 %'],
    [0, 0.37, 'share', 'up to 37 %'],
    [0.002, 0.016, 'share', 'up to 1.6 %'],
    [0, 0.004, 'share', 'under 1 %'],
    [0.301, 0.304, 'share', 'about 30 %'],
    [5_400_000, 10_800_000, 'ms/week', 'between 1.5 and 3 h a week'],
    [310e6, 340e6, 'bytes', 'between 296 and 324 MiB'],
    [-0.02, 0.03, 'share', 'between −2 % and 3 %'],
  ])('%s to %s %s is %s', (low, high, unit, expected) => expect(plain(between({ low, high }, unit))).toBe(expected));

  test('fits a narrow place', () => {
    expect(plain(compact({ low: 0.22, high: 0.43 }, 'share'))).toBe('22–43 %');
    expect(plain(compact({ low: 0.001, high: 0.02 }, 'share'))).toBe('up to 2 %');
  });
});

describe('a change', () => {
  test.each<[number, Unit, string]>([
    [0.38, 'ms/call', '38 % slower'],
    [1.57, 'ms/call', '2.6 times slower'],
    [-0.12, 'ms', '12 % faster'],
    [0.087, 'calls/week', '8.7 % more'],
    [0, 'ms', 'unchanged'],
    [Number.POSITIVE_INFINITY, 'ms', 'new'],
  ])('%s of %s is %s', (estimate, unit, expected) => expect(plain(change(estimate, unit))).toBe(expected));

  test('from … to … keeps one scale, unless it is too far for that', () => {
    expect(plain(fromTo(12.4, 31.9, 'ms/call'))).toBe('from 12.4 to 31.9 ms');
    expect(plain(fromTo(2, 9000, 'ms/call'))).toBe('from 2 ms to 9 s');
  });
});

test('dates have a day, a zone and no ambiguity', () => {
  expect(date('2026-11-22T15:30:00Z')).toBe('Sun 22 Nov 2026 15:30 UTC');
});

test('effort is told in the unit one plans in', () => {
  expect([0.25, 1.5, 8, 12, 60].map((hours) => plain(effort(hours)))).toEqual([
    '15 min',
    '1.5 h',
    '8 h',
    '1.5 person-days',
    '7.5 person-days',
  ]);
  expect([0, 0.04, 1, 9.27].map((count) => plain(days(count)))).toEqual([
    '0 days',
    'under 0.1 days',
    '1 day',
    '9.3 days',
  ]);
  expect([many(1, 'item'), many(3, 'item'), many(0, 'opportunity', 'opportunities')]).toEqual([
    '1 item',
    '3 items',
    '0 opportunities',
  ]);
});
