/** Plays the engineer who reads the first mail and does what one item of it says. */
import type { ClientBase } from 'pg';
import type { Opportunity } from '../model/opportunity.ts';
import type { Report } from '../model/report.ts';

export interface Applied {
  readonly opportunity: Opportunity;
  /** What was executed, exactly as the report prints it. */
  readonly statements: readonly string[];
}

/** The best-ranked item of one advisor; every statement of its steps, in order, in one session. */
export async function applyAdvice(client: ClientBase, report: Report, advisor: string): Promise<Applied> {
  const opportunity = report.targets
    .flatMap((target) => target.opportunities)
    .find((candidate) => candidate.advisor === advisor);
  if (opportunity === undefined) {
    const why = report.targets.flatMap((target) => target.coverage).find((line) => line.advisor === advisor)?.why;
    throw new Error(`The first week's hunt has no advice from ${advisor} to apply. ${why ?? ''}`.trim());
  }
  const statements = opportunity.steps.flatMap(({ sql }) => (sql === undefined ? [] : [sql]));
  for (const sql of statements) await client.query(sql);
  return { opportunity, statements };
}
