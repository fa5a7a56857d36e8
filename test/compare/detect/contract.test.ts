/** The command that scores the detector on weeks given as a file, as others run it. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { databasesOf } from '../../bench/regressions/generator.ts';

const root = new URL('../../..', import.meta.url).pathname;
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'bench-regressions-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function bench(lines: readonly string[]): { status: number | null; stderr: string; alerts: Record<string, unknown>[] } {
  const [input, output] = [join(folder, 'in.jsonl'), join(folder, 'out.jsonl')];
  writeFileSync(input, lines.join('\n'));
  rmSync(output, { force: true });
  const args = ['run', '--silent', 'bench:regressions', '--', '--in', input, '--out', output];
  const { status, stderr } = spawnSync('npm', args, { cwd: root, encoding: 'utf8' });
  const text = status === 0 ? readFileSync(output, 'utf8') : '';
  const alerts = text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
  return { status, stderr, alerts };
}

function quiet(): {
  database: string;
  statement: string;
  start: string;
  calls: (number | null)[];
  timeMs: (number | null)[];
}[] {
  const [database = []] = [...databasesOf({ seed: 5, databases: 1, queries: 30, events: 'quiet' })];
  return database.map(({ truth: _, ...series }) => series);
}

test('a planted step comes out with exactly the fields of the contract, through nulls and lists of unequal length', () => {
  const series = quiet();
  const [slow, holed, short] = series;
  const onset = 9 * 168 + 24;
  if (slow === undefined || holed === undefined || short === undefined) throw new Error('the generator made too few');
  slow.timeMs = slow.timeMs.map((ms, hour) => (ms === null || hour < onset ? ms : ms * 1.8));
  holed.calls = holed.calls.map((calls, hour) => (hour % 5 === 0 ? null : calls));
  short.timeMs = short.timeMs.slice(0, 1000);
  const { status, stderr, alerts } = bench(series.map((one) => JSON.stringify(one)));
  expect(stderr.replace(/^npm warn.*\n/gm, '')).toBe('');
  expect(status).toBe(0);
  const mine = alerts.filter(({ statement }) => statement === slow.statement);
  expect(mine.map(({ week }) => week).slice(-4)).toEqual([11, 12, 13, 14]);
  for (const alert of alerts) {
    expect(Object.keys(alert)).toEqual([
      'database',
      'statement',
      'week',
      'tier',
      'direction',
      'effect',
      'low',
      'high',
      'onset',
    ]);
  }
  const last = mine.at(-1) ?? {};
  expect(last).toMatchObject({ database: slow.database, direction: 'slower', tier: 'confirmed' });
  expect(Number(last.low)).toBeLessThan(0.8);
  expect(Number(last.high)).toBeGreaterThan(0.8);
  const planted = Date.parse(slow.start) + onset * 3_600_000;
  expect(Math.abs(Date.parse(String(last.onset)) - planted)).toBeLessThanOrEqual(2 * 24 * 3_600_000);
});

test('a slowdown of all is one line a week whose statement is null, and at most one statement alert beside it', () => {
  const series = quiet();
  for (const one of series)
    one.timeMs = one.timeMs.map((ms, hour) => (ms === null || hour < 10 * 168 ? ms : ms * 1.25));
  const { alerts } = bench(series.map((one) => JSON.stringify(one)));
  const told = alerts.filter(({ tier }) => tier !== 'watch');
  const wide = told.filter(({ statement }) => statement === null);
  expect(wide.map(({ week, direction }) => [week, direction])).toEqual(
    [10, 11, 12, 13, 14].map((week) => [week, 'slower']),
  );
  const statements = new Set(told.filter((one) => !wide.includes(one)).map(({ statement }) => statement));
  expect(statements.size).toBeLessThanOrEqual(1);
});

test('a bad line is named with its number, and the run fails', () => {
  const good = JSON.stringify(quiet()[0]);
  const cut = bench([good, '{"database":']);
  expect(cut.status).toBe(1);
  expect(cut.stderr).toMatch(/in\.jsonl: line 2: no JSON/);
  const text = bench([good, '', JSON.stringify({ database: 'd', statement: 's', start: 'x', calls: [], timeMs: [] })]);
  expect(text.stderr).toMatch(/line 3: start is no time/);
  expect(bench([good, good]).stderr).toMatch(/line 2: the statement stands in line 1 already/);
});
