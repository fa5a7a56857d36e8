/** Runs the cells of a row: each breaks one thing, and after each the same must hold. */
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { periodName } from '../../lib/model/period.ts';
import type { Report } from '../../lib/model/report.ts';
import { type Case, casesOf, type Row, ways } from './cell.ts';
import { expectKept, expectNoSecret, snapshotIn, textOf } from './judge.ts';
import { everything, type Ran, type Scene, SECRETS, type World } from './world.ts';

const nameIn = ({ targets }: Report): string => targets[0]?.target ?? '';
const root = new URL('../..', import.meta.url);

export function runRow<S extends Scene>(name: string, row: Row<S>, world: World<S>): void {
  const { comparable, compare } = world;
  let clean: {
    readonly result: NonNullable<Ran['result']>;
    readonly all: ReadonlyMap<string, Uint8Array>;
    readonly mails: number;
  };

  beforeAll(async () => {
    const scene = await world.scene();
    const { result, error } = await scene.hunt();
    if (result === null) throw error;
    clean = { result, all: await everything(scene.store), mails: (await scene.sent()).length / 2 };
    expect(clean.mails).toBeGreaterThan(0);
    expect(clean.result.report.targets[0]?.baselines.previousEnd).not.toBeNull();
  });

  describe.each(ways)(`${name}, %s`, (way) => {
    const cell = row[way];
    if ('never' in cell) {
      it(`cannot happen: ${cell.never}`, () => expect(cell.never).not.toBe(''));
    } else if ('elsewhere' in cell) {
      it.each(cell.elsewhere)('is in %s: %s', (file, title) => {
        expect(readFileSync(new URL(file, root), 'utf8')).toContain(title);
      });
    } else {
      const cases = casesOf(cell);
      it.each(cases.map((one, at) => [`${one.end}${cases.length > 1 ? `, ${at + 1}` : ''}`, one] as const))(
        'ends: %s',
        (_, one) => check(one),
      );
    }
  });

  /** A real server's week is that of the clock. */
  function earlier(all: ReadonlyMap<string, Uint8Array>): Map<string, Uint8Array> {
    const week = periodName('weekly', clean.result.report.window.end);
    return new Map([...all].filter(([key]) => !key.includes(week)));
  }

  async function check(one: Case<S>): Promise<void> {
    const scene = await world.scene(one.seed);
    const undo = await one.break(scene);
    let isMended = false;
    const mend = async () => {
      if (!isMended) await undo?.();
      isMended = true;
    };
    // Services are shared: what one test has broken is no other's affair, even where it fails.
    onTestFinished(mend);
    const before = await everything(scene.store);
    const first = await (one.hunt ?? (({ hunt }: S) => hunt()))(scene);
    const between = await everything(scene.store);
    expect(one.hit === undefined || one.hit(scene), 'the fault hit nothing').toBe(true);
    expectEnd(one, first, between);
    expectKept(earlier(before), between);
    await mend();
    const mended = await everything(scene.store);
    const again = await scene.hunt();
    const after = await everything(scene.store);
    // The report of this week is written anew, what is older is not.
    expectKept(earlier(mended), after);
    const sent = await scene.sent();
    for (const to of new Set(sent.map((mail) => mail.to))) {
      expect(sent.filter((mail) => mail.to === to).length, `mails to ${to}`).toBeLessThanOrEqual(
        clean.mails * (one.digests ?? 1),
      );
    }
    if (one.end === 'person') expect(again.error?.message).toMatch(/nobody knows whether/);
    else {
      expect(again.error?.message).toBeUndefined();
      expect(again.result && comparable(again.result.report)).toEqual(comparable(clean.result.report));
      expect(new Set(sent.map(({ to }) => to)).size, 'each recipient has a mail').toBe(2);
      if (one.end !== 'told') expect(sent).toHaveLength(clean.mails * 2 * (one.digests ?? 1));
    }
    expect([...after.keys()].filter((key) => key.startsWith('history/'))).toHaveLength(2);
    const told = [first, again].flatMap(({ said, error }) => [...said, `${error?.message} ${error?.stack}`]);
    expectNoSecret(SECRETS, [...told, ...[...after.values()].map(textOf), ...sent.map(({ text }) => text)]);
  }

  function expectEnd({ end, says }: Case<S>, ran: Ran, all: ReadonlyMap<string, Uint8Array>): void {
    const { result, error } = ran;
    if (end === 'fails' || end === 'person') {
      expect(result, 'it should have failed').toBeNull();
      if (says === undefined) throw new Error('a failure must say something');
      expect(error?.message).toMatch(says);
      return;
    }
    expect(error?.message).toBeUndefined();
    if (result === null) throw new Error('no report');
    if (end === 'apart') return;
    if (end === 'unharmed') expect(comparable(result.report)).toEqual(comparable(clean.result.report));
    else {
      compare(
        { report: clean.result.report, snapshot: snapshotIn(clean.all, nameIn(clean.result.report)) },
        { report: result.report, snapshot: snapshotIn(all, nameIn(result.report)) },
      );
      if (says === undefined) throw new Error('what is told must be told in words');
      expect(JSON.stringify(result.report)).toMatch(says);
    }
  }
}
