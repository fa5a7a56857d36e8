/** The frame of advisors that read plans: those the planner makes without knowing the values, of the costliest statements. */

import type { PlanNode, QueryPlan } from '../../model/query-plan.ts';
import type { TableRow } from '../../model/rows.ts';
import type { Advice, Context } from '../advisor.ts';
import { tableAt } from '../lookup.ts';
import { type Pattern, patternAdvice, type ReadLoad } from './pattern.ts';
import type { Counted } from './workload.ts';

const NO_PLANS =
  'No plan of a statement was seen. Connect pg-hunt to PostgreSQL as a role that may read the tables (role --read-all).';

export function planAdvice(
  rows: readonly Counted[],
  context: Context,
  spot: (load: ReadLoad, plan: QueryPlan) => Pattern | null,
): Advice {
  const key = ({ database, statement }: { readonly database: string; readonly statement: string }) =>
    JSON.stringify([database, statement]);
  const plans = new Map(rows.flatMap((row) => (row.plan === undefined ? [] : [[key(row), row.plan] as const])));
  if (plans.size === 0) return { findings: [], examined: 0, blind: NO_PLANS };
  const advice = patternAdvice(rows, context, {
    what: 'What a statement is',
    spot(load) {
      const plan = plans.get(key(load));
      return plan === undefined ? null : spot(load, plan);
    },
  });
  return advice.blind === undefined ? { ...advice, examined: plans.size } : advice;
}

export function tableOf({ schema, table }: PlanNode, database: string, { snapshot }: Context): TableRow | null {
  if (schema === undefined || table === undefined) return null;
  return tableAt(snapshot.tables, { database, schema, table });
}

/** As PostgreSQL prints it: the column first, its cast behind it. */
const EQUALITY = /\(\(?(?:[a-z_]\w*\.)?("(?:[^"]|"")+"|[a-z_]\w*)\)?(?:::[a-z ]+)? = (?:\$\d+|ANY \(\$\d+)/g;

/** Columns of the table that a condition of a plan compares with a value for equality, in order. */
export function equalColumns(condition: string | undefined, { columns = [] }: TableRow): readonly string[] {
  const named = [...(condition ?? '').matchAll(EQUALITY)].map(([, name = '']) =>
    name.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name,
  );
  return [...new Set(named)].filter((name) => columns.some((column) => column.name === name));
}

/** OR leaves rows that only one side asks for: an index on the columns together serves none of them. */
export function isConjunction(condition: string | undefined): boolean {
  return condition !== undefined && !/ OR |\bNOT \(|<>|SubPlan/.test(condition);
}
