/** What a catalog says of a table beside its columns and keys. */

export interface Partitioning {
  readonly strategy: 'range' | 'list' | 'hash';
  /** As in PARTITION BY: column names and expressions. */
  readonly key: string;
  /** Where the key has no expression. */
  readonly columns?: readonly string[];
}

export interface CheckConstraint {
  readonly name: string;
  /** `not null`: a NOT NULL constraint that is not valid yet (18+); valid ones are Column.notNull. */
  readonly kind: 'check' | 'not null';
  readonly columns: readonly string[];
  /** False: existing rows were never checked (NOT VALID). */
  readonly validated: boolean;
}

/** CREATE STATISTICS. */
export interface ExtendedStatistics {
  readonly schema: string;
  readonly name: string;
  readonly kinds: readonly ('ndistinct' | 'dependencies' | 'mcv' | 'expressions')[];
  readonly columns: readonly string[];
  /** 14+. */
  readonly expressions?: readonly string[];
  /** ALTER STATISTICS … SET STATISTICS; absent = default. */
  readonly target?: number;
  /** ANALYZE has filled it; absent where the role may not see that. */
  readonly built?: boolean;
}
