import { expect, test } from 'vitest';
import { type Combinable, combined, grouped, separated } from '../../../lib/collect/prometheus/combine.ts';
import type { Answer } from '../../../lib/collect/prometheus/response.ts';

const question = (promql: string, weight: number | null = 2): Combinable => ({ promql, weight });
const answer = (samples: Answer['samples'], nan: Answer['nan'] = []): Answer => ({
  samples,
  nan,
  series: [],
  warnings: ['w'],
  partial: true,
});
const texts = (groups: ReturnType<typeof grouped>) =>
  groups.map((group) => group.map(([first]) => first?.promql ?? ''));

test('one question goes out as it is, several with a mark each', () => {
  expect(combined(['up'])).toBe('up');
  expect(combined(['up', 'max(x) / (y > 0)'])).toBe(
    'label_replace(up, "pg_hunt", "0", "pg_hunt", "") or label_replace(max(x) / (y > 0), "pg_hunt", "1", "pg_hunt", "")',
  );
});

test('answers find their questions, without the mark, and what was said about one was said about all', () => {
  const joined = answer(
    [
      { labels: { pg_hunt: '1', a: 'x' }, value: 7 },
      { labels: { pg_hunt: '0', a: 'x' }, value: 5 },
    ],
    [{ pg_hunt: '1', a: 'y' }],
  );
  expect(separated(joined, 3)).toEqual([
    answer([{ labels: { a: 'x' }, value: 5 }]),
    answer([{ labels: { a: 'x' }, value: 7 }], [{ a: 'y' }]),
    answer([]),
  ]);
});

test.each([[{}], [{ pg_hunt: '2' }], [{ pg_hunt: '' }], [{ pg_hunt: 'x' }]])(
  'a series marked %o is nobody’s and refused',
  (labels) => {
    expect(() => separated(answer([{ labels, value: 1 }]), 2)).toThrow(/mixed up/);
    expect(() => separated(answer([], [labels]), 2)).toThrow(/mixed up/);
  },
);

test('what must go alone does, and the same text is asked once', () => {
  const [first, second] = [question('a'), question('a')];
  const groups = grouped([question('raw', null), first, second, question('b')]);
  expect(texts(groups)).toEqual([['raw'], ['a', 'b']]);
  expect(groups[1]?.[0]).toEqual([first, second]);
});

test('any number of questions fits into 24 requests while they are short, at about the same cost each', () => {
  for (const count of [1, 10, 80, 300, 1_000]) {
    const groups = grouped(Array.from({ length: count }, (_, index) => question(`q${index}`, 1 + (index % 4))));
    expect(groups.length).toBeLessThanOrEqual(24);
    expect(texts(groups).flat()).toHaveLength(count);
    const weights = groups.map((group) => group.reduce((sum, [first]) => sum + (first?.weight ?? 0), 0));
    expect(Math.max(...weights) - Math.min(...weights)).toBeLessThanOrEqual(4);
  }
});

test('no request is longer than VictoriaMetrics reads', () => {
  const long = (index: number) => question(`q${index}${'é'.repeat(3_000)}`);
  const groups = grouped([...Array.from({ length: 60 }, (_, index) => long(index)), question('é'.repeat(20_000))]);
  const sizes = texts(groups).map((group) => [group.length, Buffer.byteLength(combined(group))] as const);
  // Nothing can be done about a single one.
  for (const [parts, size] of sizes) if (parts > 1) expect(size).toBeLessThanOrEqual(16 * 1024);
  expect(texts(groups).flat()).toHaveLength(61);
});
