/**
 * The order in which to do things: expected benefit × confidence ÷ effort, one formula for all. Time is the currency; a
 * byte and an averted risk are changed into it at the rates below, which are judgements and stand only here.
 */
import type { Confidence } from '../model/finding.ts';
import type { Snapshot } from '../model/snapshot.ts';
import type { Interval } from '../model/units.ts';
import { confidenceOf } from './benefit.ts';
import { type Candidate, isOpenEnded } from './candidate.ts';
import { effortOf } from './effort.ts';
import { type Load, leftFor, type Place, placeOf, placesOf, type Remaining, savedMs, take } from './load.ts';

/** Chance that the likely figure comes true. */
const chance: { readonly [C in Confidence]: number } = { high: 0.9, medium: 0.6, low: 0.3 };
/** An averted outage is worth as much as 3 % of database time: above small gains, below big ones. */
const OUTAGE_SHARE = 0.03;
/** Slow decay, such as dead rows or old statistics, is felt late and by few statements. */
const DECAY_SHARE = 0.01;
/** A leading statement about which nothing can be promised: half of it, as counted by those who did look. */
const UNKNOWN_GAIN = 0.5;
/** Disk is cheap: freeing all of it would be worth 10 % of database time. */
const SPACE_RATE = 0.1;
/** One look in four ends in a change that brings what the advisor hopes. */
const INVESTIGATION_YIELD = 0.25;
/** A time finding whose load nobody measured: it must not lead, and must not vanish. */
const UNMEASURED_SHARE = 0.002;

export interface Ranked {
  readonly candidate: Candidate;
  /** Expected gain as a share of database time, not divided by effort. */
  readonly impact: number;
  /** What the items ranked above leave of its own statements. */
  readonly remaining: Remaining;
}

/**
 * Greedy on what is left: an item that gains on the same statements as a better one falls behind once that is chosen.
 * What is open-ended waits until every concrete item on its statements is chosen.
 */
export function rank(candidates: readonly Candidate[], load: Load, snapshot: Snapshot): readonly Ranked[] {
  const left = new Map<Place, Interval>();
  const score = scorer(load, snapshot);
  const scored = (candidate: Candidate): Open => ({
    ...{ candidate, ...score(candidate, left) },
    ...{ places: placesOf(candidate, load), waits: isOpenEnded(candidate) },
  });
  const isTime = ({ finding }: Candidate) => finding.benefit.kind === 'time';
  const fixed = candidates.filter((one) => !isTime(one)).map(scored);
  const open = new Set(candidates.filter(isTime).map(scored));
  const at = new Map<Place, Open[]>();
  for (const one of open) for (const place of one.places) at.set(place, [...(at.get(place) ?? []), one]);
  const isFree = ({ waits, places }: Open) =>
    !waits || !places.some((place) => at.get(place)?.some((other) => !other.waits && open.has(other)));

  fixed.sort(better);
  const ranked: Ranked[] = [];
  let next = 0;
  while (open.size > 0 || next < fixed.length) {
    let best: Open | undefined;
    for (const one of open) if ((best === undefined || better(one, best) < 0) && isFree(one)) best = one;
    const still = fixed[next];
    if (best === undefined || (still !== undefined && better(still, best) < 0)) {
      if (still === undefined) break;
      next += 1;
      ranked.push({
        candidate: still.candidate,
        impact: still.impact,
        remaining: leftFor(still.candidate, load, left),
      });
      continue;
    }
    const { candidate, places, impact } = best;
    ranked.push({ candidate, impact, remaining: leftFor(candidate, load, left) });
    open.delete(best);
    take(candidate, load, left);
    // Only what gains on the same statements is worth less now.
    for (const one of new Set(places.flatMap((place) => at.get(place) ?? [])))
      Object.assign(one, score(one.candidate, left));
  }
  return ranked;
}

interface Score {
  readonly impact: number;
  readonly score: number;
}

interface Scored extends Score {
  readonly candidate: Candidate;
}

interface Open extends Scored {
  readonly places: readonly Place[];
  readonly waits: boolean;
}

function better(a: Scored, b: Scored): number {
  if (a.score !== b.score) return b.score - a.score;
  return a.candidate.finding.key < b.candidate.finding.key ? -1 : 1;
}

function scorer(load: Load, snapshot: Snapshot): (candidate: Candidate, remaining: Remaining) => Score {
  const bytes = storedBytes(snapshot);
  // What does not change while others are chosen.
  const steady = new Map<Candidate, { readonly hours: number; readonly odds: number }>();
  const steadyOf = (candidate: Candidate) => {
    const { finding } = candidate;
    const looks = finding.work === 'investigate' || (finding.benefit.kind === 'risk' && isOpenEnded(candidate));
    const odds = chance[confidenceOf(candidate, load)] * (looks ? INVESTIGATION_YIELD : 1);
    return { hours: effortOf(candidate, snapshot).engineerHours, odds };
  };
  return (candidate, remaining) => {
    const { hours, odds } = steady.get(candidate) ?? steadyOf(candidate);
    steady.set(candidate, { hours, odds });
    const impact = worth(candidate, load, remaining, bytes) * odds;
    return { impact, score: impact / hours };
  };
}

function worth(candidate: Candidate, load: Load, remaining: Remaining, storedBytes: number | null): number {
  const { benefit } = candidate.finding;
  switch (benefit.kind) {
    case 'risk': {
      const own = statementShare(candidate, load);
      if (own !== null && isOpenEnded(candidate)) return own * UNKNOWN_GAIN;
      return benefit.averts === 'outage' ? OUTAGE_SHARE : DECAY_SHARE;
    }
    case 'space': {
      const freed = Number.isFinite(benefit.bytes.likely) ? Math.max(0, benefit.bytes.likely) : 0;
      return storedBytes === null ? UNMEASURED_SHARE : SPACE_RATE * Math.min(1, freed / storedBytes);
    }
    case 'time': {
      const saved = savedMs(candidate, load, remaining);
      return saved === null || load.totalMs === null ? UNMEASURED_SHARE : saved.likely / load.totalMs;
    }
    default:
      throw new Error(`unknown benefit ${benefit satisfies never}`);
  }
}

/** Share of all time that the finding's own statement takes; null when it is about none, or nobody measured it. */
function statementShare({ finding: { subject } }: Candidate, { placeMs, totalMs }: Load): number | null {
  if (subject.statement === undefined || totalMs === null) return null;
  const ms = placeMs.get(placeOf(subject.database ?? '', subject.statement));
  return ms === undefined ? null : Math.min(1, ms / totalMs);
}

/** The databases' sizes, or what was seen of the tables; null when neither. */
function storedBytes(snapshot: Snapshot): number | null {
  const databases = snapshot.databases.reduce((sum, row) => sum + (row.sizeBytes ?? 0), 0);
  const tables = snapshot.tables.reduce((sum, row) => sum + (row.heapBytes ?? 0) + (row.indexBytes ?? 0), 0);
  const bytes = Math.max(databases, tables);
  return bytes > 0 ? bytes : null;
}
