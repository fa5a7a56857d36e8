/** 5. Monitoring & Measurement Plan: what improvement is measured against, what success is, who looks when. */
import { DateTime } from 'luxon';
import { type BaselineNumber, EXPERIENCE, type Report, type TargetReport } from '../../model/report.ts';
import { WEEK_SECONDS } from '../../model/units.ts';
import type { Block, Words } from '../blocks.ts';
import { between, change, date, many, words } from '../format.ts';
import { linkTo } from '../opportunity.ts';
import { responseTimes } from '../response-times.ts';

/** The brief's four kinds of baseline, with what these sources can never tell about it. */
const kinds = [
  {
    title: 'Query Response Times',
    of: /\b(mean|latency|response|p50|p95|p99|percentile|a call)\b/i,
    never: null,
  },
  { title: 'Throughput Metrics', of: /\b(per second|a week|transactions|queries|calls|throughput)\b/i, never: null },
  { title: 'Resource Utilization', of: null, never: null },
  {
    title: 'User Experience',
    of: /\b(user|application|apdex)\b/i,
    never:
      'Application response times are not measured here. If this Prometheus has them, set prometheus.userExperience to a name, a unit and PromQL such as histogram_quantile(0.95, sum by (le) (rate(http_request_duration_seconds_bucket[$window]))).',
  },
] as const;

function kindOf(label: string): string {
  if (label.startsWith(EXPERIENCE)) return 'User Experience';
  return kinds.find(({ of }) => of?.test(label) === true)?.title ?? 'Resource Utilization';
}

export function measurement(target: TargetReport, { cadence, window }: Pick<Report, 'cadence' | 'window'>): Block[] {
  return [
    { kind: 'heading', level: 2, text: '5. Monitoring & Measurement Plan', id: 'measurement' },
    { kind: 'heading', level: 3, text: 'Baseline Metrics' },
    { kind: 'text', words: against(target), tone: 'muted' },
    ...kinds.flatMap(({ title, never }) => [
      ...baseline(target, title, never),
      ...(title === 'Query Response Times' ? [...responseTimes(target), ...tail(target)] : []),
      ...(title === 'Throughput Metrics' ? pace(target) : []),
    ]),
    { kind: 'heading', level: 3, text: 'Success Criteria' },
    { kind: 'facts', facts: criteria(target) },
    { kind: 'heading', level: 3, text: 'Monitoring Strategy' },
    {
      kind: 'facts',
      facts: [
        { label: 'Continuous Monitoring', words: `Each ${cadence} hunt measures the same numbers again and compares.` },
        {
          label: 'Alert Thresholds',
          words: `A statement that got worse by more than the regression rule allows is told in a mail of its own. ${thresholds(target)}`,
        },
        { label: 'Reporting Cadence', words: nextHunt(cadence, window.end) },
        {
          label: 'Review Schedule',
          words: `Each quarter, next on ${date(later(window.end, { quarters: 1 }))}: pin a new baseline, look through long-term projects and muted items.`,
        },
      ],
    },
  ];
}

const STEPS = { weekly: { weeks: 1 }, monthly: { months: 1 }, quarterly: { quarters: 1 } } as const;

function later(end: string, step: { weeks?: number; months?: number; quarters?: number }): string {
  return DateTime.fromISO(end, { zone: 'utc' }).plus(step).toISO() ?? end;
}

function nextHunt(cadence: Report['cadence'], end: string): string {
  if (cadence === 'on-demand') return 'on-demand: nobody is told of changes until the next one is asked for';
  return `${cadence}, the next about ${date(later(end, STEPS[cadence]))}`;
}

/** A fifth above today is what no usual week does; per number, for an alert of one's own. */
const ALERT = 1.2;

function thresholds({ baselines }: TargetReport): string {
  const known = baselines.numbers.filter(({ unit, now }) => (unit === 'ms/week' || unit === 'ms/call') && now !== null);
  if (known.length === 0) return 'No time was measured in this run, so no threshold can be named.';
  const each = known.map(({ label, unit, now }) => `${label} above ${words((now ?? 0) * ALERT, unit)}`);
  return `For an alert of your own, a fifth above today: ${each.join('; ')}.`;
}

