/** What the planner would do with a statement whose parameters it does not know. Costs are the planner's own unit, never time. */

export interface PlanNode {
  /** PostgreSQL's name, such as `Seq Scan` or `Hash Join`. */
  readonly type: string;
  /** How the node above uses this one: `Outer`, `Inner`, `SubPlan`, `InitPlan`, `Member`, `Subquery`. */
  readonly relationship?: string;
  readonly schema?: string;
  readonly table?: string;
  readonly alias?: string;
  /** One that HypoPG made up is called `<oid>…`. */
  readonly index?: string;
  /** Name of a CTE, function, or initplan. */
  readonly name?: string;
  /** `Inner`, `Left`, `Full`, `Right`, `Semi`, `Anti`. */
  readonly join?: string;
  /** `Plain`, `Sorted`, `Hashed`, `Mixed`. */
  readonly strategy?: string;
  /** Scan direction `Backward`; forward is not said. */
  readonly backward?: boolean;
  readonly workers?: number;
  readonly startupCost: number;
  readonly totalCost: number;
  readonly rows: number;
  /** Average bytes of a row. */
  readonly width: number;
  /** Expressions as PostgreSQL prints them, every constant replaced by a further `$n`; cut at 500 characters. */
  readonly indexCond?: string;
  readonly recheckCond?: string;
  readonly filter?: string;
  readonly joinFilter?: string;
  readonly hashCond?: string;
  readonly mergeCond?: string;
  readonly orderBy?: string;
  readonly sortKey?: readonly string[];
  readonly presortedKey?: readonly string[];
  readonly groupKey?: readonly string[];
  /** Partitions that were left out before anything ran. */
  readonly subplansRemoved?: number;
  readonly children: readonly PlanNode[];
  /** Children that are not listed here, for lack of room. */
  readonly childrenOmitted?: number;
}

export interface QueryPlan {
  readonly basis: 'generic';
  /** Of an UPDATE or DELETE: how it finds its rows. Of an INSERT: the query that feeds it. */
  readonly of: 'statement' | 'row-search' | 'source-query';
  /** The search_path that its names were looked up with. */
  readonly searchPath: string;
  /** Planner settings that are not the default. */
  readonly settings: Readonly<Record<string, string>>;
  readonly root: PlanNode;
}

/** The node and all below it, top down. */
export function nodesOf(node: PlanNode): readonly PlanNode[] {
  return [node, ...node.children.flatMap(nodesOf)];
}
