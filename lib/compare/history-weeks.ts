/** The weeks the detector looks back on, read a few at a time; of older ones only the hours are kept. */
import type { Past } from '../model/changes.ts';
import type { History } from '../model/history.ts';
import type { WeeklyValues } from '../model/weekly.ts';
import { weekThen } from './week.ts';
import { valuesIn } from './weekly/values.ts';

/** Whole histories: an onset lies at most three weeks back, and the week before it is wanted. */
const RECENT = 4;
/** A week of 5,000 statements unpacks into tens of megabytes. */
const AT_ONCE = 2;

/** `keys`: one a week, latest first. */
export async function loadWeeks(
  keys: readonly string[],
  read: (key: string) => Promise<History | null>,
): Promise<Required<Pick<Past, 'recent' | 'series' | 'weekly'>>> {
  const recent: History[] = [];
  const series: Past['series'][number][] = [];
  const weekly: WeeklyValues[] = [];
  for (let from = 0; from < keys.length; from += AT_ONCE) {
    for (const history of await Promise.all(keys.slice(from, from + AT_ONCE).map(read))) {
      if (history === null) continue;
      if (recent.length < RECENT) recent.push(history);
      if (history.series !== null) series.push(history.series);
      weekly.push(valuesIn(weekThen(history)));
    }
  }
  return { recent, series, weekly };
}
