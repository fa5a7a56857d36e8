import { expect, test } from 'vitest';
import { roster } from '../../lib/advise/index.ts';
import { RULES } from '../../lib/compare/detect/rules.ts';
import { renderMethod } from '../../lib/report/method.ts';
import { HOSTILE } from '../support/hostile.ts';
import { parsed } from '../support/html.ts';
import { method } from '../support/preview.ts';

const { text } = parsed(renderMethod(method));

test('every check stands there with every threshold that its card has', () => {
  const missing = roster.flatMap(({ card }) =>
    [card.title, card.why, ...card.thresholds.flatMap(({ name, value, reason }) => [name, value, reason])].filter(
      (words) => !text.includes(words.replace(/\s+/g, ' ')),
    ),
  );
  expect(missing).toEqual([]);
});

test('the detector’s thresholds are those that it uses', () => {
  expect(text).toContain(`≥ ${RULES.leastWeeks}, of ${RULES.pastWeeks} at most`);
  expect(text).toContain(`≥ ${RULES.weekCalls} on ${RULES.weekDays} days or more`);
  expect(text).toContain(`after ${RULES.normalWeeks} weeks`);
  expect(text).toContain('≥ 5 %');
});

test('a card is words, never markup', () => {
  const [first] = method.advisors;
  if (first === undefined) throw new Error('no advisor');
  const wild = renderMethod({ ...method, advisors: [{ ...first, title: HOSTILE, why: HOSTILE }] });
  expect(parsed(wild).counts.img).toBeUndefined();
});
