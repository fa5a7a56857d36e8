/** Each trap has one test that bears its number. */
import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

/** Not yet in a scene of their own here; most are cited by number in the tests of the advisors. */
const ELSEWHERE = [...range(102, 122)];

function range(first: number, last: number): readonly number[] {
  return Array.from({ length: last - first + 1 }, (_, at) => first + at);
}

it('every number from 1 to 122 is there once, here or on the list of those that are not', () => {
  const folder = new URL('.', import.meta.url);
  const texts = readdirSync(folder).map((file) => readFileSync(new URL(file, folder), 'utf8'));
  const numbers = texts.flatMap((text) =>
    [...text.matchAll(/^\s*it\('trap (\d+): /gm)].map(([, number]) => Number(number)),
  );
  expect([...numbers, ...ELSEWHERE].sort((a, b) => a - b)).toEqual(range(1, 122));
});
