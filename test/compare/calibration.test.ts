import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  calibrationKey,
  emptyRecord,
  loadCalibration,
  readRecord,
  resetCalibration,
  saveCalibration,
} from '../../lib/compare/calibration.ts';
import { correct, feedbackOf } from '../../lib/compare/correct.ts';
import { scoresOf } from '../../lib/compare/scores.ts';
import type { Calibration, Prediction } from '../../lib/model/calibration.ts';
import type { Progress } from '../../lib/model/regression.ts';
import { memory } from '../support/memory.ts';
import { WINDOW } from '../support/rows.ts';
import { aFinding, EARLIER, found, NEXT, remembered, week } from './weeks.ts';

const areas = new Map([['missing-index', 'index']]);
const exactly = (likely: number, half = 0.01) => ({ low: likely - half, likely, high: likely + half });
const said = { low: 0.4, likely: 0.5, high: 0.6 };
const prediction = (over: Partial<Prediction> = {}): Prediction => ({
  ...{ key: 'missing-index:shop/public/orders', firstSeen: EARLIER.end, advisor: 'missing-index', area: 'index' },
  ...{ basis: 'medium', unit: 'share', predicted: said, raw: said, at: EARLIER.end, outcome: null },
  ...over,
});
const came = (likely: number, at: string = EARLIER.end): Prediction =>
  prediction({ key: `missing-index:${likely}-${at}`, outcome: { status: 'verified', realised: exactly(likely), at } });
const record = (...predictions: Prediction[]): Calibration => ({
  ...emptyRecord('shop-db', EARLIER.start),
  predictions,
});
const progress = (over: Partial<Progress> = {}): Progress => ({
  ...{ key: 'missing-index:a', title: 'T', status: 'verified', unit: 'share', predicted: said, realised: exactly(0.3) },
  ...{ sentence: 'S.', since: EARLIER.end, ...over },
});
const finding = {
  ...{ key: 'missing-index:a', advisor: 'missing-index', title: 'T', subject: {}, done: { kind: 'measure-moved' } },
  ...{ gain: { kind: 'statement-time', statements: [] }, rollback: [], firstSeen: EARLIER.end, lastSeen: EARLIER.end },
  ...{ state: 'open', doneAt: null, predicted: { ...said, unit: 'share', confidence: 'high' } },
} as const;
const first = remembered(week(EARLIER, []), { findings: [{ ...finding, rollback: [] }] } as never);
const second = remembered(week(WINDOW, []), { progress: [progress()] });

