/** Which targets and weeks the store remembers, and the one that somebody names. */
import { DateTime } from 'luxon';
import type { History } from '../model/history.ts';
import type { Objects } from '../model/objects.ts';
import { usable } from './history.ts';
import { endOf, folderOf, HistoryError, historyKey } from './history-keys.ts';

const FOLDER = /^history\/([^/]+)\//;
/** A week that nobody kept is answered with those that were, not with all of them. */
const NAMED = 12;

/** Names of all targets with a history, sorted. */
export async function keptTargets(store: Objects): Promise<readonly string[]> {
  const folders = (await store.list('history/')).flatMap((key) => FOLDER.exec(key)?.[1] ?? []);
  return [...new Set(folders)].map(decodeURIComponent).sort();
}

/** Ends of all kept runs, oldest first. */
export async function keptEnds(store: Objects, target: string): Promise<readonly string[]> {
  return (await store.list(folderOf(target))).flatMap((key) => endOf(key) ?? []).sort();
}

/**
 * `week`: an ISO week (2026-W40) or a day means the run that ended in it, the longest where there are several; a time
 * means the run that ended just then. Throws HistoryError, which names what is kept.
 */
export async function keptWeek(store: Objects, target: string, week: string): Promise<History> {
  const ends = await keptEnds(store, target);
  const notes: string[] = [];
  const found: History[] = [];
  for (const end of ends.filter((one) => isMeant(one, week))) {
    const history = await usable(store, target, historyKey(target, end), notes);
    if (history !== null) found.push(history);
  }
  const [best] = found.sort((a, b) => lengthOf(b) - lengthOf(a) || (a.window.end < b.window.end ? 1 : -1));
  if (best !== undefined) return best;
  if (notes.length > 0) throw new HistoryError(notes.join(' '));
  const weeks = [...new Set(ends.map((end) => DateTime.fromISO(end, { zone: 'utc' }).toFormat("kkkk-'W'WW")))];
  const there = weeks.length === 0 ? 'nothing is kept of it' : `kept are ${weeks.slice(-NAMED).join(', ')}`;
  throw new HistoryError(`${target} has no history of ${week}; ${there}`);
}

function isMeant(end: string, week: string): boolean {
  const at = DateTime.fromISO(end, { zone: 'utc' });
  if (week.includes('W')) return at.toFormat("kkkk-'W'WW") === week;
  if (week.includes('T')) return at.toMillis() === Date.parse(week);
  return at.toISODate() === week;
}

function lengthOf({ window }: History): number {
  return Date.parse(window.end) - Date.parse(window.start);
}
