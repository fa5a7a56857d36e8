import { expect, it } from 'vitest';
import { columnStatisticsSql } from '../../../lib/collect/postgres/column-sql.ts';
import { useEmbedded } from '../../support/embedded.ts';

const server = useEmbedded();

it('the share of true rows is read of booleans, whichever value is the common one', async () => {
  const url = await server.database(
    'flags',
    'CREATE TABLE flags (seldom boolean, often boolean, never boolean, always boolean, nothing boolean, word text, mixed boolean)',
    `INSERT INTO flags SELECT n % 10 = 0, n % 10 > 0, false, true, NULL, 'word ' || n % 2, CASE WHEN n % 4 > 1 THEN n % 4 = 2 END
     FROM generate_series(1, 1000) n`,
    'ANALYZE flags',
  );
  const [row] = await server.run(url, columnStatisticsSql);
  const columns = row?.columns as Record<string, { trueShare?: number }>;
  const shares = Object.fromEntries(Object.entries(columns).map(([name, { trueShare }]) => [name, trueShare]));
  expect(shares.seldom).toBeCloseTo(0.1);
  expect(shares.often).toBeCloseTo(0.9);
  expect(shares.mixed).toBeCloseTo(0.25); // of all rows, NULLs among them
  expect(shares).toMatchObject({ never: 0, always: 1 });
  expect([shares.nothing, shares.word]).toEqual([undefined, undefined]);
});
