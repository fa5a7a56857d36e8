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

async function killedThenRepeated(kill: Kill | null) {
  const steps: string[] = [];
  let child: ChildProcess | undefined;
  const watch = async (line: string) => {
    if (!leavesTrace(line) || child === undefined) return true;
    steps.push(line.replace(/\/\d{8}T\d{6}Z\//, '/END/'));
    const step = steps.at(-1);
    if (kill === null || step !== kill.line || steps.filter((one) => one === step).length !== kill.nth) return true;
    const victim = child;
    child = undefined;
    victim.kill('SIGKILL');
    if (victim.exitCode === null && victim.signalCode === null) await once(victim, 'exit');
    return true; // done although nobody is left to hear of it
  };
  const s3 = await startFakeS3({ watch });
  const ses = await startFakeSes({ watch });
  const env = functionEnvironment({ s3, ses, prometheus });
  const invoke = async (request: unknown, requestId: string, started?: (one: ChildProcess) => void) => {
    const { answers } = await runBundle({
      file,
      env,
      invocations: [{ event: request, requestId }],
      ...(started && { started }),
    });
    return answers[0];
  };
  try {
    const first = await invoke(event, 'first', (one) => {
      child = one;
    });
    const second = await invoke(event, 'second');
    const verified = await invoke(verify, 'look');
    // A person reads "nobody knows", looks, and has it sent if it did not arrive.
    const asksForPerson =
      second !== undefined && 'error' in second && /nobody knows whether/.test(second.error.message);
    const mailsBefore = ses.accepted.length;
    if (asksForPerson && mailsBefore === 0) await invoke({ ...event, force: true }, 'person');
    const keys = s3.keys().filter((key) => !key.startsWith('claims/'));
    return { steps, first, second, verified, asksForPerson, mails: ses.accepted.length, keys };
  } finally {
    await Promise.all([s3.close(), ses.close()]);
  }
}

/** Some twenty runs of three processes each, and a lease of two minutes in two of them: asked for by `PG_HUNT_KILLS=1`. */
describe.runIf(process.env.PG_HUNT_KILLS !== undefined)('a run that is killed', () => {
  it('is made good by the next, whichever two steps it died between: one mail, all of the archive', async () => {
    const whole = await killedThenRepeated(null);
    expect(whole.first).toMatchObject({ answer: { mailSent: true } });
    expect(whole.steps.filter((line) => line.startsWith('SEND'))).toHaveLength(1);
    expect(whole.steps.length).toBeGreaterThan(8);
    // A claim is written twice, before the mail and after it; a second line of any other kind is a repeated request.
    const twice = whole.steps.flatMap((line, at) => {
      const nth = whole.steps.slice(0, at + 1).filter((one) => one === line).length;
      return nth === 1 || (nth === 2 && line.includes(' claims/')) ? [{ line, nth }] : [];
    });
    for (const kill of twice) {
      const place = `after ${kill.line} (${kill.nth})`;
      const found = await killedThenRepeated(kill);
      expect(found.first, place).toBeUndefined();
      expect(found.mails, place).toBe(1);
      expect(found.keys, place).toEqual(whole.keys);
      // Between "I am sending" and "it was sent" nobody can know; anywhere else nobody is asked.
      const dark = kill.line.startsWith('SEND') || (kill.line.includes(' claims/') && kill.nth === 1);
      expect(found.asksForPerson, place).toBe(dark);
      expect('answer' in (found.verified ?? {}), place).toBe(!dark);
    }
  }, 1_500_000);
});
