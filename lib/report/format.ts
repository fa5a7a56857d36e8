/** Numbers become words here and nowhere else: rounded to what they can bear, with a unit a reader knows. */
import { DateTime } from 'luxon';
import type { Interval, Unit } from '../model/units.ts';

const MINUS = '\u2212';
/** Between a number and its unit, so that no line breaks there. */
const GLUE = '\u00A0';
export const ABSENT = 'not measured';

type Scale = readonly (readonly [size: number, name: string])[];

const durations: Scale = [
  [86_400_000, 'days'],
  [3_600_000, 'h'],
  [60_000, 'min'],
  [1000, 's'],
  [1, 'ms'],
];
const binary: Scale = [
  [1024 ** 4, 'TiB'],
  [1024 ** 3, 'GiB'],
  [1024 ** 2, 'MiB'],
  [1024, 'KiB'],
  [1, 'bytes'],
];
const amounts: Scale = [
  [1e9, 'billion'],
  [1e6, 'million'],
  [1, ''],
];

/** A duration reads best with at least two of its unit: 90 s, not 1.5 min; but 1.2 s, not 1200 ms. */
const LEAST: Readonly<Record<string, number>> = { days: 2, h: 2, min: 2, s: 1 };

interface Kind {
  readonly scale: Scale;
  /** Of the scale's smallest step. */
  readonly factor: number;
  readonly after: string;
}

function kindOf(unit: Exclude<Unit, 'share' | 'unix-s'>): Kind {
  switch (unit) {
    case 'ms':
      return { scale: durations, factor: 1, after: '' };
    case 's':
      return { scale: durations, factor: 1000, after: '' };
    case 'ms/week':
      return { scale: durations, factor: 1, after: ' a week' };
    case 'ms/call':
      return { scale: durations, factor: 1, after: ' a call' };
    case 'bytes':
      return { scale: binary, factor: 1, after: '' };
    case 'count':
    case 'rows':
    case 'blocks':
      return { scale: amounts, factor: 1, after: unit === 'count' ? '' : ` ${unit}` };
    case 'xids':
      return { scale: amounts, factor: 1, after: ' transaction ids' };
    case 'rows/call':
      return { scale: amounts, factor: 1, after: ' rows a call' };
    case 'blocks/call':
      return { scale: amounts, factor: 1, after: ' blocks a call' };
    case 'calls/week':
      return { scale: amounts, factor: 1, after: ' calls a week' };
    default:
      throw new Error(`unknown unit ${unit satisfies never}`);
  }
}

/** `12 ms`, `3.4 GiB`, `38 %`, `1.2 million rows`; words stay as they are. */
export function words(value: number | string | null, unit?: Unit, absent = ABSENT): string {
  if (value === null) return absent;
  if (typeof value === 'string') return value;
  if (!Number.isFinite(value)) return absent;
  if (unit === undefined) return digits(value);
  if (unit === 'share') return percent(value);
  // Beyond the calendar of the language it is no time; nothing of a metric may stop the report.
  if (unit === 'unix-s') return Math.abs(value) > 8.64e12 ? absent : date(new Date(value * 1000).toISOString());
  return amount(value, kindOf(unit));
}

function amount(value: number, { scale, factor, after }: Kind): string {
  const [size, name] = stepOf(Math.abs(value * factor), scale);
  return `${digits((value * factor) / size)}${name === '' ? '' : GLUE + name}${after}`;
}

/** `between 30 % and 60 %`; both ends in one scale; one number when rounding leaves no difference. */
export function between({ low, high }: Pick<Interval, 'low' | 'high'>, unit: Unit): string {
  if (unit === 'unix-s') return `between ${words(low, unit)} and ${words(high, unit)}`;
  const [from, to] = ends(low, high, unit);
  if (from === to) return to.startsWith('under') ? to : `about ${to}`;
  return hardlyAny(from, low) ? upTo(to) : `between ${from} and ${to}`;
}

/** `from 12.4 to 31.9 ms`, without what it is per: the sentence around it says that. */
export function fromTo(before: number, now: number, unit: Exclude<Unit, 'unix-s'>): string {
  // In one scale a thousandfold change would read as `0.0042 to 4.1 h`.
  const far = before === 0 || now === 0 || Math.abs(Math.log(now / before)) > Math.log(50);
  if (unit === 'share') return `from ${percent(before)} to ${percent(now)}`;
  const bare = { ...kindOf(unit), after: '' };
  const [from, to] = far ? [amount(before, bare), amount(now, bare)] : inOneScale(before, now, bare);
  return `from ${from} to ${to}`;
}

/** For a narrow place: `30–60 %`. */
export function compact({ low, high }: Pick<Interval, 'low' | 'high'>, unit: Exclude<Unit, 'unix-s'>): string {
  const [from, to] = ends(low, high, unit);
  if (from === to) return to;
  return hardlyAny(from, low) ? upTo(to) : `${from.replace(/\u00A0%$/, '')}–${to}`;
}

function hardlyAny(from: string, low: number): boolean {
  return low === 0 || from.startsWith('under');
}

