/** Average, median and 95th percentile: of all statements and of those that cost most, with how sure they are. */
import type { BaselineNumber, TargetReport, TopStatement } from '../model/report.ts';
import type { Block, Cell } from './blocks.ts';
import { words } from './format.ts';
import { statementText } from './opportunity.ts';

const MOST = 10;

const METHOD =
  'Percentiles are estimated: pg_stat_statements keeps calls, mean and standard deviation of each statement, and from these ' +
  'a log-normal distribution is fitted to each and mixed by calls. In simulation the estimate was within 4 % (median) and ' +
  '9 % (95th) of exponential and log-normal times, and within 15 % of even ones; a statement that is sometimes cached and ' +
  'sometimes not can be far off. The bounds hold for any distribution; its shortest and longest call narrow them where ' +
  'they count since before the window. To time calls one by one, sample durations into the log ' +
  '(log_min_duration_sample with log_statement_sample_rate), or export a latency histogram from the application and read ' +
  'it by prometheus.userExperience and histogram_quantile.';

export function responseTimes({ topStatements, baselines }: TargetReport): Block[] {
  const known = topStatements.filter(({ median, p95 }) => median !== undefined && p95 !== undefined).slice(0, MOST);
  const bounds = baselines.numbers.flatMap(({ label, low, high, unit }) =>
    low === undefined || high === undefined ? [] : [`${label}: surely ${range(low, high, unit)}.`],
  );
  if (known.length === 0 && bounds.length === 0) return [];
  return [
    ...(bounds.length === 0 ? [] : [{ kind: 'list', items: bounds } as const]),
    ...(known.length === 0 ? [] : [table(known)]),
    { kind: 'text', words: METHOD, tone: 'muted' },
  ];
}

/** Each end in its own scale: they can be thousands apart. */
function range(low: number, high: number, unit: BaselineNumber['unit']): string {
  const [from, to] = [words(low, unit), words(high, unit)];
  if (from === to) return to;
  return low <= 0 ? `up to ${to}` : `${from} to ${to}`;
}

function table(known: readonly TopStatement[]): Block {
  return {
    kind: 'table',
    caption: 'Execution times of the statements that cost most',
    columns: [
      { title: 'Statement', wide: true },
      { title: 'Average', numeric: true },
      { title: 'Median', numeric: true },
      { title: 'Median, surely', numeric: true },
      { title: '95th percentile', numeric: true },
      { title: '95th, surely', numeric: true },
    ],
    rows: known.map((one): Cell[] => [
      [{ code: statementText(one, 80) }],
      words(one.meanMs, 'ms'),
      ...[one.median, one.p95].flatMap((value) =>
        value === undefined ? ['–', '–'] : [words(value.ms, 'ms'), range(value.low, value.high, 'ms')],
      ),
    ]),
  };
}
