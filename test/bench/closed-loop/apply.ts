/** Does what a report says, as psql would: each statement of each step by itself, in order, in one session. */
import type { Client } from 'pg';
import type { Opportunity } from '../../../lib/model/opportunity.ts';

/** Statements that only look. */
const LOOKS = /^\s*(select|explain|show|with)\b/i;
/** What stands by itself; all else belongs into somebody's transaction, or is a migration in several releases. */
const BY_ITSELF =
  /^\s*(create (unique )?index|drop index|reindex|vacuum|analyze|create extension|alter system|alter table \S+ (re)?set \(|alter index \S+ attach)/i;

export function changes(opportunity: Opportunity): readonly string[] {
  return sqlOf(opportunity).filter((sql) => !LOOKS.test(sql));
}

const sqlOf = ({ steps }: Opportunity) => steps.flatMap(({ sql }) => (sql === undefined ? [] : [sql]));

export interface Applied {
  readonly opportunity: Opportunity;
  /** Absent: all went well. */
  readonly failed?: string;
}

/**
 * The plan from the top: everything that is only SQL, as long as no two items work on the same statement, because what
 * each of them brought could not be told apart. The rest waits for the next report.
 */
export function choose(opportunities: readonly Opportunity[]): readonly Opportunity[] {
  const taken = new Set<string>();
  return opportunities.filter((one) => {
    const statements = one.benefit.statements ?? [];
    const made = changes(one);
    if (
      made.length === 0 ||
      !made.every((sql) => BY_ITSELF.test(sql)) ||
      statements.some((statement) => taken.has(statement))
    )
      return false;
    for (const statement of statements) taken.add(statement);
    return true;
  });
}

/** Steps that only look are run as well: they have to work, too. */
export async function apply(client: Client, opportunity: Opportunity): Promise<Applied> {
  for (const sql of sqlOf(opportunity)) {
    if (/\$\d/.test(sql)) continue; // an EXPLAIN for which the reader fills in values
    try {
      await client.query(sql);
    } catch (error) {
      return { opportunity, failed: `${sql}: ${error instanceof Error ? error.message : String(error)}` };
    }
  }
  return { opportunity };
}
