/** How the numbers were made: window, quality of the data, method, and the queries really sent. */
import type { Report, TargetReport } from '../../model/report.ts';
import type { Block, Words } from '../blocks.ts';
import { date, period, words } from '../format.ts';
import { sentence } from '../opportunity.ts';
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
    { label: 'Counter resets', words: words(resets, 'count') },
    { label: 'Age of the statistics', words: words(statisticsAgeSeconds, 's') },
    {
      label: 'Statements seen',
      words:
        statementCoverage === null
          ? topStatements.length === 0
            ? 'none'
            : 'share of all time not known'
          : `${words(Math.min(1, statementCoverage), 'share')} of active time`,
    },
  ];
}

export function serverWords({ version, role, platform }: TargetReport['server']): string {
  const named = version === null ? 'PostgreSQL, version not seen' : `PostgreSQL ${version}`;
  return [named, ...[role, platform].filter((part) => part !== null)].join(', ');
}
