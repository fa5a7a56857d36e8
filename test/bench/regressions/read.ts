/** SERIES.jsonl, a statement a line, packed into weeks as they are read: the hours of 5,000 statements fill no memory. */
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { seriesOf } from '../../../lib/compare/detect/series.ts';
import type { Series } from '../../../lib/model/series.ts';

export const WEEKS = 15;
const WEEK = 168;
const HOUR_MS = 3_600_000;

export class InputError extends Error {
  override readonly name = 'InputError';
}

export interface Line {
  readonly database: string;
  readonly statement: string;
  readonly start: string;
  readonly calls: readonly (number | null)[];
  readonly timeMs: readonly (number | null)[];
}

/** Weeks count from the start of the first statement; hours that are not there were not collected. */
export class Weekly {
  private readonly weeks: Series['statements'][] = Array.from({ length: WEEKS }, () => []);
  private start: number | null = null;

  add(line: Line): void {
    const begin = Math.floor(Date.parse(line.start) / HOUR_MS) * HOUR_MS;
    this.start ??= begin;
    const late = (begin - this.start) / HOUR_MS;
    for (const [week, rows] of this.weeks.entries()) {
      const from = week * WEEK - late;
      const before: null[] = new Array(Math.min(WEEK, Math.max(0, -from))).fill(null);
      const hours = (values: readonly (number | null)[]) => [
        ...before,
        ...values.slice(Math.max(0, from), Math.max(0, from + WEEK)),
      ];
      const { database, statement } = line;
      const one = { database, statement, queryid: '', calls: hours(line.calls), timeMs: hours(line.timeMs) };
      const series = seriesOf({ start: this.startOf(week), hours: WEEK, statements: [one] });
      rows.push(...(series?.statements ?? []));
    }
  }

  get series(): readonly Series[] {
    return this.weeks.map((statements, week) => ({ start: this.startOf(week), slotHours: 4, statements }));
  }

  startOf(week: number): string {
    return new Date((this.start ?? 0) + week * WEEK * HOUR_MS).toISOString();
  }
}

export async function readSeries(file: string): Promise<Weekly> {
  const weekly = new Weekly();
  const seen = new Map<string, number>();
  let at = 0;
  for await (const text of createInterface({ input: createReadStream(file), crlfDelay: Number.POSITIVE_INFINITY })) {
    at += 1;
    if (text.trim() === '') continue;
    const line = parsed(text, at);
    const key = JSON.stringify([line.database, line.statement]);
    const first = seen.get(key);
    if (first !== undefined) throw new InputError(`line ${at}: the statement stands in line ${first} already`);
    seen.set(key, at);
    weekly.add(line);
  }
  return weekly;
}

function parsed(text: string, at: number): Line {
  const bad = (why: string): InputError => new InputError(`line ${at}: ${why}`);
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw bad(`no JSON (${error instanceof Error ? error.message : String(error)})`);
  }
  if (json === null || typeof json !== 'object' || Array.isArray(json)) throw bad('no object');
  const { database, statement, start, calls, timeMs } = json as Partial<Record<keyof Line, unknown>>; // checked below
  if (typeof database !== 'string') throw bad('database is no text');
  if (typeof statement !== 'string') throw bad('statement is no text');
  if (typeof start !== 'string' || Number.isNaN(Date.parse(start))) throw bad('start is no time');
  if (!isHours(calls)) throw bad('calls is no list of numbers and nulls');
  if (!isHours(timeMs)) throw bad('timeMs is no list of numbers and nulls');
  return { database, statement, start, calls, timeMs };
}

function isHours(values: unknown): values is (number | null)[] {
  return Array.isArray(values) && values.every((value) => value === null || typeof value === 'number');
}
