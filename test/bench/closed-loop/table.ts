/** What was promised against what came: every item, and the misses again. */
import type { Item, Looped } from './loop.ts';

const MIB = 1024 ** 2;
const escaped = (text: string): string => text.replace(/\|/g, '\\|').replace(/\s+/g, ' ');
const points = (share: number): string => `${(share * 100).toFixed(2)} %`;
const shown = (value: number | null, unit: Item['unit']): string =>
  value === null ? '' : unit === 'bytes' ? `${(value / MIB).toFixed(1)} MiB` : points(value);

export interface Figures {
  readonly items: number;
  /** Share of items whose realised gain lies within the interval. */
  readonly held: number;
  /** Median of |realised − likely|: of time in share of the statements' time, of space as a part of what was promised. */
  readonly medianError: number;
}

export function figures(items: readonly Item[], unit: 'share' | 'bytes'): Figures {
  const own = items.filter((one) => one.unit === unit && cameOf(one) !== null);
  const errors = own.map(errorOf).sort((a, b) => a - b);
  const middle = errors.length / 2;
  const median = ((errors[Math.ceil(middle) - 1] ?? NaN) + (errors[Math.floor(middle)] ?? NaN)) / 2;
  return { items: own.length, held: own.filter(holds).length / own.length, medianError: median };
}

/** The bench’s own measure, where there is one: the product's may not be the judge of its promise. */
export const cameOf = ({ unit, direct, realised }: Item): number | null => (unit === 'share' ? direct : realised);

export function holds(item: Item): boolean {
  const came = cameOf(item);
  const { predicted, unit } = item;
  // Bytes of an object that lives: a promise kept to a twentieth is kept.
  const slack = unit === 'bytes' ? 0.05 * (predicted?.likely ?? 0) : 0;
  return came !== null && predicted !== null && came >= predicted.low - slack && came <= predicted.high + slack;
}

function errorOf(item: Item): number {
  const error = Math.abs((cameOf(item) ?? 0) - (item.predicted?.likely ?? 0));
  return item.unit === 'bytes' ? error / (item.predicted?.likely ?? 1) : error;
}

function row(item: Item): string {
  const { predicted, unit } = item;
  const interval =
    predicted === null
      ? 'no number'
      : `${shown(predicted.likely, unit)} (${shown(predicted.low, unit)} to ${shown(predicted.high, unit)})`;
  const verdict =
    item.failed !== undefined
      ? 'failed'
      : predicted === null || cameOf(item) === null
        ? ''
        : holds(item)
          ? 'held'
          : 'missed';
  return `| ${item.scene} ${item.round} | \`${item.advisor}\` | ${escaped(item.title)} | ${interval} | ${shown(item.direct, 'share')} | ${shown(item.realised, unit)} | ${item.status} | ${verdict} |`;
}

const HEAD = [
  '| Scene, round | Advisor | Item | Promised: likely (low to high) | Measured | Told by the next report | Verdict of the report | Interval |',
  '| --- | --- | --- | ---: | ---: | ---: | --- | --- |',
];

export function summary(loops: readonly Looped[]): string {
  const items = loops.flatMap((one) => one.items);
  const line = (unit: 'share' | 'bytes', what: string) => {
    const { items: count, held, medianError } = figures(items, unit);
    return `| ${what} | ${count} | ${points(held)} | ${points(medianError)} |`;
  };
  return [
    '| Promises of | Items | Interval held | Median error |',
    '| --- | ---: | ---: | ---: |',
    line('share', 'time, in points of the statements’ time'),
    line('bytes', 'space, relative'),
  ].join('\n');
}

export function report(loops: readonly Looped[]): string {
  const items = loops.flatMap((one) => one.items);
  const missed = items.filter(
    (one) => one.failed !== undefined || (cameOf(one) !== null && one.predicted !== null && !holds(one)),
  );
  const weeks = loops.map(
    ({ scene, weeks }) =>
      `| ${scene} | ${[0, 1, 2].map((at) => (weeks[at] === undefined ? 'nothing left to do' : `${(weeks[at] / 1000).toFixed(2)} s`)).join(' | ')} |`,
  );
  const list = (lines: readonly string[]) => (lines.length === 0 ? ['None.'] : lines.map((line) => `- ${line}`));
  return [
    '# Promised and realised',
    '',
    'Written by `npm run bench:closed-loop`. Each database of `scenes/` is hunted, what its report prints is run from the top,',
    'the same week is run again and hunted again. Measured is the share of the statements’ time that went away, per call, from',
    'pg_stat_statements; beside it what the next report tells, which takes the drift of the other statements out. Items that',
    'work on the same statement are done in different rounds; what needs a change of the application is not done.',
    '',
    summary(loops),
    '',
    '## Missed or failed',
    '',
    ...(missed.length === 0 ? ['None.'] : [...HEAD, ...missed.map(row)]),
    ...items.flatMap(({ title, failed }) =>
      failed === undefined ? [] : ['', `${escaped(title)}: \`${escaped(failed)}\``],
    ),
    '',
    '## All items',
    '',
    ...HEAD,
    ...items.map(row),
    '',
    '## Execution time of the whole week',
    '',
    '| Scene | Before | Round 1 | Round 2 |',
    '| --- | ---: | ---: | ---: |',
    ...weeks,
    '',
    'Statements that got slower by more than a tenth, and by more than 1 % of all time:',
    '',
    ...list(loops.flatMap(({ slower }) => slower.map(escaped))),
    '',
  ].join('\n');
}
