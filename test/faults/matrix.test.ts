/** The matrix as a table; that no cell is forgotten the compiler sees to. */
import { expect, it } from 'vitest';
import { type Cell, casesOf, dependencies, ways } from './cell.ts';
import { matrix } from './rows/index.ts';

function word(cell: Cell<never>): string {
  if ('never' in cell) return '–';
  if ('elsewhere' in cell) return 'elsewhere';
  return [...new Set(casesOf(cell).map(({ end }) => end))].join('/');
}

it('has a word for every dependency in every way it fails', () => {
  const cells = dependencies.flatMap((dependency) => ways.map((way) => matrix[dependency][way]));
  expect(cells).toHaveLength(dependencies.length * ways.length);
  const lines = ways.map((way) => [way, ...dependencies.map((one) => word(matrix[one][way]))].join(' | '));
  process.stdout.write(`${['', ...dependencies].join(' | ')}\n${lines.join('\n')}\n`);
  const broken = cells.flatMap((cell) => casesOf(cell));
  for (const { end, says } of broken) expect(end === 'unharmed' || end === 'apart' || says !== undefined).toBe(true);
  for (const cell of cells) if ('never' in cell) expect(cell.never.length).toBeGreaterThan(10);
});