describe('the record', () => {
  it('keeps each promise and what came of it, and the same runs again change nothing', async () => {
    const store = memory();
    const save = (...runs: (typeof first)[]) =>
      saveCalibration(store, emptyRecord('shop-db', EARLIER.end), runs, areas);
    await save(first);
    expect((await readRecord(store, 'shop-db'))?.predictions).toMatchObject([
      { key: 'missing-index:a', area: 'index', basis: 'high', predicted: said, raw: said, outcome: null },
    ]);
    await save(first, second);
    const kept = store.all.get(calibrationKey('shop-db'));
    expect((await readRecord(store, 'shop-db'))?.predictions).toMatchObject([
      { basis: 'high', outcome: { status: 'verified', realised: { likely: 0.3 }, at: WINDOW.end } },
    ]);
    await save(first, second);
    expect(Buffer.compare(store.all.get(calibrationKey('shop-db')) ?? new Uint8Array(), kept ?? new Uint8Array())).toBe(
      0,
    );
  });

  it('is told of the run before as well, which may have been killed before it could', async () => {
    const store = memory();
    await saveCalibration(store, emptyRecord('shop-db', EARLIER.end), [first, second], areas);
    expect((await readRecord(store, 'shop-db'))?.predictions).toMatchObject([
      { basis: 'high', outcome: { at: WINDOW.end } },
    ]);
  });

  it('lets a verdict stand, but not "unobserved" once it was seen', async () => {
    const outcome = async (...statuses: Progress['status'][]) => {
      const store = memory();
      const runs = [EARLIER, WINDOW, NEXT].slice(0, statuses.length).map((window, at) =>
        remembered(week(window, []), {
          progress: [progress({ status: statuses[at] ?? 'verified', realised: exactly(at / 10) })],
        }),
      );
      await saveCalibration(store, emptyRecord('shop-db', EARLIER.end), runs, areas);
      return (await readRecord(store, 'shop-db'))?.predictions[0]?.outcome?.status;
    };
    expect(await outcome('unobserved', 'verified')).toBe('verified');
    expect(await outcome('no-effect', 'worse')).toBe('no-effect');
    expect(await outcome('too-early')).toBeUndefined();
  });

  it('shows a run only what was known before its window ended, so that a replay is the same', async () => {
    const store = memory();
    await saveCalibration(store, emptyRecord('shop-db', EARLIER.end), [first, second], areas);
    const outcomesAt = async (end: string) =>
      (await loadCalibration(store, ['shop-db'], end)).record.predictions.map(({ outcome }) => outcome !== null);
    expect(await outcomesAt(EARLIER.end)).toEqual([]);
    expect(await outcomesAt(WINDOW.end)).toEqual([false]);
    expect(await outcomesAt(NEXT.end)).toEqual([true]);
  });

  it('that is damaged is told by name and set aside before another begins', async () => {
    const store = memory();
    const damaged = new TextEncoder().encode('{"version":1');
    store.all.set(calibrationKey('shop-db'), damaged);
    const loaded = await loadCalibration(store, ['shop-db'], NEXT.end);
    expect(loaded).toMatchObject({ locked: false, record: { predictions: [] } });
    expect(loaded.notes).toEqual([expect.stringMatching(/^calibration\/shop-db\.json is damaged/)]);
    await saveCalibration(store, loaded.record, [second], areas);
    expect((await readRecord(store, 'shop-db'))?.predictions).toHaveLength(1);
    const [aside = ''] = await store.list('calibration/shop-db.set-aside-');
    expect(store.all.get(aside)).toBe(damaged);
  });

  it('of a newer pg-hunt stays as it is', async () => {
    const store = memory();
    const newer = new TextEncoder().encode('{"version":2}');
    store.all.set(calibrationKey('shop-db'), newer);
    expect(await loadCalibration(store, ['shop-db'], NEXT.end)).toMatchObject({
      locked: true,
      notes: [expect.stringContaining('newer pg-hunt (version 2)')],
    });
    await expect(saveCalibration(store, emptyRecord('shop-db', NEXT.end), [second], areas)).rejects.toThrow(
      /newer pg-hunt/,
    );
    expect(store.all.get(calibrationKey('shop-db'))).toBe(newer);
  });

  it('is begun anew by command with a copy of the old one, and does not learn again what was forgotten', async () => {
    const store = memory();
    await saveCalibration(store, emptyRecord('shop-db', EARLIER.end), [first, second], areas);
    const old = store.all.get(calibrationKey('shop-db'));
    const aside = await resetCalibration(store, 'shop-db', '2026-11-25T00:00:00Z');
    expect(store.all.get(aside ?? '')).toBe(old);
    await saveCalibration(store, emptyRecord('shop-db', EARLIER.end), [second, remembered(week(NEXT, []))], areas);
    expect(await readRecord(store, 'shop-db')).toMatchObject({ predictions: [], through: NEXT.end });
  });

  it('goes on under a new name with what was kept under the old one', async () => {
    const store = memory();
    await saveCalibration(store, emptyRecord('old', EARLIER.end), [first, second], areas);
    const { record: loaded } = await loadCalibration(store, ['new', 'old'], NEXT.end);
    await saveCalibration(store, loaded, [], areas);
    expect((await readRecord(store, 'new'))?.predictions).toHaveLength(1);
  });
});

