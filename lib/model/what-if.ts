/** Indexes that do not exist, and what the planner would make of them. Costs are the planner's unit, never time. */

export interface IndexCandidate {
  readonly database: string;
  readonly schema: string;
  readonly table: string;
  readonly method: string;
  /** Key columns in order. */
  readonly columns: readonly string[];
  /** CREATE INDEX without a name. */
  readonly definition: string;
}

export interface PricedStatement {
  /** StatementRow.statement. */
  readonly statement: string;
  /** Total cost of its generic plan without the index and with it. */
  readonly costBefore: number;
  readonly costAfter: number;
  /** The plan with it uses it. */
  readonly usesIndex: boolean;
}

/** One candidate by itself: prices of several are not to be added up. */
export interface WhatIf extends IndexCandidate {
  /** As HypoPG estimates it. */
  readonly sizeBytes: number;
  /** The planned statements that read the table, costliest first. */
  readonly statements: readonly PricedStatement[];
}
