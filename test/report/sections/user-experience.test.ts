import { expect, test } from 'vitest';
import { executiveSummary } from '../../../lib/report/sections/executive-summary.ts';
import { measurement } from '../../../lib/report/sections/measurement.ts';
import { aTargetReport } from '../../support/report.ts';

const felt = { label: 'User experience: checkout p95', unit: 's', now: 0.5, previous: 0.4, pinned: null } as const;
const target = (numbers: readonly object[]) =>
  aTargetReport({ baselines: { previousEnd: null, pinnedEnd: null, numbers: numbers as (typeof felt)[] } });
const window = { start: '2026-11-15T00:00:00Z', end: '2026-11-22T00:00:00Z' };
const plan = (numbers: readonly object[]) =>
  JSON.stringify(measurement(target(numbers), { cadence: 'weekly', window })).replaceAll('\u00A0', ' ');
const summary = (numbers: readonly object[]) =>
  JSON.stringify(executiveSummary(target(numbers), { window })).replaceAll('\u00A0', ' ');

test('user experience is a baseline of its own kind, whatever its name holds', () => {
  const text = plan([felt]);
  expect(text.indexOf('checkout p95')).toBeGreaterThan(text.indexOf('"User Experience"'));
  expect(text).not.toMatch(/not measured here/);
  expect(summary([felt])).toMatch(/checkout p95.*500 ms; 400 ms last time|checkout p95.*0\.5 s; 0\.4 s last time/);
});

test('without it the plan says that it is not measured here, and how to', () => {
  const text = plan([]);
  expect(text).toMatch(/not measured here.*prometheus\.userExperience.*histogram_quantile/);
  expect(summary([])).not.toMatch(/User experience/);
});

test('an expression without a number says why, and is no fact of the summary', () => {
  const none = { ...felt, now: null, why: 'The expression gave no number.' };
  expect(plan([none])).toMatch(/checkout p95: The expression gave no number\./);
  expect(summary([none])).not.toMatch(/User experience/);
});