describe('feedback', () => {
  const next = (...outcomes: Prediction[]) => {
    const benefit = { kind: 'time', statements: ['x'], reduces: said, basis: 'B.', confidence: 'medium' } as const;
    const [outcome] = correct([found(aFinding({ benefit }))], record(...outcomes));
    if (outcome?.state !== 'found') throw new Error('found');
    const { benefit: now } = outcome.findings[0] ?? {};
    if (now?.kind !== 'time') throw new Error('time');
    return now;
  };

  it('changes nothing before anything was measured', () => {
    expect(next(prediction())).toEqual(expect.objectContaining({ reduces: said, basis: 'B.' }));
    expect(next(prediction())).not.toHaveProperty('uncorrected');
  });

  it('of one outcome that brought nothing is five sixths of the promise, in words', () => {
    const { reduces, basis, uncorrected } = next(came(0));
    expect(reduces.likely).toBeCloseTo(1 - 0.5 ** (5 / 6), 10);
    expect(uncorrected).toEqual(said);
    expect(basis).toBe('B. Corrected by 1 earlier outcome of this check, times 0.83.');
  });

  it('goes to what really came, the more the more outcomes there are', () => {
    const after = (count: number) =>
      next(...Array.from({ length: count }, (_, at) => came(0.25, `2026-01-${10 + at}`))).reduces.likely;
    for (const [at, count] of [0, 1, 5, 15].entries())
      expect(after(count)).toBeCloseTo([0.5, 0.465, 0.388, 0.322][at] ?? 0, 3);
  });

  it('is of the same check only, from the promise as the advisor made it', () => {
    expect(next({ ...came(0), advisor: 'other' }).reduces).toEqual(said);
    const half = { ...came(0.25), predicted: exactly(0.25), raw: said };
    expect(feedbackOf(record(half), 'missing-index', 'share')?.factor).toBeCloseTo(
      (5 + Math.log(0.75) / Math.log(0.5)) / 6,
      10,
    );
  });

  it('widens the interval from twenty outcomes on by how they scattered', () => {
    const outcomes = Array.from({ length: 20 }, (_, at) => came(at % 2 === 0 ? 0.1 : 0.8, `2026-01-${10 + at}`));
    const { reduces } = next(...outcomes);
    expect(reduces.low).toBeCloseTo(0.1, 2);
    expect(reduces.high).toBeCloseTo(0.8, 2);
  });

  it('keeps low ≤ likely ≤ high within 0..1, whatever came', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: -5, max: 0.999, noNaN: true }), { maxLength: 40 }), (gains) => {
        const { reduces } = next(...gains.map((gain, at) => came(gain, `at-${at}`)));
        expect(reduces.low).toBeGreaterThanOrEqual(0);
        expect(reduces.low).toBeLessThanOrEqual(reduces.likely + 1e-12);
        expect(reduces.likely).toBeLessThanOrEqual(reduces.high + 1e-12);
        expect(reduces.high).toBeLessThan(1);
      }),
    );
  });
});

describe('scores', () => {
  it('count coverage with its interval, bias, Brier and what could not be verified, by class', () => {
    const unseen = prediction({
      key: 'other:x',
      advisor: 'other',
      basis: 'low',
      outcome: { status: 'unobserved', realised: null, at: EARLIER.end },
    });
    const all = scoresOf(record(came(0.5), came(0.45), came(0), unseen, prediction({ key: 'k' })));
    const of = (by: string, name: string) => all?.scores.find((one) => one.by === by && one.name === name);
    expect(of('all', 'all')).toMatchObject({
      ...{ predictions: 5, outcomes: 3, unverifiable: 1, coverage: { inside: 2, share: 2 / 3 }, skill: null },
    });
    expect(of('all', 'all')?.coverage?.low).toBeCloseTo(0.208, 3);
    expect(of('all', 'all')?.coverage?.high).toBeCloseTo(0.939, 3);
    expect(of('all', 'all')?.bias).toBeCloseTo(Math.log(0.55) / Math.log(0.5), 6);
    // Promised almost surely; two came, one surely did not.
    expect(of('all', 'all')?.brier).toBeCloseTo(1 / 3, 3);
    expect(of('advisor', 'other')).toMatchObject({
      predictions: 1,
      outcomes: 0,
      unverifiable: 1,
      coverage: null,
      brier: null,
    });
    expect(of('basis', 'medium')).toMatchObject({ predictions: 4, outcomes: 3 });
    expect(of('area', 'index')).toMatchObject({ predictions: 5 });
  });

  it('are none where nothing was promised', () => {
    expect(scoresOf(record())).toBeNull();
  });
});
