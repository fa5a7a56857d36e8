/** The rows of a snapshot: who it is (identity), what was counted (measures.ts), and facts only a catalog knows. */
import type { Bloat } from './bloat.ts';
import type { Measured } from './measures.ts';
import type { Percentile } from './percentile.ts';
import type { QueryPlan } from './query-plan.ts';
import type {
  Counted,
  HorizonHolder,
  IoRow,
  Progress,
  Replica,
  ReplicationSlot,
  Sequence,
  SettingOverride,
  SlruRow,
  Subscription,
  WaitSamples,
} from './server-facts.ts';
import type { CheckConstraint, ExtendedStatistics, Partitioning } from './table-facts.ts';

export interface Setting {
  /** Canonical: bytes for memory, ms for time, else as PostgreSQL prints it. -1 keeps its meaning. */
  readonly value: number | string | boolean;
  readonly unit?: 'bytes' | 'ms';
  /** pg_settings.source, such as `default` or `configuration file`. */
  readonly source?: string;
  readonly pendingRestart?: boolean;
  /** What the server would start with if nobody set it; unit as `value`. */
  readonly bootValue?: number | string | boolean;
  /** When it can change: `postmaster` needs a restart, `sighup` a reload, `user` a SET. */
  readonly context?: string;
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
  readonly overrides?: readonly SettingOverride[];
  /** Oldest first; [] where nothing holds rows back. */
  readonly horizon?: readonly HorizonHolder[];
  readonly slots?: readonly ReplicationSlot[];
  readonly replicas?: readonly Replica[];
  readonly subscriptions?: readonly Subscription[];
  readonly progress?: readonly Progress[];
  readonly waits?: WaitSamples;
  readonly io?: Counted<IoRow>;
  readonly slru?: Counted<SlruRow>;
}

export interface DatabaseRow extends Measured<'database'> {
  readonly database: string;
  /** Those that have used a tenth of their range or more, fullest first; [] where there is none such. */
  readonly sequences?: readonly Sequence[];
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
  /** Shares of the most common values, largest first, ten at most; the values themselves are data and stay there. */
  readonly commonShares?: readonly number[];
  /** Of a boolean column: share of the rows that are true. */
  readonly trueShare?: number;
  /** How many most common values PostgreSQL keeps, and their shares added up. */
  readonly commonValues?: number;
  readonly commonTotal?: number;
  /** ALTER COLUMN … SET STATISTICS; absent = default_statistics_target. */
  readonly statisticsTarget?: number;
  readonly generated?: 'stored' | 'virtual';
  readonly identity?: 'always' | 'by default';
  /** The function that the default calls, such as `nextval` or `gen_random_uuid`. */
  readonly defaultFunction?: string;
  /** Where long values go, if it is not the type's own way. */
  readonly storage?: 'plain' | 'external' | 'extended' | 'main';
  readonly compression?: 'pglz' | 'lz4';
  /** Bytes it is aligned to: 1, 2, 4 or 8. */
  readonly alignment?: number;
}

export interface ForeignKey {
  readonly name: string;
  readonly columns: readonly string[];
  readonly referencedSchema: string;
  readonly referencedTable: string;
  readonly referencedColumns: readonly string[];
  readonly onDelete?: ReferentialAction;
  readonly onUpdate?: ReferentialAction;
  /** False: existing rows were never checked (NOT VALID). */
  readonly validated?: boolean;
  /** False: not checked at all (NOT ENFORCED, 18+). */
  readonly enforced?: boolean;
  readonly deferrable?: boolean;
}

export type ReferentialAction = 'no action' | 'restrict' | 'cascade' | 'set null' | 'set default';

