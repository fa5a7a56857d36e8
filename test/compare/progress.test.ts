import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compare } from '../../lib/compare/compare.ts';
import { historyOf } from '../../lib/compare/history.ts';
import type { HistoryFinding } from '../../lib/model/history.ts';
import type { Outcome } from '../../lib/model/outcome.ts';
import { progressSchema } from '../../lib/model/regression.ts';
import type { Snapshot } from '../../lib/model/snapshot.ts';
import { aKey, anIndex, aServer, aSpan, aTable, WINDOW } from '../support/rows.ts';
import {
  aFinding,
  anEarlierFinding,
  blind,
  called,
  clear,
  EARLIER,
  found,
  lastWeek,
  NEXT,
  noPast,
  now,
  planKeeping,
  steady,
  week,
} from './weeks.ts';

const others = (meanMs = 1) =>
  Array.from({ length: 6 }, (_, at) =>
    called(`other${at}`, { meanMs, text: `SELECT * FROM customers WHERE c${at} = $1` }),
  );
const applied = [anIndex(), anIndex({ columns: ['status'] })];
const tables = [aTable(), aTable({ table: 'customers' })];

interface Story {
  readonly finding?: Partial<HistoryFinding>;
  readonly before?: Parameters<typeof called>[1];
  readonly today?: Parameters<typeof called>[1];
  readonly over?: Partial<Snapshot>;
  readonly earlier?: Partial<Snapshot>;
  readonly outcomes?: readonly Outcome[];
  readonly drift?: number;
}

/** Advice about `treated`, 10 ms a call before; its index was created since unless told otherwise. */
function story({ finding, before, today, over, earlier, outcomes = [clear()], drift = 1 }: Story) {
  const kept = { findings: [anEarlierFinding(finding)] };
  const past = lastWeek([called('treated', { meanMs: 10, ...before }), ...others()], { tables, ...earlier }, kept);
  const rows = [called('treated', { meanMs: 10, ...today }), ...others(drift)];
  const snapshot = now(rows, { indexes: applied, tables, ...over });
  const changes = compare({ snapshot, outcomes, past });
  const history = historyOf({ snapshot, outcomes, plan: planKeeping(outcomes), changes, past });
  for (const one of changes.progress) progressSchema.parse(one);
  return { changes, history, told: changes.progress[0], kept: history.findings[0] };
}

