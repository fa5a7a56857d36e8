import { describe, expect, test } from 'vitest';
import type { Work } from '../../lib/model/finding.ts';
import { effortOf } from '../../lib/plan/effort.ts';
import { averted, finding, snapshot, table, time } from './build.ts';

const orders = { database: 'shop', schema: 'public', table: 'orders' };

function hours(work: Work, rest: Parameters<typeof finding>[3] = {}, seen = snapshot(), benefit = averted): number {
  const made = { ...finding(orders, work, benefit, rest), key: 'k' };
  return effortOf({ advisor: 'a', area: 'index', finding: made }, seen).engineerHours;
}

describe('effort', () => {
  test('a command is cheaper than a release, a release than a migration, a migration than new infrastructure', () => {
    const rising: Work[] = ['analyze', 'create-index', 'rewrite-query', 'change-application', 'change-schema'];
    const values = [...rising, 'change-infrastructure' as const].map((work) => hours(work));
    expect(values).toEqual([...new Set(values)].sort((a, b) => a - b));
  });

  test.each([
    [10 * 1024 ** 3 - 1, 2],
    [10 * 1024 ** 3, 3],
    [100 * 1024 ** 3, 4],
  ])('an index on a table of %d bytes takes %d hours', (heapBytes, expected) => {
    expect(hours('create-index', {}, snapshot({ tables: [table('orders', { heapBytes })] }))).toBe(expected);
  });

  test('a maintenance window costs hours of its own', () => {
    expect(hours('change-setting', { maintenanceWindow: 'restart of the server' })).toBe(4);
    expect(hours('change-setting', { maintenanceWindow: 'None needed' })).toBe(1);
  });

  test('each further statement to rewrite takes longer', () => {
    expect(hours('rewrite-query', {}, snapshot(), time(['a', 'b', 'c', 'c'], 0.1))).toBe(12);
  });

  test('machine time is passed on and not counted as anyone’s hours', () => {
    const made = { ...finding(orders, 'vacuum', averted, { machineMinutes: 90 }), key: 'k' };
    const effort = effortOf({ advisor: 'a', area: 'maintenance', finding: made }, snapshot());
    expect(effort).toEqual({ engineerHours: 1, analysis: 0.5, review: 0, rollout: 0.5, machineMinutes: 90 });
  });
});
