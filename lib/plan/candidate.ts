/** A finding with who found it: what the plan's rules work on. */
import type { Area } from '../model/finding.ts';
import type { KeyedFinding, Outcome } from '../model/outcome.ts';

export interface Candidate {
  readonly advisor: string;
  readonly area: Area;
  readonly finding: KeyedFinding;
}

export function candidatesOf(outcomes: readonly Outcome[]): readonly Candidate[] {
  return outcomes.flatMap((outcome) =>
    outcome.state === 'found'
      ? outcome.findings.map((finding) => ({ advisor: outcome.card.id, area: outcome.card.area, finding }))
      : [],
  );
}

/** The last word in every order, so that nothing depends on the roster's. */
export function byKey(a: Candidate, b: Candidate): number {
  return a.finding.key < b.finding.key ? -1 : a.finding.key > b.finding.key ? 1 : 0;
}

/** Nobody has seen the cure yet: the work begins with a plan or with the code that asks, and may end there. */
export function isOpenEnded({ finding }: Candidate): boolean {
  return finding.work === 'investigate' || (finding.work === 'rewrite-query' && finding.benefit.confidence === 'low');
}
