/** The first command, as an ordinary user and as root, to its end and cut short: nothing may stay behind. */
import { spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, it } from 'vitest';
import { reportSchema } from '../../lib/model/report.ts';
import { root } from './support.ts';

const folder = mkdtempSync(join(tmpdir(), 'pg-hunt-start-'));
chmodSync(folder, 0o777);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Demo {
  readonly code: number | null;
  readonly output: string;
  readonly seconds: number;
}

/** Everything the demo leaves in the temporary folder; TMPDIR is ours, so nobody else writes there. */
function demo(cwd: string, temp: string, interruptAt?: string): Promise<Demo> {
  const began = performance.now();
  const child = spawn(join(root, 'node_modules/.bin/tsx'), [join(root, 'lib/demo/main.ts')], {
    cwd,
    env: { ...process.env, TMPDIR: temp, NO_COLOR: '1' },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      output += chunk;
      if (interruptAt !== undefined && output.includes(interruptAt)) child.kill('SIGINT');
    });
  }
  return new Promise((resolve) =>
    child.once('close', (code) => resolve({ code, output, seconds: (performance.now() - began) / 1000 })),
  );
}

const postgresOf = (temp: string) =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(temp);
      } catch {
        return false; // ended while we looked
      }
    });

/** tsx keeps compiled modules in the temporary folder; they are its own. */
const leftIn = (temp: string) => readdirSync(temp).filter((name) => !name.startsWith('tsx-'));

/** The server's last children may need a moment to see that they are orphans. */
async function expectNothingLeft(temp: string): Promise<void> {
  for (let tries = 0; tries < 25 && postgresOf(temp).length + leftIn(temp).length > 0; tries++) await sleep(200);
  expect(postgresOf(temp)).toEqual([]);
  expect(leftIn(temp)).toEqual([]);
}

describe('npm start', () => {
  it('tells the story of two weeks and leaves nothing running', async () => {
    const temp = mkdtempSync(join(folder, 'tmp-'));
    chmodSync(temp, 0o777);
    const { code, output, seconds } = await demo(folder, temp);
    expect(code, output).toBe(0);
    expect(seconds).toBeLessThan(180); // the promise is 90 s on an idle machine; a shared one gets twice that
    const reports = join(folder, 'out/reports/demo-shop');
    const weeks = readdirSync(reports)
      .filter((name) => /^\d{4}-W\d{2}$/.test(name))
      .sort();
    expect(weeks).toHaveLength(2);
    const report = reportSchema.parse(JSON.parse(readFileSync(join(reports, weeks[1] ?? '', 'report.json'), 'utf8')));
    const [target] = report.targets;
    expect(target?.regressions.some(({ cause, status }) => status === 'new' && cause.length > 0)).toBe(true);
    expect(target?.progress.map(({ status }) => status)).toContain('verified');
    expect(target?.summary.top).toHaveLength(3);
    expect(new Set(target?.opportunities.map(({ area }) => area)).size).toBe(4);
    await expectNothingLeft(temp);
  });

  it.each(['Starting PostgreSQL', 'Building the shop', 'Week 1', 'Week 2'])(
    'leaves nothing behind when interrupted at «%s»',
    async (step) => {
      const temp = mkdtempSync(join(folder, 'tmp-'));
      chmodSync(temp, 0o777);
      const { code, output } = await demo(folder, temp, step);
      expect(code).not.toBe(0);
      expect(output).toContain(step);
      expect(output).not.toContain('What to do next');
      await expectNothingLeft(temp);
    },
  );
});