export interface TableRow extends Measured<'table'> {
  readonly database: string;
  readonly schema: string;
  readonly table: string;
  /** As of statements. */
  readonly seenShare?: number;
  readonly columns?: readonly Column[];
  /** Why its columns come without statistics; absent: whatever has none was never analyzed. */
  readonly columnStatistics?: 'no-right' | 'not-read';
  readonly foreignKeys?: readonly ForeignKey[];
  /** Storage parameters set on the table, as in pg_class.reloptions. Absent = not seen, {} = none set. */
  readonly storage?: Readonly<Record<string, string>>;
  readonly persistence?: 'permanent' | 'unlogged' | 'temporary';
  /** Of the largest that change, where it may be measured. */
  readonly bloat?: Bloat;
  readonly partitioned?: boolean;
  readonly partitioning?: Partitioning;
  /** schema.table of the partitioned parent. */
  readonly partitionOf?: string;
  /** `FOR VALUES FROM (…) TO (…)` or `DEFAULT`, of a partition; texts in it are replaced by '…'. */
  readonly bounds?: string;
  /** schema.table of the parents in plain inheritance. */
  readonly inherits?: readonly string[];
  readonly materializedView?: boolean;
  /** Access method, such as heap. */
  readonly method?: string;
  /** Absent: the database's own. */
  readonly tablespace?: string;
  readonly replicaIdentity?: 'default' | 'nothing' | 'full' | 'index';
  /** Row-level security is enabled. */
  readonly rowSecurity?: boolean;
  readonly checks?: readonly CheckConstraint[];
  readonly extendedStatistics?: readonly ExtendedStatistics[];
  /** Triggers of people, without those of constraints. */
  readonly triggers?: readonly { readonly name: string; readonly enabled: boolean }[];
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
  /** As of statements. */
  readonly seenShare?: number;
  /** pg_get_indexdef. Absent where only Prometheus was seen; then no advice about the index is possible. */
  readonly definition?: string;
  readonly method?: string;
  /** Of the largest btrees on tables that change, where it may be measured. */
  readonly bloat?: Bloat;
  readonly keys?: readonly IndexKey[];
  readonly included?: readonly string[];
  readonly predicate?: string;
  readonly unique?: boolean;
  /** UNIQUE NULLS NOT DISTINCT (15+). */
  readonly nullsNotDistinct?: boolean;
  readonly primary?: boolean;
  readonly valid?: boolean;
  /** No CREATE INDEX or REINDEX is in progress on it; an invalid index that is ready was left behind. */
  readonly ready?: boolean;
  /** Constraint that owns the index (primary key, unique, exclusion). */
  readonly constraint?: string;
  readonly constraintType?: 'primary key' | 'unique' | 'exclusion';
  readonly deferrable?: boolean;
  /** Storage parameters as in pg_class.reloptions: fillfactor, deduplicate_items, fastupdate … {} = none set. */
  readonly storage?: Readonly<Record<string, string>>;
  readonly tablespace?: string;
  /** A foreign key elsewhere that depends on this unique index. */
  readonly referencedByForeignKey?: boolean;
  readonly replicaIdentity?: boolean;
  readonly clustered?: boolean;
  /** schema.index of the partitioned parent index. */
  readonly partitionOf?: string;
  readonly partitioned?: boolean;
  readonly extension?: string;
  /** idx_scan on all standbys since their statistics began. Absent = there are none, or not all of them were seen. */
  readonly scansOnStandbys?: number;
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
  /** Of one execution over the span; absent where the source has no standard deviation. */
  readonly medianMs?: Percentile;
  readonly p95Ms?: Percentile;
  /** Share of the window in which the source had samples of this row, where that is not nearly all; then counters say at least. */
  readonly seenShare?: number;
  /** Of the costliest statements only. */
  readonly plan?: QueryPlan;
  /** Why one of the costliest has no plan: a clause. */
  readonly planMissing?: string;
}

/** How an application fares, by an expression of the user's own. */
export interface UserExperience {
  readonly name: string;
  /** null: nobody knows, and `why` says why. */
  readonly value: number | null;
  readonly unit: 's' | 'ms' | 'share' | 'count';
  readonly promql: string;
  readonly why?: string;
}

export interface HostRow extends Measured<'host'> {
  readonly host: string;
}
