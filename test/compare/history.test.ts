import { gunzipSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compare } from '../../lib/compare/compare.ts';
import {
  decodeHistory,
  encodeHistory,
  HistoryError,
  historyKey,
  historyOf,
  loadPast,
  loadPrevious,
} from '../../lib/compare/history.ts';
import { pinBaseline, readPinned, unpinBaseline } from '../../lib/compare/pin.ts';
import type { Past } from '../../lib/model/changes.ts';
import type { History } from '../../lib/model/history.ts';
import { historySchema } from '../../lib/model/history.ts';
import type { Objects } from '../../lib/model/objects.ts';
import type { Snapshot, Window } from '../../lib/model/snapshot.ts';
import { checkKey } from '../../lib/store/key.ts';
import { memory } from '../support/memory.ts';
import { WINDOW } from '../support/rows.ts';
import { spoilt } from '../support/spoilt.ts';
import { weeksOfShop } from './detect/weeks.ts';
import { aFinding, called, EARLIER, found, NEXT, noPast, now, planKeeping, remembered, steady, week } from './weeks.ts';

const history = remembered(week(EARLIER, [called('x'), ...steady(3)]));
const save = (store: Objects, one: History) =>
  store.put(historyKey(one.target, one.window.end), encodeHistory(one), 'application/gzip');
const at = (end: string): History => ({ ...history, window: { start: EARLIER.start, end } });
const ends = async (store: Objects, window: Window = WINDOW) =>
  (await loadPast(store, 'shop-db', window)).previous?.window.end;

describe('what is kept', () => {
  it('holds the findings with what was promised, and reads back as it was written', () => {
    const outcomes = [found(aFinding())];
    const snapshot = now(steady(6));
    const changes = compare({ snapshot, outcomes, past: noPast });
    const kept = historyOf({ snapshot, outcomes, plan: planKeeping(outcomes), changes, past: noPast });
    expect(historySchema.parse(kept)).toEqual(kept);
    expect(kept.findings).toMatchObject([
      { state: 'open', firstSeen: WINDOW.end, predicted: { likely: 0.7, unit: 'share' }, rollback: ['DROP INDEX x;'] },
    ]);
    expect(decodeHistory(encodeHistory(kept), 'k')).toEqual(kept);
  });

  it('promises bytes for space, and nothing for risk or for what the gain cannot be held against', () => {
    const predicted = (over: Parameters<typeof aFinding>[0]) => {
      const outcomes = [found(aFinding(over))];
      const snapshot = now(steady(1));
      const changes = compare({ snapshot, outcomes, past: noPast });
      return historyOf({ snapshot, outcomes, plan: planKeeping(outcomes), changes, past: noPast }).findings[0]
        ?.predicted;
    };
    const words = { basis: 'B', confidence: 'low' } as const;
    const bytes = { low: 1, likely: 2, high: 3 };
    expect(predicted({ benefit: { kind: 'space', bytes, ...words }, gain: { kind: 'object-gone' } })).toEqual({
      ...bytes,
      unit: 'bytes',
      confidence: 'low',
    });
    expect(predicted({ benefit: { kind: 'risk', ...words } })).toBeNull();
    expect(predicted({ gain: { kind: 'object-gone' } })).toBeNull();
  });

  it('forgets a finding that the plan folded into another: it was never advised', () => {
    const outcomes = [found(aFinding())];
    const snapshot = now(steady(6));
    const changes = compare({ snapshot, outcomes, past: noPast });
    expect(historyOf({ snapshot, outcomes, plan: planKeeping([]), changes, past: noPast }).findings).toEqual([]);
  });

  it('keeps numbers, never statement texts', () => {
    expect(new TextDecoder().decode(gunzipSync(encodeHistory(history)))).not.toContain('SELECT');
  });

  it('is the same bytes however the object was put together', () => {
    const shuffled = Object.fromEntries(Object.entries(history).reverse()) as History; // the same keys in another order
    expect(encodeHistory(shuffled)).toEqual(encodeHistory(history));
    expect([...encodeHistory(history).slice(4, 10)]).toEqual([0, 0, 0, 0, 2, 255]);
  });
});

describe('version 1', () => {
  it('is still read: it had no hours, and followed nothing', () => {
    const { series: _, tracked: __, ...first } = history;
    const bytes = gzipSync(JSON.stringify({ ...first, version: 1 }));
    expect(decodeHistory(bytes, 'k')).toEqual({ ...history, series: null, tracked: [] });
  });

  it('with something missing is damaged all the same', () => {
    const { statements: _, ...first } = history;
    expect(() => decodeHistory(gzipSync(JSON.stringify({ ...first, version: 1 })), 'k')).toThrow(/is damaged/);
  });
});

