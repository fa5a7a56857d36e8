/** What the detector found, as regressions: it says since when and by how much, the weeks' numbers say why and at what cost. */
import type { Past } from '../model/changes.ts';
import type { History } from '../model/history.ts';
import type { Regression } from '../model/regression.ts';
import type { Tracked } from '../model/series.ts';
import type { Snapshot } from '../model/snapshot.ts';
import { attribute } from './attribution.ts';
import { comparable, pairsOf } from './control.ts';
import { type Describe, databaseKey, severityOf, shareOf } from './describe.ts';
import { type Detection, detect, type Found } from './detect/detect.ts';
import { RULES } from './detect/rules.ts';
import { seriesOf } from './detect/series.ts';
import { factsNow } from './follow-up.ts';
import { counterpart, type Load, type Loads, loadsOf, statementKey } from './loads.ts';
import { lockWaits } from './meanwhile.ts';
import { type Week, weekThen } from './week.ts';

const DAY_MS = 24 * 3_600_000;
/** Of database time: below, nobody would act on it. It is followed all the same. */
const MIN_SHARE = 0.005;

/** null where no source of this run keeps hours. */
export function detectIn(snapshot: Snapshot, past: Past): Detection | null {
  const now = snapshot.hourly === undefined ? null : seriesOf(snapshot.hourly);
  if (now === null) return null;
  return detect({ series: [...past.series, now], tracked: past.previous?.tracked ?? [] });
}

export interface Detected {
  readonly detection: Detection;
  readonly open: readonly Regression[];
  readonly now: Loads;
  readonly week: Week;
  readonly past: Past;
  readonly describe: Describe;
}

/** What the reader is told of it, and the keys nobody else may judge. */
export function detectedRegressions(input: Detected): {
  readonly regressions: readonly Regression[];
  readonly mine: ReadonlySet<string>;
} {
  const found = input.detection.findings.filter(
    ({ direction, tier, state }) => direction === 'slower' && tier !== 'watch' && state !== 'accepted',
  );
  return {
    regressions: found.flatMap((one) => (one.state === 'unseen' ? [] : (regressionOf(one, input) ?? []))),
    mine: new Set(found.map(keyOfFound)),
  };
}

export function keyOfFound({ database, statement }: Pick<Tracked, 'database' | 'statement'>): string {
  return statement === null ? databaseKey(database) : `mean-time:${statementKey(database, statement)}`;
}

function regressionOf(found: Found, input: Detected): Regression | null {
  const known = input.open.find(({ key }) => key === keyOfFound(found));
  if (known !== undefined) return continued(known, found, input);
  if (found.state === 'resolved' || found.state === 'recovering') return null;
  const fresh = found.statement === null ? wideRegression(found, input) : statementRegression(found, input);
  return fresh === null || (fresh.shareOfDbTime ?? 0) < MIN_SHARE ? null : { ...fresh, onset: found.onset };
}

function statementRegression(found: Found, { now, week, past, describe }: Detected): Regression | null {
  const load = now.byKey.get(statementKey(found.database, found.statement ?? ''));
  const seen = load === undefined ? null : before(found, past, (loads) => counterpart(load, loads));
  if (load === undefined || seen === null) return null;
  const { then, end } = seen;
  const effects = attribute(then, load, describe.growth(load, end), lockWaits(runOf(past, end), week));
  const cost = costOf(load, found);
  return describe.regression({
    kind: 'mean-time',
    now: load,
    before: then,
    change: changeOf(found),
    effects,
    cost,
    end,
  });
}

function wideRegression(found: Found, { now, past, describe, detection }: Detected): Regression | null {
  const seen = before(found, past, (then) => {
    const same = pairsOf(then, now).filter((pair) => comparable(pair) && pair.now.database === found.database);
    return same.length === 0 ? undefined : same;
  });
  if (seen === null) return null;
  const { then: pairs, end } = seen;
  const perWeek = pairs.reduce((sum, pair) => sum + pair.now.totalTimeMs / pair.now.weeks, 0);
  const calls = pairs.reduce((sum, pair) => sum + pair.now.calls / pair.now.weeks, 0);
  if (calls === 0) return null;
  const control = {
    log: Math.log1p(found.effect),
    low: Math.log1p(found.low),
    high: Math.log1p(found.high),
    error: 0,
    statements: detection.judged.filter((one) => one.database === found.database && one.statement !== null).length,
  };
  const [mean, ratio] = [perWeek / calls, 1 + found.effect];
  const cost = perWeek * (1 - 1 / ratio);
  return describe.wide({
    control,
    before: mean / ratio,
    now: mean,
    cost,
    end,
    database: found.database,
  });
}

/** Told before: what it was like then stays, what it is like now is new. */
function continued(known: Regression, found: Found, { now, week, describe }: Detected): Regression {
  const load = found.statement === null ? null : (now.byKey.get(statementKey(found.database, found.statement)) ?? null);
  const { recovering: _, ...before } = known;
  const today = { now: load?.meanMs ?? known.now, facts: load === null ? known.facts : factsNow(known.facts, load) };
  const unnamed = load === null && found.statement !== null;
  // What it was like while it lasted is the size of it; a fit over calm days would make it smaller than it was.
  if (found.state === 'resolved' || found.state === 'recovering') {
    const over = found.state === 'resolved';
    const title = unnamed ? known.title : describe.calm(known.key, load, over);
    const free = { title, costMsPerWeek: 0, shareOfDbTime: 0 };
    return { ...before, ...today, ...free, ...(over ? { status: 'resolved' } : { status: 'open', recovering: true }) };
  }
  const cost = load === null ? known.costMsPerWeek : costOf(load, found);
  const share = shareOf(cost, week);
  return {
    ...before,
    ...today,
    title: unnamed ? known.title : describe.title(known.key, load, 1 + found.effect),
    change: changeOf(found),
    costMsPerWeek: cost,
    shareOfDbTime: share,
    severity: severityOf(share, { certain: found.low > 1, watch: false }),
    status: 'open',
  };
}

function runOf({ recent }: Past, end: string): History | null {
  return recent.find(({ window }) => window.end === end) ?? null;
}

/** The last week that was over when it began and that saw it. */
function before<Then>(
  { onset }: Found,
  { recent }: Past,
  thenIn: (loads: Loads) => Then | undefined,
): { readonly then: Then; readonly end: string } | null {
  const over = recent.filter(({ window }) => Date.parse(window.end) <= Date.parse(onset) + DAY_MS);
  for (const history of over.length > 0 ? over : recent.slice(-1)) {
    const then = thenIn(loadsOf(weekThen(history)));
    if (then !== undefined) return { then, end: history.window.end };
  }
  return null;
}

/** At this week's calls. */
function costOf({ totalTimeMs, weeks }: Load, { effect }: Found): number {
  return Math.max(0, (totalTimeMs / weeks) * (1 - 1 / (1 + effect)));
}

function changeOf({ effect, low, high }: Found): Regression['change'] {
  return { estimate: effect, low, high };
}

/** Why the plain rule judged where the detector would have; null when it did not have to. */
export function whyPlain({ pastWeeks, judged }: Detection): string | null {
  if (judged.length > 0) return null;
  return pastWeeks < RULES.leastWeeks
    ? `Statements were compared with one earlier week only: the detector is learning, ${pastWeeks} of ${RULES.leastWeeks} weeks of hours are there.`
    : 'Statements were compared with one earlier week only: no statement has hours enough to be judged by them.';
}
