import { describe, expect, it } from 'vitest';
import { shownBounds } from '../../../lib/collect/postgres/tables.ts';

describe('bounds of a partition', () => {
  it.each([
    ["FOR VALUES IN ('Acme Ltd', 'O''Brien')", "FOR VALUES IN ('…', '…')"],
    [
      "FOR VALUES FROM ('2026-01-01 00:00:00+00') TO (MAXVALUE)",
      "FOR VALUES FROM ('2026-01-01 00:00:00+00') TO (MAXVALUE)",
    ],
    ["FOR VALUES FROM ('42') TO ('-7.5')", "FOR VALUES FROM ('42') TO ('-7.5')"],
    ['FOR VALUES WITH (modulus 4, remainder 0)', 'FOR VALUES WITH (modulus 4, remainder 0)'],
    ['DEFAULT', 'DEFAULT'],
  ])('%s is shown as %s', (bounds, shown) => {
    expect(shownBounds(bounds)).toBe(shown);
  });

  it('of a table that is none stay absent', () => {
    expect(shownBounds(undefined)).toBeUndefined();
    expect(shownBounds(null)).toBeNull();
  });
});
