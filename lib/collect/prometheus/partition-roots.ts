/** Partitioned tables that an exporter shows beside their partitions: nothing is counted twice. */
import { rolesOf } from './dialect.ts';
import { factsOf } from './found-facts.ts';
import { identityIn } from './naming.ts';
import type { Answers } from './read.ts';
import type { Joined } from './rows.ts';

/**
 * Takes out the roots of partition trees, which hold the sums of partitions that are rows themselves. What can be told of
 * a root alone is lost with it, so it is said.
 */
export function withoutRoots(name: string, joined: Joined, all: Answers): readonly string[] {
  const roots = new Set<string>();
  for (const { question, samples } of factsOf('partition-roots', name, all)) {
    const { dialect } = question;
    if (dialect === undefined) continue;
    for (const { labels, value } of samples) {
      if (value !== 1) continue;
      const { database, schema, table } = identityIn(labels, rolesOf.table, dialect);
      if (joined.rows.table.delete(JSON.stringify([database, schema, table]))) roots.add(`${schema}.${table}`);
    }
  }
  if (roots.size === 0) return [];
  const names = [...roots].sort();
  const few = names.length > 3 ? `${names.slice(0, 3).join(', ')} and ${names.length - 3} more` : names.join(', ');
  return [
    `The exporter shows partitioned tables (${few}) as the sums of their partitions; only the partitions were counted. Hypertables of TimescaleDB, whose chunks it does not show, are left out with them.`,
  ];
}
