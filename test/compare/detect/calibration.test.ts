/** The detector on made-up databases: the bounds are those of reference figures, the seeds those for tuning. */
import { expect, test } from 'vitest';
import { judge } from '../../../lib/compare/detect/judge.ts';
import { weeksOf } from '../../../lib/compare/detect/matrix.ts';
import { RULES } from '../../../lib/compare/detect/rules.ts';
import { databasesOf } from '../../bench/regressions/generator.ts';
import { Weekly } from '../../bench/regressions/read.ts';
import { addScore, coverage, emptyScore, figures } from '../../bench/regressions/score.ts';
import { run } from '../../bench/regressions/table.ts';

test('on weeks without events small p values are as rare as they say', () => {
  const weekly = new Weekly();
  for (const database of databasesOf({ seed: 31, databases: 6, queries: 60, events: 'quiet' })) {
    for (const series of database) weekly.add(series);
  }
  const ps = [8, 11, 14].flatMap((week) => {
    const weeks = weeksOf(weekly.series.slice(0, week + 1), RULES.pastWeeks);
    const usable = weeks.map((_, at) => at < weeks.length - 1);
    // Every p is wanted, not only those that would be told.
    const all = judge(weeks, { usable: () => usable, voided: () => false }, { ...RULES, watch: 1 });
    return all.statements.flatMap(({ verdicts }) =>
      verdicts.filter(({ direction }) => direction === 1).map(({ p }) => p),
    );
  });
  const share = (level: number): number => ps.filter((p) => p < level).length / ps.length;
  expect(ps.length).toBeGreaterThan(1000);
  expect(share(0.05)).toBeGreaterThan(0.03);
  expect(share(0.05)).toBeLessThan(0.075);
  expect(share(0.01)).toBeLessThan(0.015);
});

test('of planted regressions enough are found, of the rest few are told', () => {
  const { planted, alerts } = run({ seed: 32, databases: 12, queries: 60, events: 'mixed' });
  const [alert, watch] = [emptyScore(), emptyScore()];
  addScore(
    alert,
    planted,
    alerts.filter(({ tier }) => tier !== 'watch'),
  );
  addScore(watch, planted, alerts);
  // A twelfth of what the benchmark's table runs on: the bounds leave room for chance, not for another method.
  expect(figures(alert).falsePer1000).toBeLessThanOrEqual(2);
  expect(figures(alert).precision).toBeGreaterThanOrEqual(0.88);
  expect(figures(alert).recall).toBeGreaterThanOrEqual(0.55);
  expect(figures(watch).f1).toBeGreaterThanOrEqual(0.7);
  const [held, all] = coverage(planted, alerts);
  expect(held / all).toBeGreaterThanOrEqual(0.8);
});
