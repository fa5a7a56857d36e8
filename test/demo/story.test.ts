import { expect, test } from 'vitest';
import { storyOf } from '../../lib/demo/story.ts';
import { anOpportunity, aProgress, aRegression, aReport, aTargetReport } from '../support/report.ts';

const story = (report = aReport()): string =>
  storyOf({ report, files: ['/srv/out/index.html'], secondsPerWeek: [9.4, 8.6] });

test('an empty report says so instead of leaving lines out', () => {
  const text = story(aReport({ targets: [aTargetReport({ opportunities: [] })] }));
  expect(text.match(/\(nothing\)/g)).toHaveLength(3);
});

test('a regression comes with its causes, largest first', () => {
  const text = story(aReport({ targets: [aTargetReport({ regressions: [aRegression()] })] }));
  expect(text).toContain('Order list of a customer got slower');
  expect(text).toContain('cause: each call reads 5.1 times as many blocks for the same rows (86 %)');
});

test('a gain is told beside what was predicted, and never rounded up to everything', () => {
  const realised = { low: 0.99, likely: 0.9996, high: 1 };
  const text = story(aReport({ targets: [aTargetReport({ progress: [aProgress({ realised })] })] }));
  expect(text).toContain('Create an index on order_items (order_id): verified');
  expect(text).toContain('predicted 40 % to 80 % less time, realised 99.9 %');
});

test('the three next things are in the order of the report', () => {
  const opportunities = ['a', 'b', 'c', 'd'].map((key) => anOpportunity({ key, title: `Do ${key}` }));
  const text = story(aReport({ targets: [aTargetReport({ opportunities })] }));
  expect(text).toMatch(/1\. Do a\n\s+2\. Do b\n\s+3\. Do c\n/);
  expect(text).not.toContain('Do d');
});