describe('what cannot be read', () => {
  const key = 'history/shop/x.json.gz';
  const cases: readonly [string, Uint8Array, RegExp][] = [
    [
      'cut bytes',
      encodeHistory(history).slice(0, 50),
      /history\/shop\/x\.json\.gz is damaged .*restore an earlier version/,
    ],
    ['no gzip', new TextEncoder().encode('{}'), /is damaged/],
    ['no JSON', gzipSync('<html>'), /is damaged/],
    ['another shape', gzipSync('{"version":1}'), /is damaged \(target: /],
    ['null', gzipSync('null'), /is damaged/],
    ['a newer version', gzipSync('{"version":3}'), /x\.json\.gz was written by a newer pg-hunt \(version 3, .*upgrade/],
  ];
  for (const [name, bytes, message] of cases) {
    it(`is refused by name: ${name}`, () => {
      expect(() => decodeHistory(bytes, key)).toThrow(HistoryError);
      expect(() => decodeHistory(bytes, key)).toThrow(message);
    });
  }
});

describe('keys', () => {
  it('sort as the weeks do, in any zone and with any colon', () => {
    expect(historyKey('shop', '2026-11-22T15:30:00Z')).toBe('history/shop/2026-11-22T15-30-00Z.json.gz');
    expect(historyKey('shop', '2026-11-22T16:30:00+01:00')).toBe('history/shop/2026-11-22T15-30-00Z.json.gz');
    expect(() => historyKey('shop', 'yesterday')).toThrow(HistoryError);
  });

  it('never lead out of the target’s own folder, whatever the server is called', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string({ minLength: 1 }), fc.constantFrom('..', '.', 'a/../b', '10.0.0.1:5432')),
        (target) => {
          const parts = checkKey(historyKey(target, WINDOW.end)).split('/');
          expect(parts).toHaveLength(3);
          expect(parts[1]).not.toMatch(/^\.|\\/);
        },
      ),
    );
    expect(historyKey('a/b', WINDOW.end)).not.toBe(historyKey('a_b', WINDOW.end));
  });
});

describe('looking back', () => {
  it('takes the latest run before the end of this window, of this target only', async () => {
    const store = memory();
    expect(await loadPast(store, 'shop-db', WINDOW)).toEqual({ ...noPast, weekly: [] });
    for (const end of ['2026-11-08T00:00:00Z', EARLIER.end, WINDOW.end, NEXT.end]) await save(store, at(end));
    await save(store, { ...at('2026-11-20T00:00:00Z'), target: 'shop-db2' });
    expect(await ends(store)).toBe(EARLIER.end);
    expect(await ends(store, NEXT)).toBe(WINDOW.end);
    expect(await ends(store, EARLIER)).toBe('2026-11-08T00:00:00Z');
  });

  it('never holds a week against a month, nor loses one to the other when both end at the same time', async () => {
    const store = memory();
    const month = { start: '2026-10-16T00:00:00Z', end: EARLIER.end };
    const lengthened = { ...at(month.end), window: month };
    await store.put(historyKey('shop-db', month.end, month.start), encodeHistory(lengthened), 'application/gzip');
    expect(await ends(store)).toBeUndefined();
    expect(await loadPrevious(store, 'shop-db', WINDOW)).toBeNull();
    await save(store, at(EARLIER.end));
    expect((await loadPast(store, 'shop-db', WINDOW)).previous?.window).toEqual(EARLIER);
    expect((await loadPast(store, 'shop-db', WINDOW)).recent.map(({ window }) => window)).toEqual([EARLIER]);

    const nextMonth = { start: '2026-11-15T00:00:00Z', end: '2026-12-15T00:00:00Z' };
    await save(store, at(WINDOW.end));
    expect((await loadPast(store, 'shop-db', nextMonth)).previous?.window).toEqual(month);
    const quarter = { start: '2026-09-16T00:00:00Z', end: '2026-12-15T00:00:00Z' };
    expect((await loadPast(store, 'shop-db', quarter)).previous?.window.end).toBe(WINDOW.end); // no quarter is kept yet
  });

  it('goes on with the next older one when one is damaged, newer or another target’s, and says so', async () => {
    const bad = [gzipSync('{"version":3}'), new Uint8Array(3), encodeHistory({ ...history, target: 'other' })];
    for (const bytes of bad) {
      const store = memory();
      await save(store, at('2026-11-08T00:00:00Z'));
      store.all.set(historyKey('shop-db', EARLIER.end), bytes);
      const past = await loadPast(store, 'shop-db', WINDOW);
      expect(past.previous?.window.end).toBe('2026-11-08T00:00:00Z');
      expect(past.notes).toEqual([expect.stringMatching(/2026-11-15T00-00-00Z\.json\.gz .*It was not used\.$/)]);
      expect(compare({ snapshot: now(steady(1)), outcomes: [], past }).notes[0]).toBe(past.notes[0]);
    }
  });

  it('lets an error of the store through: not knowing is not a first run', async () => {
    const store: Objects = { ...memory(), list: async () => Promise.reject(new Error('AccessDenied')) };
    await expect(loadPast(store, 'shop-db', WINDOW)).rejects.toThrow('AccessDenied');
  });
});

