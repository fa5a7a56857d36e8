/** How far this week's numbers can be trusted, in one line of the digest and in the words of the report. */
import type { Report, TargetReport } from '../model/report.ts';
import { many, words } from './format.ts';
import { coverWords } from './spans.ts';

type Quality = TargetReport['quality'];

export function qualityLine(quality: Quality, window: Report['window']): string {
  const { coveredShare, statementCoverage, bySource = [], traffic } = quality;
  const samples =
    coveredShare === null
      ? 'from the catalog’s counters'
      : `samples cover ${words(coveredShare, 'share')} of the window`;
  const holes = bySource.reduce((sum, { holes: own }) => sum + (own?.length ?? 0), 0);
  const cut = [...new Set(bySource.flatMap(({ truncated }) => truncated))];
  const cover = coverWords(quality, window);
  return [
    ...(traffic === undefined ? [] : [trafficWords(traffic)]),
    samples,
    ...(holes === 0 ? [] : [many(holes, 'hole')]),
    ...(cover === null ? [] : [cover]),
    many(quality.resets, 'counter reset'),
    ...(cut.length === 0
      ? []
      : [`the list${cut.length === 1 ? '' : 's'} of ${kindWords(cut)} ${cut.length === 1 ? 'is' : 'are'} cut off`]),
    statementCoverage === null ? 'share of all time not known' : coverageWords(statementCoverage),
  ].join('; ');
}

const plurals: ReadonlyMap<string, string> = new Map([
  ...[['statement', 'statements'] as const, ['table', 'tables'] as const, ['index', 'indexes'] as const],
  ...[['database', 'databases'] as const, ['server', 'server views'] as const, ['host', 'machines'] as const],
]);

/** Kinds of rows as people call what they hold. */
export function kindWords(kinds: readonly string[]): string {
  const named = kinds.map((kind) => plurals.get(kind) ?? kind);
  const last = named.at(-1) ?? '';
  return named.length < 2 ? last : `${named.slice(0, -1).join(', ')} and ${last}`;
}

export function trafficWords({
  verdict,
  perSecond,
  usualPerSecond,
  weeks,
  of,
}: NonNullable<Quality['traffic']>): string {
  const numbers =
    perSecond === null || usualPerSecond === null
      ? ''
      : ` (${words(perSecond, 'count')} ${of} a second, median of ${many(weeks, 'earlier week')} ${words(usualPerSecond, 'count')})`;
  switch (verdict) {
    case 'representative':
      return `a usual week${numbers}`;
    case 'quieter':
      return `quieter than usual${numbers}, so confidence is lower`;
    case 'busier':
      return `busier than usual${numbers}, so confidence is lower`;
    case 'partial':
      return 'only a part of a week was seen, so whether it was a usual one is not known';
    case 'unknown':
      return 'no earlier week to hold the traffic against';
    default:
      throw new Error(`unknown verdict ${verdict satisfies never}`);
  }
}

/** More than all of a time is no share, and the reader must be told why it can come out so. */
export function coverageWords(coverage: number): string {
  if (coverage <= 1) return `statements seen make up ${words(coverage, 'share')} of active time`;
  return `statements seen make up all of active time (they add up to ${(Math.ceil(coverage * 100) / 100).toFixed(2)} of it: what functions and background workers run is counted more than once or in no active time)`;
}