describe('advice that was carried out', () => {
  it('is verified against what was predicted, with the interval', () => {
    const { told, kept } = story({ today: { meanMs: 2 } });
    expect(told).toMatchObject({
      status: 'verified',
      unit: 'share',
      predicted: { low: 0.5, likely: 0.7, high: 0.9 },
      since: EARLIER.end,
      sentence:
        'The index orders_status_idx on public.orders (status) was created; its statements take 80 % less time per call (90 % interval 78 % to 82 % less), as predicted: 50 % to 90 %.',
    });
    expect(told?.realised?.likely).toBeCloseTo(0.8);
    expect(kept).toMatchObject({ state: 'closed', doneAt: WINDOW.end });
  });

  it('is told once: a question about the same statements that it answered is not credited beside it', () => {
    const question = (statements: readonly string[]) =>
      anEarlierFinding({
        key: 'cache-misses:shared_buffers',
        advisor: 'missing-index',
        subject: { setting: 'shared_buffers' },
        done: { kind: 'measure-moved' },
        gain: { kind: 'statement-time', statements: [...statements] },
        predicted: null,
      });
    const told = (statements: readonly string[]) => {
      const kept = { findings: [anEarlierFinding(), question(statements)] };
      const past = lastWeek([called('treated', { meanMs: 10 }), ...others()], { tables }, kept);
      const snapshot = now([called('treated', { meanMs: 2 }), ...others()], { indexes: applied, tables });
      return compare({ snapshot, outcomes: [clear()], past }).progress.map(({ key }) => key);
    };
    expect(told(['treated', 'other1'])).toEqual([anEarlierFinding().key]);
    expect(told(['other1'])).toContain('cache-misses:shared_buffers');
  });

  const cases: readonly [string, Story, string, RegExp][] = [
    [
      'less than was promised',
      { today: { meanMs: 7 } },
      'verified',
      /30 % less time.*less than the predicted 50 % to 90 %/,
    ],
    ['more than was promised', { today: { meanMs: 0.5 } }, 'verified', /95 % less time.*more than the predicted/],
    ['worse, when it got slower', { today: { meanMs: 20 } }, 'worse', /its statements are 2 times slower per call/],
    [
      'too early, without an effect in the window of the change',
      {},
      'too-early',
      /still holds time from before the change/,
    ],
    ['too early, with too few calls', { today: { calls: 29, meanMs: 2 } }, 'too-early', /fewer than 30 times/],
    ['too early, when scatter hides it', { today: { calls: 40, meanMs: 8, stddevTimeMs: 40 } }, 'too-early', /./],
    ['verified at more traffic', { today: { calls: 900_000, meanMs: 2 } }, 'verified', /80 % less/],
    [
      'widened without a deviation',
      { today: { meanMs: 2, stddevTimeMs: undefined } },
      'verified',
      /keeps no deviation/,
    ],
    [
      'unobserved, when nothing is known of before',
      { finding: { gain: { kind: 'statement-time', statements: ['?'] } } },
      'unobserved',
      /before is not known/,
    ],
  ];
  for (const [name, given, status, words] of cases) {
    it(`is ${name}`, () => {
      const { told } = story(given);
      expect(told?.status).toBe(status);
      expect(told?.sentence).toMatch(words);
    });
  }

  it('is judged at once where a done sign was seen under another name, and only if the index is valid', () => {
    const named = (valid: boolean) => [anIndex({ index: 'mine', columns: ['status', 'id'], valid })];
    expect(story({ today: { meanMs: 2 }, over: { indexes: named(true) } }).told?.status).toBe('verified');
    expect(story({ today: { meanMs: 2 }, over: { indexes: named(false) } }).told?.status).toBe('unobserved');
  });

  it('is measured against the rest of the workload: a drift of everything is taken out', () => {
    const slowed = story({ today: { meanMs: 10 * 0.8 * 1.5 }, drift: 1.5 });
    expect(slowed.told).toMatchObject({ status: 'verified' });
    expect(slowed.told?.realised?.likely).toBeCloseTo(0.2);
    expect(slowed.told?.sentence).toContain(
      'The rest of the workload got 50 % slower per call meanwhile; that is taken out.',
    );
    const lucky = story({ today: { meanMs: 5 }, drift: 0.5 });
    expect(lucky.told).toMatchObject({ status: 'too-early', realised: { likely: expect.closeTo(0) } });
  });

  it('recovers the planted gain under any uniform drift', () => {
    const factor = fc.double({ min: 0.2, max: 4, noNaN: true });
    fc.assert(
      fc.property(factor, fc.double({ min: 0.1, max: 2, noNaN: true }), (drift, effect) => {
        const { told } = story({ today: { meanMs: 10 * effect * drift }, drift });
        expect(told?.realised?.likely).toBeCloseTo(1 - effect, 9);
        const { low = 0, likely = 0, high = 0 } = told?.realised ?? {};
        expect(low < likely && likely < high).toBe(true);
      }),
      { numRuns: 30 },
    );
  });

  it('says so when there is no workload to compare with', () => {
    const past = lastWeek([called('treated', { meanMs: 10 })], { tables }, { findings: [anEarlierFinding()] });
    const snapshot = now([called('treated', { meanMs: 2 })], { indexes: applied, tables });
    const [told] = compare({ snapshot, outcomes: [clear()], past }).progress;
    expect(told?.status).toBe('verified');
    expect(told?.sentence).toContain('not adjusted for the rest of the workload: fewer than 5');
  });

  it('takes no statement on the changed table as a yardstick', () => {
    const past = lastWeek(
      [called('treated', { meanMs: 10 }), ...steady(9)],
      { tables },
      { findings: [anEarlierFinding()] },
    );
    const snapshot = now([called('treated', { meanMs: 2 }), ...steady(9)], { indexes: applied, tables });
    expect(compare({ snapshot, outcomes: [clear()], past }).progress[0]?.sentence).toContain('not adjusted');
  });

  it('gets its verdict a week later against the numbers from before the change', () => {
    const first = story({ today: { meanMs: 13 }, drift: 1.3 });
    expect(first.told?.status).toBe('too-early');
    expect(first.kept).toMatchObject({
      state: 'done',
      before: { end: EARLIER.end, drift: expect.closeTo(Math.log(1.3)) },
    });
    const past = { ...noPast, previous: first.history };
    const later = (meanMs: number) => {
      const rows = [called('treated', { meanMs }), ...others(1.56)];
      const snapshot = week(NEXT, rows, { indexes: applied, tables });
      return compare({ snapshot, outcomes: [clear()], past }).progress;
    };
    expect(later(4 * 1.56)).toHaveLength(1);
    expect(later(4 * 1.56)[0]).toMatchObject({ status: 'verified', realised: { likely: expect.closeTo(0.6) } });
    expect(later(10 * 1.56)[0]?.status).toBe('no-effect');
  });

  it('gets its last word after four weeks, even if scatter hides it', () => {
    const scatter = { calls: 40, stddevTimeMs: 40 };
    const first = story({ today: scatter });
    const at = { start: '2026-12-13T00:00:00Z', end: '2026-12-20T00:00:00Z' };
    const snapshot = week(at, [called('treated', { meanMs: 10, ...scatter }), ...others()], {
      indexes: applied,
      tables,
    });
    const [told] = compare({ snapshot, outcomes: [clear()], past: { ...noPast, previous: first.history } }).progress;
    expect([first.told?.status, told?.status]).toEqual(['too-early', 'no-effect']);
  });

  it('is told once', () => {
    const first = story({ today: { meanMs: 2 } });
    const snapshot = week(NEXT, [called('treated', { meanMs: 2 }), ...others()], { indexes: applied, tables });
    expect(compare({ snapshot, outcomes: [clear()], past: { ...noPast, previous: first.history } }).progress).toEqual(
      [],
    );
  });

  it('waits when the counters reach back to before it', () => {
    const over = {
      spans: { statement: aSpan({ start: EARLIER.start, basis: 'statistics-reset' as const }) },
      indexes: applied,
    };
    expect(story({ today: { meanMs: 2 }, over }).told).toMatchObject({ status: 'too-early', realised: null });
  });
});

