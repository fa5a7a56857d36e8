import { expect, test } from 'vitest';
import { regressionSentence, shortSentence } from '../../lib/report/headline.ts';
import { causes, costOf, fixOf } from '../../lib/report/opportunity.ts';
import { aRegression } from '../support/report.ts';

const slower = aRegression({
  title: 'SELECT on orders is 79 % slower per call',
  before: 12,
  now: 20,
  change: { estimate: 0.79, low: 0.6, high: 1 },
  cause: [{ kind: 'latency', share: 1, text: 'each block takes 67 % longer' }],
});
const onset = '2026-11-18T00:00:00Z';

test('where it began within the window, its means are said to be of the whole window', () => {
  const began = { ...slower, onset };
  expect(regressionSentence(began)).toBe(
    'SELECT on orders is 79\u00A0% slower per call, over the whole window from 12 to 20\u00A0ms: each block takes 67\u00A0% longer.',
  );
  expect(shortSentence(began)).toContain('per call: over the whole window each block takes 67');
  expect(causes(began)).toBe('over the whole window each block takes 67 % longer');
});

test('where title and means say the same, nothing is explained', () => {
  const since = { ...slower, onset, now: 12 * 1.79 };
  expect(regressionSentence(since)).not.toContain('whole window');
  expect(causes(since)).toBe('each block takes 67 % longer');
  expect(causes(slower)).toBe('each block takes 67 % longer');
});

test('of what is over no cause and no cost is told as if it lasted, but what may have fixed it', () => {
  const over = aRegression({
    status: 'resolved',
    title: 'SELECT on orders is as fast as before again',
    now: 12.1,
    fixedBy: 'the index orders_day_idx was created',
  });
  expect(regressionSentence(over)).toBe('SELECT on orders is as fast as before again, from 12.4 to 12.1\u00A0ms.');
  expect(shortSentence(over)).toBe('SELECT on orders is as fast as before again.');
  expect(costOf(over)).toEqual([]);
  expect(fixOf(over)).toEqual([{ label: 'May have fixed it', words: 'the index orders_day_idx was created' }]);
  expect(fixOf(slower)).toEqual([]);
});
