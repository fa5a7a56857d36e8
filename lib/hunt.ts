/**
 * One run, top to bottom: collect → advise → compare → plan → report → deliver.
 * Everything between the first and the last is a pure function of (snapshot, past, now).
 */
import { advise } from './advise/advise.ts';
import { indexCandidates } from './advise/index/index-candidates.ts';
import { roster } from './advise/index.ts';
import { type Collected, collect, type Sources } from './collect/collect.ts';
import { loadNames, saveNames } from './collect/known-names.ts';
import { priceIndexes } from './collect/price-indexes.ts';
import { loadCalibration, saveCalibration } from './compare/calibration.ts';
import { compare } from './compare/compare.ts';
import { correct } from './compare/correct.ts';
import { encodeHistory, historyKey, historyOf, loadPast, loadPrevious } from './compare/history.ts';
import { HistoryError, lengthName } from './compare/history-keys.ts';
import { regressionRules } from './compare/method.ts';
import { pinBaseline } from './compare/pin.ts';
import { withSuccessors } from './compare/successors.ts';
import type { Config } from './config.ts';
import { type Delivered, deliver } from './deliver/deliver.ts';
import { DeliveryError } from './deliver/error.ts';
import { readShelf } from './deliver/shelf.ts';
import type { Changes, Past } from './model/changes.ts';
import type { Mailbox, Objects } from './model/objects.ts';
import type { Outcome } from './model/outcome.ts';
import type { Plan } from './model/plan.ts';
import type { Report } from './model/report.ts';
import type { Snapshot, Window } from './model/snapshot.ts';
import { decisionsFor } from './plan/decisions.ts';
import { effortRules } from './plan/method.ts';
import { plan } from './plan/plan.ts';
import { archiveOf, pageKey } from './report/archive.ts';
import { mailSettings, mailsOf } from './report/mails.ts';
import { reportOf } from './report/report.ts';

export interface HuntInput {
  readonly config: Config;
  readonly store: Objects;
  readonly mailbox: Mailbox;
  /** Live sources, or a snapshot to run again. */
  readonly sources: Sources | { readonly replay: Snapshot };
  /** ISO 8601, UTC. The only clock of the run. */
  readonly now: string;
  /** Names this run in claims, so that two overlapping runs can tell each other apart. */
  readonly runId: string;
  /** `detail`: how far the step has got that was named before. */
  readonly progress: (step: string, detail?: string) => void;
}

export interface HuntResult {
  readonly report: Report;
  /** Store key of each target's page. */
  readonly pages: Readonly<Record<string, string>>;
  readonly delivered: Delivered;
}

/** Every target failed: nothing was written, history and archive are as they were. */
export class HuntError extends Error {
  override readonly name = 'HuntError';
}

/** Read for the trends of the index, of targets that this run does not hunt: about two seconds from S3. */
const REPORTS_OF_OTHERS = 400;

interface Hunted {
  readonly snapshot: Snapshot;
  readonly outcomes: readonly Outcome[];
  readonly plan: Plan;
  readonly changes: Changes;
  readonly past: Past;
  /** Its record of promises cannot be written. */
  readonly locked: boolean;
}

export async function hunt(input: HuntInput): Promise<HuntResult> {
  const { config, store, mailbox, now, progress } = input;
  const { cadence } = config;
  if ((cadence === 'monthly' || cadence === 'quarterly') && !('replay' in input.sources)) {
    const { review } = await import('./review.ts');
    return review(input, cadence, { advisors: roster.map(({ card }) => card), effort: effortRules });
  }
  // A store that cannot be read is found out before the sources are asked, which can take minutes.
  await store.list('baseline/');
  if (config.pinBaseline === true && lengthName(windowOf(config, now)) !== '') {
    throw new HistoryError('pinBaseline: a baseline is a week; this window is longer');
  }
  const { window, collected } = await gather(input);
  const snapshots = collected.flatMap((one) => ('snapshot' in one ? [one.snapshot] : []));
  const failures = collected.flatMap((one) => ('failure' in one ? [{ target: one.target, why: one.failure }] : []));
  if (snapshots.length === 0) throw new HuntError(failures.map(({ target, why }) => `${target}: ${why}`).join('\n'));

  const hunted = config.targets.length > 0 ? null : collected.map(({ target }) => target);
  const targets: Hunted[] = [];
  for (const snapshot of snapshots) {
    progress(`judging ${snapshot.target}`);
    const names = [snapshot.target, ...(snapshot.formerNames ?? [])];
    const remembered = withSuccessors(await pastOf(store, names, snapshot.window), snapshot);
    const calibration = await loadCalibration(store, names, snapshot.window.end);
    const notes = [...remembered.notes, ...calibration.notes];
    const past = { ...remembered, calibration: calibration.record, notes };
    const outcomes = correct(await advise(snapshot), calibration.record);
    const changes = compare({ snapshot, outcomes, past });
    const decisions = decisionsFor(snapshot.target, hunted, config.decisions ?? []);
    const decided = past.previous?.decisions ?? [];
    const { prices } = config;
    const planned = plan({ outcomes, changes, snapshot, decisions, remembered: decided, prices });
    targets.push({ snapshot, outcomes, changes, plan: planned, past, locked: calibration.locked });
  }

  progress('writing the report');
  const report = reportOf({ targets, failures, cadence: config.cadence, window, generatedAt: now });
  const names = report.targets.map(({ target }) => target);
  const shelf = await readShelf(store, names, REPORTS_OF_OTHERS);
  const archive = await archiveOf({
    report,
    snapshots,
    shelf,
    method: { advisors: roster.map(({ card }) => card), regressions: regressionRules, effort: effortRules },
    mail: mailSettings(report, config.archiveUrl, config.unsubscribe),
  });
  const mail = await mailsOf({
    report,
    earlier: shelf.filter(({ target }) => names.includes(target)).map((one) => one.report),
    from: config.mailFrom,
    recipients: config.recipients,
    archiveUrl: config.archiveUrl,
    unsubscribe: config.unsubscribe,
  });
  progress('delivering');
  const histories = targets.map((one) => ({ ...one, history: historyOf(one) }));
  const remember = async () => {
    for (const { snapshot, past, history, locked } of histories) {
      if (config.pinBaseline === true) await pinBaseline(store, snapshot.target, snapshot.window.end);
      if (locked || past.calibration === undefined) continue;
      // The run before, too: it may have been killed between its history and its record.
      const runs = [...(past.previous === null ? [] : [past.previous]), history];
      await saveCalibration(store, past.calibration, runs, new Map(roster.map(({ card }) => [card.id, card.area])));
    }
  };
  const delivered = await deliver({
    store,
    mailbox,
    archive,
    mail,
    history: histories.map(({ snapshot, history }) => ({
      key: historyKey(snapshot.target, snapshot.window.end, snapshot.window.start),
      body: encodeHistory(history),
    })),
    claim: { cadence: config.cadence, targets: collected.map(({ target }) => target), windowEnd: window.end },
    send: config.send,
    force: config.force,
    runId: input.runId,
    now,
  }).catch(async (error: unknown) => {
    // Then the history is written, and nobody should have to run again only to pin it.
    if (error instanceof DeliveryError && error.sent === 'unknown') await remember();
    throw error;
  });
  await remember();
  return { report, pages: Object.fromEntries(names.map((name) => [name, pageKey(report, name)])), delivered };
}

