/** The fate of earlier advice: seen done or not, what came of it, and what history keeps of it. */
import type { Past } from '../model/changes.ts';
import type { History, HistoryFinding } from '../model/history.ts';
import type { KeyedFinding, Outcome } from '../model/outcome.ts';
import type { Progress } from '../model/regression.ts';
import type { Snapshot } from '../model/snapshot.ts';
import { comparable, controlOf, pairsOf } from './control.ts';
import { lookFor, type Seen, sameSign } from './done.ts';
import { loadsFrom, loadsOf, statementKey } from './loads.ts';
import { againstPrediction, measureGain } from './measure-gain.ts';
import { incomparable } from './regressions.ts';
import { type Gained, statementGain } from './statement-gain.ts';
import { type Week, weekThen } from './week.ts';
import { tablesNamed } from './words.ts';

/** How long a verdict may stay open after the change was seen. */
const LAST_WORD_DAYS = 28;

export interface Fate {
  readonly then: HistoryFinding;
  /** Absent when there is nothing to tell. */
  readonly progress?: Progress;
  /** Absent when this run found it again: its own entry takes the place. */
  readonly next?: HistoryFinding;
  /** First seen done in this window. */
  readonly carriedOutNow: boolean;
}

interface Input {
  readonly snapshot: Snapshot;
  readonly week: Week;
  readonly outcomes: readonly Outcome[];
  readonly past: Past;
}

export function foundIn(outcomes: readonly Outcome[]): ReadonlyMap<string, KeyedFinding> {
  const findings = outcomes.flatMap((outcome) => (outcome.state === 'found' ? outcome.findings : []));
  return new Map(findings.map((finding) => [finding.key, finding]));
}

/** Why an advisor could not look; null when it could. */
export function whyBlind(outcomes: readonly Outcome[], advisor: string): string | null {
  const outcome = outcomes.find(({ card }) => card.id === advisor);
  if (outcome === undefined) return `the advisor ${advisor} is no longer there`;
  return outcome.state === 'blind' || outcome.state === 'failed' ? outcome.why : null;
}

export function fatesOf({ snapshot, week, outcomes, past }: Input): readonly Fate[] {
  const { previous } = past;
  if (previous === null) return [];
  const found = foundIn(outcomes);
  const fates = previous.findings.map((then): Fate => {
    if (then.state === 'closed') return { then, next: then, carriedOutNow: false };
    const again = found.get(then.key);
    const seen = lookFor(then, snapshot);
    const done = seen.sign === 'seen' && !(again !== undefined && sameSign(again.done, then.done));
    if (again !== undefined && !done) return { then, carriedOutNow: false };
    const blind = whyBlind(outcomes, then.advisor);
    if (done || then.state === 'done' || (then.done.kind === 'measure-moved' && blind === null)) {
      return judged({ then, seen, snapshot, week, previous });
    }
    return unobserved(then, previous, blind === null ? `${seen.words}, and the finding is gone` : cannotTell(blind));
  });
  const carriedOut = fates.filter((fate) => fate.carriedOutNow);
  return fates.map((fate) => (carriedOut.some((other) => explains(other, fate)) ? withoutProgress(fate) : fate));
}

/** A question that ended because its statements got faster by a change that was seen: the change has told of it. */
function explains({ then: change }: Fate, { then: question }: Fate): boolean {
  if (question.done.kind !== 'measure-moved' || change.gain.kind !== 'statement-time') return false;
  const { statements } = change.gain;
  return question.gain.kind === 'statement-time' && question.gain.statements.some((one) => statements.includes(one));
}

function withoutProgress({ progress: _, ...fate }: Fate): Fate {
  return fate;
}

function cannotTell(why: string): string {
  return `Whether it was done could not be told: ${why.replace(/\.$/u, '')}`;
}

/** Told once; it stays open in case the object is seen again. */
function unobserved(then: HistoryFinding, previous: History, words: string): Fate {
  const told = then.lastSeen !== previous.window.end;
  const progress = progressOf(then, 'unobserved', null, `${words}.`);
  return { then, next: then, carriedOutNow: false, ...(told ? {} : { progress }) };
}

interface Case {
  readonly then: HistoryFinding;
  readonly seen: Seen;
  readonly snapshot: Snapshot;
  readonly week: Week;
  readonly previous: History;
}

