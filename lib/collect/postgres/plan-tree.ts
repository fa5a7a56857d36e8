/** The answer of EXPLAIN (FORMAT JSON) → a plan that may be kept: only what is named here, and no literal in it. */
import { scanSync } from 'libpg-query';
import type { PlanNode } from '../../model/query-plan.ts';
import { present } from './present.ts';

/** A table of a thousand partitions has a thousand scans that say the same. */
const mostChildren = 20;
const deepest = 60;
const longestText = 500;

type Raw = Readonly<Record<string, unknown>>;

export interface Parameters {
  /** How many the statement has; constants are numbered after them. */
  readonly count: number;
  /** Parameters of the explained text → those of the statement. */
  readonly renumber: (parameter: number) => number;
}

/** Throws where the answer is no plan. */
export function planTree(raw: unknown, parameters: Parameters, depth = 0): PlanNode {
  const node = asObject(raw);
  const one = <Value>(name: string, read: (value: NonNullable<unknown>) => Value | undefined) => {
    const value = node[name];
    return value === undefined || value === null ? undefined : read(value);
  };
  const text = (name: string) => one(name, (value) => String(value).slice(0, 200));
  const expression = (name: string) => one(name, (value) => withoutConstants(String(value), parameters));
  const expressions = (name: string) =>
    one(name, (value) =>
      Array.isArray(value) ? value.slice(0, 20).map((each) => withoutConstants(String(each), parameters)) : undefined,
    );
  const number = (name: string) => one(name, (value) => (typeof value === 'number' ? value : undefined));
  const children = Array.isArray(node.Plans) ? node.Plans : [];
  const kept = depth >= deepest ? [] : children.slice(0, mostChildren);
  const removed = number('Subplans Removed');
  return {
    type: text('Node Type') ?? 'unknown',
    ...present({
      relationship: text('Parent Relationship'),
      schema: text('Schema'),
      table: text('Relation Name'),
      alias: text('Alias'),
      index: text('Index Name'),
      name: text('CTE Name') ?? text('Subplan Name') ?? text('Function Name'),
      join: text('Join Type'),
      strategy: text('Strategy'),
      backward: node['Scan Direction'] === 'Backward' ? true : undefined,
      workers: number('Workers Planned'),
    }),
    startupCost: number('Startup Cost') ?? 0,
    totalCost: number('Total Cost') ?? 0,
    rows: number('Plan Rows') ?? 0,
    width: number('Plan Width') ?? 0,
    ...present({
      indexCond: expression('Index Cond'),
      recheckCond: expression('Recheck Cond'),
      filter: expression('Filter') ?? expression('One-Time Filter') ?? expression('TID Cond'),
      joinFilter: expression('Join Filter'),
      hashCond: expression('Hash Cond'),
      mergeCond: expression('Merge Cond'),
      orderBy: expression('Order By'),
      sortKey: expressions('Sort Key'),
      presortedKey: expressions('Presorted Key'),
      groupKey: expressions('Group Key'),
      subplansRemoved: removed === 0 ? undefined : removed,
    }),
    children: kept.map((child) => planTree(child, parameters, depth + 1)),
    ...(kept.length < children.length ? { childrenOmitted: children.length - kept.length } : {}),
  };
}

/** Constants of views, policies, predicates and casts are in no statement's text, and may be anybody's secret. */
export function withoutConstants(expression: string, { count, renumber }: Parameters): string {
  try {
    const { tokens } = scanSync(expression);
    const bytes = Buffer.from(expression);
    let [at, next, last, out] = [0, count, '', ''];
    for (const token of tokens) {
      out += bytes.toString('utf8', at, token.start);
      at = token.end;
      if (/^\$\d+$/.test(token.text)) out += `$${renumber(Number(token.text.slice(1)))}`;
      // `(SubPlan 1)` is a name.
      else if (isConstant(token.text) && !/^(Sub|Init)Plan$/i.test(last)) out += `$${++next}`;
      else out += token.text;
      last = token.text;
    }
    return out.slice(0, longestText).replace(/[\uD800-\uDBFF]$/, '');
  } catch {
    return '…';
  }
}

const isConstant = (text: string) => (!/^(u&)?"/i.test(text) && text.includes("'")) || /^\.?\d/.test(text);

function asObject(raw: unknown): Raw {
  if (typeof raw !== 'object' || raw === null) throw new Error('EXPLAIN answered something that is no plan');
  return raw as Raw; // its fields are looked at one by one
}
