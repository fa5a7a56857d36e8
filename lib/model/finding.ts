/** What an advisor alone knows about one thing worth doing. Hours, horizon, rank and totals are `plan/`'s. */
import type { Interval, Unit } from './units.ts';

export type Area = 'query' | 'index' | 'maintenance' | 'system';

export interface Subject {
  readonly database?: string;
  readonly schema?: string;
  readonly table?: string;
  readonly index?: string;
  readonly queryid?: string;
  readonly setting?: string;
  /** StatementRow.statement: the identity that survives a changed queryid. */
  readonly statement?: string;
}

export interface Evidence {
  readonly label: string;
  readonly value: number | string;
  /** Absent for words. */
  readonly unit?: Unit;
  /** Where a reader can see it again: a view, a metric or a setting's name. */
  readonly source: string;
}

export type Confidence = 'low' | 'medium' | 'high';

/** What doing it brings. Time is never stated twice: the plan applies it to what is left of each statement. */
export type FindingBenefit = { readonly basis: string; readonly confidence: Confidence } & (
  | {
      readonly kind: 'time';
      /** StatementRow.statement of every statement that gets faster. */
      readonly statements: readonly string[];
      /** Share of those statements' time that goes away, 0..1. */
      readonly reduces: Interval;
      /** What the advisor itself promised, where earlier outcomes have corrected it. */
      readonly uncorrected?: Interval;
    }
  | { readonly kind: 'space'; readonly bytes: Interval; readonly uncorrected?: Interval }
  /** Something bad becomes less likely; no number is invented for it. `outage`: users would be turned away. */
  | { readonly kind: 'risk'; readonly averts?: 'outage' }
);

/** The sort of work, for the table of hours in plan/effort.ts. */
export type Work =
  | 'create-index'
  | 'drop-index'
  | 'rebuild-index'
  | 'change-storage'
  | 'change-setting'
  | 'analyze'
  | 'vacuum'
  | 'rewrite-query'
  | 'change-application'
  | 'change-schema'
  | 'change-infrastructure'
  | 'investigate';

export interface Risk {
  readonly level: 'low' | 'medium' | 'high';
  readonly technical: string;
  readonly business: string;
  readonly performance: string;
  readonly mitigation: string;
  /** Statements that undo it, in order; empty when there is nothing to undo. */
  readonly rollback: readonly string[];
}

export interface Step {
  /** Exactly as it can be run, ending in a semicolon; one statement. */
  readonly sql?: string;
  /** What this step does, in the imperative. */
  readonly text: string;
  /** PostgreSQL's name of the lock mode, such as `SHARE UPDATE EXCLUSIVE`, and on what. */
  readonly lock?: string;
  readonly blocks?: string;
  /** May run inside a transaction block. */
  readonly inTransaction?: boolean;
  readonly durationEstimate?: Interval & { readonly unit: 's' };
  /** Free space needed while it runs and after. */
  readonly diskBytes?: number;
  /** WAL that it writes at most, which replicas and the archive have to take. */
  readonly walBytes?: number;
}

/** How anybody sees whether it worked: a query, and what it says now and should say then, where that is a number. */
export interface MeasuredBy {
  readonly language: 'sql' | 'promql';
  readonly query: string;
  readonly now?: number;
  readonly target?: number;
  readonly unit?: Unit;
}

/** How a later run sees that it was done. */
export type DoneSign =
  | {
      readonly kind: 'index-created';
      readonly database: string;
      readonly schema: string;
      readonly table: string;
      /** Leading key columns; another name counts too. */
      readonly columns: readonly string[];
      /** Only one with a predicate counts: a whole one with these keys may have been there before. */
      readonly partial?: boolean | undefined;
    }
  | { readonly kind: 'index-dropped'; readonly database: string; readonly schema: string; readonly index: string }
  | { readonly kind: 'setting-changed'; readonly setting: string; readonly from: number | string | boolean | null }
  | {
      readonly kind: 'storage-changed';
      readonly database: string;
      readonly schema: string;
      readonly table: string;
      readonly parameter: string;
      readonly from: string | null;
    }
  /** Nothing in the catalog tells; only the measure moving does. */
  | { readonly kind: 'measure-moved' };

/** The number that must move, and what it was when the advice was given. */
export type Gain =
  | { readonly kind: 'statement-time'; readonly statements: readonly string[] }
  | {
      readonly kind: 'table-measure';
      readonly database: string;
      readonly schema: string;
      readonly table: string;
      readonly measure: 'deadRows' | 'modifiedSinceAnalyze';
    }
  | {
      readonly kind: 'server-measure';
      readonly measure: 'connectionsPeak' | 'idleInTransactionSeconds' | 'checkpointsRequested';
    }
  /** Space returns when the object is gone. */
  | { readonly kind: 'object-gone' };

export interface Finding {
  readonly subject: Subject;
  /** An imperative sentence without a full stop that names the object. */
  readonly title: string;
  readonly evidence: readonly Evidence[];
  readonly approach: string;
  readonly benefit: FindingBenefit;
  readonly work: Work;
  /** Time the machine needs, from sizes. */
  readonly machineMinutes?: number;
  readonly risk: Risk;
  readonly steps: readonly Step[];
  /** One phrase: `none needed`, or what to plan for. */
  readonly maintenanceWindow: string;
  /** The number that says it worked, and how to read it. */
  readonly acceptance: string;
  /** Absent: follows from `gain`, `done` or the first step that looks (lib/advise/carried.ts). */
  readonly measuredBy?: MeasuredBy;
  readonly done: DoneSign;
  readonly gain: Gain;
}

/** One part of a key: no sign in it is taken for a border. Half a surrogate pair cannot be encoded; a metric may hold one. */
export function keyPart(text: string): string {
  return encodeURIComponent(text.replace(/\p{Cs}/gu, '\uFFFD'));
}

/** `advisor:part/part…`: the stable identity of a finding. queryid only where there is no fingerprint. */
export function findingKey(advisor: string, subject: Subject): string {
  const statement = subject.statement ?? subject.queryid;
  const parts = [subject.database, subject.schema, subject.table, subject.index, statement, subject.setting];
  const named = parts.filter((part) => part !== undefined).map(keyPart);
  return `${advisor}:${named.length === 0 ? 'server' : named.join('/')}`;
}
