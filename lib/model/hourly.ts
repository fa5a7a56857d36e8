/**
 * The window hour by hour, which the detector needs: a weekly sum cannot tell a slow hour from a slow week. From a source
 * that keeps history (Prometheus); a catalog alone has none. `null`: not collected in that hour, never a zero.
 */
export type HourlyValues = readonly (number | null)[];

export interface HourlyStatement {
  readonly database: string;
  /** StatementRow.statement. */
  readonly statement: string;
  readonly queryid: string;
  readonly user?: string;
  /** Increase of calls and of total_exec_time (ms) in each hour. */
  readonly calls: HourlyValues;
  readonly timeMs: HourlyValues;
  /** Increase of rows and of shared_blks_read, where exported. */
  readonly rows?: HourlyValues;
  readonly blocksRead?: HourlyValues;
}

export interface Hourly {
  /** Whole hour in UTC, ISO 8601: value i covers start + i h to start + (i + 1) h. */
  readonly start: string;
  readonly hours: number;
  readonly statements: readonly HourlyStatement[];
}
