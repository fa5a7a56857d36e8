/** One regression in an alert: what, why, how sure, what it costs, what to do now, and what undoes it. */
import type { Regression } from '../model/regression.ts';
import type { Report, TargetReport } from '../model/report.ts';
import { anchor, type Block } from './blocks.ts';
import type { MailSettings } from './digest.ts';
import { pageBlocks } from './digest-target.ts';
import { change, date } from './format.ts';
import { regressionSentence } from './headline.ts';
import { cut } from './markup.ts';
import { beforeNow, causes, costOf, fixOf, regressionLabel } from './opportunity.ts';
import { rollback } from './sections/regressions.ts';
import { peakWords, trendFigure } from './trend.ts';

export interface Found {
  readonly target: TargetReport;
  readonly regression: Regression;
}

interface Context {
  readonly report: Report;
  readonly settings: MailSettings;
  readonly characters: number;
  /** The first names its target only: the mail's head has said the rest. */
  readonly first: boolean;
}

export function alertCard({ target, regression }: Found, { report, settings, characters, first }: Context): Block[] {
  const over = regression.status === 'resolved';
  const { severity, since, text, key } = regression;
  const page = settings.pageUrl(target.target);
  const figure = first ? trendFigure(regression) : null;
  const deep = { ...settings, pageUrl: () => (page === null ? null : `${page}#${anchor('r', key)}`) };
  return [
    {
      kind: 'card',
      sign: over ? 'good' : 'worse',
      label: `${regressionLabel(regression)} · ${severity}`,
      title: first ? cut(target.target, 60) : cut(`${target.target}: ${regressionSentence(regression)}`, characters),
      blocks: [
        {
          kind: 'facts',
          facts: [
            { label: over ? 'Cause was' : 'Cause', words: cut(causes(regression), characters) },
            ...fixOf(regression).map(({ label, words }) => ({ label, words: cut(words, characters) })),
            { label: 'Certainty', words: certainty(regression) },
            ...costOf(regression),
            { label: 'Since', words: date(since) },
            ...peakWords(regression).map((peak) => ({ label: 'Peak', words: peak })),
            ...(over ? [] : [{ label: 'Do now', words: doNow(regression) }]),
          ],
        },
        ...(figure === null ? [] : [figure]),
        {
          kind: 'table',
          caption: 'Before and now',
          columns: [{ title: 'Measure' }, { title: 'Before', numeric: true }, { title: 'Now', numeric: true }],
          rows: beforeNow(regression)
            .slice(0, 5)
            .map((row) => row.slice(0, 3)),
        },
        ...(text === undefined ? [] : [{ kind: 'sql', label: 'Statement', text: cut(text, characters) } as const]),
        ...(over ? [] : rollback(regression)),
      ],
    },
    ...pageBlocks(target.target, { report, settings: deep }),
  ];
}

function certainty({ unit, change: { low, high } }: Regression): string {
  if (low === null || high === null) return 'the sources cannot bear an interval; treat it as a hint';
  return `90 % interval: ${change(low, unit)} to ${change(high, unit)}`;
}

function doNow({ cause, suspect }: Regression): string {
  if (suspect !== undefined)
    return 'see whether our own advice is the cause, and roll it back with the statements below';
  const kind = cause[0]?.kind ?? 'unknown';
  switch (kind) {
    case 'calls':
      return 'find what calls it more often: a release, a new job, or a loop that retries';
    case 'rows':
      return 'find what asks for more rows: a lost LIMIT or a wider filter';
    case 'blocks':
    case 'plan':
      return 'compare the plan (EXPLAIN) with the plan you expect; look for an index that is gone and for old statistics';
    case 'data-growth':
      return 'see whether the table must grow like this; an index or archiving helps more than waiting';
    case 'cache':
      return 'look for what pushed its data out of the cache: a report, a backup, a new large table';
    case 'temp-spill':
      return 'give the sort or hash more work_mem, or less to sort: a filter, an index in the wanted order';
    case 'lock-wait':
      return 'find who holds the lock (pg_blocking_pids) and make that transaction shorter';
    case 'writes':
      return 'find what writes more: a release, a new job, an import';
    case 'vacuum':
      return 'see what keeps autovacuum away: an old transaction, a slot, or too few workers';
    case 'index':
      return 'see whether the index is gone or no longer fits what is asked';
    case 'new-statement':
      return 'ask who shipped it, and read it before it grows';
    case 'latency':
    case 'unknown':
      return 'look at locks, I/O and the plan (EXPLAIN) of the statement while it runs';
    default:
      throw new Error(`unknown cause ${kind satisfies never}`);
  }
}
