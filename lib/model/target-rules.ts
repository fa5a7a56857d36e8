/**
 * What the configuration says about the servers that are discovered. A pattern is the name of a server, in which `*`
 * stands for any characters; a server goes by all names its exporters give it.
 */
export interface TargetRules {
  /** Hunt only these. */
  readonly include?: readonly string[] | undefined;
  /** Never these; stronger than `include`. */
  readonly exclude?: readonly string[] | undefined;
  /** Name of one cluster → the servers in it: one primary and its standbys. */
  readonly groups?: Readonly<Record<string, readonly string[]>> | undefined;
  /** Name of a server or cluster as discovered → what it is called from now on. */
  readonly rename?: Readonly<Record<string, string>> | undefined;
}
