/** Names in the store: history/<target>/<window-end>.json.gz, .30d.json.gz for a month, and the pin beside it. */
import { DateTime } from 'luxon';
import type { Window } from '../model/snapshot.ts';

/** A history or a pin that cannot be used. The message names the key and the remedy. */
export class HistoryError extends Error {
  override readonly name = 'HistoryError';
}

const KEY_TIME = "yyyy-MM-dd'T'HH-mm-ss'Z'";
/** A run this much (days) off its week still speaks for it; further off it shares days with another week. */
const NEAR_DAYS = 1.5;
/** A week begun a day late is a week. */
const WEEK_DAYS = 8;
const DAY_MS = 24 * 3_600_000;

/** Of a week or less; with the start of a longer window, under a name of its own: two runs may end at the same time. */
export function historyKey(target: string, end: string, start = end): string {
  return `${folderOf(target)}${keyTime(end)}${lengthName({ start, end })}.json.gz`;
}

/** `` for a week or less, `.30d` for a window of thirty days: a month is no week to hold the next one against. */
export function lengthName({ start, end }: Window): string {
  const days = Math.round((Date.parse(end) - Date.parse(start)) / DAY_MS);
  return days <= WEEK_DAYS ? '' : `.${days}d`;
}

export function baselineKey(target: string): string {
  return `baseline/${safeName(target)}.json`;
}

/** Of each of so many weeks back from the end the key of the run that ended nearest; weeks without one are left out. */
export function weeklyKeys(keys: readonly string[], end: string, weeks = 14): readonly string[] {
  const timed = keys.flatMap((key) => {
    const at = endOf(key);
    return at === null ? [] : [{ key, ms: Date.parse(at) }];
  });
  return Array.from({ length: weeks }, (_, back) => Date.parse(end) - (back + 1) * 7 * DAY_MS).flatMap((ideal) => {
    const near = timed
      .map(({ key, ms }) => ({ key, off: Math.abs(ms - ideal) }))
      .filter(({ off }) => off <= NEAR_DAYS * DAY_MS)
      .sort((a, b) => a.off - b.off)[0];
    return near === undefined ? [] : [near.key];
  });
}

/** ISO 8601; null for what is no key of a history. */
export function endOf(key: string): string | null {
  const name = key.slice(key.lastIndexOf('/') + 1, -'.json.gz'.length);
  const at = DateTime.fromFormat(name, KEY_TIME, { zone: 'utc' });
  return key.endsWith('.json.gz') && at.isValid ? at.toISO() : null;
}

export function folderOf(target: string): string {
  return `history/${safeName(target)}/`;
}

/** Names a server gave itself must not lead out of the folder: all but plain characters is escaped, so is a first dot. */
export function safeName(target: string): string {
  const escaped = (text: string): string =>
    [...new TextEncoder().encode(text)].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join('');
  return target.replace(/^\.|[^A-Za-z0-9._-]+/gu, escaped);
}

export function keyTime(end: string): string {
  const at = DateTime.fromISO(end, { zone: 'utc' });
  if (!at.isValid) throw new HistoryError(`${JSON.stringify(end)} is no time to name a history by: give ISO 8601`);
  return at.toFormat(KEY_TIME);
}