/** No source of ours has it, and the log-normal tail is the least sure part of the estimate. */
function tail({ baselines }: TargetReport): Block[] {
  if (baselines.numbers.some(({ label, now }) => /\b(p99|99th)\b/i.test(label) && now !== null)) return [];
  const how =
    'No 99th percentile is measured here: no counter of PostgreSQL holds it. Export a latency histogram from the application or the pooler, or sample durations into the log.';
  return [{ kind: 'text', words: how, tone: 'muted' }];
}

function pace({ baselines }: TargetReport): Block[] {
  const known = baselines.numbers.filter(({ unit, now }) => unit === 'calls/week' && now !== null);
  const items = known.map(({ label, now }) => `${label}: ${words((now ?? 0) / WEEK_SECONDS)} per second on average`);
  return items.length === 0 ? [] : [{ kind: 'list', items }];
}

function against({ baselines: { previousEnd, pinnedEnd } }: TargetReport): string {
  const last =
    previousEnd === null
      ? 'This is the first hunt: these numbers are the baseline.'
      : `Last run: ${date(previousEnd)}.`;
  return pinnedEnd === null ? `${last} No baseline week is pinned.` : `${last} Pinned baseline: ${date(pinnedEnd)}.`;
}

function baseline({ baselines }: TargetReport, title: string, never: string | null): Block[] {
  const own = baselines.numbers.filter(({ label }) => kindOf(label) === title);
  const table: Block = {
    kind: 'table',
    caption: title,
    columns: [
      { title: 'Measure' },
      { title: 'Now', numeric: true },
      { title: 'Last run', numeric: true },
      { title: 'Pinned', numeric: true },
      { title: 'Since last run', numeric: true },
    ],
    rows: own.map(row),
  };
  const none: Block = {
    kind: 'text',
    words: 'Not measured in this run; see coverage for what is missing.',
    tone: 'muted',
  };
  const reasons = [...new Set(own.flatMap(({ now, why }) => (now === null && why !== undefined ? [why] : [])))];
  const missing = reasons.map((why) => {
    const whose = own.filter((one) => one.now === null && one.why === why).map(({ label }) => label);
    return `${whose.join(', ')}: ${why}`;
  });
  return [
    { kind: 'heading', level: 4, text: title },
    ...(own.length > 0 ? [table] : never === null ? [none] : []),
    ...(missing.length === 0 ? [] : [{ kind: 'list', items: missing } as const]),
    ...(never === null || own.length > 0 || missing.length > 0
      ? []
      : [{ kind: 'text', words: never, tone: 'muted' } as const]),
  ];
}

function row({ label, unit, now, previous, pinned }: BaselineNumber): Words[] {
  const since = now === null || previous === null || previous === 0 ? '–' : change(now / previous - 1, unit);
  return [label, words(now, unit), words(previous, unit, '–'), words(pinned, unit, '–'), since];
}

function criteria(target: TargetReport): { label: string; words: Words }[] {
  const { opportunities, summary } = target;
  const space = opportunities.filter(({ benefit }) => benefit.kind === 'space');
  const total = (end: 'low' | 'high') => space.reduce((sum, { benefit }) => sum + (benefit[end] ?? 0), 0);
  const safer = opportunities.filter(({ area, benefit }) => area !== 'query' && benefit.kind === 'risk');
  const gain = summary.estimatedImprovement;
  return [
    {
      label: 'Performance Improvements',
      words:
        gain === null
          ? 'No time gain is quantified in this run.'
          : `Database time falls by ${between(gain, 'share')} once everything is done.`,
    },
    {
      label: 'Resource Efficiency',
      words:
        space.length === 0
          ? 'No space gain is quantified in this run.'
          : `${many(space.length, 'item returns', 'items return')} ${between({ low: total('low'), high: total('high') }, 'bytes')} of disk.`,
    },
    {
      label: 'Availability Improvements',
      words:
        safer.length === 0
          ? 'No item of this run is about availability.'
          : `${many(safer.length, 'item averts', 'items avert')} a risk, from slow decay to an outage; each says how to see it.`,
    },
    {
      label: 'Capacity Gains',
      words:
        gain === null
          ? 'Not quantified.'
          : `The database time saved is headroom: ${between(gain, 'share')} of today’s load.`,
    },
    ...opportunities.slice(0, 5).map((one, at) => ({
      label: `Item ${at + 1}`,
      words: [...linkTo(one), `: ${one.acceptance}`],
    })),
  ];
}
