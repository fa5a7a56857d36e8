import { expect, test } from 'vitest';
import { storyOf } from '../../lib/demo/story.ts';
import { anOpportunity, aProgress, aRegression, aReport, aTargetReport } from '../support/report.ts';

const story = (report = aReport()): string =>
  storyOf({ report, applied: 'done', files: ['/srv/out/index.html'], secondsPerWeek: [9.4, 8.6] });

test('an empty report says so instead of leaving lines out', () => {
  const text = story(aReport({ targets: [aTargetReport({ opportunities: [] })] }));
  expect(text.match(/\(nothing\)/g)).toHaveLength(3);
});

test('a regression comes with its causes, largest first', () => {
  const cause = [{ kind: 'blocks' as const, share: 0.86, text: 'reads 20 times more blocks per call' }];
  const regression = aRegression({ title: 'The listing is slower', cause });
  const text = story(aReport({ targets: [aTargetReport({ regressions: [regression] })] }));
  expect(text).toContain('The listing is slower');
  expect(text).toContain('cause: reads 20 times more blocks per call (86 %)');
});

test('a gain is told beside what was predicted, and never rounded up to everything', () => {
  const realised = { low: 0.99, likely: 0.9996, high: 1 };
  const text = story(
    aReport({
      targets: [aTargetReport({ progress: [aProgress({ realised }), aProgress({ key: 'done', realised })] })],
    }),
  );
  expect(text).toContain('Create an index on order_items (order_id): verified');
  expect(text).toContain('1 more item went with it');
  expect(text).toContain('predicted 60 % (40 % to 80 %) less time, realised 99.9 % (99 % to 100 %)');
});

test('the three next things are in the order of the report', () => {
  const opportunities = ['a', 'b', 'c', 'd'].map((key) => anOpportunity({ key, title: `Do ${key}` }));
  const text = story(aReport({ targets: [aTargetReport({ opportunities })] }));
  expect(text).toMatch(/1\. Do a\n\s+2\. Do b\n\s+3\. Do c\n/);
  expect(text).not.toContain('Do d');
});
