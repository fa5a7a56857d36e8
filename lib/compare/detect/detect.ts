/**
 * What moved and since when: the weeks' series and what earlier runs told in, findings and what the next run must know
 * out. Pure; the same for weeks of a real server and for made-up ones.
 */
import type { Series, Tracked } from '../../model/series.ts';
import { type Freeze, interval, type Judged, judge, type Run, type Verdict } from './judge.ts';
import { keyOf, type Lane, type Weeks, weeksOf } from './matrix.ts';
import { RULES, type Rules } from './rules.ts';
import { stepAt } from './scan.ts';
import { type Direction, follow, type Tier } from './states.ts';
import { wideOf } from './wide.ts';

const DAY_MS = 24 * 3_600_000;
const WEEK_MS = 7 * DAY_MS;

export interface Found {
  readonly database: string;
  /** null: the whole database. */
  readonly statement: string | null;
  readonly direction: Direction;
  readonly tier: Tier;
  readonly state: 'new' | 'open' | 'recovering' | 'resolved' | 'accepted' | 'unseen';
  /** Relative change of the time a call takes, 0.2 = a fifth slower, with its 90 % interval. */
  readonly effect: number;
  readonly low: number;
  readonly high: number;
  /** ISO 8601, the day it began. */
  readonly onset: string;
  readonly firstSeen: string;
}

export interface Detection {
  readonly findings: readonly Found[];
  /** For the next run. */
  readonly tracked: readonly Tracked[];
  /** Weeks of history that had series. */
  readonly pastWeeks: number;
  /** What could be judged; `statement: null` where the database as a whole could be. */
  readonly judged: readonly { readonly database: string; readonly statement: string | null }[];
  readonly seen: number;
}

/** `series`: in any order; the latest start is the week judged. */
export function detect(
  { series, tracked }: { readonly series: readonly Series[]; readonly tracked: readonly Tracked[] },
  rules: Rules = RULES,
): Detection {
  const weeks = weeksOf(series, rules.pastWeeks);
  const pastWeeks = weeks.slice(0, -1).filter((week) => week !== null).length;
  const seen = weeks.at(-1)?.statements.length ?? 0;
  if (pastWeeks < rules.leastWeeks) return { findings: [], tracked, pastWeeks, judged: [], seen };
  const clock = clockOf(weeks);
  const kept = tracked.filter((one) => !one.closed || Date.parse(one.calmSince ?? one.onset) > clock.start);
  const freeze = freezeOf(kept, weeks.length, clock);
  const run = judge(weeks, freeze, rules);
  const subjects = [
    ...widesOf(run, kept, clock, rules),
    ...run.statements.map((one) => statementOf(one, pastWeeks, rules)),
  ];
  const byKey = new Map(kept.filter(({ closed }) => !closed).map((one) => [keyOf(one), one]));
  const followed = followAll([...byKey.values()], new Map(subjects.map((one) => [keyOf(one), one])), clock, rules);
  const fresh = subjects.flatMap((subject) => (byKey.has(keyOf(subject)) ? [] : raised(subject, clock)));
  return {
    findings: [...followed.map(({ finding }) => finding), ...fresh.map(({ finding }) => finding)],
    tracked: [
      ...kept.filter(({ closed }) => closed),
      ...followed.flatMap(({ next }) => next ?? []),
      ...fresh.flatMap(({ next }) => next ?? []),
    ],
    pastWeeks,
    judged: subjects.map(({ database, statement }) => ({ database, statement })),
    seen,
  };
}

interface Clock {
  /** Of the first week and of the week judged, Unix ms. */
  readonly start: number;
  readonly latest: number;
  readonly iso: (ms: number) => string;
}

function clockOf(weeks: Weeks): Clock {
  const latest = Date.parse(weeks.at(-1)?.start ?? '');
  return { start: latest - (weeks.length - 1) * WEEK_MS, latest, iso: (ms) => new Date(ms).toISOString() };
}

/** One thing that can be told: a statement or the whole database. */
interface Subject {
  readonly database: string;
  readonly statement: string | null;
  readonly verdict: Verdict | null;
  readonly tier: Tier | null;
  /** Log points since that day, and of this week alone. */
  readonly since: (day: number) => { readonly effect: number; readonly low: number; readonly high: number } | null;
  readonly thisWeek: (day: number) => number | null;
}

function statementOf({ lane, days, noise, controlled, verdicts }: Judged, pastWeeks: number, rules: Rules): Subject {
  const verdict = [...verdicts].filter(({ closed }) => closed === null).sort((a, b) => a.p - b.p)[0] ?? null;
  return {
    database: lane.database,
    statement: lane.statement,
    verdict,
    tier: verdict === null ? null : tierOf(verdict, { pastWeeks, controlled }, rules),
    ...measuredSince(days, noise, rules),
  };
}

