/** One run: every statement of the latest week against the weeks before it. */
import tQuantile from '@stdlib/stats-base-dists-t-quantile';
import { type Daily, dailyOf } from './daily.ts';
import { falseDiscovery } from './fdr.ts';
import { closedGate, type Gate } from './gates.ts';
import { type Lane, lanesOf, type Weeks } from './matrix.ts';
import { type Noise, ownNoise, shrink, winsorised } from './noise.ts';
import type { Rules } from './rules.ts';
import { type Onset, refined, scan, upperTail } from './scan.ts';
import { withoutTraffic } from './traffic.ts';
import { less, workloadOf } from './workload.ts';

export interface Verdict {
  /** 1: slower. */
  readonly direction: 1 | -1;
  readonly onset: Onset;
  readonly p: number;
  readonly q: number;
  /** Log points, with the 90 % interval. */
  readonly effect: number;
  readonly low: number;
  readonly high: number;
  readonly closed: Gate | null;
}

export interface Judged {
  readonly lane: Lane;
  /** Daily residuals after traffic and workload were taken out. */
  readonly days: Float64Array;
  readonly noise: Noise;
  /** Its database had a workload to subtract. */
  readonly controlled: boolean;
  /** The other direction, too, when both moved. */
  readonly verdicts: readonly Verdict[];
}

export interface Run {
  readonly statements: readonly Judged[];
  /** By database: what its workload did, day by day. */
  readonly workloads: ReadonlyMap<string, Float64Array>;
}

/** What earlier verdicts mean for this one. */
export interface Freeze {
  /** Weeks that may make the statement's baseline. */
  readonly usable: (lane: Lane) => readonly boolean[];
  /** Days of a closed finding: they are neither before nor after. */
  readonly voided: (lane: Lane, day: number) => boolean;
}

export function judge(weeks: Weeks, freeze: Freeze, rules: Rules): Run {
  const days = weeks.length * 7;
  const calm = Math.max(rules.leastWeeks, weeks.length - Math.ceil(rules.scanDays / 7));
  const lanes = lanesOf(weeks, rules).map((lane) => {
    const daily = dailyOf(lane, freeze.usable(lane), rules);
    return { lane, daily, latency: withoutTraffic(daily, rules) };
  });
  const workloads = workloadsOf(lanes, days, rules);
  const measured = lanes.flatMap(({ lane, daily, latency }) => {
    const workload = workloads.get(lane.database) ?? new Float64Array(days).fill(Number.NaN);
    const rest = less(latency, workload).map((value, day) => (freeze.voided(lane, day) ? Number.NaN : value));
    const smooth = winsorised(rest, rules);
    const own = seenEnough(lane, rest, rules) ? ownNoise(smooth, calm) : null;
    return own === null ? [] : [{ lane, daily, rest, smooth, own, controlled: !workload.every(Number.isNaN) }];
  });
  const noiseOf = shrink(
    measured.map(({ own }) => own),
    rules,
  );
  const cases = measured.map((one) => ({ ...one, noise: noiseOf(one.own) }));
  const tests = ([1, -1] as const).map((direction) => tested(cases, direction, rules));
  return {
    statements: cases.map(({ lane, rest, noise, controlled }, at) => ({
      ...{ lane, days: rest, noise, controlled },
      verdicts: tests.flatMap((verdicts) => verdicts[at] ?? []),
    })),
    workloads,
  };
}

interface Case {
  readonly daily: Daily;
  readonly rest: Float64Array;
  readonly smooth: Float64Array;
  readonly noise: Noise;
}

/** One family of tests: all statements of the run in one direction. */
function tested(cases: readonly Case[], direction: 1 | -1, rules: Rules): (Verdict | null)[] {
  const found = cases.map(({ smooth, noise }) => {
    const onset = scan(smooth, noise, direction, rules.scanDays);
    const p = onset === null ? Number.NaN : rules.lookElsewhere * upperTail(onset.t * direction, noise.df);
    return { onset, p: Math.min(1, p) };
  });
  const qs = falseDiscovery(found.map(({ p }) => p));
  return cases.map(({ daily, rest, noise }, at) => {
    const { onset: first = null, p = Number.NaN } = found[at] ?? {};
    const q = qs[at] ?? Number.NaN;
    const onset = first === null || !(q <= rules.watch) ? null : refined(rest, noise, direction, first, rules.nearDays);
    if (onset === null) return null;
    const { low, high } = interval(onset, noise, rules);
    const candidate = { direction, days: rest, callsResiduals: daily.calls, onset, p, low, high, noise };
    return { direction, onset, p, q, effect: onset.effect, low, high, closed: closedGate(candidate, rules) };
  });
}

/** 90 %, log points. */
export function interval(
  { effect, error }: { readonly effect: number; readonly error: number },
  { df }: Noise,
  rules: Rules,
): { readonly low: number; readonly high: number } {
  const margin = tQuantile(0.95, df) * error * rules.selection;
  return { low: effect - margin, high: effect + margin };
}

function workloadsOf(
  lanes: readonly { readonly lane: Lane; readonly latency: Float64Array }[],
  days: number,
  rules: Rules,
): Map<string, Float64Array> {
  const residuals = new Map<string, Float64Array[]>();
  for (const { lane, latency } of lanes) {
    const those = residuals.get(lane.database);
    if (those === undefined) residuals.set(lane.database, [latency]);
    else those.push(latency);
  }
  return new Map([...residuals].map(([database, all]) => [database, workloadOf(all, days, rules)]));
}

function seenEnough(lane: Lane, days: Float64Array, rules: Rules): boolean {
  const seen = (from: number): number => days.subarray(from, from + 7).filter((day) => !Number.isNaN(day)).length;
  if (lane.weekCalls < rules.weekCalls || seen(days.length - 7) < rules.weekDays) return false;
  let weeks = 0;
  for (let from = 0; from < days.length - 7; from += 7) if (seen(from) >= 3) weeks += 1;
  return weeks >= rules.leastWeeks;
}