function upTo(to: string): string {
  return to.startsWith('under') ? to : `up to ${to}`;
}

function ends(low: number, high: number, unit: Exclude<Unit, 'unix-s'>): [string, string] {
  return unit === 'share' ? [percent(low), percent(high)] : inOneScale(low, high, kindOf(unit));
}

function inOneScale(low: number, high: number, { scale, factor, after }: Kind): [string, string] {
  const [size, name] = stepOf(Math.max(Math.abs(low), Math.abs(high)) * factor, scale);
  const tail = name === '' ? '' : GLUE + name;
  const [from, to] = [digits((low * factor) / size), digits((high * factor) / size)];
  return from === to ? [to + tail + after, to + tail + after] : [from, to + tail + after];
}

function stepOf(size: number, scale: Scale): readonly [number, string] {
  const last = scale[scale.length - 1] ?? [1, ''];
  return scale.find(([step, name]) => size >= step * (LEAST[name] ?? 1)) ?? last;
}

/** How large one is of what a value of that size is told in: an hour in milliseconds, a hundredth of shares. For an axis. */
export function stepSize(value: number, unit: Exclude<Unit, 'unix-s'>): number {
  if (unit === 'share') return 0.01;
  const { scale, factor } = kindOf(unit);
  return stepOf(Math.abs(value) * factor, scale)[0] / factor;
}

function percent(share: number): string {
  const value = share * 100;
  if (value !== 0 && Math.abs(value) < 1) return `under${GLUE}1${GLUE}%`;
  // Nearly all is not all.
  if (value < 100 && value >= 99.5) return `${minus((Math.floor(value * 10) / 10).toString())}${GLUE}%`;
  return `${digits(Math.abs(value) >= 10 ? Math.round(value) : value, 2)}${GLUE}%`;
}

/** Made once: making one costs a thousand times what using it does, and a page holds thousands of numbers. */
const grouped = new Intl.NumberFormat('en-US', { maximumFractionDigits: 6 });

/** Three figures when small, whole numbers with grouping when large: `0.042`, `3.4`, `128`, `12,400`. */
function digits(value: number, figures = 3): string {
  const magnitude = Math.abs(value);
  const rounded =
    magnitude >= 10 ** figures ? Math.round(value) : Number(value.toPrecision(magnitude < 10 ? 2 : figures));
  const whole = magnitude >= 100_000 ? Number(rounded.toPrecision(figures)) : rounded;
  return minus(grouped.format(whole));
}

function minus(text: string): string {
  return text.replace('-', MINUS);
}

/** Relative change in words, as a ratio from twice on: no arrow whose good direction a reader must guess. */
export function change(estimate: number, unit: Unit): string {
  if (!Number.isFinite(estimate)) return 'new';
  const [more, less] = unit === 'ms' || unit === 's' || unit === 'ms/call' ? ['slower', 'faster'] : ['more', 'less'];
  if (Math.abs(estimate) < 0.005) return 'unchanged';
  if (estimate < 0) return `${percent(-estimate)} ${less}`;
  return estimate < 1 ? `${percent(estimate)} ${more}` : `${digits(estimate + 1, 2)} times ${more}`;
}

/** `Sun 22 Nov 2026 15:30 UTC`. */
export function date(iso: string): string {
  const at = DateTime.fromISO(iso, { zone: 'utc', locale: 'en-GB' });
  return at.isValid ? `${at.toFormat('ccc d LLL yyyy HH:mm')} UTC` : iso;
}

export function day(iso: string): string {
  const at = DateTime.fromISO(iso, { zone: 'utc', locale: 'en-GB' });
  return at.isValid ? at.toFormat('ccc d LLL yyyy') : iso;
}

/** For an axis, whose year stands elsewhere: `17 Nov`. */
export function shortDay(iso: string): string {
  const at = DateTime.fromISO(iso, { zone: 'utc', locale: 'en-GB' });
  return at.isValid ? at.toFormat('d LLL') : iso;
}

export function period({ start, end }: { readonly start: string; readonly end: string }): string {
  return `${date(start)} – ${date(end)}`;
}

/** Effort: hours up to a day, then working days of eight hours. */
export function effort(hours: number): string {
  if (hours < 1) return `${Math.max(5, Math.round((hours * 60) / 5) * 5)}${GLUE}min`;
  return hours <= 8 ? `${digits(hours, 2)}${GLUE}h` : `${digits(hours / 8, 2)}${GLUE}person-days`;
}

/** In a large figure; what kind of days is told below it. */
export function days(count: number): string {
  return `${count < 0.1 && count > 0 ? 'under 0.1' : digits(count, 2)}${GLUE}${count === 1 ? 'day' : 'days'}`;
}

/** `1 regression`, `3 regressions`. */
export function many(count: number, noun: string, plural = `${noun}s`): string {
  return `${digits(count)} ${count === 1 ? noun : plural}`;
}

/** For subjects, plain text and the document: every space an ordinary one. */
export function plain(text: string): string {
  return text.replaceAll(GLUE, ' ');
}
