import { describe, expect, it } from 'vitest';
import { responseTimes } from '../../lib/report/response-times.ts';
import { aTargetReport } from '../support/report.ts';

const target = aTargetReport();
const [first] = target.topStatements;
if (first === undefined) throw new Error('the example has a statement');
const timed = {
  ...first,
  meanMs: 12,
  median: { ms: 8, low: 0, high: 30, basis: 'mixture' as const },
  p95: { ms: 35, low: 9, high: 4_000, basis: 'mixture' as const },
};
const shown = (more: Partial<typeof target>) =>
  JSON.stringify(responseTimes(aTargetReport(more))).replaceAll('\u00A0', ' ');

describe('execution times in the measurement plan', () => {
  it('are average, median and 95th percentile of each large statement, with bounds and method', () => {
    const text = shown({ topStatements: [timed] });
    for (const words of ['12 ms', '8 ms', 'up to 30 ms', '35 ms', '9 ms to 4 s', 'log_min_duration_sample']) {
      expect(text).toContain(words);
    }
  });

  it('bound the percentiles of the whole workload', () => {
    const numbers = [
      { label: '95th percentile of statement time', unit: 'ms', now: 5, previous: 4, pinned: null, low: 1, high: 90 },
    ] as const;
    const text = shown({ topStatements: [], baselines: { previousEnd: null, pinnedEnd: null, numbers: [...numbers] } });
    expect(text).toContain('95th percentile of statement time: surely 1 ms to 90 ms.');
  });

  it('are not there where nothing is known, and the table of baselines says why', () => {
    const { median: _m, p95: _p, ...plain } = timed;
    const baselines = { previousEnd: null, pinnedEnd: null, numbers: [] };
    expect(responseTimes(aTargetReport({ topStatements: [plain], baselines }))).toEqual([]);
  });
});
