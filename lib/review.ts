/** The month's and the quarter's run: no source is asked, all comes from the weeks that are kept. */
import { loadCalibration } from './compare/calibration.ts';
import { keptTargets } from './compare/kept-weeks.ts';
import { regressionRules } from './compare/method.ts';
import { readPinned } from './compare/pin.ts';
import { reviewOf } from './compare/review.ts';
import { scoresOf } from './compare/scores.ts';
import { deliver } from './deliver/deliver.ts';
import { readShelf } from './deliver/shelf.ts';
import type { HuntInput, HuntResult } from './hunt.ts';
import type { Method, Shelved } from './model/archive.ts';
import { isStanding } from './model/regression.ts';
import type { Cadence, Report, TargetReport } from './model/report.ts';
import { archiveOf, pageKey } from './report/archive.ts';
import { mailSettings, mailsOf } from './report/mails.ts';
import { reviewHeadline } from './report/review.ts';

const WEEKS = { monthly: 4, quarterly: 13 } as const;

/** No week of any target is kept: nothing was written. */
export class ReviewError extends Error {
  override readonly name = 'ReviewError';
}

export async function review(
  input: HuntInput,
  cadence: keyof typeof WEEKS,
  method: Omit<Method, 'regressions'>,
): Promise<HuntResult> {
  const { config, store, mailbox, now, progress } = input;
  const end = config.end ?? now;
  const start = new Date(Date.parse(end) - WEEKS[cadence] * 7 * 24 * 3_600_000).toISOString();
  const wanted = config.targets.length > 0 ? config.targets : await keptTargets(store);
  const shelf = await readShelf(store, wanted);
  const targets: TargetReport[] = [];
  const failures: { target: string; why: string }[] = [];
  for (const target of wanted) {
    progress(`looking back on ${target}`);
    const base = latestWeek(shelf, target, end);
    const one = base === null ? null : await reviewed(input, base, { cadence, end });
    if (one === null) failures.push({ target, why: 'no week with a report is kept: a weekly hunt makes them' });
    else targets.push(one);
  }
  if (targets.length === 0) {
    throw new ReviewError(
      failures.length === 0
        ? `${store.location} keeps no week yet: a weekly hunt makes them`
        : failures.map(({ target, why }) => `${target}: ${why}`).join('\n'),
    );
  }
  const report: Report = { version: 1, generatedAt: now, cadence, window: { start, end }, targets, failures };
  const mail = mailSettings(report, config.archiveUrl, config.unsubscribe);
  progress('delivering');
  const delivered = await deliver({
    store,
    mailbox,
    archive: await archiveOf({
      report,
      snapshots: [],
      shelf,
      method: { ...method, regressions: regressionRules },
      mail,
    }),
    mail: await mailsOf({
      report,
      earlier: [],
      from: config.mailFrom,
      recipients: config.recipients,
      archiveUrl: config.archiveUrl,
      unsubscribe: config.unsubscribe,
    }),
    history: [],
    claim: { cadence, targets: wanted, windowEnd: end },
    send: config.send,
    force: config.force,
    runId: input.runId,
    now,
  });
  return {
    report,
    pages: Object.fromEntries(targets.map(({ target }) => [target, pageKey(report, target)])),
    delivered,
  };
}

/** The last report of a week that was hunted; reviews are made from hunts, never from reviews. */
function latestWeek(shelf: readonly Shelved[], target: string, end: string): TargetReport | null {
  const hunts = shelf
    .filter((one) => one.target === target && Date.parse(one.report.window.end) <= Date.parse(end))
    .flatMap(({ report, target: name }) =>
      report.targets.filter((one) => one.target === name && one.review === undefined).map((one) => ({ one, report })),
    )
    .sort(
      (a, b) => rank(a.report.cadence) - rank(b.report.cadence) || (a.report.window.end < b.report.window.end ? 1 : -1),
    );
  return hunts[0]?.one ?? null;
}

const rank = (cadence: Cadence): number => (cadence === 'weekly' ? 0 : 1);

interface Asked {
  readonly cadence: keyof typeof WEEKS;
  readonly end: string;
}

async function reviewed(
  { store }: HuntInput,
  base: TargetReport,
  { cadence, end }: Asked,
): Promise<TargetReport | null> {
  const { target } = base;
  const pinnedEnd = await readPinned(store, target).catch(() => null);
  const quarter = cadence === 'quarterly';
  const found = await reviewOf({ store, target, end, weeks: WEEKS[cadence], pinnedEnd, rebaseline: quarter });
  if (found === null) return null;
  const { record, notes } = await loadCalibration(store, [target], end);
  const calibration = scoresOf(record);
  const review = { ...found.review, notes: [...found.review.notes, ...notes] };
  const opportunities = quarter ? base.opportunities.filter(({ horizon }) => horizon === 'long-term') : [];
  const keys = new Set(opportunities.map(({ key }) => key));
  const { calibration: _, watch: __, improvements: ___, decisions: ____, ...rest } = base;
  return {
    ...rest,
    summary: {
      ...base.summary,
      headline: reviewHeadline(review),
      opportunities: opportunities.length,
      quickWins: 0,
      newSinceLast: 0,
      goneSinceLast: 0,
      top: base.summary.top.filter((key) => keys.has(key)),
    },
    opportunities,
    regressions: base.regressions.filter(isStanding).map((one) => ({ ...one, status: 'open' })),
    progress: [...found.progress],
    ...(calibration === null ? {} : { calibration }),
    baselines: { previousEnd: review.from === review.to ? null : review.from, pinnedEnd, numbers: [...found.numbers] },
    roadmap: [],
    risks: base.risks.filter(({ key }) => keys.has(key)),
    review,
  };
}
