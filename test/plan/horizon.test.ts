import { expect, test } from 'vitest';
import { horizonOf } from '../../lib/plan/horizon.ts';

test.each([
  [8, 'low', 'quick-win'],
  [8, 'medium', 'quick-win'],
  [8, 'high', 'medium'],
  [8.5, 'low', 'medium'],
  [39.5, 'high', 'medium'],
  [40, 'low', 'long-term'],
] as const)('%d hours at %s risk are a %s', (hours, risk, horizon) => {
  expect(horizonOf(hours, risk)).toBe(horizon);
});
