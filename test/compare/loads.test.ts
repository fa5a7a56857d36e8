import { describe, expect, it } from 'vitest';
import { loadsFrom } from '../../lib/compare/loads.ts';

const row = (measures: Record<string, number>, user = 'a') => ({
  database: 'd b',
  statement: 's/1',
  queryid: '1',
  user,
  measures,
});

describe('loads', () => {
  it('merge the users of a statement, with the deviation of all their calls', () => {
    // 1 and 3 ms alternate for one, always 6 ms for the other: 1 3 1 3 6 6
    const a = row({ calls: 4, totalTimeMs: 8, stddevTimeMs: 1, rows: 4 });
    const b = row({ calls: 2, totalTimeMs: 12, stddevTimeMs: 0, rows: 2 }, 'b');
    const [load] = [...loadsFrom([a, b], 1).byKey.values()];
    const times = [1, 3, 1, 3, 6, 6];
    const mean = 20 / 6;
    const deviation = Math.sqrt(times.reduce((sum, ms) => sum + (ms - mean) ** 2, 0) / 6);
    expect(load).toMatchObject({ key: 'd%20b/s%2F1', calls: 6, rowsPerCall: 1, blocksPerCall: null, missShare: null });
    expect(load?.meanMs).toBeCloseTo(mean);
    expect(load?.stddevTimeMs).toBeCloseTo(deviation);
  });

  it('know nothing of a measure that one of the rows lacks', () => {
    const [load] = [
      ...loadsFrom(
        [row({ calls: 1, totalTimeMs: 1, rows: 1 }), row({ calls: 1, totalTimeMs: 1 }, 'b')],
        1,
      ).byKey.values(),
    ];
    expect(load).toMatchObject({ rowsPerCall: null, stddevTimeMs: null });
  });

  it('leave out what was not called or not timed', () => {
    expect(loadsFrom([row({ calls: 0, totalTimeMs: 0 }), row({ calls: 5 })], 1).byKey.size).toBe(0);
  });
});
