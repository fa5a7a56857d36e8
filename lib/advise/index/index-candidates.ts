/** What the planner should be asked about before anybody judges: the indexes that the model would propose. */
import { type Snapshot, spanSeconds } from '../../model/snapshot.ts';
import type { IndexCandidate } from '../../model/what-if.ts';
import { loadParser } from '../sql/parse.ts';
import { columnsOf, definitionOf } from './design.ts';
import { heavyTables, proposalsOf } from './missing-indexes.ts';

/** Most promising first. */
export async function indexCandidates(snapshot: Snapshot): Promise<readonly IndexCandidate[]> {
  const seconds = spanSeconds(snapshot, 'table');
  if (seconds === null) return [];
  const parse = await loadParser();
  // HypoPG makes no index on a partitioned table.
  const tables = heavyTables(snapshot.tables, seconds).filter((table) => table.partitioned !== true);
  return tables.flatMap((table) => {
    const { database, schema, table: name } = table;
    return (proposalsOf(table, { snapshot, parse }) ?? []).map(({ design }) => ({
      ...{ database, schema, table: name, method: 'btree', columns: columnsOf(design) },
      definition: definitionOf(design, table),
    }));
  });
}