function judged({ then, seen, snapshot, week, previous }: Case): Fate {
  const { end } = snapshot.window;
  const traceless = then.done.kind === 'measure-moved';
  const first = then.state === 'open';
  const { gained, before } = measure({ then, seen, snapshot, week, previous });
  const waited = then.doneAt === null ? 0 : (Date.parse(end) - Date.parse(then.doneAt)) / (24 * 3600 * 1000);
  const status = statusOf(gained.verdict, { first, traceless, last: waited >= LAST_WORD_DAYS });
  const what = traceless
    ? 'The finding is gone'
    : seen.sign === 'seen'
      ? seen.words
      : `It was done before ${then.doneAt}`;
  const early =
    status === 'too-early' && gained.verdict !== 'too-few'
      ? ' The window still holds time from before the change.'
      : '';
  const sentence = [`${what}; ${gained.words}${againstPrediction(then, gained.realised)}.`, ...gained.notes].join(' ');
  const progress = progressOf(then, status, gained.realised, sentence + early);
  if (traceless && status === 'unobserved') return unobserved(then, previous, `${what}; ${gained.words}`);
  const { before: _, ...rest } = then;
  const doneAt = then.doneAt ?? end;
  const next: HistoryFinding =
    status === 'too-early'
      ? { ...rest, state: 'done', doneAt, ...(before === undefined ? {} : { before }) }
      : { ...rest, state: 'closed', doneAt };
  return { then, next, progress, carriedOutNow: first && !traceless };
}

interface Rules {
  readonly first: boolean;
  readonly traceless: boolean;
  readonly last: boolean;
}

/** In the window in which the change happened, part of the calls are from before it: no effect yet proves nothing. */
function statusOf(verdict: Gained['verdict'], { first, traceless, last }: Rules): Progress['status'] {
  switch (verdict) {
    case 'verified':
    case 'worse':
      return verdict;
    case 'no-effect':
      return first && !traceless ? 'too-early' : 'no-effect';
    case 'unclear':
      return traceless || last ? 'no-effect' : 'too-early';
    case 'too-few':
      return traceless || last ? 'unobserved' : 'too-early';
    case 'unknown':
      return 'unobserved';
    default:
      throw new Error(`unknown verdict ${verdict satisfies never}`);
  }
}

function measure({ then, snapshot, week, previous }: Case): { gained: Gained; before?: HistoryFinding['before'] } {
  const last = weekThen(previous);
  if (then.gain.kind !== 'statement-time') return { gained: measureGain(then, last, week) };
  const { statements } = then.gain;
  const rows = then.before?.statements ?? previous.statements.filter((row) => statements.includes(row.statement));
  const kept = { end: then.before?.end ?? last.end, statements: rows, drift: then.before?.drift ?? null };
  if (incomparable(week, previous) !== null) {
    const words = 'the counters started anew or reach back to before it, so this time nothing can be compared';
    return { gained: { verdict: 'too-few', realised: null, words, notes: [] }, before: { ...kept, drift: null } };
  }
  const now = loadsOf(week);
  const touched = new Set([
    ...previous.regressions.map(({ subject }) => statementKey(subject.database ?? '', subject.statement ?? '')),
    ...snapshot.statements
      .filter((row) => statements.includes(row.statement) || names(row, then, snapshot))
      .map((row) => statementKey(row.database, row.statement)),
  ]);
  const control = controlOf(
    pairsOf(loadsOf(last), now)
      .filter((pair) => comparable(pair) && !touched.has(pair.now.key))
      .map(({ log }) => log),
  );
  const earlier = then.before === undefined ? 0 : then.before.drift;
  const drift = control === null || earlier === null ? null : earlier + control.log;
  const { database } = then.subject;
  const gained = statementGain({ statements, database, before: loadsFrom(rows, 1), now, drift, control });
  return { gained, before: { ...kept, drift } };
}

/** A statement on the changed table may have been changed with it: no yardstick. */
function names(row: Snapshot['statements'][number], { subject }: HistoryFinding, { tables }: Snapshot): boolean {
  return (
    subject.table !== undefined &&
    tablesNamed(row, tables).some((t) => t.table === subject.table && t.schema === subject.schema)
  );
}

function progressOf(
  { key, title, predicted, gain, firstSeen }: HistoryFinding,
  status: Progress['status'],
  realised: Progress['realised'],
  sentence: string,
): Progress {
  const unit = predicted?.unit ?? (gain.kind === 'object-gone' ? 'bytes' : 'share');
  const promised = predicted === null ? null : { low: predicted.low, likely: predicted.likely, high: predicted.high };
  return { key, title, status, unit, predicted: promised, realised, sentence, since: firstSeen };
}
