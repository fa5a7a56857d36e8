/** What a year's mails told, held against its story. */
import { keyPart } from '../../../lib/model/finding.ts';
import { type Hunted, huntsOf } from './hunts.ts';
import type { Event, Year } from './shop.ts';

export interface Count {
  runs: number;
  /** New lines about something that was told and is not over, or was over less than two runs ago. */
  duplicates: number;
  /** Of regressions told and repaired long enough before the end. */
  repaired: number;
  resolvedOnce: number;
  resolvedTwice: number;
  /** Planted, large enough to act on, and told. */
  planted: number;
  found: number;
  /** Told of statements where nothing was planted. */
  chance: number;
  wide: { planted: number; told: number; statements: number };
}

/** Of database time: below, the product follows a regression and does not tell it. */
const WORTH = 0.005;

/** Of this week's database time what the event costs, where it lasted all week; else 0. */
function shareOf({ statement, from, to, size }: Event, { week, snapshot }: Hunted): number {
  if (week < from || (to !== null && week + 1 > to)) return 0;
  const all = snapshot.statements.reduce((sum, { totalTimeMs = 0 }) => sum + totalTimeMs, 0);
  const own = snapshot.statements.find((row) => row.statement === `s${statement}`)?.totalTimeMs ?? 0;
  return (own / all) * (1 - 1 / (1 + size));
}

export const emptyCount = (): Count => ({
  ...{ runs: 0, duplicates: 0, repaired: 0, resolvedOnce: 0, resolvedTwice: 0, planted: 0, found: 0, chance: 0 },
  wide: { planted: 0, told: 0, statements: 0 },
});

export function countYear(year: Year, count: Count, each: (hunted: Hunted) => void = () => {}, twice = false): void {
  const open = new Set<string>();
  const news: { key: string; week: number }[] = [];
  const closed: { key: string; week: number }[] = [];
  const shares = new Map<Event, number>();
  for (const hunted of huntsOf(year, twice)) {
    const { week, changes } = hunted;
    each(hunted);
    count.runs += 1;
    for (const event of year.events) shares.set(event, Math.max(shares.get(event) ?? 0, shareOf(event, hunted)));
    for (const { key, status } of changes.regressions) {
      if (status === 'new') {
        const lately = closed.some((one) => one.key === key && week - one.week < 2);
        if (open.has(key) || lately) count.duplicates += 1;
        open.add(key);
        news.push({ key, week });
      }
      if (status === 'resolved') {
        if (!open.has(key)) count.resolvedTwice += 1;
        open.delete(key);
        closed.push({ key, week });
      }
    }
    for (const key of changes.accepted ?? []) open.delete(key);
  }
  const ofEvent = ({ statement, from, to }: Event, { key, week }: { key: string; week: number }): boolean =>
    key.endsWith(`/${keyPart(`s${statement}`)}`) && week >= Math.floor(from) && week <= (to ?? from) + 4;
  for (const event of year.events) {
    const told = news.filter((one) => ofEvent(event, one));
    if (event.size >= 0.2 && (shares.get(event) ?? 0) >= WORTH) {
      count.planted += 1;
      count.found += told.length > 0 ? 1 : 0;
    }
    const first = told[0];
    if (first === undefined || event.to === null || event.to + 4 > year.weeks) continue;
    count.repaired += 1;
    count.resolvedOnce += closed.filter((one) => one.week > first.week && ofEvent(event, one)).length === 1 ? 1 : 0;
  }
  const isWide = (key: string): boolean => key.startsWith('database-time:') || key === 'mean-time:server';
  const { wide } = year;
  if (wide !== null) {
    const during = news.filter(({ week }) => week >= Math.floor(wide.from) && week <= wide.from + 3);
    count.wide.planted += 1;
    count.wide.told += during.filter(({ key }) => isWide(key)).length;
    count.wide.statements += during.filter(
      (one) => !isWide(one.key) && !year.events.some((event) => ofEvent(event, one)),
    ).length;
  }
  count.chance += news.filter((one) => !isWide(one.key) && !year.events.some((event) => ofEvent(event, one))).length;
}