describe('other signs', () => {
  const gone: Partial<HistoryFinding> = {
    subject: { database: 'shop', schema: 'public', table: 'orders', index: 'orders_old_idx' },
    done: { kind: 'index-dropped', database: 'shop', schema: 'public', index: 'orders_old_idx' },
    gain: { kind: 'object-gone' },
    predicted: { low: 20 * 1024 ** 2, likely: 20 * 1024 ** 2, high: 20 * 1024 ** 2, unit: 'bytes' },
  };
  const earlier = { indexes: [anIndex(), anIndex({ index: 'orders_old_idx' })] };

  it('frees the bytes the index had', () => {
    expect(story({ finding: gone, earlier }).told).toMatchObject({
      status: 'verified',
      unit: 'bytes',
      realised: { likely: 20 * 1024 ** 2 },
      sentence: 'The index public.orders_old_idx was dropped; 20 MiB came back, as predicted: 20 MiB.',
    });
  });

  it('does not take an unseen index for a dropped one', () => {
    const truncated = {
      kind: 'index',
      measures: [],
      source: 'postgres',
      absence: 'truncated',
      reason: 'R.',
      remedy: 'R.',
    } as const;
    const blindness: Partial<Snapshot>[] = [
      { indexes: [] },
      { indexes: [anIndex({ table: 'customers' })], gaps: [truncated] },
      { indexes: [anIndex({ table: 'customers' })], tables: [aTable({ table: 'customers' })] },
    ];
    for (const over of blindness) {
      expect(story({ finding: gone, earlier, over }).told).toMatchObject({ status: 'unobserved', realised: null });
    }
    const lastOne = { indexes: [anIndex({ table: 'customers' })] };
    expect(story({ finding: gone, earlier, over: lastOne }).told?.status).toBe('verified');
  });

  const setting: Partial<HistoryFinding> = {
    subject: { setting: 'work_mem' },
    done: { kind: 'setting-changed', setting: 'work_mem', from: 4096 },
  };

  it('sees a changed setting, and blames it for a slowdown of everything', () => {
    const { told, changes } = story({ finding: setting, today: { meanMs: 20 }, drift: 2 });
    expect(told?.sentence).toContain('work_mem was changed from 4096 to 16777216');
    expect(changes.regressions[0]?.suspect?.key).toBe('missing-index:shop/public/orders');
  });

  it('does not take an unread setting for a changed one', () => {
    const over = { server: aServer({ settings: {} }) };
    expect(story({ finding: setting, over }).told).toMatchObject({
      status: 'unobserved',
      sentence: 'work_mem could not be read, and the finding is gone.',
    });
  });

  const dead: Partial<HistoryFinding> = {
    done: {
      kind: 'storage-changed',
      database: 'shop',
      schema: 'public',
      table: 'orders',
      parameter: 'fillfactor',
      from: null,
    },
    gain: { kind: 'table-measure', database: 'shop', schema: 'public', table: 'orders', measure: 'deadRows' },
    predicted: null,
  };
  const storage = (deadRows: number, value: Record<string, string>) => ({
    tables: [aTable({ deadRows, storage: value })],
  });

  it('sees a storage parameter and reads the measure again', () => {
    const { told } = story({ finding: dead, earlier: storage(100_000, {}), over: storage(5000, { fillfactor: '80' }) });
    expect(told).toMatchObject({
      status: 'verified',
      realised: { likely: expect.closeTo(0.95) },
      sentence:
        'fillfactor of public.orders was changed from not set to 80; dead rows of public.orders: 100,000 then, 5,000 now.',
    });
  });

  it('compares counters of the server by the week, not by the span', () => {
    const requested: Partial<HistoryFinding> = {
      ...setting,
      gain: { kind: 'server-measure', measure: 'checkpointsRequested' },
      predicted: null,
    };
    const half = aSpan({ start: '2026-11-18T12:00:00Z' });
    const over = { server: aServer({ checkpointsRequested: 50 }), spans: { server: half, statement: aSpan() } };
    const before = { server: aServer({ checkpointsRequested: 1000 }) };
    expect(story({ finding: requested, earlier: before, over }).told).toMatchObject({
      status: 'verified',
      realised: { likely: expect.closeTo(0.9) },
    });
  });

  it('judges by the measure alone what leaves no trace, once the finding is gone', () => {
    const traceless = { ...dead, done: { kind: 'measure-moved' } as const };
    const at = (deadRows: number) =>
      story({ finding: traceless, earlier: storage(100_000, {}), over: storage(deadRows, {}) });
    expect(at(5000).told?.status).toBe('verified');
    expect(at(95_000)).toMatchObject({
      told: { status: 'no-effect' },
      changes: { gone: ['missing-index:shop/public/orders'] },
    });
  });
});