describe('the weeks the detector looks back on', () => {
  const hours = (start: string) => ({ start, slotHours: 4 as const, statements: [] });
  const days = (end: string, off: number) => new Date(Date.parse(end) - off * 86_400_000).toISOString();

  it('are one run of each week back, the one that ended nearest; a week without a run is none', async () => {
    const store = memory();
    for (const off of [7, 8, 10, 14.5, 28, 33, 35, 105]) {
      const end = days(WINDOW.end, off);
      await save(store, { ...at(end), series: hours(days(end, 7)) });
    }
    const { series, recent } = await loadPast(store, 'shop-db', WINDOW);
    expect(series.map(({ start }) => start)).toEqual([7, 14.5, 28, 35].map((off) => days(WINDOW.end, off + 7)));
    expect(recent.map(({ window }) => window.end)).toEqual([7, 14.5, 28, 35].map((off) => days(WINDOW.end, off)));
  });

  it('are left out where damaged, and the reader is told which', async () => {
    const store = memory();
    for (const off of [7, 14, 21]) {
      const end = days(WINDOW.end, off);
      await save(store, { ...at(end), series: hours(days(end, 7)) });
    }
    const key = historyKey('shop-db', days(WINDOW.end, 14));
    store.all.set(key, new Uint8Array(3));
    const past = await loadPast(store, 'shop-db', WINDOW);
    expect(past.series).toHaveLength(2);
    expect(past.notes).toEqual([expect.stringContaining(key)]);
    expect(store.all.get(key)).toEqual(new Uint8Array(3));
  });
});

describe('the pinned week', () => {
  it('is read back beside the run before', async () => {
    const store = memory();
    for (const end of ['2026-11-01T00:00:00Z', EARLIER.end]) await save(store, at(end));
    expect(await readPinned(store, 'shop-db')).toBeNull();
    await pinBaseline(store, 'shop-db', '2026-11-01T00:00:00Z');
    expect(await readPinned(store, 'shop-db')).toBe('2026-11-01T00:00:00Z');
    const past = await loadPast(store, 'shop-db', WINDOW);
    expect([past.previous?.window.end, past.pinned?.window.end]).toEqual([EARLIER.end, '2026-11-01T00:00:00Z']);
    expect([...store.all.keys()]).toContain('baseline/shop-db.json');
  });

  it('cannot be a week nobody kept', async () => {
    await expect(pinBaseline(memory(), 'shop-db', EARLIER.end)).rejects.toThrow(HistoryError);
  });

  it('is not this run itself', async () => {
    const store = memory();
    await save(store, at(WINDOW.end));
    await pinBaseline(store, 'shop-db', WINDOW.end);
    expect(await loadPast(store, 'shop-db', WINDOW)).toEqual({ ...noPast, weekly: [] });
  });

  it('is let go again, and can be pinned anew; what could not be read is set aside, never overwritten', async () => {
    const store = memory();
    await save(store, at(EARLIER.end));
    expect(await unpinBaseline(store, 'shop-db')).toBe(false);
    await pinBaseline(store, 'shop-db', EARLIER.end);
    expect(await unpinBaseline(store, 'shop-db')).toBe(true);
    expect(await readPinned(store, 'shop-db')).toBeNull();
    expect((await loadPast(store, 'shop-db', WINDOW)).pinned).toBeNull();
    const damaged = new TextEncoder().encode('{');
    store.all.set('baseline/shop-db.json', damaged);
    await pinBaseline(store, 'shop-db', EARLIER.end);
    expect(await readPinned(store, 'shop-db')).toBe(EARLIER.end);
    const aside = await store.list('baseline/shop-db.set-aside-');
    expect(aside.map((key) => store.all.get(key))).toEqual([damaged]);
  });

  it('of a newer pg-hunt is refused by name and stays as it is', async () => {
    const store = memory();
    await save(store, at(EARLIER.end));
    const newer = new TextEncoder().encode('{"version":2,"target":"shop-db"}');
    store.all.set('baseline/shop-db.json', newer);
    for (const change of [() => pinBaseline(store, 'shop-db', EARLIER.end), () => unpinBaseline(store, 'shop-db')]) {
      await expect(change()).rejects.toThrow(/baseline\/shop-db\.json was written by a newer pg-hunt/);
    }
    expect(store.all.get('baseline/shop-db.json')).toBe(newer);
  });

  it('is changed by one of two at a time: the other looks again', async () => {
    const store = memory();
    for (const end of ['2026-11-01T00:00:00Z', EARLIER.end]) await save(store, at(end));
    await pinBaseline(store, 'shop-db', EARLIER.end);
    const { putIfSame } = store;
    let late = 0;
    const second = {
      ...store,
      putIfSame: async (...given: Parameters<typeof putIfSame>) => {
        if (late++ === 0) await pinBaseline(store, 'shop-db', '2026-11-01T00:00:00Z');
        return putIfSame(...given);
      },
    };
    expect(await unpinBaseline(second, 'shop-db')).toBe(true);
    expect(late).toBe(2);
    expect(await readPinned(store, 'shop-db')).toBeNull();
  });

  it('is missed aloud when its history is gone or the pin is damaged', async () => {
    const store = memory();
    await save(store, at(EARLIER.end));
    await pinBaseline(store, 'shop-db', EARLIER.end);
    store.all.delete(historyKey('shop-db', EARLIER.end));
    expect((await loadPast(store, 'shop-db', WINDOW)).notes).toEqual([expect.stringContaining('is not there')]);
    store.all.set('baseline/shop-db.json', new TextEncoder().encode('{'));
    await expect(readPinned(store, 'shop-db')).rejects.toThrow(HistoryError);
    expect((await loadPast(store, 'shop-db', WINDOW)).notes).toEqual([
      expect.stringContaining('baseline/shop-db.json is damaged'),
    ]);
  });
});