async function gather(input: HuntInput): Promise<{ window: Window; collected: readonly Collected[] }> {
  const { config, sources, store, now, progress } = input;
  if ('replay' in sources) {
    const { replay } = sources;
    return { window: replay.window, collected: [{ target: replay.target, snapshot: replay }] };
  }
  const window = windowOf(config, now);
  const known = await loadNames(store);
  const collected = await collect({
    ...sources,
    window,
    known,
    ...(config.targetRules === undefined ? {} : { rules: config.targetRules }),
    ...(config.targets.length === 1 && config.targets[0] !== undefined ? { target: config.targets[0] } : {}),
    previous: async (target, formerNames) => {
      for (const name of [target, ...formerNames]) {
        const previous = await loadPrevious(store, name, window);
        if (previous !== null) return previous.counters;
      }
      return null;
    },
    takenAt: now,
    progress,
  }).then((all) => Promise.all(all.map((one) => withPrices(one, input))));
  const joined = collected.flatMap((one) =>
    'snapshot' in one && one.postgres !== undefined ? [[one.postgres, one.target] as const] : [],
  );
  await saveNames(store, known, new Map(joined));
  if (config.targets.length < 2) return { window, collected };
  const wanted = collected.filter(({ target }) => config.targets.includes(target));
  const missing = config.targets.filter((name) => !wanted.some(({ target }) => target === name));
  // What failed under another name, such as the server that knows them all, is why they are missing.
  const whys = collected.flatMap((one) => ('failure' in one && !wanted.includes(one) ? [one.failure] : []));
  const there = collected.flatMap((one) => ('snapshot' in one ? [one.target] : [])).join(', ');
  const failure = whys.length > 0 ? whys.join(' ') : `no such target was discovered; there are ${there}`;
  return { window, collected: [...wanted, ...missing.map((target) => ({ target, failure }))] };
}

/** Which indexes to ask the planner about is advice; asking is not, and must be in the snapshot for a replay. */
async function withPrices(one: Collected, { sources, progress }: HuntInput): Promise<Collected> {
  const source = 'postgres' in sources ? sources.postgres : undefined;
  if ('failure' in one || source === undefined || !one.snapshot.quality.sources.includes('postgres')) return one;
  progress(`PostgreSQL ${source.name}: indexes that could be`);
  const candidates = await indexCandidates(one.snapshot);
  return { ...one, snapshot: await priceIndexes({ source, snapshot: one.snapshot, candidates }) };
}

/** Under the latest name that has a history. */
async function pastOf(store: Objects, names: readonly string[], window: Window): Promise<Past> {
  const all: Past[] = [];
  for (const name of names) all.push(await loadPast(store, name, window));
  const past = all.find(({ previous }) => previous !== null) ?? all[0];
  if (past === undefined) throw new Error('a target has a name');
  // Weeks under a former name are weeks of the same server.
  const recent = all.flatMap((one) => one.recent).sort((a, b) => Date.parse(b.window.end) - Date.parse(a.window.end));
  const series = all.flatMap((one) => one.series);
  return { ...past, recent, series, weekly: all.flatMap(({ weekly = [] }) => weekly) };
}

function windowOf(config: Config, now: string): Window {
  const end = config.end ?? now;
  return { start: new Date(Date.parse(end) - config.windowSeconds * 1000).toISOString(), end };
}
