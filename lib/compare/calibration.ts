/** The record of promises and outcomes: one small object a target, changed only as it was read. */
import { type Calibration, calibrationSchema, type Prediction } from '../model/calibration.ts';
import type { History } from '../model/history.ts';
import type { Objects } from '../model/objects.ts';
import { changed, type Kept, type Parsed, setAside } from './changed.ts';
import { HistoryError, safeName } from './history-keys.ts';

/** Several decades of advice that was carried out; what is older teaches nothing about today. */
const MOST = 3000;

export interface LoadedCalibration {
  /** Only what was known before the end of the window, so that a replay corrects as the first run did. */
  readonly record: Calibration;
  readonly notes: readonly string[];
  /** Of a newer version: it stays as it is. */
  readonly locked: boolean;
}

export function calibrationKey(target: string): string {
  return `calibration/${safeName(target)}.json`;
}

/** `names`: of the target, the present one first; `end`: of the window that is judged. */
export async function loadCalibration(
  store: Objects,
  names: readonly string[],
  end: string,
): Promise<LoadedCalibration> {
  const notes: string[] = [];
  for (const name of names) {
    const key = calibrationKey(name);
    const bytes = await store.get(key);
    if (bytes === null) continue;
    const read = readCalibration(bytes);
    if ('value' in read)
      return { record: { ...before(read.value, end), target: names[0] ?? name }, notes, locked: false };
    notes.push(`${key} ${read.refused}: what earlier promises came to was not used.`);
    if (read.newer) return { record: emptyRecord(names[0] ?? name, end), notes, locked: true };
  }
  return { record: emptyRecord(names[0] ?? '', end), notes, locked: false };
}

/** Adds what the runs promised and what came of earlier promises; the same runs again change nothing. */
export async function saveCalibration(
  store: Objects,
  loaded: Calibration,
  runs: readonly History[],
  areas: ReadonlyMap<string, string>,
): Promise<void> {
  await changed(store, keptAt(loaded.target), (was) =>
    runs.reduce((record, run) => noted(record, run, areas), was ?? loaded),
  );
}

/** Begins anew; the old one is copied aside. Its key, null where there was none. */
export async function resetCalibration(store: Objects, target: string, now: string): Promise<string | null> {
  const key = calibrationKey(target);
  const bytes = await store.get(key);
  const body = new TextEncoder().encode(`${JSON.stringify({ ...emptyRecord(target, now), through: now }, null, 1)}\n`);
  const aside = bytes === null ? null : await setAside(store, key, bytes);
  const done =
    bytes === null
      ? await store.putIfAbsent(key, body, 'application/json')
      : await store.putIfSame(key, body, bytes, 'application/json');
  if (!done) throw new HistoryError(`${key} was changed by a hunt meanwhile: run again`);
  return aside;
}

export function emptyRecord(target: string, since: string): Calibration {
  return { version: 1, target, since, through: null, predictions: [] };
}

/** Throws HistoryError. null: there is none. */
export async function readRecord(store: Objects, target: string): Promise<Calibration | null> {
  const key = calibrationKey(target);
  const bytes = await store.get(key);
  if (bytes === null) return null;
  const read = readCalibration(bytes);
  if ('value' in read) return read.value;
  throw new HistoryError(
    `${key} ${read.refused}: upgrade this pg-hunt, or begin anew with --reset, which keeps a copy`,
  );
}

function noted(record: Calibration, run: History, areas: ReadonlyMap<string, string>): Calibration {
  const { end } = run.window;
  // What was reset stays forgotten.
  if (record.through !== null && end < record.through && end <= record.since) return record;
  const byId = new Map(record.predictions.map((one) => [idOf(one), one]));
  for (const { key, advisor, firstSeen, lastSeen, state, predicted } of run.findings) {
    if (predicted === null || state !== 'open' || lastSeen !== end) continue;
    const id = idOf({ key, firstSeen });
    const known = byId.get(id);
    if (known !== undefined && (known.outcome !== null || known.at > end)) continue;
    const { unit, raw, confidence = 'unknown', ...told } = predicted;
    const area = areas.get(advisor) ?? 'unknown';
    byId.set(id, {
      key,
      firstSeen,
      advisor,
      area,
      basis: confidence,
      unit,
      predicted: told,
      raw: raw ?? told,
      at: end,
      outcome: null,
    });
  }
  for (const { key, since, status, unit, predicted, realised } of run.progress) {
    if (status === 'too-early' || predicted === null) continue;
    const id = idOf({ key, firstSeen: since });
    const known = byId.get(id) ?? outcomeOnly({ key, since, unit, predicted }, areas);
    // Seen after all: what could not be told before is told now. A verdict stands.
    if (known.outcome !== null && known.outcome.status !== 'unobserved') continue;
    byId.set(id, { ...known, outcome: { status, realised, at: end } });
  }
  const predictions = [...byId.values()].sort((a, b) => (orderOf(a) < orderOf(b) ? -1 : 1)).slice(-MOST);
  return { ...record, through: record.through !== null && record.through > end ? record.through : end, predictions };
}

function outcomeOnly(
  {
    key,
    since,
    unit,
    predicted,
  }: { key: string; since: string; unit: Prediction['unit']; predicted: Prediction['predicted'] },
  areas: ReadonlyMap<string, string>,
): Prediction {
  const advisor = key.split(':')[0] ?? key;
  const area = areas.get(advisor) ?? 'unknown';
  return {
    key,
    firstSeen: since,
    advisor,
    area,
    basis: 'unknown',
    unit,
    predicted,
    raw: predicted,
    at: since,
    outcome: null,
  };
}

function before({ predictions, ...record }: Calibration, end: string): Calibration {
  const known = predictions.filter(({ firstSeen }) => firstSeen < end);
  return {
    ...record,
    predictions: known.map((one) => (one.outcome !== null && one.outcome.at >= end ? { ...one, outcome: null } : one)),
  };
}

const idOf = ({ key, firstSeen }: Pick<Prediction, 'key' | 'firstSeen'>): string => JSON.stringify([key, firstSeen]);
const orderOf = (one: Prediction): string => `${one.outcome?.at ?? one.at} ${idOf(one)}`;

function keptAt(target: string): Kept<Calibration> {
  return { key: calibrationKey(target), read: readCalibration };
}

function readCalibration(bytes: Uint8Array): Parsed<Calibration> {
  try {
    const json: unknown = JSON.parse(new TextDecoder().decode(bytes));
    const { data } = calibrationSchema.safeParse(json);
    if (data !== undefined) return { value: data };
    if (
      typeof json === 'object' &&
      json !== null &&
      'version' in json &&
      typeof json.version === 'number' &&
      json.version > 1
    ) {
      return { refused: `was written by a newer pg-hunt (version ${json.version})`, newer: true };
    }
  } catch {
    // Then it is damaged.
  }
  return { refused: 'is damaged', newer: false };
}
