/** The numbers improvement is measured against: now, the run before, and the pinned week. */
import { mixturePercentile, type Percentile, timedOf } from '../model/percentile.ts';
import { type BaselineNumber, EXPERIENCE } from '../model/report.ts';
import type { UserExperience } from '../model/rows.ts';
import { WEEK_SECONDS } from '../model/units.ts';
import { type Week, weeksIn } from './week.ts';

interface Row {
  readonly label: string;
  readonly unit: BaselineNumber['unit'];
  readonly of: (week: Week) => number | Percentile | null;
  /** Where the number is missing: what to do to have it. */
  readonly why: string;
}

const NO_STATEMENTS = 'No statements were seen; install pg_stat_statements and let the sources read it.';
const NO_DATABASES = 'No database statistics were seen; let the sources read pg_stat_database.';
const NO_TABLES = 'No table statistics were seen; let the sources read pg_stat_user_tables in every database.';
const NO_HOST =
  'The machine was not seen; scrape node_exporter beside the server, or configure cloudwatch on RDS and Aurora.';
const NO_PERCENTILES =
  'No standard deviation of statement times was seen, and a mean alone says nothing of percentiles. Give this target a PostgreSQL connection; to measure them call by call, sample durations into the log (log_min_duration_sample with log_statement_sample_rate) or export a latency histogram from the application and read it by prometheus.userExperience and histogram_quantile.';
/** Calls of statements without a standard deviation may be this share; beyond it the percentile would be another workload's. */
const MOST_UNKNOWN = 0.05;

const rows: readonly Row[] = [
  { label: 'Database time', unit: 'ms/week', of: (week) => week.databaseTimeMsPerWeek, why: NO_STATEMENTS },
  {
    label: 'Transactions per second',
    unit: 'count',
    of: (week) => perSecond(week, 'database', total(week.databases, 'commits', 'rollbacks')),
    why: NO_DATABASES,
  },
  {
    label: 'Statements per second',
    unit: 'count',
    of: (week) => perSecond(week, 'statement', total(week.statements, 'calls')),
    why: NO_STATEMENTS,
  },
  {
    label: 'Mean time per statement',
    unit: 'ms/call',
    of: (week) => ratio(total(week.statements, 'totalTimeMs'), total(week.statements, 'calls')),
    why: NO_STATEMENTS,
  },
  ...[0.5, 0.95, 0.99].map(
    (share): Row => ({
      label: `${Math.round(share * 100)}th percentile of statement time`,
      unit: 'ms',
      of: (week) => percentile(week, share),
      why: NO_PERCENTILES,
    }),
  ),
  {
    label: 'Blocks found in shared buffers',
    unit: 'share',
    of: (week) => ratio(total(week.databases, 'blocksHit'), total(week.databases, 'blocksHit', 'blocksRead')),
    why: NO_DATABASES,
  },
  {
    label: 'Connections at the peak',
    unit: 'count',
    of: (week) => week.server.connectionsPeak ?? null,
    why: 'Connections were not seen; let the sources read pg_stat_activity or pg_stat_database.',
  },
  { label: 'Database size', unit: 'bytes', of: (week) => total(week.databases, 'sizeBytes'), why: NO_DATABASES },
  { label: 'CPU busy, busiest machine', unit: 'share', of: (week) => most(week, 'cpuBusyShare'), why: NO_HOST },
  {
    label: 'Memory in use, fullest machine',
    unit: 'share',
    of: (week) => fullest(week, 'memoryAvailableBytes', 'memoryBytes'),
    why: NO_HOST,
  },
  {
    label: 'Disk in use, fullest machine',
    unit: 'share',
    of: (week) => fullest(week, 'diskFreeBytes', 'diskBytes'),
    why: NO_HOST,
  },
  {
    label: 'Disk reads and writes a second',
    unit: 'count',
    of: (week) => total(week.hosts ?? [], 'readIops', 'writeIops'),
    why: NO_HOST,
  },
  { label: 'Dead rows', unit: 'rows', of: (week) => total(week.tables, 'deadRows'), why: NO_TABLES },
];

/** `experience`: what the user's own expressions gave now, also those without a number. */
export function baselineNumbers(
  now: Week,
  previous: Week | null,
  pinned: Week | null,
  experience: readonly UserExperience[] = [],
): readonly BaselineNumber[] {
  return [...rows, ...experience.map(experienceRow)].map(({ label, unit, of, why }) => {
    const value = of(now);
    const bounds = value === null || typeof value === 'number' ? {} : { low: value.low, high: value.high };
    return {
      label,
      unit,
      now: numberOf(value),
      previous: previous === null ? null : numberOf(of(previous)),
      pinned: pinned === null ? null : numberOf(of(pinned)),
      ...bounds,
      ...(value === null ? { why } : {}),
    };
  });
}

/** Then is only then what the same expression gave. */
function experienceRow({ name, unit, promql, why = '' }: UserExperience): Row {
  const of = ({ userExperience = [] }: Week) =>
    userExperience.find((one) => one.name === name && one.unit === unit && one.promql === promql)?.value ?? null;
  return { label: `${EXPERIENCE}${name}`, unit, of, why };
}

const numberOf = (value: number | Percentile | null): number | null =>
  value === null || typeof value === 'number' ? value : value.ms;

function percentile({ statements, spans }: Week, share: number): Percentile | null {
  const calls = (all: readonly { readonly measures: Readonly<Record<string, number>> }[]) =>
    all.reduce((sum, { measures }) => sum + (measures.calls ?? 0), 0);
  const timed = statements.filter(({ measures }) => timedOf(measures) !== null);
  if (calls(timed) < (1 - MOST_UNKNOWN) * calls(statements)) return null;
  return mixturePercentile(
    timed.flatMap(({ measures }) => timedOf(measures, spans.statement?.start) ?? []),
    share,
  );
}

function most({ hosts = [] }: Week, name: string): number | null {
  const values = hosts.flatMap(({ measures }) => measures[name] ?? []);
  return values.length === 0 ? null : values.reduce((high, value) => Math.max(high, value));
}

function fullest({ hosts = [] }: Week, free: string, all: string): number | null {
  const shares = hosts.flatMap(({ measures }) => {
    const left = ratio(measures[free] ?? null, measures[all] ?? null);
    return left === null ? [] : [1 - left];
  });
  return shares.length === 0 ? null : shares.reduce((high, value) => Math.max(high, value));
}

/** Over the rows that have all of the measures; null when none has. */
function total(
  all: readonly { readonly measures: Readonly<Record<string, number>> }[],
  ...names: string[]
): number | null {
  const sums = all.flatMap(({ measures }) => {
    const values = names.flatMap((name) => measures[name] ?? []);
    return values.length === names.length ? [values.reduce((sum, value) => sum + value, 0)] : [];
  });
  return sums.length === 0 ? null : sums.reduce((sum, value) => sum + value, 0);
}

function ratio(part: number | null, whole: number | null): number | null {
  return part === null || whole === null || whole <= 0 ? null : part / whole;
}

function perSecond(week: Week, kind: 'database' | 'statement', count: number | null): number | null {
  const weeks = weeksIn(week.spans[kind]);
  return count === null || weeks === null ? null : count / (weeks * WEEK_SECONDS);
}
