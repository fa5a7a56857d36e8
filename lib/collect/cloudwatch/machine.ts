/** Which instance or cluster of RDS a target is: by configuration, or by its endpoint. Pure. */

export interface Machine {
  readonly id: string;
  /** Dimensions of its metrics. */
  readonly dimensions: Readonly<Record<string, string>>;
  /** Where it is a cluster's endpoint. */
  readonly cluster: string | null;
  /** null: that of the configuration or of the SDK. */
  readonly region: string | null;
}

/** As a target may be called: with a port, or with what a key has in place of the colon. */
const ENDPOINT =
  /(?:^|@|\/\/)([a-z][a-z0-9-]*)\.((?:cluster-(?:ro-)?)?[a-z0-9]+)\.([a-z]{2}(?:-[a-z]+)+-\d)\.rds\.amazonaws\.com(?:\.cn)?(?:[:-]\d+)?(?:\/|$)/i;

/** `names`: all that the target is called by, its own name first. */
export function machineOf(names: readonly string[], instances: Readonly<Record<string, string>>): Machine | null {
  const given = names.find((name) => Object.hasOwn(instances, name));
  if (given !== undefined) return instance(instances[given] ?? '', null);
  for (const name of names) {
    const [, id = '', rest = '', region = ''] = ENDPOINT.exec(name) ?? [];
    if (id === '') continue;
    if (!rest.startsWith('cluster-')) return instance(id, region);
    const Role = rest.startsWith('cluster-ro-') ? 'READER' : 'WRITER';
    return { id, dimensions: { DBClusterIdentifier: id, Role }, cluster: id, region };
  }
  return null;
}

const instance = (id: string, region: string | null): Machine => ({
  id,
  dimensions: { DBInstanceIdentifier: id },
  cluster: null,
  region,
});
