import { expect, it } from 'vitest';
import type { Traffic } from '../../lib/model/quality.ts';
import { doubtsOf } from '../../lib/plan/doubt.ts';
import { aSnapshot, aSpan } from '../support/rows.ts';

const seen = (coveredShare: number, source: 'prometheus' | 'postgres' = 'prometheus') => {
  const snapshot = aSnapshot({});
  const span = { ...aSpan(), source };
  const spans = { server: span, index: span, statement: span };
  return { ...snapshot, spans, quality: { ...snapshot.quality, coveredShare } };
};
const week = (verdict: Traffic['verdict']) => ({
  traffic: { verdict, perSecond: 1, usualPerSecond: 1, weeks: 3, of: 'transactions' as const },
});
const lowered = (...input: Parameters<typeof doubtsOf>) =>
  Object.entries(doubtsOf(...input)).flatMap(([kind, why]) => (why === null ? [] : [kind]));

it.each([
  ['a usual week', seen(1), week('representative'), []],
  ['the first week', seen(1), week('unknown'), []],
  ['nothing compared', seen(1), {}, []],
  ['a quiet week: what is unused may be used in others', seen(1), week('quieter'), ['time', 'space']],
  ['a busy week', seen(1), week('busier'), ['time']],
  ['half of the samples', seen(0.5), week('partial'), ['time', 'space', 'risk']],
  ['half of the samples, and counters of the catalog', seen(0.5, 'postgres'), week('partial'), []],
] as const)('%s lowers the confidence of the right findings', (_, snapshot, changes, kinds) => {
  expect(lowered(snapshot, changes)).toEqual(kinds);
});