describe('a history that somebody has changed', () => {
  const [then, later] = [EARLIER, WINDOW].map((window, at) =>
    week(window, [called('treated', { meanMs: 1 + 8 * at }), ...steady(8)]),
  ) as [Snapshot, Snapshot];
  const outcomes = [
    found(aFinding(), 'missing-index'),
    found(
      aFinding({
        key: 'stale-statistics:shop/public/orders',
        done: { kind: 'measure-moved' },
        gain: { kind: 'table-measure', database: 'shop', schema: 'public', table: 'orders', measure: 'deadRows' },
      }),
      'stale-statistics',
    ),
  ];
  const ofRun = (snapshot: Snapshot, past: Past, judged = outcomes) =>
    historyOf({
      snapshot,
      outcomes: judged,
      changes: compare({ snapshot, outcomes: judged, past }),
      plan: planKeeping(judged),
      past,
    });
  const reading = { at: EARLIER.end, since: null, startedAt: 1, server: { a: 1 }, databases: { shop: { a: 1 } } };
  const counters = { ...reading, tables: {}, indexes: {}, statements: {} };
  const [series = null] = weeksOfShop({ weeks: 1, statements: 2 });
  const tracked = {
    ...({ database: 'shop', statement: 's0', direction: 'slower', tier: 'alert', onset: EARLIER.start } as const),
    ...{ firstSeen: EARLIER.end, opening: 0.2, calmSince: null, calmWeeks: 0, closed: false },
  };
  const episode = {
    ...{ key: 'dead-rows:shop/public/orders', onset: EARLIER.start, firstSeen: EARLIER.end, level: 2, opening: 1 },
    ...{ calmSince: null, calmWeeks: 0, closed: false },
  };
  const kept = { ...ofRun(then, noPast), counters, series, tracked: [tracked], episodes: [episode] };
  const whole: unknown = JSON.parse(gunzipSync(encodeHistory(kept)).toString());

  it('is used, or refused with a note, whatever stands in the place of any value; it never ends the run', async () => {
    const seen = { used: 0, refused: 0 };
    const nothing = { ...noPast, weekly: [] };
    for (const judged of [outcomes, []]) expect(() => ofRun(later, nothing, judged)).not.toThrow();
    for (const [what, document] of spoilt(whole)) {
      const store = memory();
      await store.put(historyKey('shop-db', EARLIER.end), gzipSync(JSON.stringify(document), { level: 1 }), '');
      const past = await loadPast(store, 'shop-db', WINDOW);
      seen[past.previous === null ? 'refused' : 'used'] += 1;
      expect(past.notes.length === 0, what).toBe(past.previous !== null);
      if (past.previous === null) {
        // As if there had been no run: one such is run below.
        expect({ ...past, notes: [] }, what).toEqual(nothing);
        continue;
      }
      for (const judged of [outcomes, []]) expect(() => ofRun(later, past, judged), what).not.toThrow();
      if (past.previous.counters == null) continue;
      for (const kind of ['server', 'databases', 'tables', 'indexes', 'statements'] as const) {
        expect(typeof past.previous.counters[kind], what).toBe('object');
      }
    }
    expect(seen.used).toBeGreaterThan(50);
    expect(seen.refused).toBeGreaterThan(500);
  });
});