it('an index on an expression is seen done as PostgreSQL prints it', () => {
  const done = { kind: 'index-created', database: 'shop', schema: 'public', table: 'orders' } as const;
  const finding = { done: { ...done, columns: ['lower(email::text)'] } };
  const made = (name: string) => ({
    indexes: [anIndex({ index: 'made_idx', keys: [aKey(name, { expression: true })] })],
  });
  expect(story({ finding, over: made('lower(email::text)') }).told).toMatchObject({
    sentence: expect.stringContaining('The index made_idx on public.orders (lower(email::text)) was created'),
  });
  expect(story({ finding, over: made('upper(email::text)') }).told).toMatchObject({ status: 'unobserved' });
});

describe('advice that was not seen done', () => {
  it('is no progress while it is found again', () => {
    const { changes, history } = story({ outcomes: [found(aFinding())], over: { indexes: [anIndex()] } });
    expect(changes).toMatchObject({ progress: [], gone: [] });
    expect(changes.status).toEqual({
      'missing-index:shop/public/orders': { status: 'persisting', firstSeen: EARLIER.end },
    });
    expect(history.findings).toMatchObject([{ state: 'open', firstSeen: EARLIER.end, lastSeen: WINDOW.end }]);
  });

  it('believes the advisor that still finds it more than a sign', () => {
    expect(story({ outcomes: [found(aFinding())] }).changes.progress).toEqual([]);
  });

  it('is progress when the same key now asks for something else', () => {
    const next = aFinding({
      done: { kind: 'index-created', database: 'shop', schema: 'public', table: 'orders', columns: ['created_at'] },
    });
    const { told, history } = story({ today: { meanMs: 2 }, outcomes: [found(next)] });
    expect(told?.status).toBe('verified');
    expect(history.findings.map(({ state }) => state)).toEqual(['closed', 'open']);
  });

  it('is worse or better when what it is about moved by a fifth', () => {
    const status = (meanMs: number) =>
      Object.values(story({ today: { meanMs }, outcomes: [found(aFinding())] }).changes.status)[0]?.status;
    expect([status(13), status(11), status(8)]).toEqual(['worse', 'persisting', 'better']);
  });

  it('is unobserved, never fine, when the advisor was blind; told once and kept open', () => {
    const { told, history, changes } = story({ outcomes: [blind()], over: { indexes: [] } });
    expect(told).toMatchObject({
      status: 'unobserved',
      sentence: 'Whether it was done could not be told: No index was seen.',
    });
    expect(changes.gone).toEqual([]);
    expect(history.findings).toMatchObject([{ state: 'open', lastSeen: EARLIER.end }]);
    const snapshot = week(NEXT, others(), { indexes: [], tables });
    expect(compare({ snapshot, outcomes: [blind()], past: { ...noPast, previous: history } }).progress).toEqual([]);
  });

  it('is unobserved when it is gone and nothing was seen done', () => {
    const { told, changes } = story({ over: { indexes: [anIndex()] } });
    expect(told).toMatchObject({ status: 'unobserved' });
    expect(changes.gone).toEqual(['missing-index:shop/public/orders']);
  });

  it('is forgotten half a year after it was last seen', () => {
    const lastSeen = '2026-05-01T00:00:00Z';
    expect(story({ finding: { lastSeen, state: 'closed' } }).history.findings).toEqual([]);
    expect(story({ finding: { state: 'closed' } }).history.findings).toHaveLength(1);
  });
});
