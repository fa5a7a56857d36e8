/** Each trap has one test that bears its number. */
import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const TRAPS = Array.from({ length: 122 }, (_, at) => at + 1);

it('every number from 1 to 122 has exactly one test', () => {
  const folder = new URL('.', import.meta.url);
  const texts = readdirSync(folder).map((file) => readFileSync(new URL(file, folder), 'utf8'));
  const numbers = texts.flatMap((text) =>
    [...text.matchAll(/^\s*it\('trap (\d+): /gm)].map(([, number]) => Number(number)),
  );
  expect(numbers.sort((a, b) => a - b)).toEqual(TRAPS);
});
