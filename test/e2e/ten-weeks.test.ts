/** A server's eleven weeks, of which nobody saw one, and a digest of each: what they tell is what happened. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { simpleParser } from 'mailparser';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Report, reportSchema } from '../../lib/model/report.ts';
import { startPrometheusWith } from './backends.ts';
import { at, DAY, elevenWeeks, queryid, story, WEEKS } from './eleven-weeks.ts';
import type { Server } from './servers.ts';
import { runHunt } from './support.ts';
import { needs } from './tools.ts';

const { missing, skip } = needs('prometheus', 'promtool');

interface Told {
  readonly subject: string;
  readonly text: string;
  readonly target: Report['targets'][number];
}

describe.skipIf(skip)(`week by week${skip ? ` (missing: ${missing.join(', ')})` : ''}`, () => {
  const folder = mkdtempSync(join(tmpdir(), 'pg-hunt-e2e-weeks-'));
  const told = new Map<number, Told>();
  let server: Server;

  beforeAll(async () => {
    expect(missing, 'tools that are missing').toEqual([]);
    server = await startPrometheusWith('prometheus', elevenWeeks(), '1458h');
    for (let week = 1; week <= WEEKS; week += 1) {
      const end = new Date(at(week + 1) * 1000).toISOString();
      const where = ['--store', folder, '--mail', join(folder, `mail-${week}`), '--to', 'dba@example.com'];
      const ran = await runHunt('--prometheus', server.url, '--window', '7d', '--end', end, ...where, '--json');
      expect(ran.code, `week ${week}: ${ran.stderr}`).toBe(0);
      const [target] = reportSchema.parse(JSON.parse(ran.stdout)).targets;
      if (target === undefined) throw new Error(`week ${week} has no target`);
      told.set(week, { ...(await mailIn(join(folder, `mail-${week}`))), target });
    }
    for (const [week, { subject, target }] of told) {
      process.stderr.write(`week ${String(week).padStart(2)}  ${subject}\n         ${target.summary.headline}\n`);
    }
  }, 600_000);

  afterAll(async () => {
    await server?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const week = (number: number): Told => {
    const one = told.get(number);
    if (one === undefined) throw new Error(`week ${number} told nothing`);
    return one;
  };
  const open = (number: number) => week(number).target.regressions.filter(({ status }) => status !== 'resolved');
  const idOf = (number: number, inWeek: number) => `id:${queryid(number, at(inWeek))}`;

  it('week 1 says that there is nothing to compare with, weeks 2 and 4 that nothing got worse', () => {
    expect(week(1).target.summary.headline).toContain('First hunt, nothing to compare with yet.');
    expect(week(1).target.opportunities.map(({ key }) => key)).toContain('requested-checkpoints:max_wal_size');
    for (const calm of [2, 4]) {
      expect(week(calm).target.regressions).toEqual([]);
      expect(week(calm).target.summary.headline).toContain('Nothing got worse.');
    }
  });

  it('week 3 verifies the setting that was changed as advised, and a statistics reset is no news', () => {
    expect(week(3).target.progress).toEqual([
      expect.objectContaining({
        key: 'requested-checkpoints:max_wal_size',
        status: 'verified',
        sentence: expect.stringMatching(/^max_wal_size was changed .* requested checkpoints a week: 2,352 then, 0 now/),
      }),
    ]);
    expect(week(3).target.regressions).toEqual([]);
  });

  it('week 5 tells the regression and, within two days, when it began, and week 6 that it lasts', () => {
    const name = `Statement ${queryid(5, at(5))}`;
    expect(week(5).subject).toMatch(new RegExp(`^Regression: ${name} is \\d+ % slower per call`));
    expect(week(6).subject).toBe(`Re: ${week(5).subject}`);
    expect(week(6).text).toMatch(/^● Still open, day 1\d · /);
    const [first] = open(5);
    expect(first?.status).toBe('new');
    expect(Math.abs(Date.parse(first?.onset ?? '') / 1000 - story.slower.from)).toBeLessThanOrEqual(2 * DAY);
    const [lasting, ...others] = open(6);
    expect(others).toEqual([]);
    expect(lasting?.status).toBe('open');
  });

  it('of the four intervals told of what was planted at least three hold it', () => {
    const planted = [
      { weeks: [5, 6], by: story.slower.by },
      { weeks: [9, 10], by: story.slowerLater.by },
    ];
    const told = planted.flatMap(({ weeks, by }) =>
      weeks.map((number) => {
        const { low, high } = open(number)[0]?.change ?? {};
        return { number, holds: low != null && high != null && 1 + low <= by && by <= 1 + high };
      }),
    );
    // The week of its own that statement 12 drew for week 9 is 6 % faster than its others: what lies one draw off may miss.
    expect(told.filter(({ holds }) => holds).map(({ number }) => number)).toEqual(expect.arrayContaining([5, 6, 10]));
  });

  it('week 7 tells the fix as calm so far', () => {
    expect(week(7).subject).toMatch(/^Recovering: Statement \d+ is as fast as before again this week/);
    expect(open(7)).toEqual([expect.objectContaining({ status: 'open', recovering: true, costMsPerWeek: 0 })]);
  });

  it('week 8, which nobody saw, claims nothing', () => {
    const { subject, target } = week(8);
    expect(subject).toMatch(/could not look|Cannot tell/);
    expect(target.summary.headline).not.toContain('Nothing got worse');
    expect(target.regressions).toEqual([]);
    for (const { status, sentence } of target.progress) {
      expect([status, sentence]).toEqual([
        'unobserved',
        expect.stringMatching(/^Whether it was done could not be told/),
      ]);
    }
  });

  it('week 9 closes the old regression and tells the new one', () => {
    expect(week(9).subject).toContain(`Statement ${queryid(12, at(9))} is `);
    expect(open(9)).toEqual([
      expect.objectContaining({ status: 'new', subject: expect.objectContaining({ statement: idOf(12, 9) }) }),
    ]);
    const closings = [...told].flatMap(([number, { target }]) =>
      target.regressions
        .filter(({ status }) => status === 'resolved')
        .map(({ subject }) => [number, subject.statement]),
    );
    expect(closings).toEqual([[9, idOf(5, 9)]]);
  });

  it('week 10 knows the statements again under the queryids of another major version', () => {
    expect(week(10).subject).toBe(`Re: ${week(9).subject}`);
    expect(week(10).text).toMatch(/^● Still open, day 1\d · /);
    expect(week(10).text).toContain(`Statement ${queryid(12, at(10))} is `);
    expect(open(10)).toEqual([
      expect.objectContaining({ status: 'open', subject: expect.objectContaining({ statement: idOf(12, 10) }) }),
    ]);
    expect(week(10).target.quality.notes.join(' ')).toMatch(/\d+ statements have another queryid than last week/);
  });

  it('week 11 tells its fix, and nothing else ever got worse', () => {
    expect(week(11).subject).toMatch(new RegExp(`^Recovering: Statement ${queryid(12, at(11))} `));
    const all = new Set(
      [...told.values()].flatMap(({ target }) => target.regressions.map(({ subject }) => subject.statement)),
    );
    expect([...all].sort()).toEqual([idOf(12, 9), idOf(5, 9), idOf(12, 10)].sort());
  });
});

/** The alert, where there is one. */
async function mailIn(mailbox: string): Promise<{ subject: string; text: string }> {
  const [name] = readdirSync(mailbox).sort();
  if (name === undefined) throw new Error(`${mailbox} holds no mail`);
  const { subject = '', text = '' } = await simpleParser(readFileSync(join(mailbox, name)));
  return { subject, text };
}
