/** One PostgreSQL server of a cluster. Statistics are local to each; only sizes and definitions are the same on all. */
export interface NodeRow {
  readonly name: string;
  readonly role?: 'primary' | 'standby';
  /** The rows of the snapshot are this one's. */
  readonly main: boolean;
  /** Its own index scans were seen: those of the main node in IndexRow.scans, of the others in scansOnStandbys. */
  readonly scansSeen: boolean;
  /** Unix seconds: the later of its start and the latest reset; absent where neither is known. */
  readonly statisticsSince?: number;
  /** Of all its statements in the window; never added to those of the snapshot. */
  readonly calls?: number;
  readonly statementTimeMs?: number;
}
