/** How a regression went over the weeks: a line, what is usual, and where it left that. */
import type { Regression, Trend } from '../model/regression.ts';
import type { Block, LineChart } from './blocks.ts';
import { between, day, words } from './format.ts';
import { sentence } from './opportunity.ts';

type Figure = Extract<Block, { kind: 'figure' }> & { readonly chart: LineChart };

/** null where too few weeks are known. */
export function trendFigure({ trend }: Pick<Regression, 'trend'>): Figure | null {
  if (trend === undefined) return null;
  const { unit, step, points, usual, from } = trend;
  return {
    kind: 'figure',
    title: `${unit === 'ms/call' ? 'Mean time of a call' : 'Time a week'}, ${step} by ${step}`,
    description: trendWords(trend),
    chart: { kind: 'line', unit: 'ms', lines: [{ label: 'Now', points }], usual, from },
  };
}

/** All that the picture shows, for who cannot see it. */
export function trendWords({ unit, step, points, usual, from }: Trend): string {
  const known = points.flatMap(({ at, value }) => (value === null ? [] : [{ at, value }]));
  const after = known.filter(({ at }) => (step === 'day' ? Date.parse(at) >= Date.parse(from) : at > from));
  const values = after.map(({ value }) => value);
  const latest = known.at(-1);
  const before =
    usual === null
      ? `Too few ${step}s are known before ${day(from)} to say what is usual`
      : `${sentence(between(usual, unit))} on eight of ten ${step}s before ${day(from)}`;
  const since =
    values.length === 0
      ? 'not measured since'
      : `since then ${between({ low: Math.min(...values), high: Math.max(...values) }, unit)}`;
  const end = latest === undefined ? '' : `, at last ${words(latest.value, unit)} (${day(latest.at)})`;
  return `${before}; ${since}${end}.`;
}

/** How bad it has been; told once it is better than that. */
export function peakWords({ trend, status, now }: Pick<Regression, 'trend' | 'status' | 'now'>): string[] {
  if (trend === undefined || status === 'new') return [];
  const after = trend.points.filter(({ at }) => Date.parse(at) >= Date.parse(trend.from));
  const peak = after.reduce<(typeof after)[number] | null>(
    (most, one) => (one.value !== null && one.value > (most?.value ?? 0) ? one : most),
    null,
  );
  if (peak?.value == null || peak.value <= now) return [];
  return [`${words(peak.value, trend.unit)}, ${day(peak.at)}`];
}