function tierOf(
  { q, effect }: Verdict,
  { pastWeeks, controlled }: { readonly pastWeeks: number; readonly controlled: boolean },
  rules: Rules,
): Tier | null {
  const tier = q <= rules.confirmed ? 'confirmed' : q <= rules.alert ? 'alert' : 'watch';
  if (pastWeeks <= rules.leastWeeks && tier !== 'confirmed') return null;
  return controlled || Math.abs(effect) > rules.lonelyEffect ? tier : 'watch';
}

function measuredSince(days: Float64Array, noise: Judged['noise'], rules: Rules): Pick<Subject, 'since' | 'thisWeek'> {
  return {
    since(day) {
      const step = stepAt(days, day, noise);
      return step === null ? null : { effect: step.effect, ...interval(step, noise, rules) };
    },
    thisWeek(day) {
      const from = Math.max(day, days.length - 7);
      const alone = days.map((value, at) => (at >= day && at < from ? Number.NaN : value));
      const known = alone.subarray(from).filter((value) => !Number.isNaN(value)).length;
      return known < rules.weekDays ? null : (stepAt(alone, from, noise)?.effect ?? null);
    },
  };
}

function widesOf(run: Run, tracked: readonly Tracked[], clock: Clock, rules: Rules): Subject[] {
  return [...run.workloads].flatMap(([database, workload]) => {
    const closed = tracked.filter((one) => one.statement === null && one.database === database && one.closed);
    const days = workload.map((value, day) => (closed.some((one) => spans(one, day, clock)) ? Number.NaN : value));
    const wide = wideOf(days, rules);
    if (wide === null) return [];
    return [
      { database, statement: null, verdict: wide.verdict, tier: 'alert', ...measuredSince(days, wide.noise, rules) },
    ];
  });
}

function raised(subject: Subject, clock: Clock): { finding: Found; next: Tracked | null }[] {
  const { database, statement, verdict, tier } = subject;
  if (verdict === null || tier === null) return [];
  const direction = verdict.direction === 1 ? 'slower' : 'faster';
  const onset = clock.iso(clock.start + verdict.onset.day * DAY_MS);
  const firstSeen = clock.iso(clock.latest + WEEK_MS);
  const named = { database, statement, direction, tier, onset, firstSeen } as const;
  const opening = verdict.effect * verdict.direction;
  return [
    {
      finding: { ...named, state: 'new', ...relative(verdict) },
      next: tier === 'watch' ? null : { ...named, opening, calmSince: null, calmWeeks: 0, closed: false },
    },
  ];
}

function followAll(
  open: readonly Tracked[],
  subjects: ReadonlyMap<string, Subject>,
  clock: Clock,
  rules: Rules,
): { finding: Found; next: Tracked | null }[] {
  return open.map((one) => {
    const { database, statement, direction, onset, firstSeen } = one;
    const subject = subjects.get(keyOf(one));
    const sign = direction === 'slower' ? 1 : -1;
    const day = Math.round((Date.parse(onset) - clock.start) / DAY_MS);
    const current = subject?.thisWeek(day) ?? null;
    const week = { start: clock.iso(clock.latest), end: clock.iso(clock.latest + WEEK_MS) };
    const { state, next } = follow(one, { ...week, effect: current === null ? null : current * sign }, rules);
    const whole = subject?.since(day) ?? { effect: one.opening * sign, low: Number.NaN, high: Number.NaN };
    const tier = subject?.tier === 'confirmed' && subject.verdict?.direction === sign ? 'confirmed' : one.tier;
    const named = { database, statement, direction, tier, onset, firstSeen } as const;
    const finding = { ...named, state, ...relative(whole) };
    return { finding, next: state === 'accepted' ? null : { ...next, tier } };
  });
}

function freezeOf(tracked: readonly Tracked[], weeks: number, clock: Clock): Freeze {
  const byKey = new Map<string, Tracked[]>();
  for (const one of tracked) byKey.set(keyOf(one), [...(byKey.get(keyOf(one)) ?? []), one]);
  const own = (lane: Lane): readonly Tracked[] => byKey.get(keyOf(lane)) ?? [];
  const wide = ({ database }: Lane): readonly Tracked[] => byKey.get(keyOf({ database, statement: null })) ?? [];
  return {
    usable(lane) {
      const frozen = [...own(lane), ...wide(lane)];
      return Array.from({ length: weeks }, (_, week) => {
        if (week === weeks - 1) return false;
        return !frozen.some((one) => [0, 6].some((day) => spans(one, week * 7 + day, clock)));
      });
    },
    voided: (lane, day) => own(lane).some((one) => one.closed && spans(one, day, clock)),
  };
}

/** Is that day within the finding? */
function spans({ onset, calmSince }: Tracked, day: number, clock: Clock): boolean {
  const at = clock.start + day * DAY_MS;
  return at >= Date.parse(onset) && (calmSince === null || at < Date.parse(calmSince));
}

function relative(log: { readonly effect: number; readonly low: number; readonly high: number }) {
  return { effect: Math.expm1(log.effect), low: Math.expm1(log.low), high: Math.expm1(log.high) };
}
