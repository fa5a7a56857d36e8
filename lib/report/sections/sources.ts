/** How the numbers were made: window, quality of the data, method, and the queries really sent. */
import type { Report, TargetReport } from '../../model/report.ts';
import type { Block, Words } from '../blocks.ts';
import { date, many, period, words } from '../format.ts';
import { sentence } from '../opportunity.ts';
import { coverageWords, kindWords, trafficWords } from '../quality-line.ts';
import { coverWords } from '../spans.ts';

const labels = new Map([
  ['promql', 'PromQL'],
  ['sql', 'SQL'],
  ['cloudwatch', 'GetMetricData'],
]);

export function sources(target: TargetReport, report: Pick<Report, 'generatedAt' | 'window'>): Block[] {
  const notes = target.quality.notes;
  return [
    { kind: 'heading', level: 2, text: 'Sources and method', id: 'sources' },
    { kind: 'facts', facts: provenance(target, report) },
    ...(notes.length === 0 ? [] : [{ kind: 'list', items: notes } as const]),
    { kind: 'heading', level: 3, text: 'How to read the numbers' },
    {
      kind: 'list',
      items: [
        'Gains are intervals: 8 in 10 outcomes should fall inside. Each says what it rests on.',
        'Gains are applied one after the other to the time that is left, so nothing is counted twice.',
        'Database time is the time statements spent executing, added over all connections.',
        'ROI is database-hours saved in a quarter for each engineer-hour; items stand in the order of the plan.',
      ],
    },
    ...(target.sources.length === 0 ? [] : [{ kind: 'heading', level: 3, text: 'Queries sent' } as const]),
    ...target.sources.map(
      ({ source, language, kind, measures, dialect, text, rows }): Block => ({
        kind: 'details',
        title: `${source}: ${kind}`,
        meta: [`${rows} rows`, ...(dialect === undefined ? [] : [dialect])],
        blocks: [
          { kind: 'text', words: measures.length === 0 ? 'No counted measures.' : `Measures: ${measures.join(', ')}.` },
          { kind: 'sql', label: labels.get(language) ?? language, text },
        ],
      }),
    ),
  ];
}

export function provenance(
  { quality, server, topStatements }: TargetReport,
  { window, generatedAt }: Pick<Report, 'generatedAt' | 'window'>,
): { label: string; words: Words }[] {
  const { coveredShare, resets, statementCoverage, statisticsAgeSeconds } = quality;
  return [
    { label: 'Window', words: period(window) },
    { label: 'Made', words: date(generatedAt) },
    { label: 'Server', words: serverWords(server) },
    { label: 'Sources', words: quality.sources.join(' and ') },
    {
      label: 'Samples',
      words:
        coveredShare === null
          ? 'no samples; counters of the catalog'
          : `cover ${words(coveredShare, 'share')} of the window`,
    },
    { label: 'Time covered', words: sentence(coverWords(quality, window) ?? 'the window') },
    ...(quality.traffic === undefined ? [] : [{ label: 'The week', words: sentence(trafficWords(quality.traffic)) }]),
    ...(quality.bySource ?? []).map((one) => ({ label: `Quality of ${one.source}`, words: sourceWords(one) })),
    ...(quality.load ?? []).map((one) => ({ label: `Load on ${one.source}`, words: loadWords(one) })),
    { label: 'Counter resets', words: words(resets, 'count') },
    { label: 'Age of the statistics', words: words(statisticsAgeSeconds, 's') },
    {
      label: 'Statements seen',
      words:
        statementCoverage === null
          ? topStatements.length === 0
            ? 'none'
            : 'share of all time not known'
          : sentence(coverageWords(statementCoverage)),
    },
  ];
}

/** Waiting for an answer is the most that a question can have kept the server busy. */
function loadWords({ queries, ms, budgetMs }: NonNullable<TargetReport['quality']['load']>[number]): string {
  const queriesSent = queries === 1 ? '1 query' : `${words(queries, 'count')} queries`;
  return `this hunt sent ${queriesSent} and waited ${words(ms, 'ms')} for answers; it would have stopped at ${words(budgetMs, 'ms')}`;
}

function sourceWords(one: NonNullable<TargetReport['quality']['bySource']>[number]): string {
  const known = (value: number | null, unit: 's' | 'count') => (value === null ? 'not known' : words(value, unit));
  const holes = one.holes === null ? 'not known' : many(one.holes.length, 'hole');
  return [
    ...(one.source === 'postgres'
      ? []
      : [
          `a sample every ${known(one.intervalSeconds, 's')}`,
          `the newest ${known(one.newestSampleAgeSeconds, 's')} old`,
          holes,
        ]),
    `${many(one.resets, 'reset')}`,
    `starts of PostgreSQL: ${known(one.restarts, 'count')}`,
    `clock against ours: ${known(one.clockSkewSeconds, 's')}`,
    ...(one.truncated.length === 0 ? [] : [`cut off: ${kindWords(one.truncated)}`]),
    ...(one.withoutRight.length === 0 ? [] : [`right missing for: ${kindWords(one.withoutRight)}`]),
  ].join('; ');
}

export function serverWords({ version, role, platform }: TargetReport['server']): string {
  const named = version === null ? 'PostgreSQL, version not seen' : `PostgreSQL ${version}`;
  return [named, ...[role, platform].filter((part) => part !== null)].join(', ');
}
