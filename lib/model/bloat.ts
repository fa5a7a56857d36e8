/** Space in a table or index that holds nothing, measured by reading it. Free space is no dead row: VACUUM leaves it. */
export interface Bloat {
  readonly source: 'pgstattuple';
  /** Free space and dead rows beyond what the fillfactor keeps free on purpose. */
  readonly bytes: number;
  /** Of a relation of this size, without TOAST. */
  readonly ofBytes: number;
  /** Part that dead rows hold; of tables. */
  readonly deadBytes?: number;
}
