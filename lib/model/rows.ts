/** The rows of a snapshot: who it is (identity), what was counted (measures.ts), and facts only a catalog knows. */
import type { Measured } from './measures.ts';

export interface Setting {
  /** Canonical: bytes for memory, ms for time, else as PostgreSQL prints it. -1 keeps its meaning. */
  readonly value: number | string | boolean;
  readonly unit?: 'bytes' | 'ms';
  /** pg_settings.source, such as `default` or `configuration file`. */
  readonly source?: string;
  readonly pendingRestart?: boolean;
}

export interface ServerRow extends Measured<'server'> {
  readonly role?: 'primary' | 'standby';
  /** From version() and settings: where ALTER SYSTEM is not ours to use. */
  readonly platform?: 'self-managed' | 'rds' | 'aurora' | 'cloud-sql' | 'azure';
  readonly versionText?: string;
  /** By the name PostgreSQL gives it. A setting nobody could read is not in here. */
  readonly settings: Readonly<Record<string, Setting>>;
  /** Installed in any database that was seen. */
  readonly extensions?: readonly string[];
}

export interface DatabaseRow extends Measured<'database'> {
  readonly database: string;
}

export interface Column {
  readonly name: string;
  readonly type: string;
  readonly notNull: boolean;
  /** pg_stats.n_distinct: > 0 a number of values, < 0 minus the share of the rows; absent where the role may not see it. */
  readonly distinct?: number;
  readonly nullShare?: number;
  /** Share of the most common value. */
  readonly topShare?: number;
  /** pg_stats.correlation of the column with the physical order, -1..1. */
  readonly correlation?: number;
  readonly averageBytes?: number;
}

export interface ForeignKey {
  readonly name: string;
  readonly columns: readonly string[];
  readonly referencedSchema: string;
  readonly referencedTable: string;
  readonly referencedColumns: readonly string[];
}

export interface TableRow extends Measured<'table'> {
  readonly database: string;
  readonly schema: string;
  readonly table: string;
  readonly columns?: readonly Column[];
  readonly foreignKeys?: readonly ForeignKey[];
  /** Storage parameters set on the table, as in pg_class.reloptions. Absent = not seen, {} = none set. */
  readonly storage?: Readonly<Record<string, string>>;
  readonly persistence?: 'permanent' | 'unlogged' | 'temporary';
  readonly partitioned?: boolean;
  /** schema.table of the partitioned parent. */
  readonly partitionOf?: string;
  /** Owned by an extension: not ours to change. */
  readonly extension?: string;
}

/** One key column of an index, or one expression. */
export interface IndexKey {
  /** Column name, or the expression's text. */
  readonly name: string;
  readonly expression: boolean;
  readonly opclass: string;
  readonly collation?: string;
  readonly descending: boolean;
  readonly nullsFirst: boolean;
}

export interface IndexRow extends Measured<'index'> {
  readonly database: string;
  readonly schema: string;
  readonly table: string;
  readonly index: string;
  /** pg_get_indexdef. Absent where only Prometheus was seen; then no advice about the index is possible. */
  readonly definition?: string;
  readonly method?: string;
  readonly keys?: readonly IndexKey[];
  readonly included?: readonly string[];
  readonly predicate?: string;
  readonly unique?: boolean;
  readonly primary?: boolean;
  readonly valid?: boolean;
  /** No CREATE INDEX or REINDEX is in progress on it; an invalid index that is ready was left behind. */
  readonly ready?: boolean;
  /** Constraint that owns the index (primary key, unique, exclusion). */
  readonly constraint?: string;
  /** A foreign key elsewhere that depends on this unique index. */
  readonly referencedByForeignKey?: boolean;
  readonly replicaIdentity?: boolean;
  readonly clustered?: boolean;
  /** schema.index of the partitioned parent index. */
  readonly partitionOf?: string;
  readonly partitioned?: boolean;
  readonly extension?: string;
}

export interface StatementRow extends Measured<'statement'> {
  readonly database: string;
  /** pg_stat_statements.queryid as text (it does not fit a double). */
  readonly queryid: string;
  /** Identity across weeks: fingerprint of the parsed text where there is text, else `id:` + queryid. */
  readonly statement: string;
  readonly user?: string;
  /** Normalised: literals replaced by $n. Never raw. */
  readonly text?: string;
  /** `SELECT on orders`, where the text could be parsed: what titles call it. */
  readonly label?: string;
  /** The source cut the text; it cannot be parsed. */
  readonly textCut?: boolean;
}

export interface HostRow extends Measured<'host'> {
  readonly host: string;
}
