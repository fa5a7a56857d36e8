/** The function's own bundle, killed by SIGKILL around every step that leaves a trace, then repeated as Lambda repeats it. */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundle } from '../../cdk/bundling.ts';
import { runBundle } from '../support/bundle.ts';
import { type FakePrometheus, startFakePrometheus } from '../support/fake-prometheus.ts';
import { startFakeS3 } from '../support/fake-s3.ts';
import { startFakeSes } from '../support/fake-ses.ts';
import { functionEnvironment } from '../support/function-env.ts';
import { shopSeries } from '../support/shop-series.ts';

const folder = mkdtempSync(join(tmpdir(), 'pg-hunt-killed-'));
const file = join(folder, 'index.mjs');
const end = new Date(Math.floor(Date.now() / 60_000) * 60_000 - 3_600_000).toISOString().replace('.000Z', 'Z');
const event = { end, cadence: 'weekly', send: true };
const verify = {
  verify: { cadence: 'weekly', end: new Date(Date.parse(end) + 3_600_000).toISOString(), within: '2h' },
};
let prometheus: FakePrometheus;

beforeAll(async () => {
  await bundle(folder);
  prometheus = await startFakePrometheus({ series: shopSeries(end) });
});
afterAll(async () => {
  await prometheus.stop();
  rmSync(folder, { recursive: true, force: true });
});

interface Kill {
  /** Line of a step that writes or sends; its first occurrence, or of the same line the second. */
  readonly line: string;
  readonly nth: number;
}

/** What leaves a trace: reading again changes nothing. */
const leavesTrace = (line: string) => /^(PUT|SEND) /.test(line);

/** The same event again and again: each time killed after its step, the last time left alone and then verified. */
async function killedThenRepeated(kills: readonly Kill[]) {
  let steps: string[] = [];
  let runs = 0;
  let kill: Kill | undefined;
  let child: ChildProcess | undefined;
  const watch = async (line: string) => {
    if (!leavesTrace(line) || child === undefined) return true;
    const step = line.replace(/\/\d{8}T\d{6}Z\//, '/END/');
    steps.push(step);
    if (step !== kill?.line || steps.filter((one) => one === step).length !== kill.nth) return true;
    const victim = child;
    child = undefined;
    victim.kill('SIGKILL');
    if (victim.exitCode === null && victim.signalCode === null) await once(victim, 'exit');
    return true; // done although nobody is left to hear of it
  };
  const s3 = await startFakeS3({ watch });
  const ses = await startFakeSes({ watch });
  const env = functionEnvironment({ s3, ses, prometheus });
  const invoke = async (requests: readonly unknown[]) => {
    steps = [];
    runs += 1;
    const invocations = requests.map((request) => ({ event: request, requestId: `run-${runs}` }));
    const started = (one: ChildProcess) => {
      child = one;
    };
    const { answers } = await runBundle({ file, env, invocations, started, hurried: true });
    return answers;
  };
  try {
    const survivors: Kill[] = [];
    for (kill of kills) if ((await invoke([event])).length > 0) survivors.push(kill);
    kill = undefined;
    const [last, verified] = await invoke([event, verify]);
    const made = { steps, last, verified, survivors, mails: ses.accepted.length };
    // A person reads "nobody knows", looks, and has it sent if it did not arrive.
    const asksForPerson = last !== undefined && 'error' in last && /nobody knows whether/.test(last.error.message);
    if (asksForPerson && made.mails === 0) await invoke([{ ...event, force: true }]);
    const keys = s3.keys().filter((key) => !key.startsWith('claims/'));
    return { ...made, asksForPerson, mailsInTheEnd: ses.accepted.length, keys };
  } finally {
    await Promise.all([s3.close(), ses.close()]);
  }
}

describe('a run that is killed', () => {
  it('is made good by the next, whichever two steps it died between: one mail, all of the archive', async () => {
    const whole = await killedThenRepeated([]);
    expect(whole.last).toMatchObject({ answer: { mailSent: true } });
    const all = whole.steps.map((line, at) => ({
      line,
      nth: whole.steps.slice(0, at + 1).filter((one) => one === line).length,
    }));
    // A claim is written before the mail and after it; a second line of any other kind is a repeated request.
    const kills = all.filter(({ line, nth }) => nth === 1 || (nth === 2 && line.includes(' claims/')));
    const claim = kills.findIndex(({ line }) => line.includes(' claims/'));
    expect(claim).toBeGreaterThan(8);
    expect(kills.slice(claim).map(({ line }) => line.replace(/ (\w+).*/, ' $1'))).toEqual([
      'PUT claims',
      'SEND ada',
      'PUT claims',
      'PUT history',
      'PUT calibration',
    ]);
    // While the archive is written the same event may die over and over: two rows of that, for two processors.
    const archive = kills.slice(0, claim);
    const rows = [archive.filter((_, at) => at % 2 === 0), archive.filter((_, at) => at % 2 === 1)];
    const scenarios = [...rows, ...kills.slice(claim).map((one) => [one])];
    const run = async (kills: readonly Kill[]) => ({ kills, found: await killedThenRepeated(kills) });
    for (const { kills, found } of await Promise.all(scenarios.map(run))) {
      const [{ line, nth } = { line: '', nth: 0 }] = kills;
      const place = `after ${line} (${nth})`;
      // Between "I am sending" and "it was sent" nobody can know; anywhere else nobody is asked.
      const dark = line.startsWith('SEND') || (line.includes(' claims/') && nth === 1);
      expect(found.survivors, place).toEqual([]);
      expect(found.mails, place).toBe(dark && !line.startsWith('SEND') ? 0 : 1);
      expect(found.mailsInTheEnd, place).toBe(1);
      expect(found.keys, place).toEqual(whole.keys);
      expect(found.asksForPerson, place).toBe(dark);
      expect('answer' in (found.verified ?? {}), place).toBe(!dark);
    }
  }, 300_000);
});
