import { expect, it } from 'vitest';
import type { Traffic } from '../../lib/model/quality.ts';
import { doubtOf, doubtsOf } from '../../lib/plan/doubt.ts';
import { aSnapshot, aSpan, aStatement } from '../support/rows.ts';
import { finding } from './build.ts';

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

it.each([
  ['for a third of the window', 0.33, 'Its counters were seen for only 33 % of the time, which lowers the confidence.'],
  ['for just half of it', 0.5, null],
  ['for all of it', undefined, null],
] as const)('a finding about a statement that was seen %s is doubted accordingly', (_, seenShare, why) => {
  const row = aStatement({ database: 'shop', statement: 'f1', ...(seenShare === undefined ? {} : { seenShare }) });
  const snapshot = aSnapshot({ statements: [row, aStatement({ database: 'shop', statement: 'f2' })] });
  const doubt = doubtOf(snapshot, {});
  const about = (statement: string) =>
    finding({ database: 'shop', statement }, 'rewrite-query', {
      ...{ kind: 'time', statements: [statement], reduces: { low: 0.1, likely: 0.2, high: 0.3 } },
      ...{ basis: 'Measured.', confidence: 'high' },
    });
  expect(doubt(about('f1'))).toBe(why);
  expect(doubt(about('f2'))).toBeNull();
});
