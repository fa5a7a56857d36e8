/**
 * What people have decided about findings: those muted or accepted leave plan and totals and are told apart. A decision
 * that has run out brings its findings back with a word; one that is about nothing is named, as it may be misspelt.
 */
import { DateTime } from 'luxon';
import { type Decided, type Decision, decisionId, type RememberedDecision } from '../model/decision.ts';
import type { Subject } from '../model/finding.ts';
import type { KeyedFinding, Outcome } from '../model/outcome.ts';
import { matchesPattern } from '../model/pattern.ts';
import type { Snapshot } from '../model/snapshot.ts';

/** Four runs of a weekly hunt: a finding may well miss one or two. */
const IDLE_DAYS = 28;

export interface DecisionsInput {
  readonly outcomes: readonly Outcome[];
  readonly snapshot: Pick<Snapshot, 'target' | 'takenAt' | 'window'>;
  readonly decisions: readonly Decision[];
  readonly remembered: readonly RememberedDecision[];
}

export interface Applied {
  /** Without what is muted or accepted. */
  readonly outcomes: readonly Outcome[];
  readonly decided: readonly Decided[];
  /** By key of a finding that is back. */
  readonly ranOut: ReadonlyMap<string, Pick<Decided, 'decision' | 'reason' | 'until'>>;
}

interface Open {
  readonly decision: Decision;
  readonly expired: boolean;
  readonly findings: Decided['findings'];
}

/**
 * Those about one target, and those that name none of all: that they do nothing is told to the readers of each. `all`:
 * null where only some targets were asked for.
 */
export function decisionsFor(
  target: string,
  all: readonly string[] | null,
  decisions: readonly Decision[],
): readonly Decision[] {
  return decisions.filter((one) => isOf(one, target) || (all !== null && !all.some((name) => isOf(one, name))));
}

function isOf({ target }: Decision, name: string): boolean {
  return target === undefined || matchesPattern(target, name);
}

export function applyDecisions({ outcomes, snapshot, decisions, remembered }: DecisionsInput): Applied {
  const open = decisions.map(
    (decision): Open => ({ decision, expired: endOf(decision) < Date.parse(snapshot.takenAt), findings: [] }),
  );
  const ranOut = new Map<string, Decision>();
  const stays = (finding: KeyedFinding, advisor: string): boolean => {
    const about = open.filter(({ decision }) => isOf(decision, snapshot.target) && isAbout(decision, finding, advisor));
    const holds = about.find(({ expired }) => !expired);
    const last = about.toSorted((a, b) => endOf(b.decision) - endOf(a.decision))[0];
    const entry = { key: finding.key, advisor, title: finding.title, why: finding.benefit.basis };
    (holds ?? last)?.findings.push(entry);
    if (holds === undefined && last !== undefined) ranOut.set(finding.key, last.decision);
    return holds === undefined;
  };
  const left = outcomes.map((outcome): Outcome => {
    if (outcome.state !== 'found') return outcome;
    return { ...outcome, findings: outcome.findings.filter((finding) => stays(finding, outcome.card.id)) };
  });
  const told = open.map((one) => decidedOf(one, { outcomes, snapshot, remembered }));
  return { outcomes: left, decided: told, ranOut };
}

function endOf({ until }: Decision): number {
  return DateTime.fromISO(until, { zone: 'utc' }).endOf('day').toMillis();
}

function isAbout({ key, advisor, subject = {} }: Decision, finding: KeyedFinding, by: string): boolean {
  if (key !== undefined && !matchesPattern(key, finding.key)) return false;
  if (advisor !== undefined && !matchesPattern(advisor, by)) return false;
  return (Object.entries(subject) as [keyof Subject, string | undefined][]).every(([part, pattern]) => {
    const value = finding.subject[part];
    return pattern === undefined || (value !== undefined && matchesPattern(pattern, value));
  });
}

/** In the words of the configuration. */
function aboutOf({ key, advisor, target, subject = {} }: Decision): string {
  const parts = { key, advisor, target, ...subject };
  return Object.entries(parts)
    .flatMap(([name, pattern]) => (pattern === undefined ? [] : [`${name} ${pattern}`]))
    .join(', ');
}

function decidedOf({ decision, expired, findings }: Open, input: Omit<DecisionsInput, 'decisions'>): Decided {
  const { takenAt, window } = input.snapshot;
  const about = aboutOf(decision);
  const { decision: kind, reason, until } = decision;
  const common = { decision: kind, about, reason: reason.trim(), until };
  const justExpired = expired && endOf(decision) >= Date.parse(window.start);
  const rest = { ...common, justExpired, findings };
  if (findings.length > 0) return { ...rest, state: expired ? 'expired' : 'in-force', idleSince: null };
  if (!isOf(decision, input.snapshot.target)) {
    return { ...rest, state: 'idle', idleSince: window.end, note: 'No target that was hunted has that name.' };
  }
  const checks = input.outcomes.filter(({ card }) => couldFind(decision, card.id));
  if (checks.length === 0) {
    const note = 'There is no check of that name: it is misspelt, or the check is gone.';
    return { ...rest, state: 'idle', idleSince: window.end, note };
  }
  if (expired) return { ...rest, state: 'expired', idleSince: null, note: 'It has run out: take it away.' };
  if (checks.every(({ state }) => state === 'blind' || state === 'failed')) {
    return { ...rest, state: 'in-force', idleSince: null, note: 'Its checks could not look this time.' };
  }
  const before = input.remembered.find(({ id }) => id === decisionId({ decision: kind, about }));
  const idleSince = before?.idleSince ?? window.end;
  const days = (Date.parse(takenAt) - Date.parse(idleSince)) / 86_400_000;
  if (days < IDLE_DAYS) return { ...rest, state: 'in-force', idleSince, note: 'Nothing that it is about was found.' };
  const note = `Nothing that it is about was found for ${Math.floor(days)} days: it is done, or misspelt. Take it away.`;
  return { ...rest, state: 'idle', idleSince, note };
}

/** Keys begin with the name of their advisor. */
function couldFind({ key, advisor }: Decision, id: string): boolean {
  const [prefix = '', rest] = key?.split(':') ?? [];
  const byKey = key === undefined || (rest === undefined ? prefix.includes('*') : matchesPattern(prefix, id));
  return byKey && (advisor === undefined || matchesPattern(advisor, id));
}
