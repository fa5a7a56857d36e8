/** Each source by itself: what it covers, what it leaves out, and the sentences about it. */
import { Duration } from 'luxon';
import type { RowKind } from '../model/measures.ts';
import { ENOUGH_SAMPLES, SKEW_SECONDS, type SourceQuality } from '../model/quality.ts';
import type { Gap, Span, Window } from '../model/snapshot.ts';
import type { PostgresReading } from './postgres/read.ts';
import type { PrometheusTarget } from './prometheus/read.ts';

export function prometheusQuality({ samples, gaps }: Pick<PrometheusTarget, 'samples' | 'gaps'>): SourceQuality {
  return { source: 'prometheus', ...samples, ...leftOut(gaps) };
}

type Reading = Pick<PostgresReading, 'server' | 'spans' | 'resets' | 'gaps' | 'skewSeconds'>;

/** A catalog has no samples; its counters are those of the moment. */
export function postgresQuality({ server, spans, resets, gaps, skewSeconds }: Reading): SourceQuality {
  const span = spans.statement ?? spans.database ?? spans.server;
  const { startedAt } = server;
  const known = startedAt !== undefined && span !== undefined;
  return {
    source: 'postgres',
    coveredShare: null,
    intervalSeconds: null,
    newestSampleAgeSeconds: null,
    holes: null,
    resets,
    // Only the last start is known.
    restarts: known ? Number(startedAt * 1000 > Date.parse(span.start)) : null,
    clockSkewSeconds: skewSeconds,
    ...leftOut(gaps),
  };
}

function leftOut(gaps: readonly Gap[]): Pick<SourceQuality, 'truncated' | 'withoutRight'> {
  const kinds = (absence: Gap['absence']): readonly RowKind[] =>
    [...new Set(gaps.filter((gap) => gap.absence === absence).map(({ kind }) => kind))].sort();
  return { truncated: kinds('truncated'), withoutRight: kinds('no-right') };
}

const names = { prometheus: 'Prometheus', postgres: 'PostgreSQL', cloudwatch: 'CloudWatch' } as const;

export function sourceNotes(one: SourceQuality): readonly string[] {
  const { source, clockSkewSeconds, newestSampleAgeSeconds, intervalSeconds, restarts, coveredShare } = one;
  const notes: string[] = [];
  // Of Prometheus' clock its client speaks.
  if (source !== 'prometheus' && clockSkewSeconds !== null && Math.abs(clockSkewSeconds) >= SKEW_SECONDS) {
    notes.push(
      `The clock of ${names[source]} is ${length(Math.abs(clockSkewSeconds))} ${clockSkewSeconds > 0 ? 'ahead of' : 'behind'} ours, so ages and the ends of the window are wrong by as much.`,
    );
  }
  // Fewer samples are told of with their holes.
  const late = Math.max(300, 3 * (intervalSeconds ?? 0));
  if (newestSampleAgeSeconds !== null && newestSampleAgeSeconds > late && (coveredShare ?? 0) >= ENOUGH_SAMPLES) {
    notes.push(
      `The newest sample of ${names[source]} is ${length(newestSampleAgeSeconds)} older than the end of the window; what happened since is in no number.`,
    );
  }
  if (restarts !== null && restarts > 0) {
    const often = restarts === 1 ? 'once' : `${restarts} times`;
    notes.push(
      `PostgreSQL was started ${often} in the time covered: caches were cold, and after a crash statistics began anew.`,
    );
  }
  return notes;
}

function length(seconds: number): string {
  const [unit, count] =
    seconds < 120
      ? (['seconds', 1] as const)
      : seconds < 7_200
        ? (['minutes', 60] as const)
        : (['hours', 3_600] as const);
  return Duration.fromObject({ [unit]: Math.round(seconds / count) }).toHuman();
}

type Kind = Exclude<RowKind, 'host'>;

/** Where samples began late or ended early, counters cover no more; an exporter's collector may be younger than it. */
export function prometheusSpan(
  kind: Kind,
  { presence, hourly }: Pick<PrometheusTarget, 'presence' | 'hourly'>,
  window: Window,
): Span {
  const { first, last } = presence ?? { first: window.start, last: window.end };
  const start = kind === 'statement' ? laterOf(first, hourly) : first;
  const within = Date.parse(start) < Date.parse(last);
  const covered = within ? { start, end: last } : window;
  return { ...covered, source: 'prometheus', basis: 'window' };
}

/** The first hour in which any statement was seen, unless that is the first of all. */
function laterOf(first: string, hourly: PrometheusTarget['hourly']): string {
  if (hourly === undefined) return first;
  const { start, hours, statements } = hourly;
  let earliest = hours;
  for (const { calls, timeMs } of statements) {
    for (let hour = 0; hour < earliest; hour += 1) {
      if (calls[hour] != null || timeMs[hour] != null) earliest = hour;
    }
  }
  // An hour without two samples is not told either.
  if (earliest <= 1 || earliest === hours) return first;
  const began = new Date(Date.parse(start) + earliest * 3_600_000).toISOString();
  return Date.parse(began) > Date.parse(first) ? began : first;
}

type Aged = Pick<PrometheusTarget, 'server' | 'databases' | 'presence' | 'nodes'>;

/**
 * The youngest of the databases' statistics: since their reset; where none is told, since the server's start; where that
 * is not told either, since our first sample; on any node. A lower bound that no advisor is misled by.
 */
export function statisticsAge({ server, databases, presence, nodes = [] }: Aged, window: Window): number | null {
  const end = Date.parse(window.end) / 1000;
  const seenSince = presence === null ? null : Date.parse(presence.first) / 1000;
  const since = [
    ...(server.startedAt === undefined ? [] : [server.startedAt]),
    ...databases.flatMap(({ statsResetAt }) => statsResetAt ?? server.startedAt ?? seenSince ?? []),
    ...nodes.flatMap(({ statisticsSince }) => statisticsSince ?? []),
  ];
  if (since.length === 0) return seenSince === null ? null : Math.max(0, end - seenSince);
  // Not as arguments of one call: a metric can have more series than a call takes.
  return Math.max(0, end - since.reduce((latest, time) => Math.max(latest, time)));
}
